"""The third step of CLAHE: a block mapped through the curves around each of its pixels."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_histeq.core.arrays import above, is_wide, readable_lines, writable_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.clahe.curves import TileCurves
    from napari_histeq.core.clahe.tiles import Blend, TileGrid

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

#: Where a tile's length, times the rows of tiles that are mixed, is at least this fraction
#: of its knots (of bytes, and of other numbers), whole curves are mixed for each row; else each
#: pixel mixes for itself. Measured; both give the same bits.
BYTES_BY_ROW, VALUES_BY_ROW = 1.2, 0.45

#: The greatest sum of the weights along the last axis with which each pixel may mix: 32 bits hold
#: it times the entries of two tables.
MOST_BY_PIXEL = (1 << 15) - 1

#: Where each pixel mixes for itself, runs between the same tiles are divided into such.
WIDEST = 256


class Places(NamedTuple):
    """Where the pixels of a block lie among the tiles.

    Along each axis but the last: the tiles on either side of every pixel, and their weights.
    Along the last: the block's first pixel.
    """

    tiles: tuple[Ints, ...]
    weights: tuple[Floats, ...]
    start: int

    @classmethod
    def of(cls, grid: TileGrid, offset: tuple[int, ...], shape: tuple[int, ...]) -> Places:
        """Those of a block of `shape` that starts at `offset`."""
        tiles, weights = [], []
        for axis, (start, length) in enumerate(zip(offset[:-1], shape[:-1], strict=True)):
            left, right, weight = grid.blend(axis, start, start + length)
            tiles.append(np.stack([left, right], axis=1))
            shares = np.stack([grid.wholes[axis] - weight, weight], axis=1)
            weights.append(shares.astype(np.float64))
        return cls(tuple(tiles), tuple(weights), offset[-1])

    def cut(self, region: tuple[slice, ...]) -> Places:
        """Those of a part of the block, which is whole along the last axis."""
        tiles = tuple(t[part] for t, part in zip(self.tiles, region, strict=False))
        weights = tuple(w[part] for w, part in zip(self.weights, region, strict=False))
        return Places(tiles, weights, self.start)


class Limits(NamedTuple):
    """Range of the output, and how far to go from the input (0) toward it (1)."""

    low: float  # an int for 64-bit integers, which floats do not hold
    high: float
    strength: float


def mix_curves(
    block: NDArray[Any],
    places: Places,
    curves: TileCurves,
    limits: Limits,
    out: NDArray[Any],
) -> None:
    """Map a block through the curves of the tiles around each pixel.

    Parameters
    ----------
    block : array
        A part of the image.
    places : Places
        Where it lies: all that a pixel's result depends on, beside its value and the curves.
    curves : TileCurves
        Those of the whole image.
    limits : Limits
        Range of the output, strength.
    out : array
        Takes the result; shape and dtype of the block.
    """
    if is_wide(block.dtype):
        _interpolate_wide(block, places, curves, limits, out)
        return
    if curves.knots.steps is not None and block.dtype == np.float16:
        block = curves.knots.levels(block)
    with writable_lines(out) as result:
        lines = (*readable_lines(block, curves.knots.low), *result)
        if curves.knots.dtype.itemsize == 1:
            _mix_bytes(lines, block.shape, places, curves, limits)
        else:
            half = 0.5 if out.dtype.kind in "iu" else 0.0
            _mix_values(lines, block.shape, places, curves, limits, half)


def _interpolate_wide(
    block: NDArray[Any],
    places: Places,
    curves: TileCurves,
    limits: Limits,
    out: NDArray[Any],
) -> None:
    """As `_mix_values`, for 64-bit integers: what no float holds is added in integers."""
    part = np.empty(block.shape)
    lines = (*readable_lines(block, curves.knots.low), *readable_lines(part, 0))
    _mix_values(lines, block.shape, places, curves, Limits(0.0, 1.0, 1.0), 0.0)
    least = int(np.iinfo(out.dtype).min)
    low, high = (round(limit) for limit in limits[:2])
    reach = _fraction(np.full(block.shape, high - low, np.uint64), part)
    wanted = reach + np.uint64(low - least)
    given = above(block, least)
    up = wanted > given
    step = np.where(up, wanted - given, given - wanted)
    step = _fraction(step, np.full(block.shape, limits.strength))
    found = np.where(up, given + step, given - step)
    out[...] = (found + np.uint64(least % (1 << 64))).view(out.dtype.newbyteorder("="))


def _fraction(of: NDArray[np.uint64], part: Floats) -> NDArray[np.uint64]:
    """``rint(of * part)``, for parts from 0 to 1; exactly `of` for 1."""
    product = np.where(part < 1.0, np.rint(of * part), 0.0)
    return np.where(part < 1.0, product.astype(np.uint64), of)


def _mix_bytes(
    lines: tuple[Any, ...],
    shape: tuple[int, ...],
    places: Places,
    curves: TileCurves,
    limits: Limits,
) -> None:
    from napari_histeq.core import kernels

    low, high, strength = limits
    levels = np.arange(256, dtype=np.uint8).view(curves.knots.dtype).astype(np.float64)
    least = levels.min()
    base = strength * (low - least) + (1.0 - strength) * (levels - least) + 0.5
    scale = curves.scale * strength * (high - low)
    by_row, where = _where(shape, places, curves)
    mix = kernels.mixing.mix_bytes_by_row if by_row else kernels.patches.mix_bytes_by_pixel
    how = [*lines, *where, scale, base, 0x80 if least < 0 else 0]
    mix(*how)


def _mix_values(
    lines: tuple[Any, ...],
    shape: tuple[int, ...],
    places: Places,
    curves: TileCurves,
    limits: Limits,
    half: float,
) -> None:
    from napari_histeq.core import kernels

    low, high, strength = limits
    unit = _unit(float(low), float(high))
    gain = curves.scale * strength * (high / unit - low / unit)
    bounds = (low / unit, high / unit) if strength == 1 else (-math.inf, math.inf)
    ends = [gain, (1 - strength) / unit, strength * low / unit, *bounds, unit, half]
    by_row, where = _where(shape, places, curves)
    mix = kernels.mixing.mix_values_by_row if by_row else kernels.patches.mix_values_by_pixel
    how = [*lines, *where, curves.knots.numbers, np.array(ends, np.float64)]
    mix(*how)


def _unit(low: float, high: float) -> float:
    """A power of 2 in which the span of floats neither overflows nor gets lost."""
    span = high - low
    if not math.isfinite(span):
        return 4.0
    return 1.0 if span > 1e-280 else 2.0**-700


def _where(
    shape: tuple[int, ...], places: Places, curves: TileCurves
) -> tuple[bool, tuple[Any, ...]]:
    """Whether to mix by row, and what the kernel needs to know of the places of the pixels."""
    grid = curves.grid
    corners, weights = _corners(places, grid)
    knots = curves.knots.counted
    least = BYTES_BY_ROW if curves.knots.dtype.itemsize == 1 else VALUES_BY_ROW
    tables = curves.tables.reshape(-1, grid.tiles[-1] * knots)
    by_row = grid.seen_length(-1) * corners.shape[1] >= least * knots
    by_row |= grid.wholes[-1] > MOST_BY_PIXEL
    return by_row, (
        corners,
        weights,
        tables,
        *_across(grid, places.start, shape[-1], knots, by_row),
    )


@lru_cache(8)  # asked for block after block
def _across(
    grid: TileGrid, start: int, length: int, knots: int, by_row: bool
) -> tuple[NDArray[np.uint64], Floats, float]:
    """What the kernels need to know of the places along a row."""
    along = grid.blend(len(grid.shape) - 1, start, start + length)
    cells = _cells(along, knots, length if by_row else WIDEST)
    right_weight = along.right_weight.astype(np.float64)
    for shared in (cells, right_weight):
        shared.flags.writeable = False
    return cells, right_weight, float(grid.wholes[-1])


def _corners(places: Places, grid: TileGrid) -> tuple[Ints, Floats]:
    """For each row: the rows of tiles around it, and their weights."""
    corners, weights = np.zeros((1, 1), np.int64), np.ones((1, 1))
    for axis, (tiles, share) in enumerate(zip(places.tiles, places.weights, strict=True)):
        corners = _outer(corners * grid.tiles[axis], tiles, np.add) if axis else tiles
        weights = _outer(weights, share, np.multiply) if axis else share
    return np.ascontiguousarray(corners), np.ascontiguousarray(weights)


def _outer(a: NDArray[Any], b: NDArray[Any], combine: np.ufunc) -> NDArray[Any]:
    both = combine(a[:, None, :, None], b[None, :, None, :])
    return np.ascontiguousarray(both.reshape(len(a) * len(b), -1))


def _cells(along: Blend, knots: int, widest: int) -> NDArray[np.uint64]:
    """Runs of pixels between the same two tiles: start, stop, and where their curves start."""
    starts = np.flatnonzero(np.diff(along.left, prepend=-1))
    starts = np.union1d(starts, np.arange(0, along.left.size, widest))
    stops = np.append(starts[1:], along.left.size)
    cells = [starts, stops, along.left[starts] * knots, along.right[starts] * knots]
    return np.stack(cells, axis=1).astype(np.uint64)
