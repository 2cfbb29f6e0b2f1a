"""CLAHE as OpenCV has it, to the bit: 8 and 16-bit planes.

Its tiles are counted, not measured: columns and rows. An image that they do not divide is
padded on the right and below by reflection, and an axis that they do divide too, by a whole
number of tiles' pixels. What is clipped goes to all levels once, the rest of the
division to every so-many-th level. The curves are rounded to levels, and mixed in
single precision half a pixel late.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import readable_lines, writable_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Places = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class OpenCvGrid:
    """The tiles of a 2-D image of `shape`: `tiles` of them along rows and columns.

    `seen` is the shape of what is mixed, if that is another level of the image's pyramid.
    """

    shape: tuple[int, ...]
    tiles: tuple[int, ...]
    seen: tuple[int, ...] | None = None

    def seen_at(self, shape: tuple[int, ...]) -> OpenCvGrid:
        """The same tiles for the pixels of a level of the pyramid."""
        return replace(self, seen=shape)

    @property
    def kernel_size(self) -> tuple[int, ...]:
        """Pixels of a tile along each axis."""
        sizes = tuple(zip(self.shape, self.tiles, strict=True))
        even = all(n % tiles == 0 for n, tiles in sizes)
        return tuple((n if even else n + tiles - n % tiles) // tiles for n, tiles in sizes)

    def runs(self, axis: int, tile: int) -> Iterator[tuple[int, int]]:
        """The pixels of a tile along `axis`, those it gets by reflection included."""
        n, k = self.shape[axis], self.kernel_size[axis]
        at, end = tile * k, (tile + 1) * k
        period = max(2 * n - 2, 1)
        while at < end:
            place = at % period
            rising = place < n
            size = min(end - at, (n if rising else period) - place)
            yield (
                (place, place + size)
                if rising
                else (
                    2 * n - 2 - place - size + 1,
                    2 * n - 2 - place + 1,
                )
            )
            at += size

    def blend(
        self, axis: int, start: int, stop: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats]:
        """For pixels along `axis`: the tile before and after, and the weights of both."""
        scale = np.float32(1) / np.float32(self.kernel_size[axis])
        places = np.arange(start, stop, dtype=np.float64)
        if self.seen is not None and self.seen[axis] != self.shape[axis]:
            places = (places + 0.5) * self.shape[axis] / self.seen[axis] - 0.5
        at = places.astype(np.float32) * scale - np.float32(0.5)
        before = np.floor(at)
        weight = at - before
        left = before.astype(np.int64)
        right = np.minimum(left + 1, self.tiles[axis] - 1)
        return np.maximum(left, 0), right, np.float32(1) - weight, weight


@dataclass(frozen=True, slots=True, eq=False)
class OpenCvCurves:
    """The tables of all tiles, ``tables[row, column]``, one entry per level."""

    grid: OpenCvGrid
    tables: NDArray[Any]

    def seen_at(self, shape: tuple[int, ...]) -> OpenCvCurves:
        """The same curves for the pixels of a level of the pyramid."""
        return replace(self, grid=self.grid.seen_at(shape))


def count_row_of_opencv_tiles(
    block: NDArray[Any],
    offset: tuple[int, ...],
    grid: OpenCvGrid,
    counts: NDArray[np.uint32],
    row: int,
) -> None:
    """Add the pixels of a block to the histograms of a row of tiles: (columns, levels)."""
    from napari_histeq.core import kernels

    runs = [_within(run, offset[0], block.shape[0]) for run in grid.runs(0, row)]
    inside = [(a, b) for a, b in runs if a < b]
    if not inside:
        return
    first, last = min(a for a, _ in inside), max(b for _, b in inside)
    flat, starts = readable_lines(block[first:last], 0)
    rows = np.concatenate([starts[a - first : b - first] for a, b in inside])
    bytes_ = flat.dtype == np.uint8
    count = kernels.clahe.count_bytes if bytes_ else kernels.opencv.count_shorts
    for column in range(grid.tiles[1]):
        for run in grid.runs(1, column):
            ends = np.array(_within(run, offset[1], block.shape[1]), np.uint64)
            count(flat, rows, ends[:1], ends[1:], counts[column : column + 1])


def _within(run: tuple[int, int], offset: int, length: int) -> tuple[int, int]:
    first, last = (min(max(end - offset, 0), length) for end in run)
    return first, last


def opencv_curves_into(
    tables: NDArray[Any], counts: NDArray[np.uint32], grid: OpenCvGrid, clip_limit: float
) -> None:
    """Fill `tables` with the curves of `counts`; `clip_limit` is OpenCV's."""
    from napari_histeq.core import kernels

    levels = counts.shape[-1]
    pixels = grid.kernel_size[0] * grid.kernel_size[1]
    # No bin can hold more than all pixels: any limit beyond them is one that fits an integer.
    limit = max(int(min(clip_limit * pixels / levels, pixels)), 1) if clip_limit > 0 else pixels
    scale = np.float32(levels - 1) / np.float32(pixels)
    shape = (-1, levels)
    kernels.opencv.opencv_curves(counts.reshape(shape), limit, scale, tables.reshape(shape))


def opencv_interpolate(
    block: NDArray[Any],
    offset: tuple[int, ...],
    curves: OpenCvCurves,
    strength: float,
    out: NDArray[Any],
) -> None:
    """Map a block through the curves of the tiles around each pixel."""
    from napari_histeq.core import kernels

    grid = curves.grid
    left, right, left_weight, right_weight = grid.blend(1, offset[1], offset[1] + block.shape[1])
    above, below, *row_weights = grid.blend(0, offset[0], offset[0] + block.shape[0])
    cells = _runs(left, right)
    packed = np.empty(curves.tables.shape[-1], f"u{4 * block.dtype.itemsize}")
    flat, rows = readable_lines(block, 0)
    with writable_lines(out) as (result, result_rows):
        for a, b, upper, lower in _runs(above, below):
            lines = [flat, rows[a:b], result, result_rows[a:b]]
            tables = [curves.tables[upper], curves.tables[lower]]
            weights = [weight[a:b] for weight in row_weights]
            how = [*lines, *weights, *tables, cells, left_weight, right_weight, packed]
            kernels.opencv.opencv_mix(*how)
    if strength != 1:
        mixed = strength * out.astype(np.float64) + (1 - strength) * block
        out[...] = np.floor(mixed + 0.5)


def _runs(before: NDArray[np.int64], after: NDArray[np.int64]) -> NDArray[np.int64]:
    """Runs of pixels between the same two tiles: start, stop, tile before, tile after."""
    changes = (np.diff(before, prepend=-1) != 0) | (np.diff(after, prepend=-1) != 0)
    starts = np.flatnonzero(changes)
    return np.stack([starts, np.append(starts[1:], before.size), before[starts], after[starts]], 1)


def bands(grid: OpenCvGrid, start: int, stop: int) -> list[slice]:
    """The rows from `start` to `stop`, cut where the tiles above and below them change."""
    above, below, *_ = grid.blend(0, start, stop)
    cuts = _runs(above, below)
    return [slice(start + int(first), start + int(last)) for first, last, *_ in cuts]
