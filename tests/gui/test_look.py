"""How the panel looks and feels: widths, places, the order of the Tab key, the focus."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.utils.theme import get_theme
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractSpinBox, QDockWidget, QWidget
from skimage import data

from helpers.viewers import add_stack
from napari_histeq.core import METHODS
from napari_histeq.gui.fold import Fold
from napari_histeq.gui.style import contrast, legible, sheet
from napari_histeq.gui.taborder import controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari

    Press = Callable[..., None]

LONG = "2024-11-03 liver biopsy, patient 17, stained, " + "overview " * 40 + "channel 2 (DAPI)"


def folds(panel: Any) -> dict[str, Fold]:
    return {fold.text().split(" ", 1)[1]: fold for fold in panel.native.findChildren(Fold)}


def dock_of(panel: Any) -> Any:
    found = panel.native
    while not isinstance(found, QDockWidget):
        found = found.parentWidget()
    return found


def place(widget: QWidget) -> tuple[int, int]:
    """The middle of its left edge on the screen, from the top: (y, x)."""
    point = widget.mapToGlobal(QPoint(0, widget.height() // 2))
    return point.y(), point.x()


def focus(panel: Any) -> Any:
    """What has the keyboard, as soon as the window is the active one."""
    return panel.native.window().focusWidget()


def wider(panel: Any, width: int, qtbot: Any) -> None:
    dock = dock_of(panel)
    dock.parentWidget().resizeDocks([dock], [width], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: abs(dock.width() - width) <= 2)


# ---- width ----


def cut_off(panel: Any) -> Iterator[tuple[Any, ...]]:
    """The controls that are not seen as a whole: type, left and right end, least width."""
    for control in controls(panel.native):
        left = control.mapTo(panel.native, QPoint(0, 0)).x()
        right, least = left + control.width(), control.minimumSizeHint().width()
        if isinstance(control, QAbstractSpinBox):  # which asks for room for its longest number
            least = control.fontMetrics().horizontalAdvance(control.text()) + 8
        if control.isVisible() and not 0 <= left < left + least <= right <= panel.native.width():
            yield type(control), control.toolTip(), left, right, least


@pytest.mark.parametrize("width", [260, 300])
@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_cut_off_at(
    viewer: napari.Viewer, panel: Any, run: Press, qtbot: Any, method: str, width: int
) -> None:
    add_stack(viewer, axis_labels=("time", "depth", "width")).name = LONG
    panel["method"].value = method
    for fold in folds(panel).values():
        fold.open(True)
    panel["ignore"].value = True
    qtbot.waitUntil(panel.plotbox.isVisible, timeout=30_000)
    panel["out_range"].value = "custom"
    panel["low"].value = -1234567.25
    wider(panel, width, qtbot)
    qtbot.wait(50)  # for Qt to lay it out
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


# ---- places ----


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
    panel["progress"].changed.connect(look)
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
        "Output": ["strength", "out_range", "output", "plot", "compare"],
    }
    assert list(sections) == list(inside)
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
    evidence.more.click()
    assert "chi²" in evidence.native.text()
    assert evidence.native.text() == evidence.value
    evidence.more.click()
    assert "chi²" not in evidence.native.text()


# ---- keys ----


@pytest.mark.parametrize("opened", [False, True], ids=["folded", "unfolded"])
@pytest.mark.parametrize("method", METHODS)
def test_tab_goes_as_the_eye_does(
    viewer: napari.Viewer, panel: Any, qtbot: Any, method: str, opened: bool
) -> None:
    viewer.window.resize(1300, 1600)
    add_stack(viewer)
    panel["method"].value = "weighted" if method != "weighted" else "global"
    panel["method"].value = method
    for fold in folds(panel).values():
        fold.open(opened)
    panel["ignore"].value = True
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
    assert not panel["run"].enabled
    assert focus(panel) is button
    qtbot.waitUntil(lambda: panel["run"].enabled, timeout=20_000)
    assert focus(panel) is button
    kept = panel["plateau"].value
    QTest.keyClick(focus(panel), Qt.Key.Key_2)
    assert panel["plateau"].value == kept
    assert viewer.layers["moon"].mode == "transform"  # what napari does on a 2


def test_after_cancel_the_focus_is_on_the_button(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    viewer.add_image(data.moon(), name="moon")
    click(panel["run"].native)
    assert panel["cancel"].visible
    panel["cancel"].native.setFocus()
    click(panel["cancel"].native)
    qtbot.waitUntil(lambda: panel["run"].enabled)
    assert focus(panel) is panel["run"].native
    assert not panel["cancel"].visible


def test_a_button_that_is_off_starts_nothing(viewer: napari.Viewer, panel: Any) -> None:
    assert not panel["run"].enabled
    click(panel["run"].native)
    assert not panel["cancel"].enabled
    assert not viewer.layers


# ---- words ----


def test_an_error_is_seen_as_one(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["out_range"].value = "custom"
    panel["low"].value, panel["high"].value = 20, 10
    run()
    assert panel["status"].problem
    assert panel["status"].icon.isVisible()
    assert not panel["status"].icon.pixmap().isNull()
    panel["high"].value = 200
    run()
    assert "equalized in" in panel["status"].value
    assert not panel["status"].problem
    assert not panel["status"].icon.isVisible()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_words_can_be_read_in_both_themes(name: str) -> None:
    theme = get_theme(name)
    ground = theme.foreground.as_rgb_tuple()[:3]
    words = legible(theme.error, theme.foreground).removeprefix("rgb(").removesuffix(")")
    assert contrast([int(part) for part in words.split(",")], ground) >= 4.5
    assert words in sheet(name)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("row", ["layer", "mask"])
def test_a_long_name_is_told_in_the_tooltip(
    viewer: napari.Viewer, panel: Any, qtbot: Any, row: str
) -> None:
    viewer.add_image(data.moon(), name="moon")
    if row == "layer":
        named = viewer.add_image(data.coins(), name=LONG)
    else:
        named = viewer.add_labels(np.ones((9, 9), int), name=LONG)
        panel["mask"].value = named
        folds(panel)["Region"].open(True)
    assert panel[row].value is named

    def tooltip() -> str:
        return " ".join(panel[row].native.toolTip().split())

    qtbot.waitUntil(lambda: LONG in tooltip())
    named.name = "<b>short</b>"
    qtbot.waitUntil(lambda: LONG not in tooltip())
    assert "short" in tooltip()


def test_a_long_name_is_shortened_in_its_middle(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    """Two names that differ at their ends look different, and as wide as the box."""
    viewer.add_image(data.moon(), name=LONG + " left")
    box = panel["layer"].native
    qtbot.waitUntil(box.isVisible)
    one = box.grab().toImage()
    viewer.layers[0].name = LONG + " right"
    two = box.grab().toImage()
    half = box.width() // 2
    height = int(box.height() * one.devicePixelRatio())
    assert one.copy(0, 0, half // 2, height) == two.copy(0, 0, half // 2, height)
    assert one != two
