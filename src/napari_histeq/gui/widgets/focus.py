"""The keyboard's focus stays where somebody types.

When one of napari's notifications fades away it hands the focus to the canvas, some seconds after a
mistake was told: what is typed to correct that would then be shortcuts of the viewer.
"""

from __future__ import annotations

from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import QApplication, QDialog, QGraphicsOpacityEffect, QWidget


class FocusKeeper(QObject):
    """Gives the focus back to a control within a widget if a notification that goes took it.

    Parameters
    ----------
    within : QWidget
        With it Qt takes the keeper away: the application, which tells of the focus, lives longer.
    """

    def __init__(self, within: QWidget) -> None:
        super().__init__(within)
        self._within = within
        QApplication.instance().focusChanged.connect(self._changed)

    def _changed(self, lost: QWidget | None, got: QWidget | None) -> None:
        within = self._within
        if lost is None or got is None or not within.isAncestorOf(lost) or within.isAncestorOf(got):
            return
        by_hand = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if not by_hand and any(map(_is_fading, within.window().findChildren(QDialog))):
            lost.setFocus()


def _is_fading(dialog: QDialog) -> bool:
    """Whether it is a notification of which nothing is seen any more."""
    effect = dialog.graphicsEffect()
    return (
        dialog.isVisible()
        and isinstance(effect, QGraphicsOpacityEffect)
        and effect.opacity() == 0.0
    )
