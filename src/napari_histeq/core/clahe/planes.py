"""How an array goes through CLAHE: its range, its tiles, its curves, its pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_histeq.core.arrays import (
    PerThread,
    Plane,
    Region,
    Steps,
    dtype_range,
    for_each,
    memory_order,
    native_run,
    regions,
    steps_in,
    steps_of,
)
from napari_histeq.core.clahe import curves
from napari_histeq.core.clahe.curves import (
    borrow,
    count_row_of_tiles,
    counter,
    curves_into,
    empty_curves,
    knots_for,
    slopes,
)
from napari_histeq.core.clahe.method import NBINS
from napari_histeq.core.clahe.mixing import Limits, mix_curves
from napari_histeq.core.clahe.opencv import (
    OpenCvCurves,
    OpenCvGrid,
    bands,
    count_row_of_opencv_tiles,
    opencv_curves_into,
    opencv_interpolate,
)
from napari_histeq.core.clahe.tiles import TileGrid, resolve_kernel
from napari_histeq.core.histogram import NO_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.clahe.curves import Knots, Rule, TileCurves
    from napari_histeq.core.clahe.method import Clahe
    from napari_histeq.core.histogram import Histogram

    OutRange = str | tuple[float, float]
    Mask = NDArray[np.bool_] | None


class Extent(NamedTuple):
    """From where to where the intensities that count reach, and over how many even `steps`.

    Without `steps` integers have all levels between, and floats may lie anywhere.
    """

    low: Any
    high: Any
    steps: int | None = None

    def knots(self, method: Clahe, dtype: np.dtype[Any]) -> Knots:
        """Where a method counts an image of `dtype`."""
        return knots_for(self.low, self.high, method.nbins or NBINS, dtype, self.steps)


#: Pixels that are mapped at a time.
MAP_PIXELS = 1 << 20
#: Curves that take more than this are a mistake, not a wish.
TABLE_BYTES = 1 << 32


def check_tiles(
    method: Clahe, shape: tuple[int, ...], dtype: np.dtype[Any], masked: bool, out_range: OutRange
) -> None:
    """Refuse what does not fit planes of `shape`, before any work."""
    if method.convention == "opencv":
        _check_opencv(shape, dtype, masked, out_range)
        tiles = math.prod(method.tile_grid_size or (8, 8))
        size, nbins = tiles * dtype.itemsize << 8 * dtype.itemsize, 1 << 8 * dtype.itemsize
    else:
        kernel = resolve_kernel(method.kernel_size, shape)
        tiles, nbins = math.prod(TileGrid(shape, kernel).tiles), method.nbins or NBINS
        size = tiles * nbins * 4
    if size > TABLE_BYTES:
        raise ValueError(
            f"{tiles} tiles of {nbins} bins would take {size / 2**30:.0f} GiB: use larger tiles "
            "(kernel_size), or fewer bins (nbins)"
        )


def _check_opencv(
    shape: tuple[int, ...], dtype: np.dtype[Any], masked: bool, out_range: OutRange
) -> None:
    if dtype.kind != "u" or dtype.itemsize > 2:
        raise TypeError(
            f"image has dtype {dtype}: OpenCV's CLAHE knows uint8 and uint16 only; convert it, or "
            "use Clahe(convention='centered')"
        )
    if len(shape) != 2:
        raise ValueError(
            f"OpenCV's CLAHE is for planes, not for shape {shape}: give axes=(-2, -1) to equalize "
            "each plane on its own, or use Clahe(convention='centered')"
        )
    if masked or out_range not in ("auto", "dtype"):
        wrong = "a mask" if masked else f"out_range={out_range!r}"
        raise ValueError(
            f"OpenCV's CLAHE does not know {wrong}: leave it out, or use "
            "Clahe(convention='centered')"
        )


def without_thin_axes(
    method: Clahe, axes: tuple[int, ...], grid: tuple[int, ...]
) -> tuple[Clahe, tuple[int, ...]]:
    """The method and the axes of its tiles, less those along which these are one pixel thick.

    Along such an axis of `grid` (an image's shape) no tiles are mixed: layers lie there.
    """
    if method.convention == "opencv":
        return method, axes
    kernel = resolve_kernel(method.kernel_size, tuple(grid[axis] for axis in axes))
    thick = [(axis, k) for axis, k in zip(axes, kernel, strict=True) if k > 1] or [(axes[-1], 1)]
    kept, kernel = zip(*thick, strict=True)
    return replace(method, kernel_size=kernel), kept


def equalize_by_tiles(plane: Plane, method: Clahe, out_range: OutRange, strength: float) -> bool:
    """Equalize a plane, `layered` already, into its `out`; whether anything was counted."""
    if method.convention == "opencv":
        _equalize_opencv(plane, method, strength)
        return True
    layer, kernel = _in_memory_order(plane, method)
    extremes = extent_of(layer, method)
    if extremes is None or nothing_to_do(extremes, kernel, strength):
        np.copyto(layer.out, layer.image)
        return extremes is not None
    curves = curves_of(layer, kernel, extremes, method)
    low, high = tile_limits(out_range, extremes, layer.image.dtype)
    _each_block(layer, curves, Limits(low, high, strength))
    return True


def leaves_alone(
    method: Clahe, shape: tuple[int, ...], extremes: tuple[Any, ...], strength: float
) -> bool:
    """Whether no pixel of such a plane changes."""
    if method.convention == "opencv":
        return strength == 0
    return nothing_to_do(extremes, resolve_kernel(method.kernel_size, shape), strength)


def nothing_to_do(extremes: tuple[Any, ...], kernel: tuple[int, ...], strength: float) -> bool:
    """Whether the image is constant, its tiles are single pixels, or nothing is wanted."""
    return bool(extremes[0] == extremes[1]) or math.prod(kernel) == 1 or strength == 0


def gain_plane(plane: Plane, method: Clahe, out_range: OutRange, strength: float) -> None:
    """Put the local gain of contrast (see `gain_map`) into the `out` of a plane, float32."""
    if method.convention == "opencv":
        _gain_opencv(plane, method, strength)
        return
    layer, kernel = _in_memory_order(plane, method)
    extremes = extent_of(layer, method)
    if extremes is None or nothing_to_do(extremes, kernel, strength):
        layer.out[...] = np.where(np.isfinite(layer.image), 1.0, np.nan)
        return
    low, high = tile_limits(out_range, extremes, layer.image.dtype)
    span = float(extremes[1]) / 2 - float(extremes[0]) / 2
    stretch = (float(high) / 2 - float(low) / 2) / span
    curves, most = slopes(curves_of(layer, kernel, extremes, method))
    ends = (1 - strength, 1 - strength + strength * stretch * most)
    number = np.result_type(layer.image.dtype, np.float32)
    _each_block(layer, curves, Limits(*ends, 1.0), number)


def _in_memory_order(plane: Plane, method: Clahe) -> tuple[Plane, tuple[int, ...]]:
    """The plane with its axes as they lie in memory, which changes no bit; and its tiles' sides."""
    kernel = resolve_kernel(method.kernel_size, plane.image.shape)
    order = memory_order(plane.image)
    mask = None if plane.mask is None else plane.mask.transpose(order)
    ordered = Plane(plane.image.transpose(order), mask, plane.out.transpose(order))
    return ordered, tuple(kernel[axis] for axis in order)


def extent_of(layer: Plane, method: Clahe) -> Extent | None:
    """From where to where the values that count reach; None if there are none."""
    most = (method.nbins or NBINS) - 1
    surveys = PerThread(lambda: start_survey(layer.image.dtype, most))

    def work(region: Region) -> None:
        mask = None if layer.mask is None else layer.mask[region]
        surveys.mine().add(layer.image[region], mask)

    for_each(work, regions(layer.image.shape))
    return surveys.sum().extent(most)


@dataclass
class Survey:
    """The extremes of blocks, and what is known of the steps between."""

    steps: Steps
    found: list[tuple[Any, Any]]

    def add(self, block: NDArray[Any], mask: Mask) -> None:
        """Add a block."""
        self.found.extend(_extremes_of(block, mask))
        if self.steps.is_open:
            flags = NO_MASK if mask is None else native_run(mask).view(np.uint8)
            self.steps.add(native_run(block), flags)

    def __add__(self, other: Survey) -> Survey:
        return Survey(self.steps + other.steps, self.found + other.found)

    def extent(self, most: int) -> Extent | None:
        """Of all blocks; None if nothing in them counts."""
        if not self.found:
            return None
        low, high = min(f[0] for f in self.found), max(f[1] for f in self.found)
        return Extent(low, high, self.steps.between(low, high, most))


def start_survey(dtype: np.dtype[Any], most: int) -> Survey:
    """A survey of nothing yet, of an image with `dtype`."""
    return Survey(steps_of(dtype, most), [])


def extent_in(histogram: Histogram, method: Clahe) -> Extent:
    """That of the pixels of a histogram that is not empty."""
    low, high = histogram.range
    if not histogram.is_exact:
        return Extent(low, high)
    values = histogram.levels[histogram.populated]
    return Extent(low, high, steps_in(values, (method.nbins or NBINS) - 1))


def _extremes_of(block: NDArray[Any], mask: Mask) -> list[tuple[Any, Any]]:
    """Those of a block; none if nothing in it counts."""
    if mask is None:
        low, high = block.min(), block.max()
        if np.isfinite(low) and np.isfinite(high):
            return [(low, high)]
    values = block[np.isfinite(block)] if mask is None else block[mask & np.isfinite(block)]
    return [(values.min(), values.max())] if values.size else []


def tile_limits(
    out_range: OutRange, extremes: tuple[Any, ...], dtype: np.dtype[Any]
) -> tuple[Any, Any]:
    """An `out_range` (see `equalize`) in numbers; whole ones for integers."""
    if out_range == "auto":
        out_range = "dtype" if dtype.kind == "u" else "image"
    if out_range == "dtype" and dtype.kind in "iu":
        info = np.iinfo(dtype)
        return int(info.min), int(info.max)
    if out_range == "dtype":
        return dtype_range(dtype)
    number = int if dtype.kind in "iu" else float
    low, high = extremes[:2] if isinstance(out_range, str) else out_range
    return number(low), number(high)


def curves_of(layer: Plane, kernel: tuple[int, ...], extent: Extent, method: Clahe) -> TileCurves:
    """The curves of an array: its tiles are counted row by row, each row in one go."""
    image = layer.image
    grid = TileGrid(image.shape, kernel)
    knots = extent.knots(method, image.dtype)
    rule = rule_of(method)
    curves = empty_curves(grid, knots)
    filled = np.empty(grid.tiles, np.bool_)

    def work(tile: tuple[int, ...]) -> None:
        counts = np.zeros((grid.tiles[-1], knots.counted), counter(grid))
        origin = (0,) * image.ndim
        count_row_of_tiles(image, origin, grid, knots, counts, tile, layer.mask)
        curves_into(curves.tables[tile], filled[tile], counts, knots, rule, curves.full)

    for_each(work, list(np.ndindex(grid.tiles[:-1])))
    borrow(curves.tables, filled)
    return curves


def rule_of(method: Clahe) -> Rule:
    """How this method turns counts into curves."""
    return curves.Rule(method.clip_limit, method.nbins or NBINS, method.target, method.alpha)


def _each_block(
    layer: Plane,
    curves: TileCurves,
    limits: Limits,
    dtype: np.dtype[Any] | None = None,
) -> None:
    """Map a layer through its curves, block by block; as numbers of another `dtype`, if any."""

    def work(region: Region) -> None:
        offset = tuple(s.start or 0 for s in region)
        block = layer.image[region].astype(dtype or layer.image.dtype, copy=False)
        mix_curves(block, offset, curves, limits, layer.out[region])

    shape = layer.image.shape
    # Whole rows, so that what is mixed for a row is mixed once. Backwards: the end of the
    # image was counted last and is still in the cache.
    lead = regions(shape[:-1], max(MAP_PIXELS // shape[-1], 1))
    for_each(work, [(*region, slice(None)) for region in lead][::-1])


def _equalize_opencv(plane: Plane, method: Clahe, strength: float) -> None:
    curves = _opencv_curves(plane.image, method)

    def mix(rows: slice) -> None:
        opencv_interpolate(plane.image[rows], (rows.start, 0), curves, strength, plane.out[rows])

    for_each(mix, bands(curves.grid))


def _opencv_curves(image: NDArray[Any], method: Clahe) -> OpenCvCurves:
    grid = opencv_grid(image.shape, method)
    (rows, columns), levels = grid.tiles, 1 << 8 * image.dtype.itemsize
    tables = np.empty((rows, columns, levels), image.dtype.newbyteorder("="))

    def count(row: int) -> None:
        counts = np.zeros((columns, levels), np.uint32)
        count_row_of_opencv_tiles(image, (0, 0), grid, counts, row)
        opencv_curves_into(tables[row], counts, grid, method.clip_limit * NBINS)

    for_each(count, range(rows))
    return OpenCvCurves(grid, tables)


def opencv_grid(shape: tuple[int, ...], method: Clahe) -> OpenCvGrid:
    """The tiles of a plane."""
    columns, rows = method.tile_grid_size or (8, 8)
    return OpenCvGrid(shape, (rows, columns))


def opencv_curves(
    counts: NDArray[np.uint32], grid: OpenCvGrid, method: Clahe, dtype: np.dtype[Any]
) -> OpenCvCurves:
    """The curves of tiles from their counts."""
    tables = np.empty(counts.shape, dtype.newbyteorder("="))
    opencv_curves_into(tables, counts, grid, method.clip_limit * NBINS)
    return OpenCvCurves(grid, tables)


def _gain_opencv(plane: Plane, method: Clahe, strength: float) -> None:
    """By differences: its curves have no slopes, only steps."""
    curves = _opencv_curves(plane.image, method)
    most = np.iinfo(plane.image.dtype).max

    def work(rows: slice) -> None:
        block = plane.image[rows].astype(np.int64)
        ends = [np.maximum(block - 1, 0), np.minimum(block + 1, most)]
        mixed = []
        for end in ends:
            mixed.append(np.empty(block.shape, plane.image.dtype.newbyteorder("=")))
            given = end.astype(mixed[-1].dtype)
            opencv_interpolate(given, (rows.start, 0), curves, 1.0, mixed[-1])
        rise = mixed[1].astype(np.float32) - mixed[0]
        plane.out[rows] = strength * rise / (ends[1] - ends[0]) + (1 - strength)

    for_each(work, bands(curves.grid))
