"""How the rows are arranged: aligned forms, columns, and a foot that stays in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from magicgui.widgets import Widget
    from qtpy.QtGui import QResizeEvent, QShowEvent

#: Pixels between rows, and between the panel and its edge.
SPACE = 6

#: Pixels across the panel when it opens.
WIDTH = 300

#: Height of the progress bar, in pixels.
BAR = 18

#: The most pixels across a column.
WIDEST = 480


class _Area(QScrollArea):
    """Scrolls up and down only; it takes all the height there is, so that the foot rests."""

    def sizeHint(self) -> QSize:
        """As high as the content."""
        high = self.widget().minimumHeight() + 2 * self.frameWidth()
        return QSize(max(self.minimumSizeHint().width(), WIDTH), high)

    def minimumSizeHint(self) -> QSize:
        """As wide as the content and its scroll bar, but not as high."""
        beside = self.verticalScrollBar().sizeHint().width() + 2 * self.frameWidth()
        return QSize(self.widget().least_width() + beside, 100)


class _Content(QWidget):
    """The controls, and the picture under them, or beside them where there is room.

    It tells when it gets its font (as it is shown, or the theme changes), and asks for the
    height that it needs.
    """

    def __init__(
        self, columns: Sequence[QWidget], restyled: Callable[[], None], area: QWidget
    ) -> None:
        super().__init__()
        self._restyled, self._area, self._columns = restyled, area, columns
        self._row = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._row.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        self._row.setSpacing(2 * SPACE)
        for column in columns:
            self._row.addWidget(column, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addStretch(1)

    def least_width(self) -> int:
        """That of one column under the other."""
        widths = [int(column.minimumSizeHint().width()) for column in self._columns]
        return 2 * SPACE + max(widths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Docked at the bottom of the window, say: a column of its own for the picture."""
        super().resizeEvent(event)
        wide = self.width() >= 2 * WIDTH
        way = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if way != self._row.direction():
            self._row.setDirection(way)
            for index in range(len(self._columns)):
                self._row.setStretch(index, 100 if wide else 0)

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

    def add(
        self, widget: Widget, caption: str | None = None, button: QWidget | None = None
    ) -> None:
        """Add a row, with a button at its end; without a caption it spans both columns."""
        row = self._grid.rowCount()
        control = side_by_side(widget.native, button) if button else widget.native
        if caption is None:
            self._grid.addWidget(control, row, 0, 1, 2)
            return
        label = QLabel(caption)
        label.setToolTip(widget.tooltip or "")
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(control, row, 1)
        self._captions[widget.name] = label

    def show_row(self, widget: Widget, shown: bool) -> None:
        """Show or hide a row with its caption."""
        widget.visible = shown
        if widget.name in self._captions:
            self._captions[widget.name].setVisible(shown)

    def has(self, widget: Widget) -> bool:
        """Whether it has a row with a caption for a control."""
        return widget.name in self._captions

    def shows_any(self) -> bool:
        """Whether a row with a caption is not hidden."""
        return any(not label.isHidden() for label in self._captions.values())

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


def beside(first: QWidget, *others: QWidget) -> QWidget:
    """A wide button, and others of which one is shown at a time, all in one place.

    They are as high as the first: Qt gives a hidden button its style only when it is shown.
    """
    holder = QWidget()
    grid = tight(QGridLayout(holder))
    grid.setHorizontalSpacing(SPACE)
    grid.addWidget(first, 0, 0)
    for other in others:
        other.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Ignored)
        keep_room(other)
        grid.addWidget(other, 0, 1)
    grid.setColumnStretch(0, 1)
    return holder


def tight(layout: Any, *parts: QWidget) -> Any:
    """A layout without margins, and parts in it, one after the other."""
    layout.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        layout.addWidget(part)
    return layout


def side_by_side(left: QWidget, right: QWidget) -> QWidget:
    """Two parts of a line, at either end of it."""
    holder = QWidget()
    tight(QHBoxLayout(holder), left, right).setStretch(0, 1)
    return holder


def align(forms: Sequence[Form]) -> None:
    """Give the first columns of some forms one width."""
    captions = [label for form in forms for label in form.captions()]
    for label in captions:
        label.ensurePolished()  # its font is known only then
    width = max((label.sizeHint().width() for label in captions), default=0)
    for form in forms:
        form.align(width)


def column(*parts: QWidget) -> QWidget:
    """Parts one under the other, which do not get wider than can be looked over at once."""
    holder = QWidget()
    tight(QVBoxLayout(holder), *parts).setSpacing(SPACE + 2)
    holder.setMaximumWidth(WIDEST)
    return holder


def put_in(
    panel: QWidget,
    columns: Sequence[QWidget],
    foot: Sequence[QWidget],
    restyled: Callable[[], None],
) -> None:
    """Fill the panel: columns, which scroll if need be, and the foot at its lower edge.

    What is last in the foot does not move, whatever comes or goes above it. `restyled` is
    called whenever the panel's font may have changed.
    """
    area, bottom = _Area(), column(*foot)
    bottom.layout().setContentsMargins(SPACE, 0, SPACE, SPACE)
    area.setWidget(_Content(columns, restyled, area))
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    panel.layout().setContentsMargins(0, 0, 0, 0)
    panel.layout().setSpacing(SPACE)
    panel.layout().addWidget(area, 1)
    panel.layout().addWidget(_leftmost(bottom))


def _leftmost(widget: QWidget) -> QWidget:
    """As wide as it can be, and what is left over to the right of it."""
    holder = QWidget()
    row = tight(QHBoxLayout(holder), widget)
    row.setStretch(0, 100)
    row.addStretch(1)
    return holder


def keep_room(widget: QWidget) -> None:
    """Leave its place free while it is hidden: what stands around it does not move."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    widget.setSizePolicy(policy)
