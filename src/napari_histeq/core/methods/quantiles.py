"""Quantiles of a histogram, and curves through pairs of quantiles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import dtype_limits
from napari_histeq.core.methods.single import gaps_of, has_bin_per_level, start_of
from napari_histeq.core.transfer import between_knots

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram

    Floats = NDArray[np.float64]

#: The greatest float64.
MOST = float(np.finfo(np.float64).max)
#: Up to here float64 tells integers apart.
EXACT = 1 << 53
#: So many times as far as floats reach, they lose few enough of their bits.
REACH = float(1 << 20)


def percentiles_of(histogram: Histogram, percentiles: Sequence[float]) -> Floats:
    """The percentiles of what was counted: those of `numpy.percentile` if bins are levels.

    Within a wide bin intensities are taken to lie evenly.
    """
    total = histogram.total
    rank = np.asarray(percentiles, np.float64) / 100 * (total - 1)
    below = np.floor(rank).astype(np.int64)
    lower, upper = (_at_rank(histogram, k) for k in (below, np.minimum(below + 1, total - 1)))
    part = rank - below
    return np.maximum.accumulate(lower * (1 - part) + upper * part)


def _at_rank(histogram: Histogram, rank: NDArray[np.int64]) -> Floats:
    """The intensity of the pixel that has so many below it."""
    done = histogram.counts.cumsum()
    place = np.searchsorted(done, rank, side="right")
    counts = histogram.counts[place]
    part = (rank + 1 - (done[place] - counts)) / counts
    left = histogram.bin_edges[place].astype(np.float64)
    right = histogram.levels[place].astype(np.float64)
    inside = left * (1 - part) + right * part
    return np.asarray(np.where(left == right, right, inside))


def full_match(histogram: Histogram, reference: Histogram, values: NDArray[Any]) -> Floats:
    """What levels become so that the cdf is that of a reference, linear between its levels.

    `values` are the intensities that stand for its levels: these, or others in their order.
    """
    used = reference.populated
    return between_knots(histogram.cdf, reference.cdf[used], values[used].astype(np.float64))


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, not decreasing: what landmarks become.

    Beyond the ends it goes on as steeply as it begins and ends. Where several x are one,
    the last of them counts; a first or last piece without a width is level.
    """

    x: Floats
    y: Floats

    def at(self, intensities: NDArray[Any]) -> Floats:
        """What intensities become."""
        x, y, where = self.x, self.y, intensities.astype(np.float64)
        last = np.append(x[1:] > x[:-1], True)
        inside = between_knots(where, x[last], y[last])
        with np.errstate(over="ignore"):
            below = _slope(x[:2], y[:2]) * np.minimum(where - x[0], 0.0)
            above = _slope(x[-2:], y[-2:]) * np.maximum(where - x[-1], 0.0)
            found = np.where(where < x[0], y[0] + below, inside) + above
        return np.asarray(np.clip(found, -MOST, MOST))

    def knots(
        self, histogram: Histogram, ends: tuple[float, float], then: Callable[[Floats], Floats]
    ) -> tuple[NDArray[Any], Floats]:
        """The knots of a curve: the levels of a histogram, and what `then` makes of the line there.

        Where the levels are not all that there are, also where gaps between them start, and
        where the line, farther on, reaches the `ends`: beyond these `then` is level.
        """
        levels = histogram.levels
        if has_bin_per_level(histogram):
            return levels, then(self.at(levels))
        inside = [start_of(histogram), levels, gaps_of(histogram)[1]]
        x = np.unique(np.concatenate([*inside, self._reaching(ends, levels)]))
        return x, np.maximum.accumulate(then(self.at(x)))

    def _reaching(self, ends: tuple[float, float], levels: NDArray[Any]) -> NDArray[Any]:
        """The intensities beyond the levels up to which the line runs from end to end."""
        found = []
        for end, place, outermost in ((ends[0], slice(2), 0), (ends[1], slice(-2, None), -1)):
            x, y, level = self.x[place], self.y[place], float(levels[outermost])
            slope, sign = _slope(x, y), -1.0 if outermost == 0 else 1.0
            rest = (end - float(self.at(levels[[outermost]])[0])) * sign
            if slope > 0 and rest > 0:
                with np.errstate(over="ignore"):
                    found += _near(levels, float(level + sign * np.float64(rest) / slope))
        values = np.array(found, levels.dtype)
        return np.asarray(values[(values < levels[0]) | (values > levels[-1])])


def _near(levels: NDArray[Any], place: float) -> list[Any]:
    """The number of a dtype at a place beyond levels, of integers those on both sides of it.

    It is no farther away than where float64 tells integers apart, and of floats than `REACH`
    times the range of the levels: all between is interpolated, and has to be precise.
    """
    dtype, low, high = levels.dtype, float(levels[0]), float(levels[-1])
    least, most = dtype_limits(dtype)
    if dtype.kind == "f":
        width = min((high - low) * REACH, MOST)
        return [np.clip(place, max(least, low - width), min(most, high + width))]
    held = min(max(place, least, -EXACT), most, EXACT)
    return [whole for whole in (math.floor(held), math.ceil(held)) if least <= whole <= most]


def _slope(x: Floats, y: Floats) -> float:
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        slope = (y[1] - y[0]) / (x[1] - x[0])
    return float(slope) if np.isfinite(slope) else 0.0
