"""The plot over planes: median and percentiles of each frame of a movie, or slice of a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from napari_histeq.plot.blit import draw_ground
from napari_histeq.plot.furniture import Legend, Scale, text_on
from napari_histeq.plot.layout import COMPACT, FULL
from napari_histeq.plot.text import balanced, elided, number, text_width, tick_labels
from napari_histeq.plot.theme import Theme

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from napari_histeq.plot.layout import Rect, Sizes

    Floats = NDArray[np.float64]

#: Room above and below the percentiles, as a part of their range.
MARGIN = 0.06

#: What of the height one part takes that lies over the other.
OUTER, INNER = 0.25, 0.45


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Percentiles along an axis.

    Attributes
    ----------
    places : (n,) array of float
        Where the planes are on the axis, in its unit.
    axis : str
        The axis and its unit, as ``"t (s)"``.
    before, after : (n, 5) array of float64
        The percentiles 5, 25, 50, 75 and 95 of each plane; NaN where no pixel counts. Of a
        stack that was not equalized there is no `after`.
    """

    places: Floats
    axis: str
    before: Floats
    after: Floats | None = None

    @property
    def sentence(self) -> str:
        """How far the median moves from plane to plane, in words."""
        before = step_of(self.before)
        if before is None:
            return ""
        after = None if self.after is None else step_of(self.after)
        if after is None:
            return f"Mean step of the median: {100 * before:.2g} % of the 5–95 % range."
        return f"Mean step of the median: {100 * before:.2g} % → {100 * after:.2g} % of the 5–95 % range."


def step_of(percentiles: Floats) -> float | None:
    """The mean step of the median between planes, as a part of the mean 5–95 % range."""
    known = percentiles[np.isfinite(percentiles).all(axis=1)]
    if len(known) < 2:
        return None
    scale = np.abs(known).max() or 1.0  # so that no difference overflows
    known = known / scale
    spread = float((known[:, 4] - known[:, 0]).mean())
    steps = float(np.abs(np.diff(known[:, 2])).mean())
    return steps / spread if spread > 0 else None


