"""The plot inside the dock: the same drawing as the plot layer, at the panel's width."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from napari_histeq.gui.background import load_plotting
from napari_histeq.gui.widgets import tight

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_histeq import plot
    from napari_histeq.core import Histogram, TransferFunction
    from napari_histeq.gui.evidence.canvas import Canvas

#: Height of the plot in pixels; its width is the panel's.
HEIGHT = 250


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What the plot shows."""

    before: Histogram
    after: Histogram | None = None
    curve: TransferFunction | None = None
    parts: tuple[tuple[str, Histogram], ...] = ()

    def looks_like(self, other: Drawn) -> bool:
        """Whether it is the same to look at: the same counts, by the same curve."""
        if self.before is not other.before or self.parts != other.parts:
            return False
        mine, its = self.curve, other.curve
        if mine is None or its is None:
            return mine is its and self.after is other.after
        return (
            (self.after is None) == (other.after is None)
            and mine.end_slope == its.end_slope
            and np.array_equal(mine.x, its.x)
            and np.array_equal(mine.y, its.y)
        )


class PlotBox(QWidget):
    """Histograms, cdf and curve; the canvas is made when there is something to show.

    Attributes
    ----------
    drawn : Signal
        After each drawing.
    """

    drawn = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(200)
        tight(QVBoxLayout(self))
        self.log, self.kde, self.nbins = False, True, None
        self.shown: Drawn | None = None
        self.measures: dict[str, dict[str, float]] | None = None
        self.settings: dict[str, str] = {}  # by which they were measured
        self._theme: str | None = None
        self._canvas: Canvas | None = None
        self._plot: plot.HistogramFigure | None = None
        self.setVisible(False)

    def show_data(self, shown: Drawn | None) -> None:
        """Show other histograms; those that are shown already are not drawn again."""
        before, self.shown = self.shown, shown
        self.setVisible(shown is not None)
        if shown is None:
            return
        if self._plot is None:
            self._make(shown)
        elif before is not None and shown.looks_like(before):
            return
        else:
            parts = self._colored(shown, self._plot.look.theme.text)
            self._plot.update(shown.before, shown.after, shown.curve, note="", parts=parts)
        self._draw()

    def choose(self, **options: Any) -> None:
        """Set `log`, `kde` or `nbins`."""
        for name, value in options.items():
            setattr(self, name, value)
        if self._plot is not None:
            self._plot.choose(nbins=self.nbins, log=self.log, kde=self.kde)
            self._draw()

    def renew(self, theme: str | None = None) -> None:
        """Draw all anew, in a theme of napari's."""
        self._theme = theme or self._theme
        self._plot = None
        if self._canvas is not None:
            self._canvas.drawing = None
        if self.shown is not None:
            self._make(self.shown)
            self._draw()

    def mark(self, value: float | None) -> None:
        """Mark an intensity on all curves."""
        if self._plot is None or self._plot.marked == value:
            return
        self._plot.mark(value)
        self._draw()

    def saving(self, path: str, title: str) -> Callable[[object], object]:
        """What writes the plot of now to a file, on any thread: SVG, PNG or PDF by its ending.

        Raises
        ------
        ValueError
            If there is no plot.
        """
        from napari_histeq import plot

        if self.shown is None:
            raise ValueError("there is no plot yet: choose an image layer first")
        write = partial(
            plot.save, path, self.shown.before, self.shown.after, curve=self.shown.curve,
            title=title, theme="light", log=self.log, kde=self.kde, nbins=self.nbins,
            parts=self._colored(self.shown, plot.Theme.light().text),
        )  # fmt: skip
        return lambda _: write()

    def _colored(self, shown: Drawn, gray: str) -> list[tuple[str, Histogram]]:
        """Of several layers the line of each, in its color or a gray that can be seen."""
        return [(color or gray, histogram) for color, histogram in shown.parts]

    def _draw(self) -> None:
        if self._canvas is not None:
            self._canvas.draw()

    def _make(self, shown: Drawn) -> None:
        # Late, as matplotlib takes its time: by now the thread that counted has loaded it.
        from napari_histeq import plot
        from napari_histeq.layers import theme_of

        canvas = self._canvas = self._canvas or self._new_canvas()
        theme = plot.Theme.of(theme_of(self._theme) if self._theme else "dark")
        self._plot = plot.HistogramFigure(
            canvas.figure, shown.before, shown.after, curve=shown.curve, theme=theme,
            log=self.log, kde=self.kde, nbins=self.nbins, compact=True, note="",
            parts=self._colored(shown, theme.text),
        )  # fmt: skip
        canvas.drawing = plot.Blit(self._plot)

    def _new_canvas(self) -> Canvas:
        canvas = new_canvas()
        canvas.drawn.connect(self.drawn)
        canvas.resize(self.size())
        self.layout().addWidget(canvas)
        return canvas


def new_canvas() -> Canvas:
    """A canvas, once matplotlib is loaded."""
    from napari_histeq.gui.evidence.canvas import Canvas

    return Canvas()


def warm_up(pause: Callable[[], object]) -> None:
    """Have loaded what the first drawing needs: on any thread but the GUI's.

    `pause` is called before each step, and may raise.
    """
    load_plotting(pause)
    pause()
    import napari_histeq.gui.evidence.canvas  # noqa: F401
    from napari_histeq import plot

    pause()
    plot.warm_up()
