"""A stack taken apart into the planes that are equalized each on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_histeq.core.arrays.blocks import BLOCK_PIXELS, for_each, thread_count
from napari_histeq.core.histogram import ArraySource, count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Source


class Plane(NamedTuple):
    """Views of one plane: the image, its mask (or None) and where the result goes."""

    image: NDArray[Any]
    mask: NDArray[np.bool_] | None
    out: NDArray[Any]


def outer_axes(ndim: int, axes: tuple[int, ...]) -> tuple[int, ...]:
    """The axes along which the planes are stacked."""
    return tuple(a for a in range(ndim) if a not in axes)


def planes_of(whole: Plane, outer: tuple[int, ...], axes: tuple[int, ...]) -> list[Plane]:
    """One plane, spanning `axes`, for every index of the `outer` axes.

    Axes that are in neither, such as channels, stay last.
    """
    masks = None if whole.mask is None else _outer_first(whole.mask, outer, axes)
    image, out = (_outer_first(a, outer, axes) for a in (whole.image, whole.out))
    indices = np.ndindex(image.shape[: len(outer)])
    return [Plane(image[i], None if masks is None else masks[i], out[i]) for i in indices]


def _outer_first(
    array: NDArray[Any], outer: tuple[int, ...], axes: tuple[int, ...]
) -> NDArray[Any]:
    order = (*outer, *axes)
    return array.transpose((*order, *range(len(order), array.ndim)))


def for_each_plane(work: Callable[[Plane], object], planes: Sequence[Plane]) -> None:
    """Many planes side by side, each by one thread; few large ones each by all threads."""
    enough = len(planes) >= 2 * thread_count()
    if enough or planes[0].image.size <= BLOCK_PIXELS:
        for_each(work, planes)
    else:
        for plane in planes:
            work(plane)


def counts_on(levels: NDArray[Any], plane: Plane) -> NDArray[np.int64]:
    """Count a plane on bins that are given by the greatest intensity of each."""
    if levels.dtype.kind in "bui" and levels.dtype.itemsize <= 2:
        return count(ArraySource(plane.image, plane.mask)).counts  # the dtype's own levels
    return counts_up_to(levels, ArraySource(plane.image, plane.mask))


def counts_up_to(levels: NDArray[Any], source: Source) -> NDArray[np.int64]:
    """Count finite pixels into bins that end at `levels`, sorted; each one exactly.

    The last level is not below any pixel.
    """

    def visit(tally: NDArray[np.int64], run: NDArray[Any], mask: NDArray[Any]) -> None:
        wanted = np.isfinite(run)
        if mask.size:
            wanted &= mask.view(np.bool_)
        tally += np.bincount(np.searchsorted(levels, run[wanted]), minlength=levels.size)

    return source.sweep(lambda: np.zeros(levels.size, np.int64), visit)
