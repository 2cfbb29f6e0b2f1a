"""Runs that are canceled, that fail, or that lose their layer, panel or viewer."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari._qt.widgets.qt_progress_bar import QtLabeledProgressBar
from napari.utils.notifications import notification_manager
from skimage import data

from helpers.viewers import idle, names, open_panel
from napari_histeq import equalize
from napari_histeq.gui.runs import work

if TYPE_CHECKING:
    import napari

pytestmark = pytest.mark.whole


def test_an_error_in_sight_of_the_activity_dock(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    """Its bar handles events within its update: a run may not end in there."""
    viewer.add_image(data.moon(), name="moon")
    panel["mask"].value = viewer.add_shapes(name="hand")
    viewer.window._status_bar._toggle_activity_dock(True)
    panel["run"].native.click()
    qtbot.waitUntil(lambda: panel["progress"].value == 50)
    slow.set()
    qtbot.waitUntil(idle)
    assert names(viewer) == ["moon", "hand"]


def test_a_fault_of_ours_ends_the_run(
    viewer: napari.Viewer, panel: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(work, "perform", broken)
    monkeypatch.setattr(notification_manager, "catch_error", True)  # as napari's window does
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    qtbot.waitUntil(idle)
    assert names(viewer) == ["moon"]
    assert "out of order" in panel["status"].value
    qtbot.waitUntil(idle)
    assert "out of order" in notification_manager.records[-1].message


def test_cancel_in_the_activity_dock(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    dialog = viewer.window._qt_window._activity_dialog
    assert not dialog.findChildren(QtLabeledProgressBar)  # a run that is short shows none
    qtbot.waitUntil(lambda: bool(dialog.findChildren(QtLabeledProgressBar)))
    (bar,) = dialog.findChildren(QtLabeledProgressBar)
    bar.cancel_button.click()
    qtbot.waitUntil(idle)
    assert names(viewer) == ["moon"]


def test_cancel(viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    qtbot.waitUntil(lambda: panel["progress"].value == 50)
    assert panel["progress"].visible
    panel["cancel"].native.click()
    assert not panel["cancel"].enabled
    qtbot.waitUntil(idle)
    assert names(viewer) == ["moon"]
    assert "Canceled" in panel["status"].value


def test_a_late_answer_is_dropped(viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    panel["cancel"].native.click()
    panel["strength"].value = 0.5
    panel["run"].native.click()
    slow.set()
    qtbot.waitUntil(lambda: "moon histogram" in viewer.layers, timeout=20_000)
    qtbot.waitUntil(idle)
    assert names(viewer) == ["moon", "moon equalized", "moon histogram"]
    np.testing.assert_array_equal(
        viewer.layers["moon equalized"].data, equalize(data.moon(), strength=0.5)
    )


def test_the_source_is_removed_during_a_run(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    viewer.layers.remove("moon")
    assert "removed" in panel["status"].value
    slow.set()
    qtbot.waitUntil(idle)
    assert not viewer.layers


def test_layers_change_during_a_run(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    coins = viewer.add_image(data.coins(), name="coins")
    viewer.layers["moon"].name = "luna"
    viewer.layers.move(0, 2)
    slow.set()
    qtbot.waitUntil(idle, timeout=20_000)
    assert names(viewer) == ["coins", "luna", "luna equalized", "luna histogram"]
    assert panel["layer"].value is coins


def test_the_panel_is_closed_during_a_run(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    viewer.window.remove_dock_widget(panel.native)
    qtbot.waitUntil(idle)
    viewer.add_image(data.coins(), name="coins")
    assert names(viewer) == ["moon", "coins"]
    assert panel["layer"].value is viewer.layers["moon"]  # it hears of nothing more
    again = open_panel(viewer)
    assert again is not panel
    assert again["layer"].value is viewer.layers["coins"]
    panel.native.deleteLater()
    qtbot.wait(50)


def test_a_closed_panel_is_forgotten(viewer: napari.Viewer, qtbot: Any) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel = open_panel(viewer)
    panel["run"].native.click()
    qtbot.waitUntil(idle, timeout=20_000)
    gone = weakref.ref(panel)
    viewer.window.remove_dock_widget(panel.native)
    del panel
    qtbot.wait(50)
    gc.collect()
    assert gone() is None


def test_the_viewer_is_closed_during_a_run(
    viewer: napari.Viewer, panel: Any, slow: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["run"].native.click()
    viewer.layers.clear()
    qtbot.waitUntil(idle)


def test_too_little_memory_is_told_before_any_work(
    viewer: napari.Viewer, panel: Any, run: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the words go when there is memory again."""

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("it began all the same")

    image = data.moon()
    there = {"bytes": image.nbytes - 1}
    with monkeypatch.context() as patch:
        patch.setattr(work, "available", lambda: there["bytes"])
        patch.setattr(work, "perform", never)
        viewer.add_image(image, name="moon")
        run()
    assert names(viewer) == ["moon"]
    assert panel["status"].problem
    words = "it takes at least 0.000262 GB, and 0.000262 GB are available"
    assert words in panel["status"].value
    assert "dask or zarr" in notification_manager.records[-1].message
    run()
    assert "moon equalized" in names(viewer)
    assert not panel["status"].problem
