"""Where the parts of the panel are."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QWidget

from napari_histeq.gui.widgets.fold import Fold

LONG = "2024-11-03 liver biopsy, patient 17, stained, " + "overview " * 40 + "channel 2 (DAPI)"


def folds(panel: Any) -> dict[str, Fold]:
    return {fold.text().split(" ", 1)[1]: fold for fold in panel.native.findChildren(Fold)}


def place(widget: QWidget) -> tuple[int, int]:
    """The middle of its left edge on the screen, from the top: (y, x)."""
    point = widget.mapToGlobal(QPoint(0, widget.height() // 2))
    return point.y(), point.x()
