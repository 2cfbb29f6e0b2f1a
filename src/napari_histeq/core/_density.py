"""Kernel density estimate from a histogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram

#: Points of the even grid on which the density is smoothed.
GRID = 2048


def gaussian_kde(
    histogram: Histogram, points: NDArray[np.float64], bandwidth: float | None
) -> NDArray[np.float64]:
    """See `Histogram.kde`: the histogram on a fine even grid, smoothed, interpolated."""
    from scipy.ndimage import gaussian_filter1d

    low, high = float(histogram.bin_edges[0]), float(histogram.bin_edges[-1])
    nbins = histogram.nbins if histogram.nbins == 256 else GRID
    fine = histogram.rebin(nbins, (low, high))
    step = float(fine.bin_widths[0])
    wide = scott(fine) if bandwidth is None else bandwidth
    # mode="reflect" keeps all of the mass inside: no pixel can lie beyond the ends.
    density = gaussian_filter1d(fine.fractions / step, max(wide / step, 0.5), mode="reflect")
    return np.asarray(np.interp(points, fine.bin_centers, density))


def scott(histogram: Histogram) -> float:
    """Scott's rule: the standard deviation times ``n ** (-1 / 5)``."""
    weights, centers = histogram.fractions, histogram.bin_centers
    mean = float(weights @ centers)
    spread = float(np.sqrt(weights @ (centers - mean) ** 2))
    return float(spread * max(histogram.total, 1) ** -0.2)
