"""Nothing stays behind: no source, no panel, no thread, no connection."""

from __future__ import annotations

import threading
import weakref
from typing import Any

import numpy as np
import pytest

from helpers.left_behind import alive, connections, idle, pixels
from helpers.viewers import menu_action, open_panel

pytestmark = pytest.mark.whole

RUNS = 4


@pytest.mark.parametrize("method", ["global", "clahe"])
def test_no_source_stays(viewer: Any, panel: Any, run: Any, qtbot: Any, method: str) -> None:
    held = []
    panel["method"].value = method
    for number in range(RUNS):
        layer = viewer.add_image(pixels(seed=number), name="cells")
        held += [weakref.ref(layer), weakref.ref(layer.data)]
        panel["preview"].value = True
        qtbot.waitUntil(lambda: panel.plotbox.shown is not None)
        run()
        qtbot.waitUntil(idle)
        viewer.layers.clear()
        qtbot.wait(50)  # napari by itself crashes if a layer is added before it has painted
    del layer
    qtbot.wait(100)  # what Qt deletes later
    assert alive(held) == []


def test_no_source_of_commands_stays(viewer: Any, qtbot: Any) -> None:
    held = []
    for number in range(RUNS):
        layer = viewer.add_image(pixels((3, 60, 80), seed=number), name="cells")
        held += [weakref.ref(layer), weakref.ref(layer.data)]
        menu_action(viewer.window.layers_menu, "Equalize histogram (napari-histeq)").trigger()
        qtbot.waitUntil(lambda: idle() and len(viewer.layers) > 1, timeout=20_000)
        viewer.layers.clear()
        qtbot.wait(50)  # see above
    del layer
    qtbot.wait(100)  # what Qt deletes later
    assert alive(held) == []


def test_a_run_that_fails_keeps_nothing(
    viewer: Any, panel: Any, run: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though napari keeps its error, with the traceback and all that is in it."""

    def broken(task: Any, report: Any) -> None:
        raise RuntimeError(f"out of order: {np.ndim(task.image)}")

    monkeypatch.setattr("napari_histeq.gui.runs.work.perform", broken)
    layer = viewer.add_image(pixels(), name="cells")
    held = [weakref.ref(layer), weakref.ref(layer.data)]
    monkeypatch.setattr(
        "napari.utils.notifications.notification_manager.catch_error", True, raising=False
    )
    run()
    qtbot.waitUntil(idle)
    viewer.layers.clear()
    del layer
    qtbot.wait(100)
    assert alive(held) == []


def test_closed_panels_leave_nothing(viewer: Any, qtbot: Any) -> None:
    layer = viewer.add_image(pixels(), name="cells")
    held, counts = [], []
    for _ in range(RUNS):
        panel = open_panel(viewer)
        panel["preview"].value = True
        qtbot.waitUntil(lambda panel=panel: panel.plotbox._canvas is not None)
        parts = (panel, panel._live, panel.plotbox, panel.plotbox._canvas.figure, panel.tools)
        held += [weakref.ref(part) for part in parts]
        viewer.window.remove_dock_widget(panel.native)
        del panel, parts
        qtbot.waitUntil(idle)
        qtbot.wait(20)
        counts.append((connections(viewer, layer), threading.active_count()))
    qtbot.wait(100)  # what Qt deletes later
    assert alive(held) == []
    assert connections(viewer, layer) <= counts[0][0]
    assert counts[-1][1] <= counts[0][1] + 1
    assert layer.colormap.name == "gray"
