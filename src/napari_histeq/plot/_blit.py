"""Draws again only what moves while a slider does: the rest is kept as pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.artist import Artist
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from napari_histeq.plot._figure import HistogramFigure


class Blit:
    """Draws a plot on an Agg canvas; most of the time goes into letters that stay.

    Parameters
    ----------
    plot : HistogramFigure
        Its moving artists are marked as animated, which matplotlib leaves out.

    Notes
    -----
    The picture is that of a plot drawn as a whole, save where a moving line ends upon a
    tick that stays: it lies over it then, not under it.
    """

    def __init__(self, plot: HistogramFigure) -> None:
        self._plot = plot
        self._drawn: tuple[Any, ...] = ()
        self._ground: Any = None

    def draw(self, canvas: FigureCanvasAgg, draw_all: Callable[[], Any]) -> None:
        """Draw into the canvas's buffer; `draw_all` is matplotlib's way to draw all of it."""
        state, moving = self._state(), list(self._moving())
        for artist in moving:
            artist.set_animated(True)
        if state == self._drawn:
            canvas.restore_region(self._ground)  # type: ignore[no-untyped-call]
        else:
            draw_all()
            self._ground = canvas.copy_from_bbox(self._plot.figure.bbox)  # type: ignore[no-untyped-call]
            self._drawn = state
        renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
        for artist in moving:
            if artist.axes is None or artist.axes.get_visible():
                artist.draw(renderer)

    def _state(self) -> tuple[Any, ...]:
        """All that the artists depend on that stay: two equal ones look alike."""
        plot, shown = self._plot, self._plot.shown
        size = (*plot.figure.get_size_inches(), plot.figure.dpi)
        # Contents are compared by identity, and none can be another's while it is held here.
        return (*size, shown.before, shown.rows, shown.has_curve, shown.lines)

    def _moving(self) -> Iterator[Artist]:
        """What an update or the mark may change, in the order of drawing."""
        before, after, words = self._plot.before, self._plot.after, self._plot.words
        yield from (before.curve, before.cdf, before.cursor, before.dot, before.peaks)
        yield from (after.bars, after.ground, after.ghost, after.kde, after.y_scale.ticks)
        yield from (after.x_scale.ticks, after.empty)
        yield from (*after.x_scale.labels, *after.y_scale.labels)
        yield from (after.curve, after.cdf, after.cursor, after.dot, after.peaks)
        yield from (self._plot.flow.threads, self._plot.flow.thread)
        yield from (words.levels[1], *words.asides, words.powers[1])
