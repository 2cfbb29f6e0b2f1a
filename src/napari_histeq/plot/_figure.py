"""The figure: two histograms, the curve that leads from one to the other, and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from napari_histeq.plot import _content, _layout, _text
from napari_histeq.plot._furniture import Legend
from napari_histeq.plot._panel import Panel
from napari_histeq.plot._theme import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram
    from napari_histeq.core.transfer import TransferFunction

#: A smooth step from 0 to 1, by which the lines of the flow run.
STEP = np.linspace(0, 1, 24)
SMOOTH = STEP**2 * (3 - 2 * STEP)


@dataclass(frozen=True, slots=True)
class Look:
    """All that does not change with the data."""

    title: str
    theme: Theme
    unit: str
    nbins: int | None
    log: bool
    kde: bool
    transparent: bool
    compact: bool

    @property
    def sizes(self) -> _layout.Sizes:
        """The lengths to draw with."""
        return _layout.COMPACT if self.compact else _layout.FULL


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The data of one moment, ready for the artists."""

    before: _content.Content
    after: _content.Content | None
    curve: TransferFunction | None
    lines: tuple[tuple[str, bool], ...]  # of text, and whether it is a measure

    @property
    def rows(self) -> _layout.Rows:
        """What the figure has to hold."""
        apart = self.after is not None and self.after.view != self.before.view
        flows = self.after is not None and self.curve is not None
        return _layout.Rows(self.after is not None, flows, apart, len(self.lines))


def prepare(
    look: Look,
    before: Histogram,
    after: Histogram | None,
    curve: TransferFunction | None,
    note: str | None,
    measures: Mapping[str, Any] | None,
    room: float,
) -> Shown:
    """Numbers and words to show; texts are set into lines of `room` inches."""
    before = _content.one_plane(before)
    after = None if after is None else _content.one_plane(after)
    one, two = _content.views(before, after, look.nbins)
    return Shown(
        _content.content(before, one, look.nbins),
        None if after is None or two is None else _content.content(after, two, look.nbins),
        curve,
        _lines(look, before, after, note, measures, room),
    )


def _lines(
    look: Look,
    before: Histogram,
    after: Histogram | None,
    note: str | None,
    measures: Mapping[str, Any] | None,
    room: float,
) -> tuple[tuple[str, bool], ...]:
    size = look.sizes.text
    if note is None:
        silent = after is None or look.compact
        note = "" if silent or after is None else _content.why_not_flat(before, after)
    numbers = [f"{name} {_measure(value)}" for name, value in (measures or {}).items()]
    first = _text.wrapped(numbers, room, size, joint="     ")
    second = _text.balanced(_text.printable(note), room, size)
    return (*((line, True) for line in first), *((line, False) for line in second))


def _measure(value: Any) -> str:
    """A number, or two with an arrow between."""
    if isinstance(value, str):
        return value
    return " → ".join(_text.number(part, 3) for part in np.atleast_1d(np.asarray(value)))


