"""What a plot shows of a histogram: bars, density, cdf, words. No matplotlib here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.histogram import Histogram, cells_of, shares, spacing, spread
from napari_histeq.plot.text import number, percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.transfer import TransferFunction

    Floats = NDArray[np.float64]
    Line = tuple[Floats, Floats]

#: Bars of a histogram that has more levels than that, or none to count.
BARS = 256
#: Fraction of the pixels that a robust view shows in the middle.
CENTRAL = 0.999
#: How much wider than that middle the whole range must be to be cut off.
STRETCHED = 3.0
#: No view goes farther, so that no difference overflows; none is narrower than the other.
FARTHEST, NARROWEST = 1e300, 1e-290
#: Bins that are enough to draw a density.
FINE = 8192
#: Points on a smooth line.
POINTS = 512


@dataclass(frozen=True, slots=True)
class View:
    """An interval of intensities to show; `whole`: in bars of whole levels."""

    low: float
    high: float
    whole: bool

    @property
    def span(self) -> float:
        """How wide it is."""
        return self.high - self.low

    def place(self, intensities: Any) -> Floats:
        """Where intensities lie in it, from 0 to 1."""
        scale = max(abs(self.low), abs(self.high)) or 1.0  # so that no difference overflows
        low, high = self.low / scale, self.high / scale
        return np.asarray((np.asarray(intensities, dtype=np.float64) / scale - low) / (high - low))


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """One histogram as it is shown: all of it data for artists.

    Heights are fractions of all pixels, also of those outside the view. `counted` is the
    histogram itself, where it has levels: `cdf` is drawn with fewer steps.
    """

    view: View
    total: int
    bar_edges: Floats
    bars: Floats
    x: Floats
    kde: Floats
    fine_edges: Floats
    fine: Floats
    cdf_x: Floats
    cdf: Floats
    counted: Histogram | None
    levels: str
    below: float
    above: float
    range: tuple[float, float]

    @property
    def outside(self) -> str:
        """What the view leaves out, in words, or nothing."""
        parts = []
        if self.below:
            parts.append(f"{percent(self.below)} down to {number(self.range[0], 3)}")
        if self.above:
            parts.append(f"{percent(self.above)} up to {number(self.range[1], 3)}")
        return f"not shown: {', '.join(parts)}" if parts else ""

    @property
    def outside_briefly(self) -> str:
        """The same for little room."""
        return f"{percent(self.below + self.above)} not shown" if self.below + self.above else ""

    def cdf_at(self, intensity: float) -> float:
        """The cdf at one intensity: exact for levels, as drawn for the others."""
        if self.counted is None:
            return float(np.interp(intensity, self.cdf_x, self.cdf))
        index = int(np.searchsorted(self.counted.levels, intensity, side="right"))
        return float(self.counted.counts[:index].sum() / max(self.total, 1))


def is_whole(histogram: Histogram) -> bool:
    """Whether each bin is one integer level."""
    one_each = histogram.levels.size == histogram.bin_edges.size - 1 and bool(
        np.all(histogram.bin_edges[:-1] == histogram.levels)
    )
    return histogram.levels.dtype.kind in "biu" and one_each


def views(
    before: Histogram, after: Histogram | None, one: View | None = None
) -> tuple[View, View | None]:
    """What to show of each; the same interval if neither would shrink much by that.

    `one`: that of `before` on its own, if it is known.
    """
    one = one or view_of(before)
    if after is None:
        return one, None
    two = view_of(after)
    both = View(min(one.low, two.low), max(one.high, two.high), one.whole and two.whole)
    ends = both.place([one.low, one.high, two.low, two.high])
    shared = min(ends[1] - ends[0], ends[3] - ends[2]) >= 0.5 and one.whole == two.whole
    return (both, both) if shared else (one, two)


def view_of(histogram: Histogram) -> View:
    """The interval to show of a histogram on its own."""
    whole = is_whole(histogram)
    left, right = cells_of(histogram)
    if whole and histogram.nbins <= BARS:  # 8 bit: always all of it
        return View(float(left[0]), float(right[-1]), whole)
    if not histogram.total:
        return _some_width(float(left[0]), float(right[-1]), whole)
    used = histogram.populated[[0, -1]]
    low, high = float(left[used[0]]), float(right[used[1]])
    tails = np.array([(1 - CENTRAL) / 2, (1 + CENTRAL) / 2])
    ends = np.searchsorted(histogram.cdf, tails)
    inner_low, inner_high = float(left[ends[0]]), float(right[ends[1]])
    # Halved: the range of floats may be wider than the greatest float.
    central = inner_high / 2 - inner_low / 2
    if central > 0 and high / 2 - low / 2 > STRETCHED * central:
        low = inner_low if inner_low / 2 - low / 2 > central else low
        high = inner_high if high / 2 - inner_high / 2 > central else high
    return _some_width(low, high, whole)


def _some_width(low: float, high: float, whole: bool) -> View:
    """A view that is never empty: at least as wide as floats need to tell its ends apart."""
    low, high = max(low, -FARTHEST), min(high, FARTHEST)
    most = max(abs(low), abs(high))
    least = max(most * (1e-12 if high > low else 1.0), NARROWEST) if most else 1.0
    if whole:
        least = 8.0
    if high / 2 - low / 2 < least / 2:
        middle = low / 2 + high / 2
        low, high = middle - least / 2, middle + least / 2
        if whole:
            low, high = np.floor(low) + 0.5, np.floor(high) + 0.5
    return View(low, high, whole)


def content_of(histogram: Histogram, view: View, nbins: int | None, levels: str) -> Content:
    """A histogram's bars, density and cdf within a view; and the words on its `levels`."""
    inside, below, above = _inside(histogram, view)
    fine = _bars(histogram, inside, view, None)
    edges, bars = fine if nbins is None else _bars(histogram, inside, view, nbins)
    x = np.linspace(view.low, view.high, POINTS)
    width = float(np.diff(view.place(edges)).mean())
    cdf_x, cdf = _cdf(histogram, view)
    total = histogram.total
    low, high = (float(v) for v in histogram.range) if total else (view.low, view.high)
    counted = histogram if view.whole else None
    return Content(
        view, total, edges, bars, x, _density(inside, view, x) * width * (1 - below - above),
        *fine, cdf_x, cdf, counted, levels, below, above, (low, high),
    )  # fmt: skip


