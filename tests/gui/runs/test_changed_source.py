"""A layer that is given other data while it is equalized: the result is of what it was."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager

from helpers.viewers import see_all
from napari_histeq import equalize
from napari_histeq.gui.runs import work
from napari_histeq.gui.runs.run import _running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.whole

RNG = np.random.default_rng(11)
STACK = RNG.gamma(3, 20, (3, 60, 80)).astype(np.uint8)
OTHERS = {
    "fewer axes": STACK[0],
    "more axes": np.stack([255 - STACK, STACK // 2]),
    "another shape": STACK[:2, :30, :50],
    "the same shape": 255 - STACK,
    "another dtype": STACK.astype(np.float32) / 255,
}


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Runs wait until it is set."""
    opened, perform = threading.Event(), work.perform

    def waiting(task: Any, report: Any, **how: Any) -> Any:
        opened.wait(30)
        return perform(task, report, **how)

    monkeypatch.setattr(work, "perform", waiting)
    yield opened
    opened.set()


@pytest.mark.crossed
@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2)])
@pytest.mark.parametrize("other", OTHERS)
def test_the_result_is_of_what_the_source_was(
    viewer: Any, panel: Any, qtbot: Any, gate: threading.Event, other: str, axes: Any
) -> None:
    source = viewer.add_image(STACK, name="stack", scale=(3, 2, 2), translate=(5, 1, 0))
    scale, world = source.scale.copy(), source.extent.world.copy()
    panel["axes"].value = axes
    panel["compare"].value = True
    panel["run"].native.click()
    source.data = OTHERS[other]
    gate.set()
    qtbot.waitUntil(lambda: not _running and not panel["cancel"].enabled, timeout=20_000)
    made = viewer.layers["stack equalized"]
    how = None if len(axes) == 3 else axes
    np.testing.assert_array_equal(made.data, equalize(STACK, axes=how))
    np.testing.assert_array_equal(made.scale, scale)
    np.testing.assert_array_equal(made.extent.world, world)
    np.testing.assert_array_equal(viewer.layers["stack original"].data, STACK)
    assert source.data is OTHERS[other]
    assert "has changed since the run began" in panel["status"].value
    said = [record.message for record in notification_manager.records]
    assert any("“stack” was changed while it was equalized" in words for words in said)
    told = made.metadata["napari_histeq"]["measures"]
    qtbot.wait(300)
    assert panel.plotbox.measures != told  # they are not of what is there now


@pytest.mark.parametrize("other", OTHERS)
def test_a_preview_follows_the_new_data(viewer: Any, panel: Any, qtbot: Any, other: str) -> None:
    source = viewer.add_image(STACK, name="stack")
    panel["axes"].value = (1, 2)
    see_all(viewer)
    panel["preview"].value = True
    qtbot.waitUntil(lambda: "stack preview" in viewer.layers, timeout=20_000)
    new = OTHERS[other]
    source.data = new
    axes = None if new.ndim == 2 else (-2, -1)
    true = equalize(new, axes=axes)

    def follows() -> bool:
        at = tuple(int(p) for p in viewer.dims.point[-new.ndim : -2])
        if new.ndim == 2:  # a single curve is shown on the layer itself
            return "stack preview" not in viewer.layers and source.colormap.name != "gray"
        shown = viewer.layers["stack preview"].data if "stack preview" in viewer.layers else None
        return shown is not None and np.array_equal(shown, true[at])

    qtbot.waitUntil(follows, timeout=20_000)
    panel["preview"].value = False
    assert source.colormap.name == "gray"
    assert "stack preview" not in viewer.layers
