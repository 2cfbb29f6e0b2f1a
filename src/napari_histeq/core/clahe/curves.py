"""CLAHE in three steps, so that an image can come in any blocks and give the same bits.

`count_tiles` adds the pixels of a block to the tiles they lie in; `tile_curves` turns the
counts of the whole image into curves; `interpolate` maps a block through the curves
around each of its pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_histeq.core.arrays import mask_lines, readable_lines
from napari_histeq.core.clahe.knots import Knots

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.clahe.tiles import TileGrid

#: Bins of a tile's histogram, unless there are fewer levels.
NBINS = 256

TARGETS = ("uniform", "rayleigh", "exponential")

#: Knots that lie where 8-bit levels lie, for counting these one by one.
BYTES = np.array([0.0, 1.0, 1.0, 255.0])


class Rule(NamedTuple):
    """How counts become a curve: see the fields of `Clahe`."""

    clip_limit: float
    nbins: int
    target: str
    alpha: float

    def limit(self, size: int) -> float:
        """The fraction of the pixels that one of `size` knots may hold: always the same slope."""
        return self.clip_limit * max(self.nbins / size, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class TileCurves:
    """The curves of all tiles: all that is needed to map any block of the image.

    ``tables[tile]`` are the curve's values at the knots (for 8 bit: at each byte), as
    whole numbers from 0 to `full`.
    """

    grid: TileGrid
    knots: Knots
    tables: NDArray[Any]
    full: int

    @property
    def scale(self) -> float:
        """What makes a weighted sum of table entries a fraction from 0 to 1."""
        return 1.0 / (self.full * math.prod(self.grid.wholes))


def no_counts(grid: TileGrid, knots: Knots) -> NDArray[Any]:
    """Where `count_tiles` counts: all 0."""
    return np.zeros((*grid.tiles, knots.counted), counter(grid))


def counter(grid: TileGrid) -> type[np.uint32 | np.int64]:
    """What pixels are counted in: 32 bit, if no tile can have more than that holds."""
    return np.uint32 if grid.most_pixels < 1 << 32 else np.int64


def count_tiles(
    block: NDArray[Any],
    offset: tuple[int, ...],
    grid: TileGrid,
    knots: Knots,
    counts: NDArray[Any],
    mask: NDArray[np.bool_] | None = None,
) -> None:
    """Add the pixels of a block to the histograms of the tiles they lie in.

    Parameters
    ----------
    block : array
        A part of the image.
    offset : tuple of int
        Where in the image the block starts.
    grid, knots : TileGrid, Knots
        The tiles of the whole image, and the intensities to count at.
    counts : (*grid.tiles, knots.counted) array of uint32 or int64
        What is added to (see `no_counts`); those of several blocks add up to those of the image.
    mask : array of bool, optional
        True where a pixel of the block counts.
    """
    windows = [
        np.clip(grid.windows(axis) - start, 0, length)
        for axis, (start, length) in enumerate(zip(offset, block.shape, strict=True))
    ]
    for tile in np.ndindex(grid.tiles[:-1]):
        inside = tuple(slice(*w[:, index]) for w, index in zip(windows, tile, strict=False))
        part = block[inside]
        if part.size:
            inner = None if mask is None else mask[inside]
            count_along(part, windows[-1], knots, counts[tile], inner)


def count_along(
    block: NDArray[Any],
    windows: NDArray[np.int64],
    knots: Knots,
    counts: NDArray[Any],
    mask: NDArray[np.bool_] | None = None,
) -> None:
    """Count the pixels of a block that lies in one row of tiles, whose `windows` cut its last axis."""
    from napari_histeq.core import kernels

    numbers = knots.numbers
    if knots.share_levels:
        # Which of two knots is the nearer is told by the same arithmetic for any container.
        block, top = knots.places(block).astype(np.float32), knots.size - 1.0
        numbers = np.array([0.0, 1.0, top / float(knots.steps or 1), top])
    flat, rows = readable_lines(block, knots.low)
    starts, stops = windows.astype(np.uint64)
    if mask is None and flat.dtype == np.uint8:
        kernels.clahe.count_bytes(flat, rows, starts, stops, counts)
        return
    counted = mask_lines(mask)
    numbers = BYTES if flat.dtype == np.uint8 else numbers
    kernels.clahe.count_values(flat, rows, starts, stops, *counted, numbers, counts)


def empty_curves(grid: TileGrid, knots: Knots) -> TileCurves:
    """Curves to be filled by `curves_into`."""
    dtype, bits = (np.uint16, 0) if knots.dtype.itemsize == 1 else (np.uint32, 14)
    # 65535 is a multiple of 255: the identity over 256 knots needs no rounding. And
    # sums have to be exact in double precision.
    spare = 53 - 16 - math.prod(grid.wholes).bit_length()
    tables = np.empty((*grid.tiles, knots.counted), dtype)
    return TileCurves(grid, knots, tables, 65535 << max(min(spare, bits), 0))


def curves_into(
    tables: NDArray[Any],
    filled: NDArray[np.bool_],
    counts: NDArray[Any],
    knots: Knots,
    rule: Rule,
    full: int,
) -> None:
    """Fill `tables` with the curves of `counts`, and `filled` with whether there are any."""
    from napari_histeq.core import kernels

    counts = counts.reshape(-1, counts.shape[-1])
    out, filled = tables.reshape(counts.shape), filled.reshape(-1)
    how = (rule.limit(knots.size), TARGETS.index(rule.target), rule.alpha, float(full))
    if knots.dtype.itemsize == 1 and not knots.are_bytes:
        kernels.clahe.curves_of_bytes(counts, knots.bytes, knots.size, *how, out, filled)
    else:
        kernels.clahe.curves(counts, *how, out, filled)


def tile_curves(counts: NDArray[Any], grid: TileGrid, knots: Knots, rule: Rule) -> TileCurves:
    """The curves of tiles from their counts (see `count_tiles`)."""
    curves = empty_curves(grid, knots)
    filled = np.empty(grid.tiles, np.bool_)
    curves_into(curves.tables, filled, counts, knots, rule, curves.full)
    borrow(curves.tables, filled)
    return curves


def borrow(tables: NDArray[Any], filled: NDArray[np.bool_]) -> None:
    """Give tiles in which nothing counts the mean curve of their neighbors, or of theirs."""
    if not filled.any():
        raise ValueError("nothing was counted in any tile, so there is no curve to borrow")
    filled = filled.copy()
    while not filled.all():
        lent = {tile: _lent(tables, filled, tile) for tile in map(tuple, np.argwhere(~filled))}
        for tile, curve in lent.items():
            if curve is not None:
                tables[tile], filled[tile] = curve, True


def _lent(
    tables: NDArray[Any], filled: NDArray[np.bool_], tile: tuple[int, ...]
) -> NDArray[np.int64] | None:
    """The mean of the filled neighbors; of whole numbers, so that their order is nothing."""
    beside = [
        (*tile[:axis], place, *tile[axis + 1 :])
        for axis in range(len(tile))
        for place in (tile[axis] - 1, tile[axis] + 1)
        if 0 <= place < filled.shape[axis]
    ]
    lenders = [tables[other].astype(np.int64) for other in beside if filled[other]]
    if not lenders:
        return None
    return np.asarray((2 * sum(lenders) + len(lenders)) // (2 * len(lenders)))


def slopes(curves: TileCurves) -> tuple[TileCurves, float]:
    """Curves that give the slopes of `curves`, as parts of the second number returned.

    The slope of the plain stretch from the lowest to the highest knot is 1.
    """
    knots, tables = curves.knots, curves.tables.astype(np.float64) / curves.full
    if knots.dtype.itemsize == 1:
        levels = np.arange(256, dtype=np.uint8).view(knots.dtype)
        tables = tables[..., np.argsort(levels)][..., int(knots.low) - int(levels.min()) :]
        tables = tables[..., : int(knots.high) - int(knots.low) + 1]
    slope = np.gradient(tables, axis=-1) * (tables.shape[-1] - 1)
    most = max(float(slope.max()), 1e-300)
    even = Knots(knots.low, knots.high, tables.shape[-1], np.dtype(np.float64))
    full = empty_curves(curves.grid, even).full
    return TileCurves(
        curves.grid, even, np.rint(slope / most * full).astype(np.uint32, order="C"), full
    ), most
