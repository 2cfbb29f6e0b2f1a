"""The keyboard's focus stays where somebody types.

When one of napari's notifications fades away it hands the focus to the canvas, some seconds after a
mistake was told: what is typed to correct that would then be shortcuts of the viewer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QDialog, QGraphicsOpacityEffect

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget


def keep_focus(within: QWidget, lost: QWidget | None, got: QWidget | None) -> None:
    """Give the focus back to a control within a widget if a notification that goes took it.

    For `QApplication.focusChanged`, which tells who lost the focus and who got it.
    """
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