class CourseFigure:
    """The plot over planes in a figure of the caller's.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        It is cleared. Its size is the caller's; the layout follows when it is resized.
    course : Course
    title : str
        The image's name; left out if `compact`.
    theme : Theme or str
        As in `render`.
    compact : bool
        For a panel about 300 pixels wide.
    """

    def __init__(
        self,
        figure: Figure,
        course: Course,
        *,
        title: str = "",
        theme: Theme | str = "dark",
        compact: bool = False,
    ) -> None:
        self.figure, self.course, self.title = figure, course, title
        self.theme, self.compact = Theme.of(theme), compact
        self.sizes: Sizes = COMPACT if compact else FULL
        self.marked: int | None = None
        self._ground: Any = None
        self._drawn: tuple[float, ...] = ()
        figure.clear()
        figure.set_layout_engine("none")
        figure.set_facecolor(self.theme.background)
        parts = [("before", course.before, self.theme.before)]
        if course.after is not None:
            parts.append(("after", course.after, self.theme.after))
        self.parts = [_Part(self, *part) for part in parts]
        self._title = text_on(figure, self.sizes.title, self.theme.text, any_script=True)
        self._axis = text_on(
            figure, self.sizes.label, self.theme.text, ha="center", any_script=True
        )
        self._lines = [text_on(figure, self.sizes.text, self.theme.muted) for _ in range(3)]
        self._legend = self._make_legend()
        self.relayout()
        figure.canvas.mpl_connect("resize_event", lambda _: self.relayout())

    def mark(self, index: int | None) -> None:
        """Mark a plane in both parts: that which is displayed."""
        known = index is not None and 0 <= index < len(self.course.places)
        self.marked = index if known else None
        for part in self.parts:
            part.point_at(self.marked)

    def draw(self, canvas: FigureCanvasAgg) -> None:
        """Draw into a canvas's buffer; but for the mark all is kept as pixels."""
        moving = [artist for part in self.parts for artist in (part.cursor, part.aside)]
        for artist in moving:
            artist.set_animated(True)
        canvas.renderer = renderer = canvas.get_renderer()
        state = (*self.figure.get_size_inches(), self.figure.dpi)
        if state == self._drawn:
            canvas.restore_region(self._ground)
        else:
            draw_ground(self.figure, renderer)
            self._ground = canvas.copy_from_bbox(self.figure.bbox)
            self._drawn = state
        for artist in moving:
            artist.draw(renderer)

    @property
    def height(self) -> float:
        """The natural height in inches."""
        return self._fixed + self.sizes.panel * 1.1 * len(self.parts)

    @property
    def _lines_shown(self) -> list[str]:
        room = float(self.figure.get_size_inches()[0]) - self.sizes.left - self.sizes.right
        words = self.course.sentence
        return balanced(words, max(room, 0.5), self.sizes.text)[:3] if words else []

    @property
    def _fixed(self) -> float:
        sizes, lines = self.sizes, len(self._lines_shown)
        label = sizes.axis_label or sizes.text_row
        text = sizes.gap + lines * sizes.text_row if lines else 0.0
        return (
            sizes.top + sizes.title_row + len(self.parts) * (sizes.header_row + sizes.gap)
            + sizes.ticks + label + text + sizes.bottom
        )  # fmt: skip

    def relayout(self) -> None:
        """Lay everything out for the figure's present size."""
        sizes, count = self.sizes, len(self.parts)
        wide, high = (float(length) for length in self.figure.get_size_inches())
        across = max(wide - sizes.left - sizes.right, 0.1)
        panel = max((high - self._fixed) / count, 0.1)
        left, right = sizes.left / wide, (sizes.left + across) / wide
        title_y = 1 - (sizes.top + sizes.title_row * 0.42) / high
        end = self._legend.place(right, title_y, wide, ["median", "25–75 %", "5–95 %"], 1)
        room = (end - left) * wide
        self._title.set_text("" if self.compact else elided(self.title, room, sizes.title))
        self._title.set_position((left, title_y))
        top = sizes.top + sizes.title_row
        for number_of, part in enumerate(self.parts):
            header = 1 - (top + sizes.header_row * 0.5) / high
            top += sizes.header_row
            rect = (left, 1 - (top + panel) / high, across / wide, panel / high)
            part.place(rect, header, across, labeled=number_of == count - 1)
            part.point_at(self.marked)
            top += panel + sizes.gap
        label = sizes.axis_label or sizes.text_row
        top += sizes.ticks
        self._axis.set_text(elided(self.course.axis, across, sizes.label))
        self._axis.set_position(((left + right) / 2, 1 - (top + label * 0.3) / high))
        top += label + sizes.gap
        lines = self._lines_shown
        for index, text in enumerate(self._lines):
            text.set_text(lines[index] if index < len(lines) else "")
            text.set_position((left, 1 - (top + sizes.text_row * (index + 0.5)) / high))
        self._drawn = ()

    def _make_legend(self) -> Legend:
        theme, sizes = self.theme, self.sizes
        legend = Legend(self.figure, sizes.text, theme.text)
        thick = {"ls": "-", "lw": 0.9 * sizes.text, "solid_capstyle": "butt", "color": theme.muted}
        line = {"lw": 1.25 * sizes.line, "ls": "-", "solid_capstyle": "butt", "color": theme.muted}
        legend.add("median", line)
        legend.add("25–75 %", thick | {"alpha": OUTER + INNER})
        legend.add("5–95 %", thick | {"alpha": OUTER})
        return legend


