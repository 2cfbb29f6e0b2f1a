"""How the rows are arranged: aligned forms, folds, the one accent button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QSize, Qt
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

from napari_histeq._panel.tips import tip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from magicgui.widgets import Widget
    from qtpy.QtGui import QShowEvent

#: Pixels between rows, and between the panel and its edge.
SPACE = 6

#: Pixels across the panel when it opens.
WIDTH = 340


class _Area(QScrollArea):
    """Scrolls up and down only; wide enough at first for napari's title of the dock."""

    def sizeHint(self) -> QSize:
        """As high as the content."""
        high = self.widget().minimumHeight() + 2 * self.frameWidth()
        return QSize(max(self.minimumSizeHint().width(), WIDTH), high)

    def minimumSizeHint(self) -> QSize:
        """As wide as the content and its scroll bar, but not as high."""
        beside = self.verticalScrollBar().sizeHint().width() + 2 * self.frameWidth()
        return QSize(self.widget().minimumSizeHint().width() + beside, 100)


class _Content(QWidget):
    """Tells when the panel gets its font (as it is shown, or the theme changes) or grows."""

    def __init__(self, restyled: Callable[[], None], area: QWidget) -> None:
        super().__init__()
        self._restyled = restyled
        self._area = area

    def event(self, event: QEvent) -> bool:
        """A row came or went, or words have to be wrapped otherwise."""
        done = bool(super().event(event))
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._grow()
        return done

    def _grow(self) -> None:
        """Be as high as the wrapped words need: a scroll area does not ask for that."""
        needed = self.layout().totalHeightForWidth(self.width())
        if needed != self.minimumHeight():
            self.setMinimumHeight(needed)
            self._area.updateGeometry()

    def showEvent(self, event: QShowEvent) -> None:
        """Shown: the style sheets of all its parents hold now."""
        super().showEvent(event)
        self._restyled()

    def changeEvent(self, event: QEvent) -> None:
        """Restyled."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._restyled()


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

    def __init__(self, title: str, content: QWidget, about: str) -> None:
        super().__init__()
        self._content = content
        self._heading = QToolButton()
        self._heading.setObjectName("histeq_fold")
        self._heading.setText(title)
        self._heading.setToolTip(tip(about))
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
    for label in captions:
        label.ensurePolished()  # its font is known only then
    width = max((label.sizeHint().width() for label in captions), default=0)
    for form in forms:
        form.align(width)


def put_in(
    panel: QWidget, parts: Sequence[QWidget], foot: Sequence[QWidget], restyled: Callable[[], None]
) -> None:
    """Fill the panel: `parts` one under the other, which scroll if need be, and the foot.

    `restyled` is called whenever the panel's font may have changed.
    """
    area, bottom = _Area(), QWidget()
    content = _Content(restyled, area)
    column = _column(content, *parts)
    column.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
    column.setSpacing(SPACE + 2)
    column.addStretch(1)
    _column(bottom, *foot).setContentsMargins(SPACE, 0, SPACE, SPACE)
    area.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    panel.layout().setContentsMargins(0, 0, 0, 0)
    panel.layout().addWidget(area)
    panel.layout().addWidget(bottom)
    panel.layout().addStretch(1)


def _column(holder: QWidget, *parts: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        column.addWidget(part)
    return column
