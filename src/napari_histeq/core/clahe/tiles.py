"""Where the tiles of an image lie, and how much each of them says at a pixel.

All in whole numbers, so that a mirrored, transposed or cut image finds the very
same ones. A tile is `kernel_size` pixels, and as many as needed are laid side by side,
centered on the image: the border tiles stick out equally at both ends, by less than
half of them. A tile's statistics are those of its pixels within the image. Where the
centered grid falls between pixels (an odd number is left over), the pixel that straddles
two tiles counts in both: the only choice that a mirror does not change.

Between the centers of the tiles their curves are mixed in proportion to the distance,
measured in half pixels; beyond the outermost centers the nearest curve holds.

For example 11 pixels in tiles of 4: three tiles are 12 pixels, so that half a pixel sticks
out at either end. They begin at -0.5, 3.5 and 7.5. Pixels 3 and 7 are straddled, and
count in two tiles:

>>> grid = TileGrid((11,), (4,))
>>> grid.windows(0).tolist()
[[0, 3, 7], [4, 8, 11]]

The centers are at 1.5, 5.5 and 9.5. The middle of pixel 2 is at 2.5, a quarter of the way
from the first center to the second: it takes 2 of 8 parts of the second tile's curve.

>>> grid.blend(0, 0, 4).right_weight.tolist()
[0, 0, 2, 4]
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

#: The products of the weights along all axes sum to less than 2 ** WEIGHT_BITS, so that,
#: times a curve of 16 bit or more, every sum is exact in double precision.
WEIGHT_BITS = 36

#: Tiles of the default are an eighth of an axis, but not smaller than this.
LEAST_DEFAULT = 8


class Blend(NamedTuple):
    """For every pixel along an axis: the tiles on either side, and their weights.

    ``right_weight`` is out of the axis's `TileGrid.wholes`; the left tile has the rest.
    """

    left: Ints
    right: Ints
    right_weight: Ints


@dataclass(frozen=True, slots=True)
class TileGrid:
    """The tiles of an image of `shape`, each of `kernel_size` pixels (one number per axis).

    `seen` is the shape of what is mixed: another level of the image's pyramid, maybe.
    Its pixels share the image's extent evenly, and each is mixed for where its center lies.
    """

    shape: tuple[int, ...]
    kernel_size: tuple[int, ...]
    seen: tuple[int, ...] | None = None

    def seen_at(self, shape: tuple[int, ...]) -> TileGrid:
        """The same tiles for the pixels of a level of the pyramid."""
        return replace(self, seen=shape)

    @property
    def most_pixels(self) -> int:
        """No more pixels than this are in any tile."""
        sides = zip(self.shape, self.kernel_size, strict=True)
        return math.prod(min(n, k + 1) for n, k in sides)  # straddled pixels count in both

    @property
    def tiles(self) -> tuple[int, ...]:
        """How many tiles there are along each axis."""
        return tuple(-(-n // k) for n, k in zip(self.shape, self.kernel_size, strict=True))

    def windows(self, axis: int) -> Ints:
        """(2, tiles): first pixel, and the one after the last, of each tile along `axis`."""
        return _windows(self.shape[axis], self.kernel_size[axis])

    @property
    def wholes(self) -> tuple[int, ...]:
        """What the weights along each axis sum to: half pixels per tile, or less if too many."""
        exact = tuple(2 * k for k in self.kernel_size)
        if math.prod(exact) <= 1 << WEIGHT_BITS:
            return exact
        finest = 1 << (WEIGHT_BITS // len(exact))
        return tuple(min(whole, finest) for whole in exact)

    def blend(self, axis: int, start: int, stop: int) -> Blend:
        """How the pixels `start` to `stop` along `axis` mix the tiles."""
        n, k, last = self.shape[axis], self.kernel_size[axis], self.tiles[axis] - 1
        step, parts = self._step(axis)
        first_center = n - last * k  # in half pixels; what follows, in `parts` of them
        beyond = (2 * np.arange(start, stop, dtype=np.int64) + 1) * step - first_center * parts
        tile = 2 * k * parts
        beyond = np.clip(beyond, 0, tile * last)
        left = np.minimum(beyond // tile, max(last - 1, 0))
        weight, whole = beyond - tile * left, self.wholes[axis]
        if whole != tile:
            # Half to even is symmetric: w and whole - w are rounded by the same distance.
            weight = np.rint(weight.astype(np.float64) * whole / tile).astype(np.int64)
        return Blend(left, np.minimum(left + 1, last), weight)

    def _step(self, axis: int) -> tuple[int, int]:
        """From one pixel that is seen to the next, in pixels of the image: a fraction."""
        n = self.shape[axis]
        seen = n if self.seen is None else self.seen[axis]
        common = math.gcd(n, seen)
        return n // common, seen // common

    def seen_length(self, axis: int) -> float:
        """Pixels that are seen along a tile's side."""
        step, parts = self._step(axis)
        return self.kernel_size[axis] * parts / step


@lru_cache(64)  # asked for each row of tiles
def _windows(n: int, k: int) -> Ints:
    tiles = -(-n // k)
    edge = 2 * k * np.arange(tiles) + n - tiles * k  # in half pixels
    windows = np.clip([edge // 2, -(-(edge + 2 * k) // 2)], 0, n)
    windows.flags.writeable = False
    return windows


def default_kernel(shape: Sequence[int]) -> tuple[int, ...]:
    """About an eighth of each axis, but no less than `LEAST_DEFAULT` pixels of it."""
    return tuple(max(-(-n // 8), min(n, LEAST_DEFAULT)) for n in shape)


def kernel_from_physical(
    size: float, scale: Sequence[float], shape: Sequence[int]
) -> tuple[int, ...]:
    """The tile that is `size` long on every axis, in pixels.

    Parameters
    ----------
    size : float
        The wanted length of a tile, in the unit of `scale`.
    scale : sequence of float
        Length of a pixel along each axis, say (0.5, 0.1, 0.1) micrometer.
    shape : sequence of int
        Pixels along each axis.

    Returns
    -------
    tuple of int
        At least 1 and at most the array on each axis.

    Raises
    ------
    ValueError
        If `size` is not positive and finite, or `scale` holds a 0.
    """
    if not 0 < size < math.inf:
        raise ValueError(f"size is {size}: a tile needs a positive, finite length")
    if len(scale) != len(shape) or not all(0 < abs(s) < math.inf for s in scale):
        raise ValueError(f"scale is {tuple(scale)}: give one length, not 0, for each of {shape}")
    return tuple(min(max(round(size / abs(s)), 1), n) for s, n in zip(scale, shape, strict=True))


def resolve_kernel(
    kernel_size: int | tuple[int, ...] | None, shape: tuple[int, ...]
) -> tuple[int, ...]:
    """`kernel_size` as one number per axis of `shape`, or an error."""
    if kernel_size is None:
        return default_kernel(shape)
    kernel = (kernel_size,) * len(shape) if isinstance(kernel_size, int) else kernel_size
    if len(kernel) != len(shape):
        raise ValueError(
            f"kernel_size={kernel_size} has {len(kernel)} numbers for {len(shape)} axes "
            f"(of lengths {shape}): give one number per axis that the tiles span"
        )
    for axis, (k, n) in enumerate(zip(kernel, shape, strict=True)):
        if k > n:
            fits = tuple(min(a, b) for a, b in zip(kernel, shape, strict=True))
            raise ValueError(
                f"kernel_size={kernel_size} is larger than the image, which has {n} pixels "
                f"along axis {axis} of those the tiles span: use at most {fits}"
            )
    return kernel
