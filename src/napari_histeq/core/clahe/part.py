"""A part of CLAHE's result: only the tiles around it are counted.

Those tiles are where they are in the whole image, and so is the part: where every pixel is
looked at, its bits are those of the whole result. If every n-th pixel stands for the
others, the tiles keep their place all the same.

For example pixels 35 to 46 of 100 are wanted, in tiles of 20. These have their centers at
10, 30, 50, 70 and 90; all that is wanted lies between the second and the third. So tiles
1 and 2 are counted, which are pixels 20 to 59:

>>> part, reach = part_grid(TileGrid((100,), (20,)), ((35, 47),), (1,))
>>> part.first, part.last, reach
((1,), (3,), ((20, 60),))
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.clahe.curves import count_tiles, no_counts, tile_curves
from napari_histeq.core.clahe.extent import Extent
from napari_histeq.core.clahe.fitting import nothing_to_do
from napari_histeq.core.clahe.mixing import Limits, Places, mix_curves
from napari_histeq.core.clahe.opencv import (
    OpenCvCurves,
    OpenCvGrid,
    count_row_of_opencv_tiles,
    opencv_curves_into,
    opencv_interpolate,
)
from napari_histeq.core.clahe.tiles import Blend, TileGrid

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core.clahe.method import Clahe
    from napari_histeq.core.clahe.opencv_method import OpenCvClahe

    Ints = NDArray[np.int64]
    Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PartGrid(TileGrid):
    """The tiles `first` to `last` of an image of which every n-th pixel is looked at.

    What the base counts in pixels of `seen` is counted in these samples: sample ``i`` is
    pixel ``i * steps``.
    """

    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    steps: tuple[int, ...] = ()

    @property
    def _whole(self) -> TileGrid:
        return TileGrid(self.shape, self.kernel_size, self.seen)

    @property
    def tiles(self) -> tuple[int, ...]:
        """How many tiles matter along each axis."""
        return tuple(b - a for a, b in zip(self.first, self.last, strict=True))

    def reach(self, axis: int) -> Ints:
        """As `windows`, in pixels of the level that is looked at."""
        windows: Ints = self._whole.windows(axis)
        seen = (self.seen or self.shape)[axis]
        windows = windows[:, self.first[axis] : self.last[axis]]
        if seen == self.shape[axis]:
            return windows
        # Pixels whose centers lie in the tile.
        found: Ints = np.ceil(windows * (seen / self.shape[axis]) - 0.5).astype(np.int64)
        return found

    def windows(self, axis: int) -> Ints:
        """(2, tiles): first sample, and the one after the last, of each tile along `axis`."""
        return -(-self.reach(axis) // self.steps[axis])

    def blend(self, axis: int, start: int, stop: int) -> Blend:
        """How the samples `start` to `stop` along `axis` mix the tiles."""
        step, first = self.steps[axis], self.first[axis]
        found = self._whole.blend(axis, start * step, (stop - 1) * step + 1)
        left, right, weight = (np.ascontiguousarray(values[::step]) for values in found)
        return Blend(left - first, right - first, weight)

    def seen_length(self, axis: int) -> float:
        """Samples along a tile's side."""
        return self._whole.seen_length(axis) / self.steps[axis]


def part_grid(
    grid: TileGrid, window: tuple[Span, ...], steps: tuple[int, ...]
) -> tuple[PartGrid, tuple[Span, ...]]:
    """The tiles that are mixed in a window, and the pixels that these and the window reach.

    Parameters
    ----------
    grid : TileGrid
        All tiles, for the level that is looked at.
    window : tuple of (start, stop)
        In pixels of that level, along each axis.
    steps : tuple of int
        Every so-many-th pixel is looked at.
    """
    blends = [grid.blend(axis, *span) for axis, span in enumerate(window)]
    first = tuple(int(b.left.min()) for b in blends)
    last = tuple(int(b.right.max()) + 1 for b in blends)
    part = PartGrid(grid.shape, grid.kernel_size, grid.seen, first, last, steps)
    found = []
    for axis, (start, stop) in enumerate(window):
        reach = part.reach(axis)
        found.append((min(start, int(reach.min())), max(stop, int(reach.max()))))
    return part, tuple(found)


