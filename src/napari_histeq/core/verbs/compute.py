"""compute_histogram: an image counted, the whole or each plane or a sample, in memory or lazy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import (
    ArraySource,
    Interval,
    Plane,
    Stack,
    check_besides_channels,
    check_nbins,
    check_samples,
    checked_axes,
    checked_channel_axis,
    checked_pixels,
    for_each_plane,
    is_named,
    outer_axes,
    planes_of,
    taken_apart,
    with_mask,
)
from napari_histeq.core.color import LuminanceSource
from napari_histeq.core.histogram import (
    Histogram,
    count,
    counts_on,
    counts_up_to,
    sample_of_array,
)
from napari_histeq.core.methods import counters, without_empty_bins
from napari_histeq.core.threads import for_each, told
from napari_histeq.core.transfer import rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Axes, Image, Progress, Source


def compute_histogram(
    image: Image,
    *,
    nbins: int | None = None,
    mask: Image | None = None,
    axes: Axes = None,
    max_samples: int | None = None,
    seed: int = 0,
    progress: Progress = None,
) -> Histogram:
    """Count how often each intensity occurs in an image.

    Parameters
    ----------
    image : (...) array of a real dtype
        The image; never written to. NaN and infinities are not counted.
    nbins : int, optional
        Number of equally wide bins, each pixel counted in the one it lies in (of a sample,
        see `Histogram.rebin`). By default integers get one bin per level
        (8 bit: 256 bins over [0, 256)), and floats get bins that adapt to the
        data: no bin but that of a single value holds more than 1/2048 of the
        pixels, so that no outlier can cost the others their resolution. Wide
        32 and 64-bit integers are treated as floats are.
    mask : array of bool, broadcastable to `image`, optional
        True where a pixel counts.
    axes : int or sequence of int, optional
        The axes that share one histogram; one histogram per index of the others
        stands in the leading axes of `counts`. None: the whole array.
    max_samples : int, optional
        Count a random sample of at most so many pixels, if the image has more: a
        quick first answer. The error of its cdf is bounded by `cdf_error` (see
        `Histogram`). Not with `axes`.
    seed : int
        Of the sample: the same seed draws the same pixels.
    progress : callable or bool, optional
        True shows tqdm's bar. A function is called with the fraction done, from 0 to 1, in the calling thread, after each block of
        pixels; it never falls, and ends at 1. It is an estimate: how many passes over the pixels
        it takes is not known beforehand. What it raises stops the work.

    Returns
    -------
    Histogram
        Of the whole image; with `axes`, of each plane.

    Raises
    ------
    TypeError, ValueError
        For a dtype without an order, an empty array, or arguments that do not fit
        the image; the message names the value and the cure.
    """
    if nbins is not None:
        check_nbins(nbins)
    if max_samples is not None:
        check_samples(max_samples, axes)
    if is_named(image):
        image, mask, axes = taken_apart(image, mask, axes)
    with told(progress):
        return _counted(image, mask, axes, max_samples, seed, nbins)


def _counted(
    image: Any, mask: Any, axes: Any, max_samples: int | None, seed: int, nbins: int | None
) -> Histogram:
    """See `compute_histogram`: of the whole image, of its planes or of a sample."""
    array, wanted = with_mask(checked_pixels(image), mask)
    shared = checked_axes(axes, array.ndim)
    if max_samples is not None and max_samples < array.size:
        sample = _sampled(array, wanted, max_samples, seed)
        return sample if nbins is None else sample.rebin(nbins, _limits(sample))
    whole = count(as_source(array, wanted))
    if nbins is not None and not whole.is_exact:
        edges = Interval(*_limits(whole)).even(nbins)
        # No look at single planes is needed for where the bins end.
        levels = _ends_below(edges, whole.levels.dtype)
        return Histogram(_counts(array, wanted, shared, levels), edges, edges[1:])
    histogram = whole
    if len(shared) < array.ndim:
        counts = _counts(array, wanted, shared, whole.levels)
        histogram = Histogram(counts, whole.bin_edges, whole.levels)
    return histogram if nbins is None else histogram.rebin(nbins, _limits(whole))


def as_source(array: Any, mask: Any, channels: bool = False) -> Source:
    """The `Source` of a checked array, in memory or lazy; its channels, if it has any, are last."""
    if isinstance(array, np.ndarray):
        return ArraySource(array, mask, channels)
    from napari_histeq.core.lazy import ChunkSource

    return ChunkSource(array, mask, channels)


def _limits(whole: Histogram) -> tuple[float, float]:
    """Where coarse bins start and end: the dtype's ends if 8 bit, else those of the data."""
    if whole.nbins == 256 or not whole.total:
        return float(whole.bin_edges[0]), float(whole.bin_edges[-1])
    low, high = whole.range
    return float(low), float(high) + (whole.levels.dtype.kind in "iu")


