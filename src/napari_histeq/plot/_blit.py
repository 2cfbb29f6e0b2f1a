"""Draws again only what moves while a slider does: the rest is kept as pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.artist import Artist
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from numpy.typing import NDArray

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
    tick that stays: it lies over it then, not under it. No two texts overlap.
    """

    def __init__(self, plot: HistogramFigure) -> None:
        self._plot = plot
        self._drawn: tuple[Any, ...] = ()
        self._ground: Any = None
        self._stamps = Stamps()

    def draw(self, canvas: FigureCanvasAgg, draw_all: Callable[[], Any]) -> None:
        """Draw into the canvas's buffer; `draw_all` is matplotlib's way to draw all of it."""
        state, moving = self._state(), list(self._moving())
        texts = list(self._texts())
        for artist in (*moving, *texts):
            artist.set_animated(True)
        renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
        if state == self._drawn:
            canvas.restore_region(self._ground)  # type: ignore[no-untyped-call]
        else:
            draw_all()
            self._write(set(texts) - set(moving), renderer)
            self._ground = canvas.copy_from_bbox(self._plot.figure.bbox)  # type: ignore[no-untyped-call]
            self._drawn = state
        for artist in moving:
            if not isinstance(artist, Text) and (artist.axes is None or artist.axes.get_visible()):
                artist.draw(renderer)
        self._write(set(texts) & set(moving), renderer)

    def _write(self, texts: set[Artist], renderer: RendererAgg) -> None:
        for text in texts:
            if text.axes is None or text.axes.get_visible():
                self._stamps.draw(text, renderer)

    def _texts(self) -> Iterator[Artist]:
        figure = self._plot.figure
        yield from figure.texts
        for axes in figure.axes:
            yield from axes.texts

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


class Stamps:
    """Texts kept as pixels: drawn once, as long as words, place and looks come again."""

    MOST = 1000

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], tuple[NDArray[np.uint8], int, int]] = {}

    def draw(self, text: Any, renderer: RendererAgg) -> None:
        """Draw a text on what is there already."""
        if not text.get_visible() or not text.get_text():
            return
        x, y = text.get_transform().transform(text.get_unitless_position())
        looks = text.get_color(), text.get_size(), text.get_weight(), text.get_rotation()
        aligned = text.get_ha(), text.get_va()
        state = (text.get_text(), x, y, looks, aligned, renderer.width, renderer.height)
        if state not in self._kept:
            if len(self._kept) >= self.MOST:
                self._kept.clear()
            self._kept[state] = _cut(text, renderer)
        pixels, x, y = self._kept[state]
        if pixels.size:
            renderer.draw_image(renderer.new_gc(), x, y, pixels)


def _cut(text: Any, like: RendererAgg) -> tuple[NDArray[np.uint8], int, int]:
    """Draw a text on nothing, and cut it out: its pixels, and where they are from."""
    renderer = RendererAgg(int(like.width), int(like.height), like.dpi)  # type: ignore[no-untyped-call]
    text.draw(renderer)
    whole = np.asarray(renderer.buffer_rgba())  # type: ignore[no-untyped-call]
    rows, columns = (np.flatnonzero(whole[..., 3].any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return whole[:0], 0, 0
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    # matplotlib's images stand on their head.
    return whole[box][::-1].copy(), int(columns[0]), int(like.height) - int(rows[-1]) - 1