def count_part(
    pixels: NDArray[Any],
    offset: tuple[int, ...],
    mask: NDArray[np.bool_] | None,
    grid: PartGrid,
    method: Clahe,
    extremes: tuple[Any, ...],
) -> NDArray[Any]:
    """How many pixels are at each knot of the tiles of a part, which start at an `offset`.

    See `equalize_part`; the clip limit and the target have no say in it.
    """
    knots = Extent(*extremes).knots(method.rule.nbins, pixels.dtype)
    counts = no_counts(grid, knots)
    count_tiles(pixels, offset, grid, knots, counts, mask)
    return counts


def equalize_part(
    count: Callable[[], NDArray[Any]],
    grid: PartGrid,
    seen: tuple[NDArray[Any], tuple[int, ...], PartGrid],
    method: Clahe,
    extremes: tuple[Any, ...],
    limits: Limits,
) -> NDArray[Any]:
    """The part of CLAHE's result that is seen.

    Parameters
    ----------
    count : callable
        Gives the counts of the tiles around it: `count_part`, if it has to be done.
    grid : PartGrid
        These tiles.
    seen : (block, offset, grid)
        The pixels that are wanted; `grid` has the same tiles.
    method : Clahe
    extremes : (low, high) or Extent
        The least and the greatest intensity that counts in the whole image.
    limits : Limits
        Range of the output, strength.

    Raises
    ------
    ValueError
        If no pixel of these tiles counts.
    """
    block, start, mixing = seen
    if nothing_to_do(extremes, grid.kernel_size, limits.strength):
        return block.copy()
    rule = method.rule
    knots = Extent(*extremes).knots(rule.nbins, block.dtype)
    curves = replace(tile_curves(count(), grid, knots, rule), grid=mixing)
    out = np.empty(block.shape, block.dtype)
    mix_curves(block, Places.of(mixing, start, block.shape), curves, limits, out)
    return out


def opencv_reach(grid: OpenCvGrid, axis: int, window: Span) -> tuple[range, Span]:
    """The tiles of OpenCV's that are mixed in a window, and the pixels that these reach."""
    left, right, *_ = grid.blend(axis, *window)
    tiles = range(int(left.min()), int(right.max()) + 1)
    runs = [run for tile in tiles for run in grid.runs(axis, tile)]
    start, stop = (f(at) for f, at in zip((min, max), zip(*runs, strict=True), strict=True))
    return tiles, (min(start, window[0]), max(stop, window[1]))


def equalize_opencv_part(
    pixels: NDArray[Any],
    offset: tuple[int, int],
    grid: OpenCvGrid,
    window: tuple[Span, Span],
    method: OpenCvClahe,
    strength: float,
) -> NDArray[Any]:
    """The part of OpenCV's result in a window; `pixels` are those that `opencv_reach` says."""
    levels, (_, columns) = 1 << 8 * pixels.dtype.itemsize, grid.tiles
    tables = np.empty((*grid.tiles, levels), pixels.dtype.newbyteorder("="))
    for row in opencv_reach(grid, 0, window[0])[0]:
        counts = np.zeros((columns, levels), np.uint32)
        count_row_of_opencv_tiles(pixels, offset, grid, counts, row)
        opencv_curves_into(tables[row], counts, grid, method.clip_limit)
    inside = [slice(a - o, b - o) for (a, b), o in zip(window, offset, strict=True)]
    block = pixels[tuple(inside)]
    out = np.empty(block.shape, pixels.dtype)
    start = window[0][0], window[1][0]
    opencv_interpolate(block, start, OpenCvCurves(grid, tables), strength, out)
    return out
