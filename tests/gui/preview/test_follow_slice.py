"""A layer that follows the slice is counted off the GUI thread: the latest slice wins, nothing is stale."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from helpers.left_behind import at_work
from helpers.viewers import add_stack
from napari_histeq import compute_histogram, display, layers, transfer_function
from napari_histeq.gui.preview import follow_slice
from napari_histeq.gui.preview.follow_slice import _following, follow

if TYPE_CHECKING:
    from collections.abc import Iterator


class Held:
    """Counts only while it may, and knows what it counted and where."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.may.set()
        self.means: list[float] = []
        self.threads: set[threading.Thread] = set()
        self.problem: Exception | None = None

    def __call__(self, pixels: Any, **how: Any) -> Any:
        self.means.append(float(pixels.mean()))
        self.threads.add(threading.current_thread())
        self.may.wait(60)
        if self.problem is not None:
            raise self.problem
        return compute_histogram(pixels, **how)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    made = Held()
    monkeypatch.setattr(follow_slice, "compute_histogram", made)
    yield made
    made.may.set()


@pytest.fixture
def made(viewer: Any, panel: Any, held: Held, qtbot: Any) -> Any:
    """A display-only layer of a stack, which follows the slice z = 0."""
    add_stack(viewer, axis_labels=("z", "y", "x"))
    panel["output"].value = "display only"
    panel["plot"].value = False
    panel["run"].native.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=20_000)
    layer = viewer.layers[1]
    viewer.dims.set_current_step(0, 0)
    follow(viewer, layer, "slice")
    qtbot.waitUntil(lambda: "(z = 0)" in panel["status"].value, timeout=20_000)
    return layer


def at_rest() -> bool:
    return not at_work() and not any(f.busy for f in _following.values())


def look_for(layer: Any, pixels: Any) -> Any:
    """How the layer has to look for one of its slices."""
    counted = compute_histogram(pixels)
    curve = transfer_function(counted, "global")
    return display.display_settings(curve, counted, (0, 65535), colormap="gray")


def test_it_counts_off_the_gui_thread(made: Any, viewer: Any, held: Held, qtbot: Any) -> None:
    for z in (2, 1):
        viewer.dims.set_current_step(0, z)
        qtbot.waitUntil(at_rest, timeout=20_000)
        wanted = look_for(made, made.data[z])
        np.testing.assert_array_equal(made.colormap.colors, wanted.colormap.colors)
        assert made.contrast_limits == pytest.approx(wanted.contrast_limits)
    assert held.means
    assert threading.main_thread() not in held.threads


def test_the_latest_slice_wins(
    made: Any, viewer: Any, panel: Any, held: Held, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it counts the look stays, the plot is empty; and of the slices between nothing is seen."""
    before, looks, show = made.colormap.name, [], follow_slice.show_on

    def seen(layer: Any, settings: Any) -> None:
        show(layer, settings)
        looks.append(layer.colormap.colors)

    monkeypatch.setattr(follow_slice, "show_on", seen)
    held.may.clear()
    held.means.clear()
    for z in (1, 2, 3):
        viewer.dims.set_current_step(0, z)
        qtbot.waitUntil(lambda z=z: made.data[z].mean() in held.means, timeout=20_000)
    qtbot.waitUntil(lambda: panel.plotbox.shown is None, timeout=20_000)
    assert not looks
    assert made.colormap.name == before
    held.may.set()
    qtbot.waitUntil(at_rest, timeout=20_000)
    assert len(looks) == 1
    np.testing.assert_array_equal(looks[0], look_for(made, made.data[3]).colormap.colors)
    assert layers.record_of(made).curve_of == "the displayed slice (z = 3)"
    qtbot.waitUntil(lambda: panel.plotbox.shown is not None, timeout=20_000)
    shown = panel.plotbox.shown.before
    np.testing.assert_array_equal(shown.counts, compute_histogram(made.data[3]).counts)
    assert "(z = 3)" in panel["status"].value


def test_a_constant_slice_keeps_the_look_and_is_plotted(
    made: Any, viewer: Any, panel: Any, qtbot: Any
) -> None:
    made.data[2] = 7
    before = made.colormap.name
    viewer.dims.set_current_step(0, 2)
    qtbot.waitUntil(lambda: "(z = 2)" in panel["status"].value, timeout=20_000)
    assert made.colormap.name == before
    assert layers.record_of(made).curve_of == "the displayed slice (z = 0)"
    counted = panel.plotbox.shown.before
    assert counted.range == (7, 7)
    assert counted.total == made.data[2].size


@pytest.mark.parametrize("how", ["removed", "stopped", "panel closed"])
def test_nothing_goes_on_behind(
    made: Any, viewer: Any, panel: Any, held: Held, qtbot: Any, how: str
) -> None:
    held.may.clear()
    held.means.clear()
    viewer.dims.set_current_step(0, 1)
    qtbot.waitUntil(lambda: bool(held.means), timeout=20_000)
    before = made.colormap.colors  # names are used again
    if how == "removed":
        viewer.layers.remove(made)
    elif how == "stopped":
        follow(viewer, made, "")
    else:
        viewer.window.remove_dock_widget(panel.native)
    held.may.set()
    qtbot.waitUntil(at_rest, timeout=20_000)
    assert (id(made) in _following) == (how == "panel closed")
    changed = not np.array_equal(made.colormap.colors, before)
    assert changed == (how == "panel closed")  # the layer follows by itself
    if how == "panel closed":
        panel.native.deleteLater()
        qtbot.wait(50)


def test_a_slice_that_cannot_be_counted_is_told_and_the_next_one_followed(
    made: Any, viewer: Any, panel: Any, held: Held, qtbot: Any
) -> None:
    from napari.utils.notifications import notification_manager

    held.problem = MemoryError("no memory for the count")
    viewer.dims.set_current_step(0, 1)
    qtbot.waitUntil(at_rest, timeout=20_000)
    told = [str(n.message) for n in notification_manager.records]
    assert any("cannot follow: no memory for the count" in words for words in told), told
    held.problem = None
    viewer.dims.set_current_step(0, 2)
    qtbot.waitUntil(lambda: "(z = 2)" in panel["status"].value, timeout=20_000)
    assert layers.record_of(made).curve_of == "the displayed slice (z = 2)"
