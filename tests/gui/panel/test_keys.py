"""The order of the Tab key, and where the focus is."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from napari._qt.dialogs.qt_notification import NapariQtNotification
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLineEdit, QWidget
from skimage import data

from helpers.look import folds, place
from helpers.viewers import add_stack
from napari_histeq.core import METHODS
from napari_histeq.gui.widgets import FocusKeeper

if TYPE_CHECKING:
    import napari


def focus(panel: Any) -> Any:
    """What has the keyboard, as soon as the window is the active one."""
    return panel.native.window().focusWidget()


@pytest.mark.parametrize("opened", [False, True], ids=["folded", "unfolded"])
def test_tab_goes_as_the_eye_does(
    viewer: napari.Viewer, panel: Any, qtbot: Any, opened: bool
) -> None:
    viewer.window.resize(1300, 1600)
    add_stack(viewer)
    for fold in folds(panel).values():
        fold.open(opened)
    panel["ignore"].value = True
    for method in METHODS:
        panel["method"].value = method
        tab_through(panel, qtbot, method, opened)


def tab_through(panel: Any, qtbot: Any, method: str, opened: bool) -> None:
    if method != "match":  # which has nothing to show before its reference is chosen
        qtbot.waitUntil(panel.plotbox.isVisible, timeout=30_000)
    panel["layer"].native.setFocus()
    passed = [focus(panel)]
    for _ in range(60):
        QTest.keyClick(focus(panel), Qt.Key.Key_Tab)
        if not panel.native.isAncestorOf(focus(panel)):
            break
        passed.append(focus(panel))
    places = [place(widget) for widget in passed]
    for (y, x), (next_y, next_x) in pairwise(places):
        assert next_y > y + 4 or (abs(next_y - y) <= 4 and next_x > x), places
    for name in ("layer", "method", "preview", "run"):
        assert panel[name].native in passed
    assert (panel["mask"].native in passed) is opened
    assert passed.index(panel["preview"].native) < passed.index(panel["run"].native)


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("how", ["mouse", "space"])
def test_the_focus_stays_on_the_button(
    viewer: napari.Viewer, panel: Any, qtbot: Any, how: str
) -> None:
    """So that napari's shortcuts are not typed into a text box."""
    viewer.add_image(data.moon(), name="moon")
    button = panel["run"].native
    button.setFocus()
    if how == "mouse":
        click(button)
    else:
        QTest.keyClick(button, Qt.Key.Key_Space)
    assert panel["cancel"].enabled
    assert focus(panel) is button
    qtbot.waitUntil(lambda: not panel["cancel"].enabled, timeout=20_000)
    assert focus(panel) is button
    kept = panel["plateau"].value
    QTest.keyClick(focus(panel), Qt.Key.Key_2)
    assert panel["plateau"].value == kept
    assert viewer.layers["moon"].mode == "transform"  # what napari does on a 2


def test_a_notification_that_goes_leaves_the_focus_where_somebody_types(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    window = viewer.window._qt_window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    row = panel["plateau"].native.findChild(QLineEdit) or panel["plateau"].native
    row.setFocus()
    qtbot.waitUntil(row.hasFocus)
    told = NapariQtNotification("wrong", "error", parent=window._qt_viewer.canvas.native)
    told.show()
    with qtbot.waitSignal(told.destroyed):
        told.close_with_fade()
    assert row.hasFocus()
    QTest.keyClick(row, Qt.Key.Key_2)
    assert "2" in row.text()
    window._qt_viewer.canvas.native.setFocus()  # nothing goes: whoever asks for it gets it
    assert not row.hasFocus()


def test_who_keeps_the_focus_goes_with_the_panel(qapp: Any, qtbot: Any) -> None:
    holder, others = QWidget(), (QLineEdit(), QLineEdit())
    for other in others:
        qtbot.addWidget(other)
    keeper, gone = FocusKeeper(holder), []
    for one in (holder, keeper):
        one.destroyed.connect(lambda *_: gone.append(True))
    holder.deleteLater()
    qtbot.waitUntil(lambda: len(gone) == 2)
    qapp.focusChanged.emit(*others)  # an error in a slot would fail the test


def test_after_cancel_the_focus_is_on_the_button(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    click(panel["run"].native)
    assert panel["cancel"].visible
    panel["cancel"].native.setFocus()
    click(panel["cancel"].native)
    qtbot.waitUntil(lambda: not panel["cancel"].enabled)
    assert focus(panel) is panel["run"].native
    assert not panel["cancel"].visible


def test_a_button_that_is_off_starts_nothing(viewer: napari.Viewer, panel: Any) -> None:
    assert not panel["run"].enabled
    click(panel["run"].native)
    assert not panel["cancel"].enabled
    assert not viewer.layers
