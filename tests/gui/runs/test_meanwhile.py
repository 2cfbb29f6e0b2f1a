"""What may happen while a run goes on: each has its answer, and nothing is left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.utils.notifications import NotificationSeverity, notification_manager

from helpers.left_behind import connections, idle, pixels
from helpers.viewers import open_panel
from napari_histeq import equalize
from napari_histeq.gui.runs.run import _running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.whole

IMAGE = np.asarray(pixels())


@pytest.fixture(autouse=True)
def no_error() -> Iterator[None]:
    """Nothing of this is an error, and nothing goes on afterwards."""
    notification_manager.records.clear()
    yield
    errors = [r for r in notification_manager.records if r.severity == NotificationSeverity.ERROR]
    assert errors == []
    assert idle()


@pytest.fixture
def cells(viewer: Any, panel: Any) -> Any:
    panel["plot"].value = False
    return viewer.add_image(IMAGE.copy(), name="cells")


@pytest.fixture
def running(panel: Any, slow: Any, qtbot: Any) -> Callable[[], None]:
    """Begin a run, which goes on until `slow` is set."""

    def begin() -> None:
        panel["run"].native.click()
        qtbot.waitUntil(lambda: panel["progress"].value == 50)

    return begin


@pytest.fixture
def finish(slow: Any, qtbot: Any) -> Callable[[], None]:
    def let_go() -> None:
        slow.set()
        qtbot.waitUntil(idle, timeout=20_000)

    return let_go


def test_the_source_is_renamed(
    viewer: Any, panel: Any, cells: Any, running: Any, finish: Any
) -> None:
    running()
    cells.name = "neurons"
    finish()
    made = viewer.layers["neurons equalized"]
    np.testing.assert_array_equal(made.data, equalize(IMAGE))
    assert panel["layer"].value is cells


def test_the_source_is_edited_in_place(
    viewer: Any, panel: Any, cells: Any, running: Any, finish: Any, qtbot: Any
) -> None:
    """Nobody copies the pixels beforehand: but it is said that they are others by now."""
    qtbot.waitUntil(lambda: panel.plotbox.shown is not None, timeout=10_000)
    running()
    cells.data[:30] = 0
    cells.refresh()
    qtbot.waitUntil(lambda: panel._live._counter._edits > 0)
    finish()
    assert "cells equalized" in viewer.layers
    assert "has changed since the run began" in panel["status"].value


def test_the_mask_goes(viewer: Any, panel: Any, cells: Any, running: Any, finish: Any) -> None:
    half = np.zeros(IMAGE.shape, int)
    half[:30] = 1
    mask = viewer.add_labels(half, name="half")
    panel["layer"].value, panel["mask"].value = cells, mask
    running()
    viewer.layers.remove(mask)
    finish()
    made = viewer.layers["cells equalized"]
    np.testing.assert_array_equal(made.data, equalize(IMAGE, mask=half > 0))
    assert panel["mask"].value is None


def test_the_panel_is_closed_and_opened(
    viewer: Any, panel: Any, cells: Any, running: Any, slow: Any, qtbot: Any
) -> None:
    """Closing it cancels what it began; the next one knows nothing of that, and works."""
    running()
    viewer.window.remove_dock_widget(panel.native)
    qtbot.waitUntil(idle)
    assert [layer.name for layer in viewer.layers] == ["cells"]
    again = open_panel(viewer)
    assert not again["cancel"].enabled
    slow.set()
    again["plot"].value = False
    again["run"].native.click()
    qtbot.waitUntil(lambda: "cells equalized" in viewer.layers, timeout=20_000)
    qtbot.waitUntil(idle)
    panel.native.deleteLater()  # the fixture holds it, and napari takes it for a leak
    qtbot.wait(50)


def test_two_viewers(
    viewer: Any, panel: Any, cells: Any, running: Any, make_napari_viewer: Any, finish: Any
) -> None:
    """Each gets its own result, one run after the other."""
    other = make_napari_viewer()
    moon = other.add_image(IMAGE[::-1].copy(), name="moon")
    second = open_panel(other)
    second["plot"].value = False
    running()
    second["run"].native.click()
    assert len(_running) == 2
    finish()
    assert [layer.name for layer in viewer.layers] == ["cells", "cells equalized"]
    assert [layer.name for layer in other.layers] == ["moon", "moon equalized"]
    np.testing.assert_array_equal(other.layers[1].data, equalize(moon.data))


def test_the_viewer_is_closed(make_napari_viewer: Any, slow: Any, qtbot: Any, viewer: Any) -> None:
    """The run is canceled; what napari says before it closes is a sentence."""
    other = make_napari_viewer()
    layer = other.add_image(IMAGE.copy(), name="cells")
    other_panel = open_panel(other)
    before = connections(layer)
    other_panel["run"].native.click()
    qtbot.waitUntil(lambda: other_panel["progress"].value == 50)
    status = getattr(other.window, "_task_status_manager", None)
    if status is not None:  # napari 0.9
        assert status.get_status() == ["napari-histeq: Equalizing “cells”"]
    other.close()
    qtbot.waitUntil(idle)
    assert not other.layers
    assert connections(layer) <= before
