"""Images counted into histograms: the whole, plane by plane, or a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core import _blocks, _planes, _validate
from napari_histeq.core._counting import ArraySource, count
from napari_histeq.core.histogram import Histogram

if TYPE_CHECKING:
    from numpy.typing import NDArray


def counted(
    image: Any, mask: Any, axes: Any, max_samples: int | None, seed: int
) -> tuple[Histogram, Histogram]:
    """The histograms of the planes, and that of the whole image or of its sample.

    The arguments are those of `compute_histogram`.
    """
    if _validate.is_lazy(image):
        array, wanted = _checked_lazily(image, mask)
    else:
        array = _validate.image(image)
        wanted = _validate.mask(mask, array.shape)
    shared = _validate.axes(axes, array.ndim)
    if max_samples is not None and max_samples < array.size:
        from napari_histeq.core.sampling import sampled_histogram

        sample = sampled_histogram(array, wanted, max_samples, seed)
        return sample, sample
    if not isinstance(array, np.ndarray):
        from napari_histeq.core import lazy

        return lazy.histograms(array, wanted, shared)
    whole = Histogram(*count(ArraySource(array, wanted)))
    histogram = whole if len(shared) == array.ndim else _stack(array, wanted, shared, whole)
    return histogram, whole


def _checked_lazily(image: Any, mask: Any) -> tuple[Any, Any]:
    from napari_histeq.core import lazy

    array = lazy.checked(image)
    return array, lazy.checked_mask(mask, array.chunks)


def _stack(
    array: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    axes: tuple[int, ...],
    whole: Histogram,
) -> Histogram:
    """One histogram per plane, on the bins of the whole."""
    outer = _planes.outer_axes(array.ndim, axes)
    planes = _planes.split(_planes.Plane(array, mask, array), outer, axes)
    counts = np.empty((len(planes), whole.nbins), np.int64)

    def work(item: tuple[int, _planes.Plane]) -> None:
        index, plane = item
        counts[index] = _planes.counts_on(whole.levels, plane)

    _blocks.for_each(work, list(enumerate(planes)))
    stacked = (*(array.shape[a] for a in outer), whole.nbins)
    return Histogram(counts.reshape(stacked), whole.bin_edges, whole.levels)
