"""A result that is deleted leaves all as it was: what was hidden for it is seen again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from helpers.viewers import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    Press = Callable[..., None]

IMAGE = np.random.default_rng(3).gamma(2, 20, (40, 50)).astype(np.uint8)


@pytest.fixture
def twice(viewer: Any, panel: Any, run: Press) -> Any:
    """A channel, hidden for its result, which is hidden for a second one."""
    source = viewer.add_image(IMAGE, name="red", blending="additive")
    viewer.layers.selection = {source}
    panel["output"].value = "new layer"
    run()
    run()
    assert visible(viewer) == ["red equalized [1]", "red histogram [1]"]
    return viewer


def test_the_newest_first(twice: Any) -> None:
    twice.layers.remove("red equalized [1]")
    assert visible(twice) == ["red equalized", "red histogram [1]"]
    twice.layers.remove("red histogram [1]")
    assert visible(twice) == ["red equalized", "red histogram"]
    twice.layers.remove("red equalized")
    assert visible(twice) == ["red", "red histogram"]


def test_the_oldest_first(twice: Any) -> None:
    twice.layers.remove("red equalized")
    assert visible(twice) == ["red equalized [1]", "red histogram [1]"]
    twice.layers.remove("red equalized [1]")
    assert visible(twice) == ["red", "red histogram [1]"]


def test_a_replaced_result_hides_as_before(viewer: Any, panel: Any, run: Press) -> None:
    source = viewer.add_image(IMAGE, name="red", blending="additive")
    viewer.layers.selection = {source}
    panel["output"].value, panel["plot"].value, panel["replace"].value = "new layer", False, True
    run()
    run()
    assert [(layer.name, layer.visible) for layer in viewer.layers] == [
        ("red", False),
        ("red equalized", True),
    ]
    viewer.layers.remove("red equalized")
    assert source.visible


def test_one_that_a_person_shows_and_hides_is_theirs(twice: Any) -> None:
    source = twice.layers["red"]
    source.visible = True
    twice.layers.clear()
    assert source.visible


def test_nothing_stays_connected(twice: Any) -> None:
    removed = twice.layers.events.removed
    while len(twice.layers) > 1:
        twice.layers.pop()
    ours = [c for c in removed.callbacks if "hide_for" in repr(c)]
    assert ours == []
