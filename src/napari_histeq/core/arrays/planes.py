"""A stack taken apart into the planes that are equalized each on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_histeq.core.arrays.blocks import BLOCK_PIXELS
from napari_histeq.core.threads import for_each, part, thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


class Plane(NamedTuple):
    """Views of one plane: the image, its mask (or None) and where the result goes."""

    image: NDArray[Any]
    mask: NDArray[np.bool_] | None
    out: NDArray[Any]


class Stack(NamedTuple):
    """Where the planes of an image are; its channels, if it has any, are its last axis.

    `tell` makes of each plane's `Source` the `size` things of a `dtype` that are wanted of it.
    """

    outer: tuple[int, ...]
    axes: tuple[int, ...]
    channels: bool
    tell: Callable[[Any], NDArray[Any]]
    size: int
    dtype: Any = np.float64


def outer_axes(ndim: int, axes: tuple[int, ...]) -> tuple[int, ...]:
    """The axes along which the planes are stacked."""
    return tuple(a for a in range(ndim) if a not in axes)


def planes_of(whole: Plane, outer: tuple[int, ...], axes: tuple[int, ...]) -> list[Plane]:
    """One plane, spanning `axes`, for every index of the `outer` axes.

    Axes that are in neither, such as channels, stay last.
    """
    masks = None if whole.mask is None else outer_first(whole.mask, outer, axes)
    image, out = (outer_first(a, outer, axes) for a in (whole.image, whole.out))
    indices = np.ndindex(image.shape[: len(outer)])
    return [Plane(image[i], None if masks is None else masks[i], out[i]) for i in indices]


def outer_first(array: NDArray[Any], outer: tuple[int, ...], axes: tuple[int, ...]) -> NDArray[Any]:
    """The array with its `outer` axes first, then those of a plane, and the others last."""
    order = (*outer, *axes)
    return array.transpose((*order, *range(len(order), array.ndim)))


def are_many(number: int, size: int) -> bool:
    """Whether planes, of `size` pixels each, are better done side by side, each by one thread."""
    return size <= BLOCK_PIXELS or number >= 2 * thread_count()


def for_each_plane(work: Callable[[int, Plane], object], planes: Sequence[Plane]) -> None:
    """Do `work(number, plane)`: of many planes side by side, of few large ones each by all threads."""
    if are_many(len(planes), planes[0].image.size):
        for_each(lambda number: work(number, planes[number]), range(len(planes)))
    else:
        for number, plane in enumerate(planes):
            with part(number, len(planes)):
                work(number, plane)
