"""The geometry of an OME-Zarr image: axes, levels of a pyramid, what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.extras import brought_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: OME-Zarr 0.5 allows these, in this order.
AXES = "tczyx"
#: An axis is halved unless its pixels are by this factor longer than the finest.
ANISOTROPY = 2.0
#: No pyramid needs more levels.
MOST_LEVELS = 20

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Axes:
    """The axes of an image in OME-Zarr's order, with the size and place of a pixel."""

    names: str
    scale: tuple[float, ...]
    translate: tuple[float, ...]
    units: tuple[str | None, ...]

    @property
    def spatial(self) -> tuple[bool, ...]:
        """Which of them are space."""
        return tuple(name in "zyx" for name in self.names)


def level_shapes(shape: Shape, axes: Axes, chunks: Shape, levels: int | None) -> list[Shape]:
    """The shapes of a pyramid: halved in space until a level fits one chunk.

    An axis with long pixels waits until the others have caught up; one that is stored
    plane by plane stays as it is.
    """
    shapes, spacing = [shape], np.array(axes.scale)
    spatial = np.array(axes.spatial) & (np.array(chunks) > 1)
    most = MOST_LEVELS if levels is None else levels
    while len(shapes) < most:
        last = np.array(shapes[-1])
        if levels is None and np.all((last <= chunks) | ~spatial):
            break
        halved = spatial & (last > 1)
        if not halved.any():
            break
        halved &= spacing < ANISOTROPY * spacing[halved].min()
        spacing = np.where(halved, spacing * 2, spacing)
        shapes.append(tuple(int(n) for n in np.where(halved, -(-last // 2), last)))
    return shapes


def pyramid_factors(fine: Shape, coarse: Shape) -> tuple[int, ...]:
    """By how much each axis shrinks from a level to the next: 1 or 2."""
    return tuple(2 if b < a else 1 for a, b in zip(fine, coarse, strict=True))


def block_shape(own: Shape, shape: Shape, itemsize: int, most_bytes: float) -> Shape:
    """A chunk like `own` that can be halved, and of at most so many bytes."""
    block = [_even(min(c, n)) for c, n in zip(own, shape, strict=True)]
    while np.prod(block, dtype=float) * itemsize > most_bytes and max(block) > 1:
        longest = int(np.argmax(block))
        block[longest] = _even(-(-block[longest] // 2))
    return tuple(block)


def _even(length: int) -> int:
    return int(length + length % 2 * (length > 1))


def metadata(axes: Axes, shapes: Sequence[Shape], steps: Sequence[Shape] | None, name: str) -> Any:
    """The OME-Zarr 0.5 metadata of an image: a validated `yaozarrs` model.

    `steps` are the whole factors between levels averaged over blocks of pixels; without
    them the levels' own shapes tell.
    """
    with brought_by("lazy"):
        from yaozarrs import v05

    kinds = {"t": v05.TimeAxis, "c": v05.ChannelAxis}
    described = [
        kinds.get(letter, v05.SpaceAxis)(name=letter, **({"unit": unit} if unit else {}))
        for letter, unit in zip(axes.names, axes.units, strict=True)
    ]
    datasets = []
    for level, shape in enumerate(shapes):
        factor = np.divide(shapes[0], shape)
        if steps is not None:
            factor = np.prod(np.array(steps[:level]).reshape(level, len(shape)), axis=0)
        scale = np.array(axes.scale) * factor
        # Pixel centers: the first one of a level lies amid those that it averages.
        place = np.array(axes.translate) + (scale - np.array(axes.scale)) / 2
        transforms: list[Any] = [v05.ScaleTransformation(scale=scale.tolist())]
        if place.any():
            transforms.append(v05.TranslationTransformation(translation=place.tolist()))
        datasets.append(v05.Dataset(path=str(level), coordinateTransformations=transforms))
    multiscale = v05.Multiscale(name=name, axes=described, datasets=datasets)
    return v05.Image(multiscales=[multiscale])


def halve(block: NDArray[Any], factor: Shape) -> NDArray[Any]:
    """The means of pairs of pixels along the axes with a factor of 2.

    Whole numbers are rounded half up. A last pixel without a partner stands alone.
    """
    wide, dtype = _accumulator(block.dtype), block.dtype
    pixels = int(np.prod(factor))
    if pixels == 1:
        return block
    if dtype.kind in "iu" and dtype.itemsize == 8:
        whole, rest = np.divmod(block, pixels)
        mean = _pair_sums(whole, factor, dtype) + _rounded(_pair_sums(rest, factor, dtype), pixels)
        return np.asarray(mean)
    sums = _pair_sums(block, factor, wide)
    if dtype.kind == "f":
        return (sums / pixels).astype(dtype)
    return _rounded(sums, pixels).astype(dtype)


def _accumulator(dtype: np.dtype[Any]) -> np.dtype[Any]:
    if dtype.kind == "f":
        return np.dtype(np.float64)
    return np.dtype(np.int32 if dtype.itemsize <= 2 else np.int64)


def _rounded(sums: NDArray[Any], pixels: int) -> NDArray[Any]:
    return (sums + pixels // 2) // pixels


def _pair_sums(block: NDArray[Any], factor: Shape, dtype: Any) -> NDArray[Any]:
    for axis, step in enumerate(factor):
        if step == 2:
            if block.shape[axis] % 2:
                last = block[(slice(None),) * axis + (slice(-1, None),)]
                block = np.concatenate([block, last], axis=axis)
            even = block[(slice(None),) * axis + (slice(0, None, 2),)]
            odd = block[(slice(None),) * axis + (slice(1, None, 2),)]
            block = np.add(even, odd, dtype=dtype)
    return block
