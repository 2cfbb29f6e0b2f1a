"""Draws again only what moves while a slider does: the rest is kept as pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from napari_histeq.plot.figure import HistogramFigure


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

    def draw(self, canvas: FigureCanvasAgg) -> None:
        """Draw into the canvas's buffer."""
        state, moving = self._state(), list(self._moving())
        texts = list(self._texts())
        for artist in (*moving, *texts):
            artist.set_animated(True)
        canvas.renderer = renderer = canvas.get_renderer()
        if state == self._drawn:
            canvas.restore_region(self._ground)
        else:
            self.draw_ground(renderer)
            self._write(set(texts) - set(moving), renderer)
            self._ground = canvas.copy_from_bbox(self._plot.figure.bbox)
            self._drawn = state
        for artist in moving:
            if not isinstance(artist, Text) and (artist.axes is None or artist.axes.get_visible()):
                artist.draw(renderer)
        self._write(set(texts) & set(moving), renderer)

    def draw_ground(self, renderer: RendererAgg) -> None:
        """Draw all lines that stay."""
        draw_ground(self._plot.figure, renderer)

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
        return (*size, shown.before, shown.rows, shown.has_curve, shown.lines, shown.thin)

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


def draw_ground(figure: Figure, renderer: RendererAgg) -> None:
    """Draw all of a figure that stays.

    As the figure does it, but without its lock: that is one for all figures, and the
    picture of a plot layer, drawn in the background, would hold the GUI.
    """
    ground, *others = figure.get_children()
    renderer.clear()
    ground.draw(renderer)
    for artist in sorted(others, key=Artist.get_zorder):
        if not artist.get_animated():
            artist.draw(renderer)


class Stamps:
    """Texts kept as pixels: drawn once, as long as words and looks come again.

    They stand on whole pixels, so that they look the same in other places.
    """

    MOST = 1000

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], tuple[NDArray[np.uint8], int, int]] = {}

    def draw(self, text: Any, renderer: RendererAgg) -> None:
        """Draw a text on what is there already."""
        if not text.get_visible() or not text.get_text():
            return
        x, y = (int(v) for v in text.get_transform().transform(text.get_unitless_position()))
        looks = text.get_color(), text.get_size(), text.get_weight(), text.get_rotation()
        anywhere = (text.get_text(), looks, text.get_ha(), text.get_va(), renderer.dpi)
        here = (*anywhere, x, y, renderer.width, renderer.height)
        key = anywhere if anywhere in self._kept else here
        if key not in self._kept:
            if len(self._kept) >= self.MOST:
                self._kept.clear()
            pixels, left, bottom, whole = _cut(text, renderer)
            key = anywhere if whole else here
            self._kept[key] = pixels, left - x, bottom - y
        pixels, right, up = self._kept[key]
        if pixels.size:
            renderer.draw_image(renderer.new_gc(), x + right, y + up, pixels)


def _cut(text: Any, like: RendererAgg) -> tuple[NDArray[np.uint8], int, int, bool]:
    """Draw a text on nothing, and cut it out.

    Its pixels, where they are from, and whether all of it was on the canvas.
    """
    wide, high = int(like.width), int(like.height)
    renderer = RendererAgg(wide, high, like.dpi)
    text.draw(renderer)
    extent = text.get_window_extent(renderer).padded(2)
    left, bottom = (max(int(v), 0) for v in extent.min)
    right, top = min(int(extent.x1) + 1, wide), min(int(extent.y1) + 1, high)
    whole = extent.x0 >= 0 and extent.y0 >= 0 and extent.x1 < wide and extent.y1 < high
    drawn = np.asarray(renderer.buffer_rgba())[high - top : high - bottom, left:right]
    return drawn[::-1].copy(), left, bottom, bool(whole)  # matplotlib's images stand on their head
