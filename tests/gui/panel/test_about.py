"""The button "?": what the chosen method computes, with its formula, its options and its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QTextDocument
from qtpy.QtTest import QTest

from napari_histeq.core import METHODS
from napari_histeq.core.methods import options_of
from napari_histeq.gui.panel.about import page_of
from napari_histeq.gui.widgets.taborder import controls

if TYPE_CHECKING:
    import napari


def read(method: Any) -> str:
    """A page as a person reads it."""
    document = QTextDocument()
    document.setHtml(page_of(method))
    return document.toPlainText()


@pytest.mark.parametrize("name", METHODS)
def test_a_page_tells_all_and_no_markup_is_left(name: str, qapp: Any) -> None:
    method: Any = METHODS[name]
    text = read(method)
    for words in (method.title, method.summary, method.caution):
        assert words in text
    for field in options_of(method):
        assert f"{field.caption}: {field.option.help}" in text
    assert "[1] " in text.split("Sources", 1)[1]
    for markup in ("`", "]_", ".. [", "----", "Parameters", "Notes", "See Also"):
        assert markup not in text, markup


def test_the_formula_of_global(qapp: Any) -> None:
    assert "Histogram equalization: lo + C / N * (hi - lo) [1]." in read(METHODS["global"])
    assert "[2] V. E. Vickers" in read(METHODS["global"])


def test_by_the_keyboard_it_opens_follows_the_method_and_closes(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    about = panel.about
    order = list(controls(panel.native))
    assert order.index(about.button) == order.index(panel["method"].native) + 1
    QTest.keyClick(about.button, Qt.Key.Key_Space)
    assert about.text.startswith("Global")
    panel["method"].value = "clahe"
    assert about.text.startswith("CLAHE")
    window = about._window
    assert "“CLAHE”" in window.windowTitle()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    QTest.keyClick(about.button, Qt.Key.Key_Space)
    assert about._window is window
    assert window.isVisible()
    panel.disconnect_all()
    assert not window.isVisible()
