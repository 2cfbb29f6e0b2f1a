"""Quantiles of a histogram, and curves through pairs of quantiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.transfer import between_knots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram

    Floats = NDArray[np.float64]


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


def through(levels: NDArray[Any], x: Floats, y: Floats) -> Floats:
    """The line through the points (x, y), not decreasing, at some levels.

    Beyond the ends it goes on as steeply as it begins and ends. Where several x are one,
    the last of them counts; a first or last piece without a width is level.
    """
    where = levels.astype(np.float64)
    last = np.append(x[1:] > x[:-1], True)
    inside = between_knots(where, x[last], y[last])
    with np.errstate(over="ignore"):
        below = _slope(x[:2], y[:2]) * np.minimum(where - x[0], 0.0)
        above = _slope(x[-2:], y[-2:]) * np.maximum(where - x[-1], 0.0)
        found = np.where(where < x[0], y[0] + below, inside) + above
    most = np.finfo(np.float64).max
    return np.asarray(np.clip(found, -most, most))


def _slope(x: Floats, y: Floats) -> float:
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        slope = (y[1] - y[0]) / (x[1] - x[0])
    return float(slope) if np.isfinite(slope) else 0.0