def _ends_below(edges: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The greatest number of `dtype` below the end of each bin; the last bin takes all."""
    if dtype.kind == "f":
        most = np.finfo(dtype).max
        below = np.clip(edges[1:], -most, most).astype(dtype)
        lower = np.nextafter(below, np.array(-np.inf, dtype))
        ends = np.where(below.astype(np.float64) < edges[1:], below, lower)
    else:
        most = np.iinfo(dtype).max
        above = rounded(np.ceil(edges[1:]), dtype)
        ends = above - (above > np.iinfo(dtype).min)
    ends[-1] = most
    return np.asarray(ends.astype(dtype))


def _counts(
    array: Any, mask: Any, axes: tuple[int, ...], levels: NDArray[Any]
) -> NDArray[np.int64]:
    """Counts, per plane if there are several, in bins that end at `levels`."""
    outer = outer_axes(array.ndim, axes)
    if not outer:
        return counts_up_to(levels, as_source(array, mask))
    if not isinstance(array, np.ndarray):
        from napari_histeq.core.lazy import plane_counts

        return plane_counts(array, mask, axes, levels)
    planes = planes_of(Plane(array, mask, array), outer, axes)
    counts = np.empty((len(planes), levels.size), np.int64)

    def work(item: tuple[int, Plane]) -> None:
        index, plane = item
        counts[index] = counts_on(levels, plane.image, plane.mask)

    for_each(work, list(enumerate(planes)))
    return counts.reshape(*(array.shape[a] for a in outer), levels.size)


def _sampled(array: Any, wanted: Any, max_samples: int, seed: int) -> Histogram:
    if isinstance(array, np.ndarray):
        return sample_of_array(array, wanted, max_samples, seed)
    from napari_histeq.core.lazy import sample_of_chunks

    return sample_of_chunks(array, wanted, max_samples, seed)


def luminance_histogram(image: Any, mask: Any = None) -> Histogram:
    """How often each luminance occurs in an (..., C) image, in memory or lazy."""
    pixels, wanted = with_mask(checked_pixels(image), mask, channels=True)
    return count(LuminanceSource(as_source(pixels, wanted, channels=True)))


def laid_out(
    images: Sequence[Any], axes: Any, channel_axis: int | None
) -> tuple[list[Any], tuple[int, ...], bool]:
    """Images of one shape, checked, with their channels (if they have any) last.

    And which of their other axes `axes` are, None being all; and whether there are channels.
    """
    arrays = [checked_pixels(image) for image in images]
    first = arrays[0]
    channels = checked_channel_axis(channel_axis, first.shape)
    grid = [axis for axis in range(first.ndim) if axis != channels]
    spanned = tuple(grid.index(a) for a in checked_axes(axes, first.ndim) if a != channels)
    check_besides_channels(spanned, axes)
    if channels is not None:
        arrays = [array.transpose((*grid, channels)) for array in arrays]
    return arrays, spanned, channels is not None


def told_of_planes(
    arrays: Sequence[Any],
    mask: Any,
    plane: tuple[tuple[int, ...], bool],
    tell: Callable[[Histogram], NDArray[Any]],
    size: int,
    dtype: Any = np.float64,
) -> list[NDArray[Any]]:
    """For each of some images, what is told by the histogram of each of its planes.

    Parameters
    ----------
    arrays, plane
        As `laid_out` returns them.
    mask : array of bool, or None
        Of all of them; not checked yet.
    tell : callable
        Makes of a histogram the `size` things of a `dtype` that are wanted.

    Returns
    -------
    list of (..., size) array
        The axes in front are those along which the planes are stacked.
    """
    axes, channels = plane
    outer = outer_axes(arrays[0].ndim - channels, axes)
    stack = Stack(outer, axes, channels, partial(_told_of, channels, tell), size, dtype)
    first, counted = with_mask(arrays[0], mask, channels=channels)
    if isinstance(first, np.ndarray):
        return [_told_here(array, counted, stack) for array in arrays]
    from napari_histeq.core.lazy import tell_planes

    others = [array.rechunk({-1: -1}) if channels else array for array in arrays[1:]]
    return tell_planes([first, *others], counted, stack)


def _told_of(channels: bool, tell: Callable[[Histogram], Any], source: Source) -> Any:
    return tell(count(LuminanceSource(source) if channels else source))


def _told_here(image: NDArray[Any], mask: Any, stack: Stack) -> NDArray[Any]:
    planes = planes_of(Plane(image, mask, image), stack.outer, stack.axes)
    found = np.empty((len(planes), stack.size), stack.dtype)

    def work(number: int, plane: Plane) -> None:
        found[number] = stack.tell(ArraySource(plane.image, plane.mask, stack.channels))

    for_each_plane(work, planes)
    return found.reshape(*(image.shape[axis] for axis in stack.outer), stack.size)


def _of_reference(image: Any, mask: Any, channel_axis: int | None, axes: Any) -> NDArray[Any]:
    """The histograms of what a method is to match, one for each plane that spans `axes`.

    An array of no axes if all of the image is one plane: see `methods.Reference`.
    """
    if is_named(image):
        image, mask, axes, channel_axis = taken_apart(image, mask, axes, channel_axis)
    (array,), spanned, channels = laid_out([image], axes, channel_axis)
    if len(spanned) < array.ndim - channels:
        plane = spanned, channels
        (told,) = told_of_planes([array], mask, plane, _histogram_alone, 1, object)
        return told[..., 0]
    found = np.empty((), object)
    count_all = luminance_histogram if channels else compute_histogram
    found[()] = count_all(array, mask=mask)
    return found


def _histogram_alone(histogram: Histogram) -> NDArray[Any]:
    """As an array of one thing, without the bins that hold nothing."""
    found = np.empty(1, object)
    found[0] = without_empty_bins(histogram)
    return found


counters.append(_of_reference)
