"""CLAHE fitted to pixels: their range, the tiles' curves, and the map that these make."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from napari_histeq.core.arrays import for_each, regions, run_of, steps_in, steps_of
from napari_histeq.core.clahe.curves import (
    borrow,
    count_row_of_tiles,
    count_tiles,
    counter,
    curves_into,
    empty_curves,
    knots_for,
    no_counts,
    slopes,
    tile_curves,
)
from napari_histeq.core.clahe.mixing import Limits, mix_curves
from napari_histeq.core.clahe.tiles import TileGrid, resolve_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Region, Source, Steps
    from napari_histeq.core.clahe.curves import Knots, Rule, TileCurves
    from napari_histeq.core.histogram import Histogram

    Mask = NDArray[np.bool_] | None
    Extremes = tuple[Any, ...]
    Shape = tuple[int, ...]

#: Pixels that are mapped at a time.
MAP_PIXELS = 1 << 20
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
    needs_place: ClassVar[bool] = True

    def map_into(
        self, block: NDArray[Any], out: NDArray[Any], offset: Shape = (), shape: Shape = ()
    ) -> None:
        """See `Mapping`."""
        start = offset or (0,) * block.ndim
        grid = self.curves.grid.seen_at(shape) if shape else self.curves.grid
        curves = replace(self.curves, grid=grid)

        def work(region: Region) -> None:
            place = tuple(o + (s.start or 0) for o, s in zip(start, region, strict=True))
            pixels = block[region].astype(self.number or block.dtype, copy=False)
            mix_curves(pixels, place, curves, self.limits, out[region])

        # Whole rows, so that what is mixed for a row is mixed once. Backwards: the end of the
        # image was counted last and is still in the cache.
        lead = regions(block.shape[:-1], max(MAP_PIXELS // block.shape[-1], 1))
        for_each(work, [(*region, slice(None)) for region in lead][::-1])

    def gain(self, data: Extremes, dtype: np.dtype[Any]) -> TileMapping:
        """What maps pixels to the local gain of contrast (see `gain_map`)."""
        low, high, strength = self.limits
        span = float(data[1]) / 2 - float(data[0]) / 2
        stretch = (float(high) / 2 - float(low) / 2) / span
        curves, most = slopes(self.curves)
        ends = (1 - strength, 1 - strength + strength * stretch * most)
        return TileMapping(curves, Limits(*ends, 1.0), np.result_type(dtype, np.float32))


class Extent(NamedTuple):
    """From where to where the intensities that count reach, and over how many even `steps`.

    Without `steps` integers have all levels between, and floats may lie anywhere.
    """

    low: Any
    high: Any
    steps: int | None = None

    def knots(self, nbins: int, dtype: np.dtype[Any]) -> Knots:
        """Where the tiles of an image of `dtype` are counted."""
        return knots_for(self.low, self.high, nbins, dtype, self.steps)


@dataclass
class Survey:
    """The extremes of blocks, and what is known of the steps between."""

    steps: Steps
    found: list[tuple[Any, Any]]

    def __add__(self, other: Survey) -> Survey:
        return Survey(self.steps + other.steps, self.found + other.found)


def extent_of(source: Source, nbins: int) -> Extent | None:
    """From where to where the values that count reach; None if there are none."""
    start = partial(_start_survey, source.dtype, nbins - 1)
    survey = source.sweep(start, _add_to_survey)
    if not survey.found:
        return None
    low, high = min(f[0] for f in survey.found), max(f[1] for f in survey.found)
    return Extent(low, high, survey.steps.between(low, high, nbins - 1))


def _start_survey(dtype: np.dtype[Any], most: int) -> Survey:
    return Survey(steps_of(dtype, most), [])


def _add_to_survey(survey: Survey, block: NDArray[Any], mask: Mask, _: Shape) -> None:
    survey.found.extend(_extremes_of(block, mask))
    if survey.steps.is_open:
        survey.steps.add(*run_of(block, mask))


def extent_in(histogram: Histogram, nbins: int) -> Extent:
    """That of the pixels of a histogram that is not empty."""
    low, high = histogram.range
    if not histogram.is_exact:
        return Extent(low, high)
    values = histogram.levels[histogram.populated]
    return Extent(low, high, steps_in(values, nbins - 1))


def _extremes_of(block: NDArray[Any], mask: Mask) -> list[tuple[Any, Any]]:
    """Those of a block; none if nothing in it counts."""
    if mask is None:
        low, high = block.min(), block.max()
        if np.isfinite(low) and np.isfinite(high):
            return [(low, high)]
    values = block[np.isfinite(block)] if mask is None else block[mask & np.isfinite(block)]
    return [(values.min(), values.max())] if values.size else []


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
    source: Source, kernel_size: int | Shape | None, extent: Extent, rule: Rule
) -> TileCurves:
    """The curves of the tiles of an image whose values reach so far."""
    grid = TileGrid(source.shape, resolve_kernel(kernel_size, source.shape))
    knots = extent.knots(rule.nbins, source.dtype)
    if source.is_at_hand:
        return _curves_by_rows(source, grid, knots, rule)
    visit = partial(_count_block, grid, knots)
    counts = source.sweep(partial(no_counts, grid, knots), visit)
    return tile_curves(counts, grid, knots, rule)


def _count_block(
    grid: TileGrid,
    knots: Knots,
    tally: NDArray[Any],
    block: NDArray[Any],
    mask: Mask,
    offset: Shape,
) -> None:
    count_tiles(block, offset, grid, knots, tally, mask)


def _curves_by_rows(source: Source, grid: TileGrid, knots: Knots, rule: Rule) -> TileCurves:
    """Row of tiles by row of tiles, each in one go: never more counts than of one row a thread."""
    curves = empty_curves(grid, knots)
    filled = np.empty(grid.tiles, np.bool_)
    windows = [grid.windows(axis) for axis in range(len(grid.shape))]

    def work(tile: Shape) -> None:
        inside = [slice(*w[:, index]) for w, index in zip(windows, tile, strict=False)]
        region = (*inside, slice(None))
        block, mask = source.read(region)
        counts = np.zeros((grid.tiles[-1], knots.counted), counter(grid))
        count_row_of_tiles(
            block, tuple(s.start or 0 for s in region), grid, knots, counts, tile, mask
        )
        curves_into(curves.tables[tile], filled[tile], counts, knots, rule, curves.full)

    for_each(work, list(np.ndindex(grid.tiles[:-1])))
    borrow(curves.tables, filled)
    return curves
