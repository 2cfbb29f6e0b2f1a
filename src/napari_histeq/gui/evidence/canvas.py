"""The canvas of the plot in the dock. matplotlib takes its time: import this late.

The panel opens without it; the thread that counts loads it meanwhile (`plotbox.warm_up`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.figure import Figure
from qtpy.QtCore import Signal

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

    from napari_histeq import plot


class Canvas(FigureCanvasQTAgg):
    """Drawn when Qt paints the window, and so no oftener.

    Attributes
    ----------
    drawn : Signal
        After each drawing.
    drawing : plot.Blit or None
        What draws the figure.
    """

    drawn = Signal()

    def __init__(self) -> None:
        super().__init__(Figure(dpi=100))  # type: ignore[no-untyped-call]
        self.drawing: plot.Blit | None = None
        self._stale = False

    def draw(self) -> None:
        """Have what has changed drawn when Qt paints the window next."""
        self._stale = True
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's own: draw what is stale, and show it."""
        stale, self._stale = self.drawing if self._stale else None, False
        if stale is not None:
            stale.draw(self)
        super().paintEvent(event)  # type: ignore[no-untyped-call]
        if stale is not None:
            self.drawn.emit()
