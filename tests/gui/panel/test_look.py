"""How the panel looks: widths, places, and what is folded away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt, QTimer
from qtpy.QtGui import QTextDocument
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractSpinBox, QDockWidget
from skimage import data

from helpers.look import LONG, folds, place
from helpers.viewers import add_stack
from napari_histeq.core import METHODS
from napari_histeq.gui.widgets.taborder import controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari

    Press = Callable[..., None]

pytestmark = pytest.mark.whole


def dock_of(panel: Any) -> Any:
    found = panel.native
    while not isinstance(found, QDockWidget):
        found = found.parentWidget()
    return found


def wider(panel: Any, width: int, qtbot: Any) -> None:
    dock = dock_of(panel)
    dock.parentWidget().resizeDocks([dock], [width], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: abs(dock.width() - width) <= 2)


def cut_off(panel: Any) -> Iterator[tuple[Any, ...]]:
    """The controls that are not seen as a whole: type, left and right end, least width."""
    for control in controls(panel.native):
        left = control.mapTo(panel.native, QPoint(0, 0)).x()
        right, least = left + control.width(), control.minimumSizeHint().width()
        if isinstance(control, QAbstractSpinBox):  # which asks for room for its longest number
            least = control.fontMetrics().horizontalAdvance(control.text()) + 8
        if control.isVisible() and not 0 <= left < left + least <= right <= panel.native.width():
            yield type(control), control.toolTip(), left, right, least


def starts_with_a_word(width: int, html: str) -> bool:
    """Whether each line does, where so many pixels are there for words in Qt's rich text."""
    document = QTextDocument()
    document.setHtml(html)
    document.setTextWidth(width)
    document.size()  # has Qt lay it out
    block = document.firstBlock()
    lines = [block.layout().lineAt(i) for i in range(block.layout().lineCount())]
    return all(block.text()[line.textStart()] not in " \N{NO-BREAK SPACE}" for line in lines)


@pytest.mark.parametrize("width", [260, 300])
def test_nothing_is_cut_off_at(
    viewer: napari.Viewer, panel: Any, run: Press, qtbot: Any, width: int
) -> None:
    add_stack(viewer, axis_labels=("time", "depth", "width")).name = LONG
    for fold in folds(panel).values():
        fold.open(True)
    panel["ignore"].value = True
    wider(panel, width, qtbot)
    for method in METHODS:
        panel["method"].value = method
        panel["out_range"].value = "auto"
        if method != "match":  # which has nothing to show before its reference is chosen
            qtbot.waitUntil(panel.plotbox.isVisible, timeout=30_000)
        panel["out_range"].value = "custom"
        panel["low"].value = -1234567.25
        qtbot.wait(50)  # for Qt to lay it out
        assert not list(cut_off(panel)), method


