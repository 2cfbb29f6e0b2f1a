"""The verb plane_percentiles: how the intensities of a movie or a stack go from plane to plane."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import is_named, taken_apart
from napari_histeq.core.methods import percentiles_of
from napari_histeq.core.threads import told
from napari_histeq.core.verbs.compute import laid_out, told_of_planes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Axes, Axis, Image, Progress
    from napari_histeq.core.histogram import Histogram

    Floats = NDArray[np.float64]

#: The median, the quarters, and all but a tenth of the pixels.
PERCENTILES = (5.0, 25.0, 50.0, 75.0, 95.0)


def plane_percentiles(
    image: Image,
    percentiles: Sequence[float] = PERCENTILES,
    *,
    mask: Image | None = None,
    axes: Axes = None,
    channel_axis: Axis = None,
    progress: Progress = None,
) -> Floats:
    """The percentiles of each plane of a stack: where its intensities lie, frame by frame.

    So flicker, bleaching and the loss of light with depth are seen at a glance, before an
    equalization and after.

    Parameters
    ----------
    image : (...) array of a real dtype
        The movie or stack, in memory or lazy (then it is read once); never written to.
    percentiles : sequence of float
        0 to 100, increasing; 50 is the median.
    mask : array of bool, broadcastable to `image` (without its channels), optional
        True where a pixel counts.
    axes : int or sequence of int, optional
        The axes of a plane, as in `equalize`; by default the last two (but for the channels).
    channel_axis : int, optional
        The axis of RGB or RGBA channels; then the percentiles are those of the luminance.
    progress : callable or bool, optional
        As in `compute_histogram`.

    Returns
    -------
    (..., n) array of float64
        The axes of the image that are not those of a plane, in order, and then the percentiles,
        in the intensities of the image. Those of 8 and 16-bit integers, and of any that have a
        bin for each level, are `numpy.percentile`'s; others lie no more than 1/2048 of the
        pixels off. NaN for a plane of which no pixel counts.

    Raises
    ------
    TypeError, ValueError
        For a dtype without an order, an empty array, or arguments that do not fit the image.

    Examples
    --------
    >>> import numpy as np
    >>> movie = np.arange(24, dtype=np.uint8).reshape(3, 2, 4)
    >>> plane_percentiles(movie, [0, 50, 100])
    array([[ 0. ,  3.5,  7. ],
           [ 8. , 11.5, 15. ],
           [16. , 19.5, 23. ]])
    """
    (found,) = percentiles_of_each(
        [image], percentiles, mask=mask, axes=axes, channel_axis=channel_axis, progress=progress
    )
    return found


def percentiles_of_each(
    images: Sequence[Image],
    percentiles: Sequence[float] = PERCENTILES,
    *,
    mask: Image | None = None,
    axes: Axes = None,
    channel_axis: Axis = None,
    progress: Progress = None,
) -> list[Floats]:
    """`plane_percentiles` of several images of one shape, say of a movie and its result.

    Lazy ones are read together: what a result is made of is read once.
    """
    wanted = _checked(percentiles)
    if is_named(images[0]):
        _, mask, axes, channel_axis = taken_apart(images[0], mask, axes, channel_axis)
        images = [taken_apart(image, None)[0] for image in images]
    with told(progress):
        return _told(images, wanted, mask, axes, channel_axis)


def _checked(percentiles: Sequence[float]) -> tuple[float, ...]:
    wanted = tuple(float(p) for p in np.atleast_1d(np.asarray(percentiles, np.float64)))
    steps = np.diff(wanted)
    if not wanted or not (np.isfinite(wanted).all() and (steps >= 0).all()):
        raise ValueError(f"percentiles are {percentiles!r}: give increasing numbers from 0 to 100")
    if wanted[0] < 0 or wanted[-1] > 100:
        raise ValueError(f"percentiles are {percentiles!r}: they go from 0 to 100 (50: the median)")
    return wanted


def _told(
    images: Sequence[Any], percentiles: tuple[float, ...], mask: Any, axes: Any, channel_axis: Any
) -> list[Floats]:
    arrays, spanned, colors = laid_out(images, axes, channel_axis)
    plane = spanned[-2:] if axes is None else spanned, colors
    tell = partial(_percentiles, percentiles)
    return told_of_planes(arrays, mask, plane, tell, len(percentiles))


def _percentiles(percentiles: tuple[float, ...], histogram: Histogram) -> Floats:
    """Of one plane; NaN where no pixel counts."""
    if not histogram.total:
        return np.full(len(percentiles), np.nan)
    return percentiles_of(histogram, percentiles)
