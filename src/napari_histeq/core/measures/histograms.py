"""Measures of a histogram: how flat it is, how many levels there are, how much is clipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari_histeq.core.histogram import Histogram

    Limits = tuple[float, float] | None


def entropy(histogram: Histogram) -> float:
    """Discrete (Shannon) entropy of the levels, in bits per pixel.

    ``-sum(p * log2(p))``: 0 for a constant image, at most ``log2(nbins)``.

    Parameters
    ----------
    histogram : Histogram

    Returns
    -------
    float

    References
    ----------
    .. [1] C. E. Shannon, "A mathematical theory of communication", 1948.
    """
    p = histogram.fractions[histogram.counts > 0]
    return float(-(p * np.log2(p)).sum()) + 0.0  # + 0: no "-0"


def ks_distance(histogram: Histogram, limits: Limits = None) -> float:
    """Kolmogorov-Smirnov distance of the cdf to that of a uniform distribution.

    Parameters
    ----------
    histogram : Histogram
    limits : (float, float), optional
        Where the uniform distribution starts and ends; by default where the bins do.

    Returns
    -------
    float
        The greatest difference, 0 (flat) to 1.

    Notes
    -----
    Integer levels are compared with a uniform distribution of integers.
    """
    if not histogram.total:
        return 0.0
    low, high = _limits(histogram, limits)
    above = histogram.bin_edges[1:].astype(np.float64)
    uniform = np.clip((above - low) / (high - low), 0.0, 1.0)
    difference = np.abs(histogram.cdf - uniform)
    if histogram.levels.dtype.kind not in "iu":  # also just below each step
        before = np.clip((histogram.bin_edges[:-1] - low) / (high - low), 0.0, 1.0)
        difference = np.maximum(difference, np.abs(histogram.cdf - histogram.fractions - before))
    return float(difference.max())


def chi_square(histogram: Histogram, nbins: int = 16, limits: Limits = None) -> float:
    """Chi-square distance to uniform, per pixel, with levels merged to a few bins.

    ``n * sum((p - 1 / n) ** 2)`` over ``n = nbins`` equally wide bins: 0 is flat,
    ``n - 1`` is everything in one bin. Merging is what makes it a measure of
    flatness: the gaps between the levels of an equalized image are no fault.

    Parameters
    ----------
    histogram : Histogram
    nbins : int
        Bins after merging, at least 1.
    limits : (float, float), optional
        Where the bins start and end; by default where the histogram's do.

    Returns
    -------
    float
    """
    if not histogram.total:
        return 0.0
    p = histogram.rebin(nbins, _limits(histogram, limits)).fractions
    return float(nbins * np.sum((p - 1.0 / nbins) ** 2))


def levels_used(histogram: Histogram) -> int:
    """Number of bins that hold pixels: of distinct gray levels, if each has its bin."""
    return int(histogram.populated.size)


def levels_merged(before: Histogram, after: Histogram) -> int:
    """Number of levels that can no longer be told from another one."""
    return max(levels_used(before) - levels_used(after), 0)


def fraction_clipped(histogram: Histogram, limits: Limits = None) -> float:
    """Fraction of the pixels that lie at (or beyond) either end of a range.

    Parameters
    ----------
    histogram : Histogram
    limits : (float, float), optional
        The range; by default that of the bins (the dtype's, for 8 and 16 bit).

    Returns
    -------
    float
        0 to 1.
    """
    if not histogram.total:
        return 0.0
    low, high = (histogram.levels[0], histogram.levels[-1]) if limits is None else limits
    at_end = (histogram.levels <= low) | (histogram.levels >= high)
    return float(histogram.counts[at_end].sum() / histogram.total)


def mean(histogram: Histogram) -> float:
    """Mean intensity (for wide bins: of their centers)."""
    # A product and a sum, not "@": BLAS wakes its threads for it, which takes longer.
    used = histogram.populated
    return float((histogram.fractions[..., used] * histogram.bin_centers[used]).sum())


def ambe(before: Histogram, after: Histogram) -> float:
    """Absolute mean brightness error ``|mean(after) - mean(before)|``, in intensities.

    References
    ----------
    .. [1] S.-D. Chen and A. R. Ramli, "Minimum mean brightness error bi-histogram
       equalization in contrast enhancement", IEEE Trans. Consumer Electronics, 2003.
    """
    return abs(mean(after) - mean(before))


def summary(before: Histogram, after: Histogram, limits: Limits = None) -> dict[str, Any]:
    """The measures that two histograms are enough for, before and after.

    Parameters
    ----------
    before, after : Histogram
    limits : (float, float), optional
        The range of the output, with which flatness and clipping of `after` are judged.

    Returns
    -------
    dict
        ``{name: (before, after)}`` for ``levels_used``, ``entropy``, ``ks_distance``,
        ``chi_square``, ``fraction_clipped`` and ``mean``.
    """
    return {
        "levels_used": (levels_used(before), levels_used(after)),
        "entropy": (entropy(before), entropy(after)),
        "ks_distance": (ks_distance(before), ks_distance(after, limits)),
        "chi_square": (chi_square(before), chi_square(after, limits=limits)),
        "fraction_clipped": (fraction_clipped(before), fraction_clipped(after, limits)),
        "mean": (mean(before), mean(after)),
    }


def _limits(histogram: Histogram, limits: Limits) -> tuple[float, float]:
    if limits is None:
        return float(histogram.bin_edges[0]), float(histogram.bin_edges[-1])
    low, high = (float(v) for v in limits)
    whole = histogram.levels.dtype.kind in "iu"
    return low, high + whole if high > low or whole else low + 1.0
