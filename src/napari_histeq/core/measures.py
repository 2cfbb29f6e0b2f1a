"""The evidence: what an equalization did to an image, in numbers.

Each measure is a function of a Histogram, or of two images. No transfer function can
raise the discrete entropy (it moves and merges levels, and never splits one), so a
flatter histogram shows in `ks_distance` and `chi_square`, not in `entropy`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import (
    ArraySource,
    check_block,
    checked_image,
    dtype_range,
    regions,
)
from napari_histeq.core.histogram import Histogram, count

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

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


def contrast_per_pixel(image: ArrayLike) -> float:
    """Mean absolute difference between pixels that are neighbors along an axis.

    Parameters
    ----------
    image : (...) array of a real dtype
        Pairs with NaN or infinities are left out.

    Returns
    -------
    float
        In intensities; 0 if there are no neighbors.
    """
    array = checked_image(image)
    total, pairs = 0.0, 0
    for axis in range(array.ndim):
        first, second = _neighbors(array, axis)
        for region in regions(first.shape):
            with np.errstate(invalid="ignore", over="ignore"):
                step = np.abs(_wide(first[region]) - _wide(second[region]))
            known = np.isfinite(step)
            total += float(step[known].sum())
            pairs += int(known.sum())
    return total / pairs if pairs else 0.0


def eme(image: ArrayLike, block: int = 8, offset: float | None = None) -> float:
    """Measure of enhancement: mean over blocks of ``20 log10(max / min)`` [1]_.

    Parameters
    ----------
    image : (...) array of a real dtype
    block : int
        Side of the blocks in pixels, on every axis; what fills no block is left out.
    offset : float, optional
        Added to max and min, which may be 0. By default 1 for integers, and for
        floats 1/255 of the image's range; what is negative counts as 0.

    Returns
    -------
    float
        In decibel; 0 for a constant image.

    References
    ----------
    .. [1] S. S. Agaian, K. Panetta and A. M. Grigoryan, "A new measure of image
       enhancement", IASTED Int. Conf. Signal Processing and Communication, 2000.
    """
    array = checked_image(image)
    check_block(block)
    sides = tuple(min(block, n) for n in array.shape)
    shown = array[tuple(slice(n // s * s) for n, s in zip(array.shape, sides, strict=True))]
    parts = [d for n, s in zip(shown.shape, sides, strict=True) for d in (n // s, s)]
    blocks = shown.reshape(parts)
    inner = tuple(range(1, len(parts), 2))
    most, least = (np.maximum(_wide(f(blocks, axis=inner)), 0.0) for f in (np.max, np.min))
    added = _eme_offset(array) if offset is None else offset
    with np.errstate(invalid="ignore"):
        decibel = 20.0 * np.log10((most + added) / (least + added))
    known = decibel[np.isfinite(decibel)]
    return float(known.mean()) if known.size else 0.0


def psnr(before: ArrayLike, after: ArrayLike) -> float:
    """Peak signal-to-noise ratio in decibel (scikit-image's); inf for equal images."""
    from skimage import metrics

    one, other = _pair(before, after)
    with np.errstate(divide="ignore"):
        ratio = metrics.peak_signal_noise_ratio(one, other, data_range=_data_range(one))  # type: ignore[no-untyped-call]
    return float(ratio)


def ssim(before: ArrayLike, after: ArrayLike) -> float:
    """Structural similarity (scikit-image's), -1 to 1; 1 for equal images."""
    from skimage import metrics

    one, other = _pair(before, after)
    value = metrics.structural_similarity(one, other, data_range=_data_range(one))  # type: ignore[no-untyped-call]
    return float(value)


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


def of_images(before: ArrayLike, after: ArrayLike) -> dict[str, tuple[float, float]]:
    """The measures that take the pixels themselves, before and after.

    Parameters
    ----------
    before, after : (...) arrays of one shape and dtype

    Returns
    -------
    dict
        ``{name: (before, after)}`` for ``contrast_per_pixel`` and ``eme``, and for ``psnr``
        and ``ssim``, which compare each with `before`. ``ssim`` is left out where an axis
        has less than the 7 pixels of its window.
    """
    one, other = _pair(before, after)
    found = {
        "contrast_per_pixel": (contrast_per_pixel(one), contrast_per_pixel(other)),
        "eme": (eme(one), eme(other)),
        "psnr": (float("inf"), psnr(one, other)),
    }
    if min(one.shape) >= 7:
        found["ssim"] = (1.0, ssim(one, other))
    return found


def table(before: Any, after: Any, limits: Limits = None) -> list[dict[str, Any]]:
    """The measures before and after, as rows: for a loop, a csv.DictWriter or a data frame.

    Parameters
    ----------
    before, after : Histogram, or (...) arrays of one shape and dtype
        Of images there are also the measures that take the pixels themselves.
    limits : (float, float), optional
        As in `summary`.

    Returns
    -------
    list of dict
        ``{"measure": name, "before": value, "after": value}``.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_histeq import equalize
    >>> image = np.arange(100, dtype=np.uint8).reshape(10, 10)
    >>> table(image, equalize(image))[0]
    {'measure': 'levels_used', 'before': 100, 'after': 100}
    """
    if isinstance(before, Histogram) or isinstance(after, Histogram):
        found = summary(before, after, limits)
    else:
        one, other = _pair(before, after)
        found = summary(count(ArraySource(one, None)), count(ArraySource(other, None)), limits)
        found |= of_images(one, other)
    return [{"measure": name, "before": b, "after": a} for name, (b, a) in found.items()]


def _limits(histogram: Histogram, limits: Limits) -> tuple[float, float]:
    if limits is None:
        return float(histogram.bin_edges[0]), float(histogram.bin_edges[-1])
    low, high = (float(v) for v in limits)
    whole = histogram.levels.dtype.kind in "iu"
    return low, high + whole if high > low or whole else low + 1.0


def _neighbors(array: NDArray[Any], axis: int) -> tuple[NDArray[Any], NDArray[Any]]:
    ahead = np.moveaxis(array, axis, 0)
    return ahead[:-1], ahead[1:]


def _wide(values: Any) -> NDArray[np.float64]:
    return np.asarray(values, np.float64)


def _eme_offset(array: NDArray[Any]) -> float:
    if array.dtype.kind != "f":
        return 1.0
    finite = array[np.isfinite(array)]
    return float(np.ptp(finite)) / 255.0 or 1.0 if finite.size else 1.0


def _pair(before: ArrayLike, after: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    one, other = checked_image(before), checked_image(after)
    if one.shape != other.shape or one.dtype != other.dtype:
        raise ValueError(
            f"the images differ in shape or dtype ({one.shape} {one.dtype}, {other.shape} "
            f"{other.dtype}): compare an image with its own equalization"
        )
    return one, other


def _data_range(image: NDArray[Any]) -> float:
    if image.dtype.kind == "f":
        finite = image[np.isfinite(image)]
        return float(np.ptp(finite)) or 1.0 if finite.size else 1.0
    low, high = dtype_range(image.dtype)
    return high - low
