"""Kernel density estimate from a histogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram

    Floats = NDArray[np.float64]

#: Grid cells per bandwidth: the estimate's error is below 1 % of its maximum then.
CELLS_PER_BANDWIDTH = 4
#: Cells of the even grid on which the density is smoothed: at least, at most.
FEWEST_CELLS, MOST_CELLS = 512, 1 << 15


def gaussian_kde(histogram: Histogram, points: Floats, bandwidth: float | None) -> Floats:
    """See `Histogram.kde`: one estimate per plane, each of them by `_one_plane`."""
    wide = scott(histogram) if bandwidth is None else np.full(histogram.counts.shape[:-1], bandwidth)
    out = np.empty((*histogram.counts.shape[:-1], points.size))
    for plane in np.ndindex(histogram.counts.shape[:-1]):
        out[plane] = _one_plane(histogram[plane], points, float(wide[plane]))
    return out


def scott(histogram: Histogram) -> Floats:
    """Scott's rule, per plane: the standard deviation times ``n ** (-1 / 5)``."""
    weights, (left, right) = histogram.fractions, cells(histogram)
    # Scaled, so that no square overflows (1e300) or underflows (1e-300).
    scale = float(max(abs(left[0]), abs(right[-1]))) or 1.0
    centers = left / scale / 2 + right / scale / 2
    mean = (weights * centers).sum(axis=-1, keepdims=True)
    spread = np.sqrt((weights * (centers - mean) ** 2).sum(axis=-1))
    return np.asarray(spread * scale * np.maximum(histogram.counts.sum(axis=-1), 1) ** -0.2)


def cells(histogram: Histogram) -> tuple[Floats, Floats]:
    """Where each bin's pixels lie, left and right; a level of integers is a cell around it."""
    left = histogram.bin_edges[:-1].astype(np.float64)
    if histogram.levels.dtype.kind in "biu":
        return left - 0.5, histogram.levels.astype(np.float64) + 0.5
    return left, np.maximum(histogram.levels.astype(np.float64), left)


def shares(histogram: Histogram, edges: Floats) -> Floats:
    """The fraction of pixels between each two `edges`, bins evenly spread over their cells.

    What lies beyond the outer edges is left out. An edge upon a bin of a single
    value takes it to its right.
    """
    left, right = cells(histogram)
    steps = np.maximum.accumulate(np.column_stack([left, right]).reshape(-1))
    done = np.concatenate([[0.0], histogram.cdf])
    below = np.column_stack([done[:-1], done[1:]]).reshape(-1)
    at = np.interp(edges, steps, below)
    first = np.searchsorted(steps, edges, side="left")
    tied = steps[np.minimum(first, steps.size - 1)] == edges
    at[tied] = below[first[tied]]
    # The last bin includes its right edge, as numpy's does.
    if edges[-1] >= steps[-1]:
        at[-1] = done[-1]
    return np.diff(at)


def _one_plane(histogram: Histogram, points: Floats, bandwidth: float) -> Floats:
    """The pixels shared out over a fine even grid, smoothed, interpolated."""
    if not histogram.total:
        return np.zeros(points.size)
    low, high, bandwidth = _window(histogram, bandwidth)
    needed = min((high - low) / bandwidth * CELLS_PER_BANDWIDTH, MOST_CELLS)
    edges = np.linspace(low, high, max(FEWEST_CELLS, int(needed)) + 1)
    step = edges[1] - edges[0]
    # The cells of the grid, and of integer levels, have spread the pixels a little already.
    already = (step**2 + (histogram.levels.dtype.kind in "biu")) / 12
    sigma = np.sqrt(max(bandwidth**2 - already, 0.0)) / step
    density = _smooth(shares(histogram, edges) / step, sigma)
    centers = edges[:-1] / 2 + edges[1:] / 2
    return np.interp(points, centers, density) * ((points >= low) & (points <= high))


def _window(histogram: Histogram, bandwidth: float) -> tuple[float, float, float]:
    """The interval outside of which the density is 0, and a bandwidth above 0."""
    left, right = cells(histogram)
    used = histogram.populated[[0, -1]]
    first, last = float(left[used[0]]), float(right[used[1]])
    if not bandwidth > (last - first) / MOST_CELLS:  # one value, or almost
        narrowest = float(np.spacing(np.float32(max(abs(first), abs(last)))))
        bandwidth = max((last - first) / 4, narrowest, 1e-30)
    low = max(first - 6 * bandwidth, min(float(left[0]), first))
    high = min(last + 6 * bandwidth, max(float(right[-1]), last))
    if not high > low:  # the only value is the histogram's only bin
        low, high = first - 6 * bandwidth, last + 6 * bandwidth
    return low, high, bandwidth


def _smooth(density: Floats, sigma: float) -> Floats:
    """Convolution with a Gaussian, reflected at the ends: no pixel can lie beyond.

    The cosine transform reflects by itself, and takes the same time for any `sigma`.
    """
    from scipy.fft import dct, idct

    frequency = np.arange(density.size) * (np.pi / density.size)
    smooth = idct(dct(density) * np.exp(-0.5 * (sigma * frequency) ** 2))
    return np.maximum(np.asarray(smooth, dtype=np.float64), 0.0)
