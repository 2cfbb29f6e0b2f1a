"""The Tab key goes through the panel in the order in which its parts are laid out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QScrollArea, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterator


def set_tab_order(panel: QWidget) -> None:
    """Let Tab go as the eye does; to be called again when rows were added."""
    for first, second in pairwise(list(controls(panel))):
        QWidget.setTabOrder(first, second)


def controls(widget: QWidget) -> Iterator[QWidget]:
    """All controls in it that the Tab key reaches, from top to bottom, hidden ones included."""
    if isinstance(widget, QScrollArea):
        yield from controls(widget.widget())
    elif widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield widget
    elif widget.layout() is not None:
        yield from _laid_out(widget.layout())


def _laid_out(layout: Any) -> Iterator[QWidget]:
    for item in (layout.itemAt(index) for index in range(layout.count())):
        if item.widget() is not None:
            yield from controls(item.widget())
        elif item.layout() is not None:
            yield from _laid_out(item.layout())