def _inside(histogram: Histogram, view: View) -> tuple[Histogram, float, float]:
    """The bins within a view, and the fractions of pixels below and above it."""
    left, right = cells_of(histogram)
    start = int(np.searchsorted(right, view.low, side="right" if is_whole(histogram) else "left"))
    stop = max(int(np.searchsorted(left, view.high, side="right")), start + 1)
    start = min(start, histogram.nbins - 1)
    part = Histogram(
        histogram.counts[start:stop], histogram.bin_edges[start : stop + 1],
        histogram.levels[start:stop],
    )  # fmt: skip
    total = max(histogram.total, 1)
    below, above = histogram.counts[:start].sum() / total, histogram.counts[stop:].sum() / total
    return part, float(below), float(above)


def _bars(
    histogram: Histogram, inside: Histogram, view: View, nbins: int | None
) -> tuple[Floats, Floats]:
    """Edges and heights: whole levels where there are levels, else shares of the bins."""
    if not view.whole:
        edges = _spread(view, nbins or BARS)
        return edges, shares(*cells_of(histogram), histogram.cdf, edges)
    low, high = int(view.low + 0.5), int(view.high + 0.5)
    width = _levels_per_bar(inside, high - low) if nbins is None else 1
    if nbins is not None and nbins < high - low:
        limits, count = (float(low), float(high)), nbins
    else:
        count = -(-(high - low) // width)
        limits = (float(low), float(low + count * width))
    coarse = inside.rebin(count, limits)
    return coarse.bin_edges - 0.5, coarse.counts / max(histogram.total, 1)


def _levels_per_bar(inside: Histogram, span: int) -> int:
    """Levels that share a bar, so that each bar has the same number of possible ones."""
    width = -(-span // BARS)
    used = inside.populated
    spacing = int(np.gcd.reduce(np.diff(used))) if used.size > 1 else 1
    # 12 bits stored as 16 use every 16th level: bars of 20 would show a comb.
    return -(-width // spacing) * spacing if spacing > 1 and width > 1 else width


def _spread(view: View, nbins: int) -> Floats:
    part = np.arange(nbins + 1) / nbins
    return np.asarray(view.low * (1 - part) + view.high * part)


def _density(inside: Histogram, view: View, x: Floats) -> Floats:
    """The KDE of the pixels in view, per view: it integrates to 1 over ``view.place(x)``."""
    if not inside.total:
        return np.zeros(x.size)
    left, right = cells_of(inside)
    if inside.nbins > 2 * FINE:  # no line shows the difference, and it takes a third of the time
        inside = inside.rebin(FINE, (float(left[0]), float(right[-1])))
        left, right = cells_of(inside)
    if inside.bin_edges.dtype.kind in "iu":
        return inside.kde(x, _bandwidth(inside, view.span)) * view.span
    # In the view's own coordinates: 1e30 or 1e-30 are no trouble then.
    edges = np.append(view.place(left), view.place(right[-1]))
    levels = np.maximum(view.place(right), edges[:-1])
    local = Histogram(inside.counts, np.maximum.accumulate(edges), levels)
    return local.kde(view.place(x), _bandwidth(local, 1.0))


def _bandwidth(histogram: Histogram, span: float) -> float:
    """Scott's, but wide enough for the levels there are and for the line's points over `span`.

    Scott's rule takes the pixels for a sample of something continuous: with 400 million of
    them it gives less than the distance between two levels, and each level its own spike.
    A Gaussian of half that distance smooths a comb to within 2 %. Where so few levels are
    used that this would hide them, it is a tenth of the standard deviation at most, which is
    Scott's for 100,000 pixels.
    """
    wide = float(spread(histogram))
    scott = max(float(wide * histogram.total**-0.2), span / POINTS)
    return scott if scott >= wide / 10 else max(scott, min(spacing(histogram) / 2, wide / 10))


def _cdf(histogram: Histogram, view: View) -> tuple[Floats, Floats]:
    """Points of the cdf within the view: a stair for levels, a line for the others."""
    cdf = np.concatenate([[0.0], histogram.cdf])
    if view.whole:
        low, high = int(view.low + 0.5), int(view.high - 0.5)
        stride = max((high - low) // (4 * POINTS), 1)
        at = np.append(np.arange(low, high, stride), high)
        done = cdf[np.searchsorted(histogram.levels, at, side="right")]
        before = cdf[np.searchsorted(histogram.levels, low, side="left")]
        x = np.concatenate([[view.low], at, [view.high]])
        return x, np.concatenate([[before], done, done[-1:]])
    x = _spread(view, 2 * POINTS)
    left, right = cells_of(histogram)
    steps = np.maximum.accumulate(np.column_stack([left, right]).reshape(-1))
    done = np.column_stack([cdf[:-1], cdf[1:]]).reshape(-1)
    y = np.interp(x, steps, done)
    y[-1] = cdf[np.searchsorted(right, view.high, side="right")]
    return x, y


def moves(curve: TransferFunction, before: Content, view: View) -> tuple[Floats, Floats, Floats]:
    """From where to where intensities go, each from 0 to 1, and how many pixels go with them."""
    middles = before.fine_edges[:-1] / 2 + before.fine_edges[1:] / 2
    used = np.flatnonzero(before.fine)
    target = curve.evaluate(middles[used])
    if view.whole:
        target = np.rint(target)
    where = view.place(target)
    shown = (where >= 0) & (where <= 1)
    return before.view.place(middles[used])[shown], where[shown], before.fine[used][shown]


def curve_line(curve: TransferFunction, before: Content, after: Content | None) -> Line:
    """The curve over the view before, from 0 to 1 over the view after (or its own range)."""
    y = curve.evaluate(before.x)
    view = View(float(y[0]), float(y[-1]), False) if after is None else after.view
    if not view.high > view.low:
        return before.x, np.zeros(before.x.size)
    return before.x, np.clip(view.place(y), 0, 1)