class _Part:
    """One of the two: its axes, bands, median and mark."""

    def __init__(self, plot: CourseFigure, name: str, values: Floats, color: str) -> None:
        self.plot, self.values = plot, values
        theme, wide = plot.theme, plot.sizes.line
        self.axes = Axes(plot.figure, (0, 0, 1, 1), facecolor="none")
        self.axes.set_axis_off()
        self.axes.set_autoscale_on(False)
        plot.figure.add_axes(self.axes)
        x = plot.course.places
        for low, high, alpha in ((0, 4, OUTER), (1, 3, INNER)):
            self.axes.fill_between(
                x, values[:, low], values[:, high], color=color, alpha=alpha, lw=0
            )
        few = {"marker": "o", "ms": 3 * wide} if len(x) == 1 else {"marker": ""}
        self.axes.plot(x, values[:, 2], ls="-", lw=1.25 * wide, color=color, **few)
        self.axes.plot(
            [0, 1], [0, 0], transform=self.axes.transAxes, ls="-", marker="",
            color=theme.line, lw=0.5 * wide, clip_on=False,
        )  # fmt: skip
        (self.cursor,) = self.axes.plot([], [], ls="-", lw=0.9 * wide, color=theme.text, marker="")
        sizes = plot.sizes
        self.name = text_on(plot.figure, sizes.header, color, "bold")
        self.name.set_text(name)
        self.aside = text_on(plot.figure, sizes.tick, theme.muted, ha="right")
        self.power = text_on(plot.figure, sizes.tick, theme.muted, ha="right")
        self.x_scale = Scale(self.axes, "bottom", sizes, theme)
        self.y_scale = Scale(self.axes, "left", sizes, theme)
        self._room = 0.0
        self._set_limits()

    def _set_limits(self) -> None:
        x, known = self.plot.course.places, self.values[np.isfinite(self.values)]
        step = float(np.abs(np.diff(x)).min()) if len(x) > 1 else 1.0
        self.axes.set_xlim(float(x.min()) - step / 2, float(x.max()) + step / 2)
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        room = MARGIN * (high / 2 - low / 2) * 2 or max(abs(low) * 0.05, 0.5)
        self.low, self.high = low - room, high + room
        if np.isfinite(self.low) and np.isfinite(self.high):
            self.axes.set_ylim(self.low, self.high)

    def place(self, rect: Rect, header: float, across: float, *, labeled: bool) -> None:
        """Move it, and set its ticks; of the lower part alone the places have numbers."""
        self.axes.set_position(rect)
        self.name.set_position((rect[0], header))
        self._room = across - text_width(f"{self.name.get_text()} ", self.plot.sizes.header, "bold")
        self.aside.set_position((rect[0] + rect[2], header))
        locator = MaxNLocator(self.plot.sizes.y_ticks, steps=[1, 2, 5, 10])
        ticks = _within(locator, self.low, self.high)
        labels, power = tick_labels(ticks)
        self.y_scale.set(ticks, labels)
        self.power.set_text(power)
        self.power.set_position((rect[0] - 0.01, header))
        low, high = (float(v) for v in self.axes.get_xlim())
        places = self.plot.course.places
        whole = bool(np.all(places == np.rint(places)))
        most = max(min(int(across / (6 * self.plot.sizes.tick / 72)), 9), 2)
        ticks = _within(MaxNLocator(most, integer=whole), low, high)
        labels, power = tick_labels(ticks)
        labels = [f"{text}{power}" for text in labels]
        self.x_scale.set(ticks, labels if labeled else [""] * len(labels))

    def point_at(self, index: int | None) -> None:
        """Mark a plane, and tell its numbers."""
        if index is None:
            self.cursor.set_data([], [])
            self.aside.set_text("")
            return
        place, values = float(self.plot.course.places[index]), self.values[index]
        self.cursor.set_data([place, place], [self.low, self.high])
        if not np.isfinite(values).all():
            self.aside.set_text(f"at {number(place)}: no pixel counts")
            return
        median, low, high = (number(values[i], 3) for i in (2, 0, 4))
        brief = f"at {number(place)}: {median}"
        whole = f"{brief} ({low} – {high})"
        fits = text_width(whole, self.plot.sizes.tick) < self._room
        self.aside.set_text(whole if fits else brief)


def _within(locator: MaxNLocator, low: float, high: float) -> Floats:
    ticks = np.asarray(locator.tick_values(low, high), np.float64)
    return ticks[(ticks >= low) & (ticks <= high)]
