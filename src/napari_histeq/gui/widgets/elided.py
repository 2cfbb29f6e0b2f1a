"""Long names: shortened in their middle, where two of them differ least; whole when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

from napari_histeq.gui.widgets.tips import tip

if TYPE_CHECKING:
    from magicgui.widgets import ComboBox

#: The list that drops down is as wide as its longest name, up to so many pixels.
WIDEST_LIST = 600

#: Pixels that a style leaves free beside a box's text.
PADDING = 4


def elide(box: ComboBox, *, tell: bool) -> None:
    """A long name may not widen the panel; `tell`: it is put before what the tooltip says."""
    native = box.native
    native.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    native.setMinimumContentsLength(6)
    native.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
    native.installEventFilter(_Painter(native, box.tooltip or "", tell=tell))


class _Painter(QObject):
    """Paints a box whose style would cut off the end of its text."""

    def __init__(self, box: QComboBox, about: str, *, tell: bool) -> None:
        super().__init__(box)
        self._box, self._about, self._tell = box, about, tell
        self._told = ""

    def eventFilter(self, _: Any, event: QEvent) -> bool:
        """Qt's own."""
        if event.type() in (QEvent.Type.Paint, QEvent.Type.ToolTip) and self._tell:
            self._name(self._box.currentText())  # of a new name no signal tells
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress):
            wide = min(self._box.view().sizeHintForColumn(0) + 24, WIDEST_LIST)
            self._box.view().setMinimumWidth(wide)
        if event.type() == QEvent.Type.Paint:
            self._paint()
            return True
        return False

    def _name(self, name: str) -> None:
        """Name in the tooltip what is chosen."""
        if name != self._told:
            self._told = name
            self._box.setToolTip(tip(f"{name}\n{self._about}"))

    def _paint(self) -> None:
        box, option = self._box, QStyleOptionComboBox()
        box.initStyleOption(option)
        control = QStyle.ComplexControl.CC_ComboBox
        text = QStyle.SubControl.SC_ComboBoxEditField
        room = box.style().subControlRect(control, option, text, box)
        option.currentText = box.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideMiddle, room.width() - PADDING
        )
        painter = QStylePainter(box)
        painter.drawComplexControl(control, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
