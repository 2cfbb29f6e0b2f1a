"""One histogram's artists: bars, density, cdf, axes, and the mark under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch
from matplotlib.ticker import MaxNLocator

from napari_histeq.plot.furniture import Scale, WholePixels
from napari_histeq.plot.text import (
    SUPERSCRIPTS,
    font_of,
    number,
    percent,
    text_width,
    tick_labels,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from napari_histeq.plot.content import Content
    from napari_histeq.plot.layout import Rect, Sizes
    from napari_histeq.plot.look import Thin
    from napari_histeq.plot.theme import Theme

    Floats = NDArray[np.float64]

#: Fewer bars than that are drawn with gaps between them.
WITH_GAPS = 64
#: So much taller than the next ones must at most three bars be to be cut off.
DWARFS = 4.0
#: Room above the bars, as a part of their height.
HEADROOM = 1.1

_NOTHING: Floats = np.empty(0)


class Panel:
    """The axes of one histogram; `show` changes the artists' data only."""

    def __init__(self, figure: Figure, sizes: Sizes, theme: Theme, color: str, log: bool) -> None:
        self.sizes, self.theme, self.color, self.log = sizes, theme, color, False
        self.axes = Axes(figure, (0, 0, 1, 1), facecolor="none")
        self.right = Axes(figure, (0, 0, 1, 1), facecolor="none", sharex=self.axes)
        for axes in (self.axes, self.right):
            axes.set_axis_off()
            axes.set_autoscale_on(False)
            figure.add_axes(axes)
        self.right.set_ylim(0, 1.04)
        self.set_log(log)
        self._make_artists()
        self.x_scale = Scale(self.axes, "bottom", sizes, theme)
        self.y_scale = Scale(self.axes, "left", sizes, theme)
        self.cdf_scale = Scale(self.right, "right", sizes, theme)
        self.content: Content | None = None
        self.with_kde, self.has_ghost = True, False
        self.cut_off = self.cut_off_briefly = ""
        self.thin: list[Any] = []

    def _make_artists(self) -> None:
        theme, wide = self.theme, self.sizes.line
        ground: dict[str, Any] = {"color": theme.line, "lw": 0.5 * wide, "clip_on": False}
        (self.ground,) = self.axes.plot(
            [0, 1], [0, 0], transform=self.axes.transAxes, ls="-", marker="", **ground
        )
        self.bars = StepPatch([0.0], [0.0, 1.0], baseline=0, fill=True, linewidth=0)
        self.bars.set(facecolor=self.color, alpha=0.55, edgecolor="none")
        self.axes.add_patch(self.bars)
        line: dict[str, Any] = {"solid_capstyle": "round", "dash_capstyle": "butt", "marker": ""}
        (self.ghost,) = self.axes.plot([], [], ls=":", lw=wide, color=theme.before, **line)
        (self.kde,) = self.axes.plot([], [], ls="-", lw=1.25 * wide, color=self.color, **line)
        (self.curve,) = self.right.plot([], [], ls="-", lw=1.25 * wide, color=theme.curve, **line)
        (self.cdf,) = self.right.plot(
            [], [], ls=(0, (4, 2)), lw=0.85 * wide, color=theme.text, **line
        )
        (self.cursor,) = self.right.plot([], [], ls="-", lw=0.7 * wide, color=theme.text)
        (self.dot,) = self.right.plot(
            [], [], ls="", marker="o", ms=3.2 * wide, mec=theme.background, color=theme.text
        )
        (self.peaks,) = self.right.plot(
            [], [], ls="", marker="^", ms=3.2 * wide, color=self.color, mec="none", clip_on=False
        )
        self.peaks.set_transform(self.axes.get_xaxis_transform())
        self.empty = self.axes.text(
            0.5, 0.5, "", transform=self.axes.transAxes + WholePixels(), ha="center", va="center",
            color=theme.text, parse_math=False, usetex=False,
            fontproperties=font_of(self.sizes.label),
        )  # fmt: skip

    def set_log(self, log: bool) -> None:
        """Show the heights by their logarithm, or as they are."""
        if log != self.log:
            self.log = log
            how = {"nonpositive": "clip"} if log else {}
            self.axes.set_yscale("log" if log else "linear", **how)

    def place(self, rect: Rect) -> None:
        """Move the axes."""
        for axes in (self.axes, self.right):
            axes.set_position(rect)

    def set_visible(self, visible: bool) -> None:
        """Show or hide all of it."""
        for axes in (self.axes, self.right):
            axes.set_visible(visible)

    def show_thin(self, lines: Sequence[Thin]) -> None:
        """Draw a thin line for each of several images."""
        for line in self.thin:
            line.remove()
        self.thin = [
            self.axes.plot(t.x, t.y, ls="-", lw=0.7 * self.sizes.line, color=t.color, marker="")[0]
            for t in lines
        ]

    def show_curve(self, curve: tuple[Floats, Floats] | None) -> None:
        """Draw the transfer curve on the cdf's axis."""
        self.curve.set_data(*(curve or ([], [])))

    def show(self, content: Content, kde: bool, ghost: tuple[Floats, Floats] | None) -> None:
        """Put a histogram's numbers into the artists; `ghost`: the other's density."""
        self.content, self.with_kde = content, kde
        tallest, clipped = self._tallest(content)
        floor = 0.5 / max(content.total, 1) if self.log else 0.0
        edges, heights = _with_gaps(content.bar_edges, content.bars)
        self.bars.set_data(np.maximum(heights, floor), edges, floor)
        self.kde.set_data(content.x, content.kde if kde else np.full(content.x.size, np.nan))
        self.has_ghost = kde and ghost is not None
        ghost_x, ghost_y = ghost if kde and ghost is not None else (_NOTHING, _NOTHING)
        self.ghost.set_data(ghost_x, ghost_y)
        self.cdf.set_data(content.cdf_x, content.cdf)
        self.cdf.set_drawstyle("steps-post" if content.view.whole else "default")
        if kde and ghost:
            tallest = max(tallest, min(float(ghost[1].max()) * 1.05, 1.25 * tallest))
        self.axes.set_xlim(content.view.low, content.view.high)
        self._scale(content, tallest, floor)
        self._mark_clipped(content, clipped)
        self.empty.set_text("" if content.total else "no pixel was counted")

    def _tallest(self, content: Content) -> tuple[float, NDArray[np.intp]]:
        """How high the axis goes, and the bars it cuts off: few that dwarf all others."""
        order = np.argsort(content.bars)[::-1]
        heights = content.bars[order]
        clipped = 0
        if not self.log and heights.size >= WITH_GAPS and np.count_nonzero(heights) > 8:
            dwarfing = np.flatnonzero(heights[:3] > DWARFS * heights[1:4])
            clipped = int(dwarfing[-1]) + 1 if dwarfing.size else 0
        # A whole axis for the few pixels beside a background: a quarter more than they need.
        top = float(heights[clipped]) * (1.35 if clipped else 1.0)
        if not clipped:  # beside few wide bars, the density may be higher than they are
            top = max(top, float(content.kde.max(initial=0)) if self.with_kde else 0.0)
        return top or 1.0, np.sort(order[:clipped])

    def _scale(self, content: Content, tallest: float, floor: float) -> None:
        if not self.log:
            self.axes.set_ylim(0, HEADROOM * tallest)
            ticks = np.asarray(
                MaxNLocator(self.sizes.y_ticks, steps=[1, 2, 5, 10]).tick_values(0, tallest)
            )
            ticks = ticks[(ticks >= 0) & (ticks <= HEADROOM * tallest)]
            labels = [f"{100 * tick:.4g} %" for tick in ticks]
        else:
            top = max(tallest, 2 / max(content.total, 1)) * 1.6
            self.axes.set_ylim(floor, top)
            powers = _powers_of_ten(floor, top)
            ticks = np.power(10.0, powers)
            labels = [_power_in_percent(int(power)) for power in powers]
        self.y_scale.set(ticks, labels)

    def _mark_clipped(self, content: Content, clipped: NDArray[np.intp]) -> None:
        """A triangle upon each bar that is cut off, and how high they are in truth."""
        where = content.bar_edges[clipped] / 2 + content.bar_edges[clipped + 1] / 2
        self.peaks.set_data(where, np.full(where.size, 0.985))
        heights = [percent(content.bars[index]) for index in clipped]
        whole = [
            f"{height} at {number(place)}" for height, place in zip(heights, where, strict=True)
        ]
        self.cut_off = f"▲ cut off: {', '.join(whole)}" if whole else ""
        self.cut_off_briefly = f"▲ {', '.join(heights)}" if heights else ""

    def label_x(self, room: float, margin: float, shown: bool) -> str:
        """Ticks that fit into `room` inches; what their labels leave out (a power of ten).

        The power stands in the `margin` to the right, where no label may reach.
        """
        if self.content is None:
            return ""
        view, size = self.content.view, self.sizes.tick
        labels: list[str] = []
        for most in (9, 7, 5, 4, 3, 2, 1):
            locator = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], integer=view.whole)
            ticks = np.asarray(locator.tick_values(view.low, view.high))
            ticks = ticks[(ticks >= view.low) & (ticks <= view.high)]
            labels, power = tick_labels(ticks)
            if sum(text_width(label, size) + size / 72 for label in labels) < 0.85 * room:
                break
        if power:
            ends = [text_width(label, size) / 2 for label in labels] + room * view.place(ticks)
            clear = ends < room + margin - text_width(power + " ", size)
            labels = [label if keep else "" for label, keep in zip(labels, clear, strict=True)]
        self.x_scale.set(ticks, labels if shown else [""] * len(labels))
        return power

    def point_at(self, intensity: float | None) -> None:
        """Mark an intensity with a line, and with a dot on the cdf."""
        content = self.content
        if (
            content is None
            or intensity is None
            or not content.view.low <= intensity <= content.view.high
        ):
            self.cursor.set_data([], [])
            self.dot.set_data([], [])
            return
        self.cursor.set_data([intensity, intensity], [0, 1.04])
        self.dot.set_data([intensity], [content.cdf_at(intensity)])


def _with_gaps(edges: Floats, heights: Floats) -> tuple[Floats, Floats]:
    """Few bars, set apart: a bar of height 0 between each two."""
    if heights.size >= WITH_GAPS:
        return edges, heights
    gap = 0.06 * (edges[1:] - edges[:-1])
    both = np.column_stack([edges[:-1] + gap, edges[1:] - gap]).reshape(-1)
    return both, np.column_stack([heights, np.zeros(heights.size)]).reshape(-1)[:-1]


def _powers_of_ten(low: float, high: float) -> NDArray[np.intp]:
    """At most four exponents from `low` to `high`, evenly spaced down from the greatest."""
    last = int(np.floor(np.log10(high)))
    powers = np.arange(last, int(np.ceil(np.log10(low))) - 1, -1)
    return powers[:: max(-(-powers.size // 4), 1)][::-1]


def _power_in_percent(power: int) -> str:
    """A fraction of ten to some power: 0.1 %, or 10⁻⁴ % where digits would be too many."""
    if power >= -5:
        return f"{10.0 ** (power + 2):.10g} %"
    return "10" + str(power + 2).translate(SUPERSCRIPTS) + " %"
