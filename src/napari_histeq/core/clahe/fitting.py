"""CLAHE fitted to pixels: their range, the tiles' curves, and the map that these make."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_histeq.core.arrays import BLOCK_PIXELS, regions
from napari_histeq.core.clahe.curves import (
    borrow,
    count_along,
    count_tiles,
    counter,
    curves_into,
    empty_curves,
    no_counts,
    slopes,
    tile_curves,
)
from napari_histeq.core.clahe.extent import extent_of, without_outliers
from napari_histeq.core.clahe.mixing import Limits, Places, mix_curves
from napari_histeq.core.clahe.outliers import allowance, knots_show_none
from napari_histeq.core.clahe.tiles import TileGrid, resolve_kernel
from napari_histeq.core.threads import for_each, thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Region, Source
    from napari_histeq.core.clahe.curves import Rule, TileCurves
    from napari_histeq.core.clahe.extent import Extent
    from napari_histeq.core.clahe.knots import Knots

    Mask = NDArray[np.bool_] | None
    Extremes = tuple[Any, ...]
    Shape = tuple[int, ...]

#: Pixels that are mapped at a time, at most, and at least where several threads share an image.
MAP_PIXELS, LEAST_PIXELS = 1 << 20, 1 << 18
#: Curves that take more than this are a mistake, not a wish.
TABLE_BYTES = 1 << 32


@dataclass(frozen=True, slots=True, eq=False)
class TileMapping:
    """The curves of all tiles and the range of the output: a `Mapping`.

    With a `number`, the pixels are taken as of that dtype.
    """

    curves: TileCurves
    limits: Limits
    number: np.dtype[Any] | None = None

    is_identity: ClassVar[bool] = False

    def map_into(
        self, block: NDArray[Any], out: NDArray[Any], offset: Shape = (), shape: Shape = ()
    ) -> None:
        """See `Mapping`."""
        start = offset or (0,) * block.ndim
        grid = self.curves.grid.seen_at(shape) if shape else self.curves.grid
        curves = replace(self.curves, grid=grid)
        places = Places.of(grid, start, block.shape)

        def work(region: Region) -> None:
            pixels = block[region].astype(self.number or block.dtype, copy=False)
            mix_curves(pixels, places.cut(region), curves, self.limits, out[region])

        # Whole rows, so that what is mixed for a row is mixed once. Backwards: the end of the
        # image was counted last and is still in the cache.
        pixels = min(max(block.size // (4 * thread_count()), LEAST_PIXELS), MAP_PIXELS)
        lead = regions(block.shape[:-1], max(pixels // block.shape[-1], 1))
        for_each(work, [(*region, slice(None)) for region in lead][::-1])

    def gain(self, dtype: np.dtype[Any]) -> TileMapping:
        """What maps pixels to the local gain of contrast (see `gain_map`)."""
        low, high, strength = self.limits
        span = float(self.curves.knots.high) / 2 - float(self.curves.knots.low) / 2
        stretch = (float(high) / 2 - float(low) / 2) / span
        curves, most = slopes(self.curves)
        ends = (1 - strength, 1 - strength + strength * stretch * most)
        return TileMapping(curves, Limits(*ends, 1.0), np.result_type(dtype, np.float32))


def check_size(tiles: Shape, nbins: int, itemsize: int) -> None:
    """Refuse curves that no memory holds."""
    size = math.prod(tiles) * nbins * itemsize
    if size > TABLE_BYTES:
        raise ValueError(
            f"{math.prod(tiles)} tiles of {nbins} bins would take {size / 2**30:.0f} GiB: use "
            "larger tiles (kernel_size), or fewer bins (nbins)"
        )


def nothing_to_do(extremes: Extremes, kernel: Shape, strength: float) -> bool:
    """Whether the image is constant, its tiles are single pixels, or nothing is wanted."""
    return bool(extremes[0] == extremes[1]) or math.prod(kernel) == 1 or strength == 0


def curves_of(
    source: Source, kernel_size: int | Shape | None, extent: Extent, rule: Rule, robust: bool
) -> TileCurves:
    """The curves of the tiles of an image whose values reach so far; if `robust`, less outliers."""
    grid = TileGrid(source.shape, resolve_kernel(kernel_size, source.shape))
    knots = extent.knots(rule.nbins, source.dtype)
    robust = robust and extent.may_have_outliers and allowance(math.prod(source.shape)) > 0
    total = np.zeros(knots.counted if robust else 0, np.int64)
    if source.is_at_hand:
        curves = _curves_by_rows(source, grid, knots, rule, total)
    else:
        visit = partial(_count_block, grid, knots)
        counts = source.sweep(partial(no_counts, grid, knots), visit)
        _add_tiles(total, counts)
        curves = tile_curves(counts, grid, knots, rule)
    # The counts cost nothing more, and nearly always show that there are no outliers.
    if robust and not knots_show_none(total, source.shape):
        narrow = without_outliers(source, extent, rule.nbins)
        if narrow.ends:
            return curves_of(source, kernel_size, narrow, rule, robust=False)
    return curves


def robust_extent_of(source: Source, nbins: int, robust: bool) -> Extent | None:
    """The extent by which `curves_of` makes the curves of an image; None if nothing counts."""
    extent = extent_of(source, nbins)
    if extent is None or not (robust and extent.may_have_outliers):
        return extent
    grid, knots = TileGrid(source.shape, source.shape), extent.knots(nbins, source.dtype)
    counts = source.sweep(partial(no_counts, grid, knots), partial(_count_block, grid, knots))
    if knots_show_none(counts.reshape(-1), source.shape):
        return extent
    return without_outliers(source, extent, nbins)


def _add_tiles(total: NDArray[np.int64], counts: NDArray[Any]) -> None:
    """Add the counts of tiles, whichever they are of, if they are wanted."""
    if total.size:
        total += counts.reshape(-1, total.size).sum(axis=0, dtype=np.int64)


def _count_block(
    grid: TileGrid,
    knots: Knots,
    tally: NDArray[Any],
    block: NDArray[Any],
    mask: Mask,
    offset: Shape,
) -> None:
    count_tiles(block, offset, grid, knots, tally, mask)


def _curves_by_rows(
    source: Source, grid: TileGrid, knots: Knots, rule: Rule, total: NDArray[np.int64]
) -> TileCurves:
    """Row of tiles by row of tiles, each in one go: never more counts than of one row a thread.

    Where there are more threads than rows in a large image, each row is divided among several.
    """
    curves = empty_curves(grid, knots)
    filled = np.empty(grid.tiles, np.bool_)
    windows = [grid.windows(axis) for axis in range(len(grid.shape))]
    dtype, one_by_one = counter(grid), Lock()

    def work(tiles: tuple[Any, ...]) -> None:
        *row, along = tiles
        inside = [slice(*w[:, index]) for w, index in zip(windows, row, strict=False)]
        starts, stops = windows[-1][:, along]
        block, mask = source.read((*inside, slice(starts[0], stops[-1])))
        counts = np.zeros((starts.size, knots.counted), dtype)
        count_along(block, np.stack([starts, stops]) - starts[0], knots, counts, mask)
        curves_into(curves.tables[tiles], filled[tiles], counts, knots, rule, curves.full)
        with one_by_one:
            _add_tiles(total, counts)

    rows, columns = list(np.ndindex(grid.tiles[:-1])), grid.tiles[-1]
    few = len(rows) < thread_count() and math.prod(source.shape) > BLOCK_PIXELS
    size = max(columns * len(rows) // thread_count(), 1) if few else columns
    parts = [slice(start, start + size) for start in range(0, columns, size)]
    for_each(work, [(*row, part) for row in rows for part in parts])
    borrow(curves.tables, filled)
    return curves
