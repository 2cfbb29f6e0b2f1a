"""Bi-histogram equalization: where to split, and the curve of the parts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_histeq.core.arrays import above
from napari_histeq.core.methods.weights import scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram, HistogramRows

    Floats = NDArray[np.float64]


class _Bins(NamedTuple):
    """Bins, as far above the start of a range as they lie.

    `values` are those of their levels. A part of them that starts with bin ``i`` gets
    what lies from ``lower[i]`` on, and one that ends with it what lies up to ``upper[i]``.
    `whole` bins are levels: between two of them there is nothing to split at.
    """

    counts: Floats
    values: Floats
    lower: Floats
    upper: Floats
    whole: bool

    def part(self, first: int, last: int) -> _Bins:
        inside = slice(first, last + 1)
        counts, values, lower, upper = (array[inside] for array in self[:4])
        return _Bins(counts, values, lower, upper, self.whole)

    def split(self, middle: int, at: float) -> None:
        """Let one part end with the bin `middle`, at most at `at`, and the next one start there."""
        if not self.whole:
            self.upper[middle] = self.lower[middle + 1] = at


def split_curve(histogram: Histogram, rule: str, depth: int, low: float, high: float) -> Floats:
    """See `methods.BiHistogram`: each part equalized between its own least and greatest level.

    The levels of a split stay the intensities that they are. Where the range of the output
    has no place for them, it can not have the brightness of the input either: then the
    result is the one from the least to the greatest intensity, scaled.
    """
    y, extent = _within(histogram, rule, depth, low, high)
    if y is None:
        y, extent = _within(histogram, rule, depth, *(float(end) for end in histogram.range))
        assert y is not None
        return scaled(y / extent, low, high)
    return np.minimum(low + y, high) if high - low == extent else scaled(y / extent, low, high)


def split_rows(rows: HistogramRows, rule: str, low: Any, high: Any) -> Floats:
    """As `split_curve`, of many planes that are split once, by "mean" or "median".

    `low` and `high` are whole numbers, or columns of them. NaN where a plane reaches beyond.
    """
    from napari_histeq.core import kernels

    shape = rows.counts.shape
    levels = np.ascontiguousarray(np.broadcast_to(rows.levels, shape))
    counts, y = np.ascontiguousarray(rows.counts), np.empty(shape)
    at, bottom, top = (np.empty(shape[0]) for _ in range(3))
    at[:] = np.ravel(_middles(rows, counts, rule, np.float64(low)))
    bottom[:], top[:] = np.ravel(low), np.ravel(high)
    kernels.rows.split(levels, counts, at, bottom, top, y)
    least, greatest = rows.range
    within = (least >= low) & (greatest <= high)
    return y if within.all() else np.where(within, y, np.nan)


def _middles(rows: HistogramRows, counts: NDArray[np.int64], rule: str, low: Any) -> Floats:
    """How far above `low` the last level of the dark part of each plane lies, a column."""
    if rule == "mean":
        held = (counts * (rows.levels - low)).sum(axis=-1, keepdims=True)
        return np.asarray(np.floor(held / counts.sum(axis=-1, keepdims=True)))
    done = counts.cumsum(axis=-1)
    middle = rows.levels_at((done >= done[:, -1:] / 2).argmax(axis=-1))
    return np.asarray(np.minimum(middle, np.iinfo(middle.dtype).max - 1) - low)  # a level is above


def _within(
    histogram: Histogram, rule: str, depth: int, low: float, high: float
) -> tuple[Floats | None, float]:
    """The curve in a range, from 0 to the extent that is returned too; None if no split fits."""
    bins, extent = _bins(histogram, low, high)
    with np.errstate(over="ignore", invalid="ignore"):  # of levels far beyond the range
        parts = _parts(bins, rule, depth)
    y = np.empty(histogram.nbins)
    for first, last in parts:
        held = bins.counts[first : last + 1].cumsum()
        start, stop = bins.lower[first], bins.upper[last]
        if held[-1] and not 0 <= start <= stop <= extent:
            return None, extent
        share = held / held[-1] if held[-1] else np.zeros_like(held)
        y[first : last + 1] = start + (stop - start) * share
    return np.clip(np.maximum.accumulate(y), 0.0, extent), extent


def _bins(histogram: Histogram, low: float, high: float) -> tuple[_Bins, float]:
    """The bins of a histogram from `low` on, and how far above it `high` lies."""
    values, extent = _above(histogram, low, high)
    used = values[histogram.populated]
    if used[0] >= 0 and used[-1] <= extent:  # levels beyond hold nothing
        values = np.clip(values, 0.0, extent)
    whole = bool(np.all(histogram.bin_widths == 1))
    lower = np.append(0.0, values[1:] if whole else values[:-1])
    upper = np.append(values[:-1], extent)
    return _Bins(histogram.counts.astype(np.float64), values, lower, upper, whole), extent


def _above(histogram: Histogram, low: float, high: float) -> tuple[Floats, float]:
    """How far above `low` the levels lie, and how far `high` does.

    In levels for integers, whose differences are exact at any size; in parts of the range
    for floats, where no difference may overflow.
    """
    levels = histogram.levels
    if levels.dtype.kind in "iu":
        least, most = (int(end) for end in histogram.range)
        # Neighbors of 64 bit may be the same float.
        base = least if float(least) == low else math.floor(low)
        exact = float(least) == low and float(most) == high
        up, down = (_distance(levels, base, sign) for sign in (1, -1))
        rest = 0.0 if float(base) == low else low - base
        return up - down - rest, float(most - least) if exact else high - low
    shrink = 0.5 if np.isinf(high - low) else 1.0
    with np.errstate(over="ignore"):  # levels may lie anywhere
        above = levels.astype(np.float64) * shrink - low * shrink
        return above / (high * shrink - low * shrink), 1.0


def _distance(levels: NDArray[Any], base: int, sign: int) -> Floats:
    """How far integers lie above (sign 1) or below (-1) `base`; 0 on the other side."""
    info = np.iinfo(levels.dtype)
    nearest = min(max(base, info.min), info.max)
    farther = float(max(sign * (nearest - base), 0))  # where no level can be
    if sign > 0:
        way = above(np.maximum(levels, nearest), nearest)
    else:
        way = -above(np.minimum(levels, nearest), nearest)
    return way.astype(np.float64) + farther


def _parts(bins: _Bins, rule: str, depth: int) -> list[tuple[int, int]]:
    """The first and last bin of each part."""
    parts = [(0, bins.counts.size - 1)]
    for _ in range(depth):
        halves = []
        for first, last in parts:
            part = bins.part(first, last)
            if np.count_nonzero(part.counts) < 2:  # nothing left to tell apart
                halves.append((first, last))
                continue
            found, at = _RULES[rule](part)
            part.split(found, at)
            middle = first + found
            halves += [(first, middle), (middle + 1, last)]
        parts = halves
    return parts


def _mean(part: _Bins) -> tuple[int, float]:
    """The last bin that is not above the mean; both halves keep at least one bin."""
    mean = float(part.counts @ part.values / part.counts.sum())
    found = int(np.searchsorted(part.values, mean, side="right")) - 1
    return min(max(found, 0), part.counts.size - 2), mean


def _median(part: _Bins) -> tuple[int, float]:
    held = part.counts.cumsum()
    found = min(int(np.searchsorted(held, held[-1] / 2)), part.counts.size - 2)
    return found, float(part.values[found])


def _min_error(part: _Bins) -> tuple[int, float]:
    """The split whose output has the mean nearest to the input's, all splits tried."""
    lower, upper, ends = part.lower, part.upper, part.values[:-1]
    p = part.counts / part.counts.sum()
    c = p.cumsum()
    a = (p * c).cumsum()
    below, above = c[:-1], np.maximum(1.0 - c[:-1], 1e-300)
    dark = lower[0] * below + (upper[:-1] - lower[0]) * a[:-1] / np.maximum(below, 1e-300)
    rest = np.maximum(a[-1] - a[:-1] - below * above, 0.0)
    light = lower[1:] * above + (upper[-1] - lower[1:]) * rest / above
    error = dark + light - float(p @ part.values)
    if not part.whole:  # in a gap no pixel changes sides, so that the error is a line
        crossed = np.flatnonzero((p[1:-1] == 0) & (error[:-1] < 0) & (error[1:] > 0)) + 1
        if crossed.size:
            gap = int(crossed[0])
            way = error[gap - 1] / (error[gap - 1] - error[gap])
            return gap - 1, float(ends[gap - 1] + (ends[gap] - ends[gap - 1]) * way)
    found = int(np.argmin(np.abs(error)))
    return found, float(ends[found])


_RULES = {"mean": _mean, "median": _median, "min_error": _min_error}
