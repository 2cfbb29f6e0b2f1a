"""Images counted into histograms: the whole, plane by plane, or a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import (
    Plane,
    checked_axes,
    checked_image,
    checked_mask,
    counts_on,
    counts_up_to,
    for_each,
    is_lazy,
    outer_axes,
    planes_of,
)
from napari_histeq.core.histogram import ArraySource, Histogram, count, linear_edges
from napari_histeq.core.transfer import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray


def counted(
    image: Any, mask: Any, axes: Any, max_samples: int | None, seed: int, nbins: int | None
) -> Histogram:
    """See `compute_histogram`: of the whole image, of its planes or of a sample."""
    if is_lazy(image):
        array, wanted = _checked_lazily(image, mask)
    else:
        array = checked_image(image)
        wanted = checked_mask(mask, array.shape)
    shared = checked_axes(axes, array.ndim)
    if max_samples is not None and max_samples < array.size:
        from napari_histeq.core.lazy import sampled_histogram

        sample = sampled_histogram(array, wanted, max_samples, seed)
        return sample if nbins is None else sample.rebin(nbins, _limits(sample))
    whole = Histogram(*count(_source(array, wanted)))
    if nbins is not None and not whole.is_exact:
        edges = linear_edges(*_limits(whole), nbins)
        # No look at single planes is needed for where the bins end.
        levels = _ends_below(edges, whole.levels.dtype)
        return Histogram(_counts(array, wanted, shared, levels), edges, edges[1:])
    histogram = whole
    if len(shared) < array.ndim:
        counts = _counts(array, wanted, shared, whole.levels)
        histogram = Histogram(counts, whole.bin_edges, whole.levels)
    return histogram if nbins is None else histogram.rebin(nbins, _limits(whole))


def _source(array: Any, mask: Any) -> Any:
    if isinstance(array, np.ndarray):
        return ArraySource(array, mask)
    from napari_histeq.core.lazy import ChunkSource

    return ChunkSource(array, mask)


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


def _checked_lazily(image: Any, mask: Any) -> tuple[Any, Any]:
    from napari_histeq.core.lazy import checked_lazily, checked_lazy_mask

    array = checked_lazily(image)
    return array, checked_lazy_mask(mask, array.chunks)


def _counts(
    array: Any, mask: Any, axes: tuple[int, ...], levels: NDArray[Any]
) -> NDArray[np.int64]:
    """Counts, per plane if there are several, in bins that end at `levels`."""
    outer = outer_axes(array.ndim, axes)
    if not outer:
        return counts_up_to(levels, _source(array, mask))
    if not isinstance(array, np.ndarray):
        from napari_histeq.core.lazy import plane_counts

        return plane_counts(array, mask, axes, levels)
    planes = planes_of(Plane(array, mask, array), outer, axes)
    counts = np.empty((len(planes), levels.size), np.int64)

    def work(item: tuple[int, Plane]) -> None:
        index, plane = item
        counts[index] = counts_on(levels, plane)

    for_each(work, list(enumerate(planes)))
    return counts.reshape(*(array.shape[a] for a in outer), levels.size)