def test_several_layers_fit_into_a_narrow_panel(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    viewer.layers.selection = {viewer.add_image(data.moon()), viewer.add_image(data.camera())}
    assert panel["together"].visible
    wider(panel, 260, qtbot)
    assert not list(cut_off(panel))


def test_it_opens_at_300_pixels(viewer: napari.Viewer, panel: Any) -> None:
    assert panel.native.sizeHint().width() == 300


def test_docked_at_the_bottom_it_has_two_columns(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    viewer.window.resize(1700, 1000)
    viewer.add_image(data.moon())
    dock = dock_of(panel)
    dock.parentWidget().addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    qtbot.waitUntil(lambda: dock.width() > 1000 and panel.plotbox.isVisible())
    qtbot.waitUntil(lambda: place(panel.plotbox)[1] > place(panel["layer"].native)[1] + 200)
    assert panel["method"].native.width() < 500
    assert panel["power"].native.width() < 500
    assert panel.plotbox.width() < 500
    assert panel["run"].native.width() < 500
    dock.parentWidget().addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    qtbot.waitUntil(lambda: dock.width() < 600)
    wider(panel, 300, qtbot)
    assert place(panel.plotbox)[1] < place(panel["layer"].native)[1]


def test_many_axes_take_several_lines(viewer: napari.Viewer, panel: Any, qtbot: Any) -> None:
    names = tuple(f"an axis named {i}" for i in range(5))
    viewer.add_image(np.zeros((2, 2, 2, 8, 8), np.uint8), axis_labels=names)
    folds(panel)["Region"].open(True)
    wider(panel, 260, qtbot)
    boxes = [box.native for box in panel["axes"]]
    qtbot.waitUntil(lambda: len({place(box)[0] for box in boxes}) > 1)
    assert panel["axes"].value == names
    for box in boxes:
        assert box.mapTo(panel.native, QPoint(box.width(), 0)).x() <= panel.native.width()


def test_the_button_does_not_move(
    viewer: napari.Viewer, panel: Any, run: Press, qtbot: Any
) -> None:
    """Not by the plot, the words, the table, the folds or a run."""
    button = panel["run"].native
    qtbot.waitUntil(lambda: button.height() > 10)
    seen = set()

    def look() -> None:
        corner = button.mapTo(panel.native, QPoint(0, 0))
        # From the lower edge: a run makes napari's own status bar a pixel higher.
        seen.add((corner.x(), panel.native.height() - corner.y(), button.width(), button.height()))

    look()

    moon = viewer.add_image(data.moon(), name="moon")
    qtbot.waitUntil(lambda: panel["evidence"].visible, timeout=30_000)
    look()
    # As it is painted: within the change Qt is not done with the row yet.
    panel["progress"].changed.connect(lambda: QTimer.singleShot(0, look))
    run()
    look()
    for fold in folds(panel).values():
        fold.open(True)
        qtbot.wait(10)
        look()
    panel["evidence"].more.click()
    panel["method"].value = "clahe"
    qtbot.wait(50)
    look()
    panel["out_range"].value = "custom"
    panel["low"].value, panel["high"].value = 20, 10
    run()
    assert "less than" in panel["status"].value
    qtbot.wait(10)
    look()
    viewer.layers.remove(moon)
    qtbot.wait(10)
    look()
    assert len(seen) == 1, seen


def test_the_button_is_always_in_sight(viewer: napari.Viewer, panel: Any, qtbot: Any) -> None:
    viewer.window.resize(1000, 500)
    viewer.add_image(data.moon())
    for fold in folds(panel).values():
        fold.open(True)
    qtbot.waitUntil(panel.plotbox.isVisible, timeout=30_000)
    button = panel["run"].native
    assert not button.visibleRegion().isEmpty()
    bottom = button.mapTo(viewer.window._qt_window, QPoint(0, button.height())).y()
    assert bottom < viewer.window._qt_window.height()


def test_seldom_used_rows_are_folded_away(viewer: napari.Viewer, panel: Any) -> None:
    add_stack(viewer)
    sections = folds(panel)
    inside = {
        "More options": ["convention"],
        "Region": ["mask", "ignore", "axes"],
        "Output": ["strength", "out_range", "output", "plot", "compare", "replace"],
    }
    assert list(sections) == [*inside, "Over planes"]  # which holds a plot, no rows
    for title, names in inside.items():
        assert not any(panel[name].visible for name in names)
        QTest.mouseClick(sections[title].toggleButton(), Qt.MouseButton.LeftButton)
        assert all(panel[name].visible for name in names)
        QTest.mouseClick(sections[title].toggleButton(), Qt.MouseButton.LeftButton)
        assert not any(panel[name].visible for name in names)


def test_a_row_that_appears_in_an_open_section_has_room(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon())
    folds(panel)["Output"].open(True)
    panel["out_range"].value = "custom"
    for name in ("low", "high"):
        row = panel[name].native
        qtbot.waitUntil(lambda row=row: row.visibleRegion().boundingRect().height() == row.height())
        assert row.height() >= row.minimumSizeHint().height()


def test_the_numbers_are_brief_until_asked_for(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon())
    evidence = panel["evidence"]
    qtbot.waitUntil(lambda: evidence.visible)
    assert "178 → <b>49</b>" in evidence.native.text().replace("&nbsp;", " ")
    assert "chi²" not in evidence.native.text()
    assert all(map(starts_with_a_word, range(150, 500, 10), [evidence.native.text()] * 35))
    evidence.more.click()
    assert "chi²" in evidence.native.text()
    assert evidence.native.text() == evidence.value
    evidence.more.click()
    assert "chi²" not in evidence.native.text()
