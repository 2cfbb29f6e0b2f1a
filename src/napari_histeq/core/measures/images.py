"""Measures that take the pixels themselves: the contrast of one image, how close two are; and all, as a table."""

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
from napari_histeq.core.measures.histograms import summary

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from napari_histeq.core.measures.histograms import Limits


#: Pixels along each side of the windows that scikit-image's structural similarity compares.
WINDOW = 7


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

    one, other = pair(before, after)
    with np.errstate(divide="ignore"):
        ratio = metrics.peak_signal_noise_ratio(one, other, data_range=_data_range(one))
    return float(ratio)


def ssim(before: ArrayLike, after: ArrayLike) -> float:
    """Structural similarity (scikit-image's), -1 to 1; 1 for equal images.

    Raises
    ------
    ValueError
        If the images differ in shape or dtype, or have less than 7 pixels along an axis.
    """
    from skimage import metrics

    one, other = pair(before, after)
    if min(one.shape) < WINDOW:
        raise ValueError(
            f"the images have shape {one.shape}: ssim compares windows of {WINDOW} pixels along "
            "each axis; compare stacks plane by plane, and colors channel by channel"
        )
    value = metrics.structural_similarity(one, other, data_range=_data_range(one))
    return float(value)


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
    one, other = pair(before, after)
    found = {
        "contrast_per_pixel": (contrast_per_pixel(one), contrast_per_pixel(other)),
        "eme": (eme(one), eme(other)),
        "psnr": (float("inf"), psnr(one, other)),
    }
    if min(one.shape) >= WINDOW:
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
        one, other = pair(before, after)
        found = summary(count(ArraySource(one, None)), count(ArraySource(other, None)), limits)
        found |= of_images(one, other)
    return [{"measure": name, "before": b, "after": a} for name, (b, a) in found.items()]


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


def pair(before: ArrayLike, after: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two images, checked to be of one shape and dtype."""
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
