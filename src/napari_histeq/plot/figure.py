"""The figure: two histograms, the curve that leads from one to the other, and words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.plot.bars import Panel
from napari_histeq.plot.flow import Flow
from napari_histeq.plot.layout import places_of
from napari_histeq.plot.look import Look, prepare
from napari_histeq.plot.text import number
from napari_histeq.plot.theme import Theme
from napari_histeq.plot.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from napari_histeq.core.histogram import Histogram
    from napari_histeq.core.transfer import TransferFunction
    from napari_histeq.plot.look import Shown


class HistogramFigure:
    """The plot in a figure of the caller's; made once, then updated quickly.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        It is cleared. Its size and resolution are the caller's; after it has been
        resized, the layout follows by itself.
    before, after, curve, title, theme, unit, nbins, log, kde, note, measures, parts, transparent
        As in `render`.
    compact : bool
        For a panel about 300 pixels wide: smaller letters, and no title.

    Notes
    -----
    `update` and `mark` change the data of artists; the caller then has the canvas
    draw, say with ``canvas.draw_idle()``.
    """

    def __init__(
        self,
        figure: Figure,
        before: Histogram,
        after: Histogram | None = None,
        *,
        curve: TransferFunction | None = None,
        title: str = "",
        theme: Theme | str = "dark",
        unit: str = "intensity",
        nbins: int | None = None,
        log: bool = False,
        kde: bool = True,
        note: str | None = None,
        measures: Mapping[str, Any] | None = None,
        parts: Sequence[tuple[str, Histogram]] = (),
        transparent: bool = False,
        compact: bool = False,
    ) -> None:
        colors = Theme.of(theme)
        self.figure = figure
        self.look = Look(title, colors, unit, nbins, log, kde, transparent, compact)
        self.marked: float | None = None
        self._last: Shown | None = None
        self._build()
        self.update(before, after, curve, note=note, measures=measures, parts=parts)
        # matplotlib keeps a weak reference only: a figure drawn anew forgets the old plot.
        figure.canvas.mpl_connect("resize_event", self._resized)

    def _build(self) -> None:
        figure, theme, sizes = self.figure, self.look.theme, self.look.sizes
        figure.clear()
        figure.set_layout_engine("none")
        figure.set_facecolor("none" if self.look.transparent else theme.background)
        self.before = Panel(figure, sizes, theme, theme.before, self.look.log)
        self.after = Panel(figure, sizes, theme, theme.after, self.look.log)
        self.flow = Flow(figure, sizes, theme)
        self.words = Words(figure, self.look)
        ticks = (0.0, 1.0) if self.look.compact else (0.0, 0.5, 1.0)
        for panel in (self.before, self.after):
            panel.cdf_scale.set(ticks, [f"{tick:g}" for tick in ticks])

    def update(
        self,
        before: Histogram,
        after: Histogram | None = None,
        curve: TransferFunction | None = None,
        *,
        note: str | None = None,
        measures: Mapping[str, Any] | None = None,
        parts: Sequence[tuple[str, Histogram]] = (),
    ) -> None:
        """Show other data; nothing but the artists' data changes.

        Parameters
        ----------
        before, after, curve, note, measures, parts
            As in `render`.
        """
        self._given = (before, after, curve, note, measures, parts)
        room = self._room + 0.5 * self.look.sizes.right
        last = self._last
        self.shown = prepare(self.look, before, after, curve, note, measures, room, last, parts)
        same = last is not None and last.before is self.shown.before
        if last is None or last.thin is not self.shown.thin:
            self.before.show_thin(self.shown.thin)
        self._last = self.shown
        self._show(same_before=same)
        self.relayout()

    def choose(self, *, nbins: int | None, log: bool, kde: bool) -> None:
        """Show the same data otherwise.

        Parameters
        ----------
        nbins, log, kde
            As in `render`.
        """
        self.look = self.words.look = replace(self.look, nbins=nbins, log=log, kde=kde)
        self.before.set_log(log)
        self.after.set_log(log)
        self._last = None  # its bars are of another kind
        self._again()

    @property
    def _room(self) -> float:
        """Inches from the left end of the axes to their right end."""
        wide = float(self.figure.get_size_inches()[0])
        return max(wide - self.look.sizes.left - self.look.sizes.right, 0.1)

    def _show(self, *, same_before: bool) -> None:
        before, after, kde = self.shown.before, self.shown.after, self.look.kde
        if not same_before:
            self.before.show(before, kde, None)
        self.before.show_curve(self.shown.drawn_curve)
        self.flow.show(self.shown.curve, before, after)
        self.after.set_visible(after is not None)
        if after is not None:
            same = after.view == before.view and before.total > 0
            self.after.show(after, kde, (before.x, before.kde) if same else None)

    def _resized(self, event: object) -> None:  # noqa: ARG002
        self._again()

    def _again(self) -> None:
        before, after, curve, note, measures, parts = self._given
        self.update(before, after, curve, note=note, measures=measures, parts=parts)

    def relayout(self) -> None:
        """Lay everything out for the figure's present size."""
        wide, high = (float(length) for length in self.figure.get_size_inches())
        sizes, rows = self.look.sizes, self.shown.rows
        places = places_of(sizes, rows, wide, high)
        self.before.place(places.before)
        self.after.place(places.after)
        self.flow.place(places.flow)
        self.words.place(places, self.shown)
        apart = rows.ticks_between or not rows.after
        margin = sizes.right - 0.04
        first = self.before.label_x(self._room, margin, shown=apart)
        second = self.after.label_x(self._room, margin, shown=True) if rows.after else ""
        self.words.place_powers(places, (first if apart else "", second))
        self.mark(self.marked)

    def mark(self, value: float | None) -> None:
        """Mark an intensity of the image before on all curves, and where it goes.

        Parameters
        ----------
        value : float or None
            The intensity under the cursor; None (or NaN) marks nothing. Out of
            view, it is told in words only.
        """
        known = value is not None and bool(np.isfinite(value))
        self.marked = float(value) if known and value is not None else None
        target = self.shown.after_of(self.marked)
        self.before.point_at(self.marked)
        self.after.point_at(target)
        if self.marked is None or target is None or self.shown.after is None:
            self.flow.point_at(None, None)
        else:
            start = float(self.shown.before.view.place(self.marked))
            self.flow.point_at(start, float(self.shown.after.view.place(target)))
        words = [self._aside(0, self.marked), self._aside(1, target)]
        self.words.set_asides(words, self._room)

    def _aside(self, index: int, intensity: float | None) -> str:
        """The marked intensity, or else what is to know about a histogram."""
        content, panel = self.shown.contents[index], (self.before, self.after)[index]
        if content is None:
            return ""
        if intensity is not None:
            arrow = "→ " * index
            return f"{arrow}{number(intensity)} · cdf {content.cdf_at(intensity):.3f}"
        brief = self.look.compact
        parts = [panel.cut_off_briefly if brief else panel.cut_off]
        parts.append(content.outside_briefly if brief else content.outside)
        if panel.has_ghost and not (brief and any(parts)):
            parts.append("dotted: KDE before")
        return " · ".join(part for part in parts if part)
