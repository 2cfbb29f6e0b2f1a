"""Only inside: pixels outside a mask keep their bits, and its edge may be feathered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import BLOCK_PIXELS, regions
from napari_histeq.core.threads import for_each, left_if_stopped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Region

    Mask = NDArray[np.bool_]
    Shape = tuple[int, ...]

#: Pixels across the widest feather: their distances are looked for in every direction.
WIDEST = 1024

#: By how much more than a region itself may be looked at for the distances in it.
MOST_AROUND = 1.5


#: The distances of so many pixels are found before anybody would ask whether to go on.
AT_ONCE = 1 << 18


def check_inside(inside: Any, feather: Any) -> None:
    """Refuse what is no yes or no, and a feather that is no width or has no edge."""
    if not isinstance(inside, bool | np.bool_):
        raise TypeError(f"inside is {inside!r}: it must be True (change only the mask) or False")
    if not hasattr(feather, "__index__") or isinstance(feather, bool):
        raise TypeError(f"feather is {feather!r}: it must be a whole number of pixels")
    if not 0 <= feather <= WIDEST:
        raise ValueError(f"feather is {feather}: use 0 (a hard edge) to {WIDEST} pixels")
    if feather and not inside:
        raise ValueError(
            f"feather={feather} softens the edge of what is changed, which has none here: "
            "set inside=True too, or leave feather out"
        )


def check_has_mask(masked: bool) -> None:
    """Refuse to stay inside of nothing."""
    if not masked:
        raise ValueError(
            "inside=True changes only the pixels of the mask, but there is no mask: pass mask=, "
            "or leave inside out"
        )


@dataclass(frozen=True, slots=True)
class Feather:
    """How the edge of a mask is softened: by the distance to it, along some axes.

    Attributes
    ----------
    width : int
        0: not at all. A pixel at a distance ``d`` from the nearest pixel outside is changed by
        ``min(d / (width + 1), 1)`` of the whole change. The border of the image is no edge.
    axes : tuple of int
        Along which distances are measured.
    lengths : tuple of float
        Of a pixel along each of these axes, in those that `width` counts; empty: 1.
    """

    width: int
    axes: tuple[int, ...]
    lengths: tuple[float, ...] = ()

    def halo(self, ndim: int) -> Shape:
        """How many pixels around a block matter to it, along each axis of an image."""
        found = [0] * ndim
        for axis, length in zip(self.axes, self._lengths, strict=True):
            found[axis] = math.ceil((self.width + 1) / length) if self.width else 0
        return tuple(found)

    @property
    def _lengths(self) -> tuple[float, ...]:
        return self.lengths or (1.0,) * len(self.axes)

    def weights(self, mask: Mask) -> NDArray[Any]:
        """By which part each pixel is changed: bool without a feather, else 0.0 to 1.0."""
        if not self.width:
            return mask
        found = np.empty(mask.shape)
        outer = [a for a in range(mask.ndim) if a not in self.axes]
        inner_last = (*outer, *self.axes)
        planes, results = mask.transpose(inner_last), found.transpose(inner_last)
        for index in np.ndindex(planes.shape[: len(outer)]):
            results[index] = self._of_plane(planes[index])
        return found

    def _of_plane(self, mask: Mask) -> NDArray[Any]:
        if mask.all() or not mask.any():
            return mask.astype(np.float64)
        find = partial(self._of_edge, mask)
        return left_if_stopped(find) if mask.size > AT_ONCE else find()

    def _of_edge(self, mask: Mask) -> NDArray[Any]:
        from scipy.ndimage import distance_transform_edt

        distance = distance_transform_edt(mask, sampling=self._lengths)
        return np.asarray(np.minimum(distance / (self.width + 1), 1.0))

    def weights_in(self, mask: Mask, region: Region) -> NDArray[Any]:
        """The `weights` in a region of a mask, of which no more is looked at than matters."""
        wide, own = [], []
        for part, length, more in zip(region, mask.shape, self.halo(mask.ndim), strict=True):
            start, stop, _ = part.indices(length)
            first = max(start - more, 0)
            wide.append(slice(first, min(stop + more, length)))
            own.append(slice(start - first, stop - first))
        return self.weights(mask[tuple(wide)])[tuple(own)]


def keep_outside(image: NDArray[Any], out: NDArray[Any], mask: Mask, feather: Feather) -> None:
    """Put the pixels of `image` back into its result `out`, outside a mask and part of the way.

    The mask has the shape of the image, but for channels, which are the last axis.
    """
    slim = mask[tuple(slice(0, 1) if step == 0 else slice(None) for step in mask.strides)]
    once = None
    if feather.width and 2 * slim.size <= mask.size:  # the same over and over
        once = np.broadcast_to(feather.weights(slim), mask.shape)

    def work(region: Region) -> None:
        weights = feather.weights_in(mask, region) if once is None else once[region]
        put_back(image[region], out[region], weights)

    for_each(work, _pieces(mask.shape, feather.halo(mask.ndim)))


def _pieces(shape: Shape, halo: Shape) -> list[Region]:
    """Regions, small ones where that adds little to what is looked at around them.

    To look for distances takes long, and a run can be stopped after each of them.
    """
    for part in (8, 4, 2):
        found = regions(shape, BLOCK_PIXELS // part)
        lengths = [len(range(*s.indices(n))) for s, n in zip(found[0], shape, strict=True)]
        wide = [min(own + 2 * h, n) for own, h, n in zip(lengths, halo, shape, strict=True)]
        if math.prod(wide) <= MOST_AROUND * math.prod(lengths):
            return found
    return regions(shape)


def put_back(image: NDArray[Any], out: NDArray[Any], weights: NDArray[Any]) -> None:
    """Where a weight is 0, what `image` has; between 0 and 1 a mixture, rounded once."""
    channels = (1,) * (image.ndim - weights.ndim)
    outside = weights == 0
    np.copyto(out, image, where=outside.reshape(outside.shape + channels))
    if weights.dtype.kind == "b":
        return
    edge = ~outside & (weights < 1)
    if edge.any():
        part = weights[edge].reshape((-1, *channels))
        out[edge] = mixed(image[edge], out[edge], part)


def mixed(before: NDArray[Any], after: NDArray[Any], part: NDArray[Any]) -> NDArray[Any]:
    """``(1 - part) * before + part * after``; of integers, exact for any range, rounded once.

    Examples
    --------
    >>> mixed(np.array([10, 200], np.uint8), np.array([20, 0], np.uint8), np.array([0.25, 0.25]))
    array([ 12, 150], dtype=uint8)
    """
    dtype = before.dtype.newbyteorder("=")
    before, after = before.astype(dtype, copy=False), after.astype(dtype, copy=False)
    if dtype.kind == "f":
        with np.errstate(invalid="ignore"):  # NaN and infinities: they are the same in both
            found = (1 - part) * before.astype(np.float64) + part * after
        return np.where(before == after, before, found.astype(dtype))
    bits = np.dtype(f"u{dtype.itemsize}")  # differences of signed ones may not fit their dtype
    low, high = np.minimum(before, after).view(bits), np.maximum(before, after).view(bits)
    change = high - low
    step = np.minimum(_whole(part * change, before.view(bits) % 2).astype(bits), change)
    return np.asarray(np.where(after >= before, low + step, high - step).view(dtype))


def _whole(step: NDArray[Any], odd: NDArray[Any]) -> NDArray[Any]:
    """Steps from numbers, `odd` or not, rounded so that halves end at an even number."""
    down, near = np.floor(step), np.rint(step)
    other = (step - down == 0.5) & ((near + odd) % 2 == 1)
    return np.asarray(np.where(other, 2 * down + 1 - near, near))
