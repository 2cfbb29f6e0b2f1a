"""Kernel density estimate from a histogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.histogram.histogram import Histogram

    Floats = NDArray[np.float64]

#: Grid cells per bandwidth: the estimate's error is below 1 % of its maximum then.
CELLS_PER_BANDWIDTH = 4
#: Cells of the even grid on which the density is smoothed: at least, at most.
FEWEST_CELLS, MOST_CELLS = 512, 1 << 15


def gaussian_kde(histogram: Histogram, points: Floats, bandwidth: float | None) -> Floats:
    """See `Histogram.kde`: one estimate per plane, each of them by `_one_plane`."""
    planes = histogram.counts.shape[:-1]
    wide = scott(histogram) if bandwidth is None else np.full(planes, float(bandwidth))
    out = np.empty((*planes, points.size))
    for plane in np.ndindex(planes):
        out[plane] = _one_plane(histogram[plane], points, float(wide[plane]))
    return out


def scott(histogram: Histogram) -> Floats:
    """Scott's rule, per plane: the standard deviation times ``n ** (-1 / 5)``."""
    return np.asarray(spread(histogram) * np.maximum(histogram.counts.sum(axis=-1), 1) ** -0.2)


def spread(histogram: Histogram) -> Floats:
    """The standard deviation, per plane."""
    left, right = cells_of(histogram)
    scale = _scale(left, right)
    centers, weights = left / scale / 2 + right / scale / 2, histogram.fractions
    mean = (weights * centers).sum(axis=-1, keepdims=True)
    return np.asarray(np.sqrt((weights * (centers - mean) ** 2).sum(axis=-1)) * scale)


def spacing(histogram: Histogram) -> float:
    """How far apart the populated levels of one plane lie: so far or less for 9 of 10 pixels."""
    used = histogram.populated
    if used.size < 2:
        return 0.0
    left, right = cells_of(histogram)
    apart = np.diff(left[used] / 2 + right[used] / 2)
    around = np.append(apart, apart[-1]) / 2 + np.append(apart[0], apart) / 2
    order = np.argsort(around)
    done = histogram.counts[used][order].cumsum()
    return float(around[order][np.searchsorted(done, 0.9 * done[-1])])


def cells_of(histogram: Histogram) -> tuple[Floats, Floats]:
    """Where each bin's pixels lie, left and right; a level of integers is a cell around it."""
    left = histogram.bin_edges[:-1].astype(np.float64)
    right = histogram.levels.astype(np.float64)
    if histogram.levels.dtype.kind in "biu":
        return left - 0.5, right + 0.5
    return left, np.maximum(right, left)


def shares(left: Floats, right: Floats, cdf: Floats, edges: Floats) -> Floats:
    """The fraction of pixels between each two `edges`: bins are spread evenly over their cells.

    What lies beyond the outer edges is left out. A bin of a single value upon an
    edge counts to the right of it, and upon the last edge to the left.
    """
    start, end = np.searchsorted(cdf, 0.0, side="right"), np.searchsorted(cdf, cdf[-1])
    if start <= end:  # of 65,536 levels an image has a few thousand
        used = slice(int(start), int(end) + 1)
        left, right, cdf = left[used], right[used], cdf[used]
    steps = np.maximum.accumulate(np.column_stack([left, right]).reshape(-1))
    done = np.concatenate([[0.0], cdf])
    below = np.column_stack([done[:-1], done[1:]]).reshape(-1)
    at = np.interp(edges, steps, below)
    first = np.searchsorted(steps, edges, side="left")
    tied = steps[np.minimum(first, steps.size - 1)] == edges
    at[tied] = below[first[tied]]
    at[-1] = done[np.searchsorted(right, edges[-1], side="right")] if tied[-1] else at[-1]
    return np.diff(at)


def _scale(left: Floats, right: Floats) -> float:
    """What to divide intensities by, so that no square of them overflows or vanishes."""
    return float(max(abs(left[0]), abs(right[-1]))) or 1.0


@np.errstate(over="ignore")  # intensities so tiny that their density is not finite
def _one_plane(histogram: Histogram, points: Floats, bandwidth: float) -> Floats:
    """The pixels shared out over a fine even grid, smoothed, interpolated."""
    if not histogram.total:
        return np.zeros(points.size)
    left, right = cells_of(histogram)
    scale = _scale(left, right)
    left, right, points, bandwidth = left / scale, right / scale, points / scale, bandwidth / scale
    low, high, bandwidth = _window(left, right, histogram.populated[[0, -1]], bandwidth)
    needed = min((high - low) / bandwidth * CELLS_PER_BANDWIDTH, MOST_CELLS)
    edges = np.linspace(low, high, max(FEWEST_CELLS, int(needed)) + 1)
    step = edges[1] - edges[0]
    # The cells of the grid, and of integer levels, have spread the pixels a little already.
    level = 1 / scale if histogram.levels.dtype.kind in "biu" else 0.0
    sigma = np.sqrt(max(bandwidth**2 - (step**2 + level**2) / 12, 0.0)) / step
    density = _smooth(shares(left, right, histogram.cdf, edges) / step, sigma)
    inside = (points >= low) & (points <= high)
    return np.interp(points, edges[:-1] / 2 + edges[1:] / 2, density) * inside / scale


def _window(
    left: Floats, right: Floats, used: NDArray[np.intp], bandwidth: float
) -> tuple[float, float, float]:
    """The interval outside of which the density is 0, and a bandwidth above 0."""
    first, last = float(left[used[0]]), float(right[used[1]])
    if not bandwidth > (last - first) / MOST_CELLS:  # one value, or almost
        bandwidth = max((last - first) / 4, 1e-7)
    reach = 6 * bandwidth
    low, high = max(first - reach, float(left[0])), min(last + reach, float(right[-1]))
    # The only value may be the histogram's only bin.
    return (low, high, bandwidth) if high > low else (first - reach, last + reach, bandwidth)


def _smooth(density: Floats, sigma: float) -> Floats:
    """Convolution with a Gaussian, reflected at the ends: no pixel can lie beyond.

    The cosine transform reflects by itself, and takes the same time for any `sigma`.
    """
    from scipy.fft import dct, idct

    frequency = np.arange(density.size) * (np.pi / density.size)
    smooth = idct(dct(density) * np.exp(-0.5 * (sigma * frequency) ** 2))
    return np.maximum(np.asarray(smooth, dtype=np.float64), 0.0)