class HistogramFigure:
    """The plot in a figure of the caller's; made once, then updated quickly.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        It is cleared. Its size and resolution are the caller's; after it has been
        resized, the layout follows by itself.
    before, after, curve, title, theme, unit, nbins, log, kde, note, measures, transparent
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
        transparent: bool = False,
        compact: bool = False,
    ) -> None:
        colors = Theme.of(theme)
        self.figure = figure
        self.look = Look(title, colors, unit, nbins, log, kde, transparent, compact)
        self.marked: float | None = None
        self._build()
        self.update(before, after, curve, note=note, measures=measures)
        # matplotlib keeps a weak reference only: a figure drawn anew forgets the old plot.
        figure.canvas.mpl_connect("resize_event", self._resized)

    def _build(self) -> None:
        figure, theme, sizes = self.figure, self.look.theme, self.look.sizes
        figure.clear()
        figure.set_layout_engine("none")
        figure.set_facecolor("none" if self.look.transparent else theme.background)
        self.before = Panel(figure, sizes, theme, theme.before, self.look.log)
        self.after = Panel(figure, sizes, theme, theme.after, self.look.log)
        self.flow = Axes(figure, (0, 0, 1, 1), facecolor="none")
        self.flow.set_axis_off()
        self.flow.set(xlim=(0, 1), ylim=(0, 1), autoscale_on=False)
        figure.add_axes(self.flow)
        self.threads = LineCollection([], linewidths=0.7 * sizes.line, capstyle="butt")
        self.flow.add_collection(self.threads, autolim=False)
        (self.thread,) = self.flow.plot([], [], ls="-", lw=1.2 * sizes.line, color=theme.text)
        self._make_texts()
        self._make_legend()

    def _text(self, size: float, color: str, weight: str = "normal", **more: Any) -> Text:
        font = _text.font(size, weight, any_script=more.pop("any_script", False))
        return self.figure.text(
            0, 0, "", color=color, parse_math=False, usetex=False, fontproperties=font,
            **{"va": "center", **more},
        )  # fmt: skip

    def _make_texts(self) -> None:
        theme, sizes = self.look.theme, self.look.sizes
        self.title = self._text(sizes.title, theme.text, any_script=True)
        self.names = [
            self._text(sizes.header, color, "bold") for color in (theme.before, theme.after)
        ]
        self.levels = [self._text(sizes.header * 0.9, theme.text) for _ in range(2)]
        self.asides = [self._text(sizes.tick, theme.muted, ha="right") for _ in range(2)]
        for text, name in zip(self.names, ("before", "after"), strict=True):
            text.set_text(name)
        self.axis_label = self._text(sizes.label, theme.text, ha="center", any_script=True)
        self.powers = [self._text(sizes.tick, theme.muted, ha="right", va="top") for _ in range(2)]
        self.side_labels = [
            self._text(sizes.label, theme.text, ha="center", rotation=90) for _ in range(4)
        ]
        self.lines: list[Text] = []

    def update(
        self,
        before: Histogram,
        after: Histogram | None = None,
        curve: TransferFunction | None = None,
        *,
        note: str | None = None,
        measures: Mapping[str, Any] | None = None,
    ) -> None:
        """Show other data; nothing but the artists' data changes.

        Parameters
        ----------
        before, after, curve, note, measures
            As in `render`.
        """
        self._given = (before, after, curve, note, measures)
        self.shown = prepare(self.look, *self._given, self._room + 0.5 * self.look.sizes.right)
        self._show_panels()
        self._show_flow()
        self.relayout()

    @property
    def _room(self) -> float:
        """Inches from the left end of the axes to their right end."""
        wide = float(self.figure.get_size_inches()[0])
        return max(wide - self.look.sizes.left - self.look.sizes.right, 0.1)

    def _show_panels(self) -> None:
        shown, look = self.shown, self.look
        self.before.show(shown.before, look.kde, None)
        both = [(0, shown.before)]
        if shown.after is not None:
            same = shown.after.view == shown.before.view and shown.before.total > 0
            ghost = (shown.before.x, shown.before.kde) if same else None
            self.after.show(shown.after, look.kde, ghost)
            both.append((1, shown.after))
        for index, content in both:
            self.levels[index].set_text(content.levels)
        for text in (*self.names, self.levels[1], self.asides[1]):
            text.set_visible(shown.after is not None)
        for axes in (self.after.axes, self.after.right):
            axes.set_visible(shown.after is not None)

    def _show_flow(self) -> None:
        """The curve, twice: over the histogram before, and as threads from bar to bar."""
        shown = self.shown
        self.flow.set_visible(shown.rows.flow)
        self.before.curve.set_data([], [])
        if shown.curve is None or not shown.before.total:
            self.threads.set_segments([])
            return
        x = shown.before.x
        y = shown.curve.evaluate(x)
        view = shown.after.view if shown.after else None
        if view is None:
            view = _content.View(float(y[0]), float(max(y[-1], y[0] + 1e-9)), False)
        self.before.curve.set_data(x, np.clip(view.place(y), 0, 1.04))
        if shown.after is None:
            return
        start, end, weight = _content.moves(shown.curve, shown.before, view)
        across = start[:, None] + (end - start)[:, None] * SMOOTH
        down = np.broadcast_to(1 - STEP, across.shape)
        self.threads.set_segments(np.stack([across, down], axis=-1))
        self.threads.set_color(_faded(self.look.theme.curve, weight))

    def _resized(self, event: object) -> None:  # noqa: ARG002
        self.relayout()

    def relayout(self) -> None:
        """Lay everything out for the figure's present size."""
        wide, high = (float(v) for v in self.figure.get_size_inches())
        sizes, rows = self.look.sizes, self.shown.rows
        places = _layout.places(sizes, rows, wide, high)
        self.before.place(places.before)
        self.after.place(places.after)
        self.flow.set_position(places.flow)
        self._place_headers(places, wide)
        self._place_axes(places, wide)
        self._place_legend(places, wide)
        self._place_lines(places, wide)
        self.mark(self.marked)

    def _place_headers(self, places: _layout.Places, wide: float) -> None:
        sizes = self.look.sizes
        indent = (_text.width("before", sizes.header, "bold") + 0.8 * sizes.header / 72) / wide
        if self.shown.after is None:  # one histogram needs no name
            indent = 0.0
        for index, y in enumerate((places.before_header_y, places.after_header_y)):
            self.names[index].set_position((places.left, y))
            self.levels[index].set_position((places.left + indent, y))
            self.asides[index].set_position((places.right, y))

    def _show_asides(self, value: float | None, target: float | None) -> None:
        """At the right end of the headers: the marked intensity, or what there is to know."""
        for index, intensity in enumerate((value, target)):
            content = (self.shown.before, self.shown.after)[index]
            if content is None:
                continue
            words = self._aside((self.before, self.after)[index], content)
            if intensity is not None:
                arrow = "→ " * index
                words = f"{arrow}{_text.number(intensity)} · cdf {content.cdf_at(intensity):.3f}"
            start = _text.width("before  " + content.levels + "  ", self.look.sizes.header, "bold")
            room = self._room - start
            self.asides[index].set_text(_text.elided(words, room, self.look.sizes.tick))

    def _aside(self, panel: Panel, content: _content.Content) -> str:
        """What is to know about a histogram besides its levels."""
        if self.look.compact:
            parts = [panel.cut_off_briefly, content.outside_briefly]
        else:
            parts = [panel.cut_off, content.outside]
        if np.size(panel.ghost.get_xdata()) and not (self.look.compact and any(parts)):
            parts.append("dotted: KDE before")
        return " · ".join(part for part in parts if part)

    def _place_axes(self, places: _layout.Places, wide: float) -> None:
        shown, sizes, look = self.shown, self.look.sizes, self.look
        apart = shown.rows.ticks_between or not shown.rows.after
        margin = sizes.right - 0.04
        power = self.before.label_x(self._room, margin, shown=apart)
        self.powers[0].set_text(power if apart else "")
        power = self.after.label_x(self._room, margin, shown=True) if shown.after else ""
        self.powers[1].set_text(power)
        for text, rect in zip(self.powers, (places.before, places.after), strict=True):
            below = 1.8 * sizes.tick_length / 72 / float(self.figure.get_size_inches()[1])
            text.set_position((1 - 0.04 / wide, rect[1] - below))
        self.axis_label.set_text("" if look.compact else _text.printable(look.unit))
        middle = (places.left + places.right) / 2
        self.axis_label.set_position((middle, places.axis_label_y))
        ticks = [0, 1] if look.compact else [0, 0.5, 1]
        for panel in (self.before, self.after):
            panel.cdf_scale.set(ticks, [f"{tick:g}" for tick in ticks])
        self._place_side_labels(places, wide)

    def _place_side_labels(self, places: _layout.Places, wide: float) -> None:
        left = "pixels (log)" if self.look.log else "fraction of pixels"
        sizes = self.look.sizes
        margin = 0.5 * sizes.label / 72 + 0.16
        has_curve = self.shown.curve is not None
        for index, rect in enumerate((places.before, places.after)):
            middle = rect[1] + rect[3] / 2
            shown = not self.look.compact and (index == 0 or self.shown.after is not None)
            words = (left, "cdf, curve" if has_curve and index == 0 else "cdf")
            for side, x in enumerate((margin / wide, 1 - margin / wide)):
                label = self.side_labels[2 * index + side]
                label.set_text(words[side] if shown else "")
                label.set_position((x, middle))

    def _place_legend(self, places: _layout.Places, wide: float) -> None:
        shown = ["histogram", "KDE", "cdf", "curve"]
        if not self.look.kde:
            shown.remove("KDE")
        if self.shown.curve is None:
            shown.remove("curve")
        samples = 2 if self.shown.after is not None else 1
        end = self.legend.place(places.right, places.title_y, wide, shown, samples)
        title = "" if self.look.compact else self.look.title
        room = (end - places.left) * wide
        self.title.set_text(_text.elided(title, room, self.look.sizes.title))
        self.title.set_position((places.left, places.title_y))

    def _make_legend(self) -> None:
        look, sizes = self.look, self.look.sizes
        self.legend = Legend(self.figure, sizes.text, look.theme.text)
        colors = (look.theme.before, look.theme.after)
        thick = {"lw": 0.75 * sizes.text, "alpha": 0.55, "solid_capstyle": "butt"}
        line = {"lw": 1.25 * sizes.line, "ls": "-", "solid_capstyle": "butt"}
        self.legend.add("histogram", *({"color": color} | thick for color in colors))
        self.legend.add("KDE", *({"color": color} | line for color in colors))
        dashes = {"ls": (0, (4, 2)), "lw": 0.85 * sizes.line, "dash_capstyle": "butt"}
        self.legend.add("cdf", {"color": look.theme.text} | dashes)
        self.legend.add("curve", {"color": look.theme.curve} | line)

    def _place_lines(self, places: _layout.Places, wide: float) -> None:
        theme, sizes = self.look.theme, self.look.sizes
        while len(self.lines) < len(self.shown.lines):
            self.lines.append(self._text(sizes.text, theme.text, any_script=True))
        for index, text in enumerate(self.lines):
            used = index < len(self.shown.lines)
            words, is_measure = self.shown.lines[index] if used else ("", False)
            text.set_text(words)
            text.set_color(theme.text if is_measure else theme.muted)
            text.set_position((places.left, places.text_top - index * places.text_step))

    def mark(self, value: float | None) -> None:
        """Mark an intensity of the image before on all curves, and where it goes.

        Parameters
        ----------
        value : float or None
            The intensity under the cursor; None, or one out of view, marks nothing.
        """
        shown = self.shown
        self.before.point_at(value)
        self.marked = value
        target = None
        if value is not None and shown.curve is not None and np.isfinite(value):
            target = float(shown.curve.evaluate(value))
            target = float(np.rint(target)) if shown.before.view.whole else target
        self.after.point_at(target if shown.after is not None else None)
        self._show_asides(value, target)
        self.thread.set_data([], [])
        if value is None or target is None or shown.after is None:
            return
        start, end = shown.before.view.place(value), shown.after.view.place(target)
        if 0 <= start <= 1 and 0 <= end <= 1:
            self.thread.set_data(start + (end - start) * SMOOTH, 1 - STEP)


def _faded(color: str, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """One color, the fainter the fewer pixels it stands for."""
    rgba = np.empty((weight.size, 4))
    rgba[:, :3] = to_rgb(color)
    rgba[:, 3] = 0.12 + 0.88 * np.sqrt(weight / max(float(weight.max(initial=0)), 1e-300))
    return rgba


def draw(
    figure: Figure,
    before: Histogram,
    after: Histogram | None = None,
    *,
    compact: bool = False,
    **options: Any,
) -> HistogramFigure:
    """Draw into a figure: see `HistogramFigure`, which this returns."""
    return HistogramFigure(figure, before, after, compact=compact, **options)


