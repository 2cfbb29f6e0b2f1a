"""How the rows are arranged: aligned forms, folds, the one accent button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magicgui.widgets import Widget

#: Pixels between rows, and between the panel and its edge.
SPACE = 6


class Form(QWidget):
    """Rows of a caption and a control, in two aligned columns."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(SPACE)
        self._grid.setColumnStretch(1, 1)
        self._captions: dict[str, QLabel] = {}

    def add(self, widget: Widget, caption: str | None = None) -> None:
        """Add a row; without a caption it spans both columns."""
        row = self._grid.rowCount()
        if caption is None:
            self._grid.addWidget(widget.native, row, 0, 1, 2)
            return
        label = QLabel(caption)
        label.setToolTip(widget.tooltip or "")
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(widget.native, row, 1)
        self._captions[widget.name] = label

    def show_row(self, widget: Widget, shown: bool) -> None:
        """Show or hide a row with its caption."""
        widget.visible = shown
        if widget.name in self._captions:
            self._captions[widget.name].setVisible(shown)

    def clear(self) -> None:
        """Take all rows out (their controls are not deleted)."""
        while (item := self._grid.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().setParent(None)
        self._captions.clear()

    def captions(self) -> list[QLabel]:
        """The captions in the first column."""
        return list(self._captions.values())

    def align(self, width: int) -> None:
        """Set the width of the first column."""
        self._grid.setColumnMinimumWidth(0, width)


class Fold(QWidget):
    """A heading that shows and hides what stands under it."""

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self._heading = QToolButton()
        self._heading.setObjectName("histeq_fold")
        self._heading.setText(title)
        self._heading.setCheckable(True)
        self._heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._heading.toggled.connect(self.open)
        column = _column(self, self._heading, content)
        column.setSpacing(SPACE)
        self.open(False)

    def open(self, opened: bool) -> None:
        """Show the content, or hide it."""
        self._heading.setChecked(opened)
        arrow = Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow
        self._heading.setArrowType(arrow)
        self._content.setVisible(opened)


def line(*widgets: Widget | QWidget, stretch: Sequence[int] = ()) -> QWidget:
    """Controls side by side."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    for index, widget in enumerate(widgets):
        native = widget if isinstance(widget, QWidget) else widget.native
        row.addWidget(native, stretch[index] if index < len(stretch) else 0)
    if not any(stretch):
        row.addStretch(1)
    return holder


def align(forms: Sequence[Form]) -> None:
    """Give the first columns of some forms one width."""
    captions = [label for form in forms for label in form.captions()]
    width = max((label.sizeHint().width() for label in captions), default=0)
    for form in forms:
        form.align(width)


def put_in(panel: QWidget, *parts: QWidget) -> None:
    """Make `parts` the content of the panel, one under the other; it scrolls if need be."""
    content = QWidget()
    content.setObjectName("histeq_panel")
    column = _column(content, *parts)
    column.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
    column.setSpacing(SPACE + 2)
    column.addStretch(1)
    area = QScrollArea()
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    panel.layout().setContentsMargins(0, 0, 0, 0)
    panel.layout().addWidget(area)
    panel.setMinimumWidth(290)


def _column(holder: QWidget, *parts: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        column.addWidget(part)
    return column
