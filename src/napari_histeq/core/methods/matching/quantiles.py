"""Quantiles of a histogram, and curves through pairs of quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import Interval, dtype_limits
from napari_histeq.core.methods.single import has_bin_per_level, next_to
from napari_histeq.core.transfer import between_knots, rounded

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
#: Of the levels so many are knots too, from which a picture sees where the pixels are.
SEEN = 9


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


def full_match(cdf: Floats, reference: Histogram, values: NDArray[Any]) -> Floats:
    """What levels, of a `cdf`, become so that it is that of a reference, linear between its levels.

    `values` are the intensities that stand for its levels: these, or others in their order.
    """
    used = reference.populated
    return between_knots(cdf, reference.cdf[used], values[used].astype(np.float64))


def check_levels(limits: tuple[Any, Any], dtype: np.dtype[Any]) -> None:
    """Refuse a reference of whose intensities an integer dtype can hold but two."""
    info, (low, high) = np.iinfo(dtype), limits
    # Python's own numbers: numpy 2.0 clips no uint8 at the ends of an int32.
    first, last = (min(max(np.asarray(end).item(), info.min), info.max) for end in limits)
    whole = int(last) - int(first)
    if whole < 2:
        raise ValueError(
            f"reference has intensities from {low:g} to {high:g}, of which {dtype} holds "
            f"{whole + 1}: give an out_range to stretch them over, say 'dtype', or convert "
            "the image to float"
        )


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
        inside = between_knots(where, *self._distinct)
        with np.errstate(over="ignore"):
            below = _slope(x[:2], y[:2]) * np.minimum(where - x[0], 0.0)
            above = _slope(x[-2:], y[-2:]) * np.maximum(where - x[-1], 0.0)
            found = np.where(where < x[0], y[0] + below, inside) + above
        return np.asarray(np.clip(found, -MOST, MOST))

    @property
    def _distinct(self) -> tuple[Floats, Floats]:
        """The points, of several at one x the last."""
        last = np.append(self.x[1:] > self.x[:-1], True)
        return self.x[last], self.y[last]

    def knots(
        self, histogram: Histogram, ends: tuple[float, float], then: Callable[[Floats], Floats]
    ) -> tuple[NDArray[Any], Floats]:
        """The knots of a curve that is ``then(line)``, linear between the `ends`, level beyond.

        If there is a bin for each level, the levels. Otherwise where the line bends, and where it
        crosses the `ends`, within the levels or farther on: of each such place the numbers of the
        dtype on both sides of it, so that the curve is the line wherever a pixel can be.
        """
        levels = histogram.levels
        if has_bin_per_level(histogram):
            return levels, then(self.at(levels))
        places = np.concatenate([self.x, self._crossing(ends), self._leaving(ends, levels)])
        jump = next_to(_both_sides(self.x[:1], levels.dtype)[:1], up=False)
        some = levels[np.linspace(0, levels.size - 1, SEEN).astype(np.intp)]
        x = np.unique(np.concatenate([_both_sides(places, levels.dtype), jump, some]))
        return x, np.maximum.accumulate(then(self.at(x)))

    def _crossing(self, ends: tuple[float, float]) -> Floats:
        """Where the line passes the `ends` between its points."""
        points, found = self._distinct, []
        for end in ends:
            after = int(np.searchsorted(points[1], end))
            if 0 < after < points[1].size:
                width, rise = (Interval(*v[after - 1 : after + 1].tolist()) for v in points)
                found.append(float(width.at(rise.place(end))))
        return np.array(found, np.float64)

    def _leaving(self, ends: tuple[float, float], levels: NDArray[Any]) -> Floats:
        """Where the line, beyond its points, reaches the `ends`."""
        found = []
        for piece, last in ((slice(2), 0), (slice(-2, None), -1)):
            slope = _slope(self.x[piece], self.y[piece])
            for end in ends if slope > 0 else ():
                if end < self.y[0] if last == 0 else end > self.y[-1]:
                    with np.errstate(over="ignore"):
                        place = self.x[last] + (end - self.y[last]) / np.float64(slope)
                    found.append(_held(float(place), levels))
        return np.array(found, np.float64)


def _both_sides(places: Floats, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The numbers of a dtype next to some places, below and above; the places that are such."""
    if dtype.kind != "f":
        return np.concatenate([rounded(side(places), dtype) for side in (np.floor, np.ceil)])
    near = np.clip(places, *dtype_limits(dtype)).astype(dtype)
    below, above = (next_to(near, up=up) for up in (False, True))
    return np.concatenate(
        [np.where(near > places, below, near), np.where(near < places, above, near)]
    )


def _held(place: float, levels: NDArray[Any]) -> float:
    """A place beyond levels, but no farther away than where all between can be precise.

    Of integers that is where float64 tells them apart, of floats `REACH` times their range.
    """
    dtype, low, high = levels.dtype, float(levels[0]), float(levels[-1])
    least, most = dtype_limits(dtype)
    if dtype.kind == "f":
        width = min((high - low) * REACH, MOST)
        return min(max(place, least, low - width), most, high + width)
    return min(max(place, least, min(low, -EXACT)), most, max(high, EXACT))


def _slope(x: Floats, y: Floats) -> float:
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        slope = (y[1] - y[0]) / (x[1] - x[0])
    return float(slope) if np.isfinite(slope) else 0.0
