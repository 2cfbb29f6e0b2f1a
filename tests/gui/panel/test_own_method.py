"""A method of somebody's own in the panel: its rows, and what cannot be one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import make_dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import pytest

from napari_histeq.core.methods import CurveMethod, Option, base

if TYPE_CHECKING:
    import napari


class Plain(CurveMethod):
    """The levels as they are."""

    __slots__ = ()
    summary: ClassVar[str] = "Nothing is changed."

    def curve(self, histogram: Any, low: float, high: float) -> Any:
        return low + (high - low) * histogram.places


@pytest.fixture
def own() -> Iterator[None]:
    """A method for each of some names of an option, known until the end of the test."""
    kind = Annotated[float, Option("A number", ge=0, le=1)]
    for name in ("layer", "strength", "gain", "amount"):
        made = make_dataclass(f"With{name}", [(name, kind, 0.5)], bases=(Plain,), frozen=True)
        base._known[f"with_{name}"] = made
        made.name, made.title = f"with_{name}", f"With {name}"  # type: ignore[attr-defined]
    yield
    for name in ("layer", "strength", "gain", "amount"):
        del base._known[f"with_{name}"]


@pytest.mark.parametrize("option", ["layer", "strength", "gain"])
def test_an_option_named_like_a_row_is_refused_in_words(
    own: None,
    viewer: napari.Viewer,
    panel: Any,
    qtbot: Any,
    option: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer = viewer.add_image(np.arange(256, dtype=np.uint8).reshape(16, 16))
    before = [row.name for row in panel]
    told: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.panel.running.show_error", told.append)
    panel["method"].value = f"with_{option}"
    words = f"With{option}: the panel has rows named ['{option}'] of its own: "
    assert told == [f"{words}give these options other names"]
    assert panel["method"].value == "global"
    assert [row.name for row in panel] == before
    assert panel["layer"].value is layer
    panel["method"].value = "with_amount"  # others go on as before
    assert panel["amount"].value == 0.5
    assert panel.choice().recipe.method == base.METHODS["with_amount"](0.5)  # type: ignore[call-arg]
    qtbot.waitUntil(lambda: bool(panel["evidence"].value))  # the count in the background is done
