"""The plot inside the dock: the same drawing as the plot layer, at the panel's width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.figure import Figure
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QSizePolicy

from napari_histeq import plot
from napari_histeq.pictures import theme_of

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

    from napari_histeq.core import Histogram, TransferFunction

#: Height of the plot in pixels; its width is the panel's.
HEIGHT = 250


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What the plot shows."""

    before: Histogram
    after: Histogram | None = None
    curve: TransferFunction | None = None


class PlotBox(FigureCanvasQTAgg):
    """Histograms, cdf and curve; drawn when Qt paints the window, and so no oftener.

    Attributes
    ----------
    drawn : Signal
        After each drawing.
    """

    drawn = Signal()

    def __init__(self) -> None:
        super().__init__(Figure(dpi=100))  # type: ignore[no-untyped-call]
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(200)
        self.log, self.kde, self.nbins = False, True, None
        self.shown: Drawn | None = None
        self.measures: dict[str, dict[str, float]] | None = None
        self._theme: Any = None
        self._plot: plot.HistogramFigure | None = None
        self._blit: plot.Blit | None = None
        self._stale = False
        self.setVisible(False)

    def show_data(self, shown: Drawn | None) -> None:
        """Show other histograms."""
        self.shown = shown
        self.setVisible(shown is not None)
        if shown is None:
            return
        if self._plot is None:
            self._make()
        else:
            self._plot.update(shown.before, shown.after, shown.curve, note="")
        self.draw()

    def choose(self, **options: Any) -> None:
        """Set `log`, `kde` or `nbins`."""
        for name, value in options.items():
            setattr(self, name, value)
        if self._plot is not None:
            self._plot.choose(nbins=self.nbins, log=self.log, kde=self.kde)
            self.draw()

    def renew(self, theme: str | None = None) -> None:
        """Draw all anew, in a theme of napari's."""
        if theme is not None:
            self._theme = theme_of(theme)
            self.figure.set_facecolor(self._theme.background)
        self._plot = self._blit = None
        if self.shown is not None:
            self._make()
            self.draw()

    def mark(self, value: float | None) -> None:
        """Mark an intensity on all curves."""
        if self._plot is None or self._plot.marked == value:
            return
        self._plot.mark(value)
        self.draw()

    def save(self, path: str, title: str) -> None:
        """Write the plot to a file, by the ending of its name: SVG, PNG or PDF."""
        if self.shown is None:
            raise ValueError("there is no plot yet: choose an image layer first")
        plot.save(
            path, self.shown.before, self.shown.after, curve=self.shown.curve,
            title=title, theme="light", log=self.log, kde=self.kde, nbins=self.nbins,
        )  # fmt: skip

    def _make(self) -> None:
        assert self.shown is not None
        self._plot = plot.HistogramFigure(
            self.figure, self.shown.before, self.shown.after, curve=self.shown.curve,
            theme=self._theme or "dark", log=self.log, kde=self.kde, nbins=self.nbins,
            compact=True, note="",
        )  # fmt: skip
        self._blit = plot.Blit(self._plot)

    def draw(self) -> None:
        """Have what has changed drawn when Qt paints the window next."""
        self._stale = True
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's own: draw what is stale, and show it."""
        stale, self._stale = self._blit if self._stale else None, False
        if stale is not None:
            stale.draw(self)
        super().paintEvent(event)  # type: ignore[no-untyped-call]
        if stale is not None:
            self.drawn.emit()
