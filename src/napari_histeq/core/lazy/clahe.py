"""CLAHE of arrays that are larger than memory.

What `_curves` says of blocks holds for chunks: counts of tiles add up, and a pixel is
mapped by its place in the whole array. So the bits are the same for any chunking.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np

from napari_histeq.core import color
from napari_histeq.core.arrays import in_place
from napari_histeq.core.clahe import (
    NBINS,
    Extent,
    Knots,
    Limits,
    OpenCvGrid,
    Survey,
    TileCurves,
    TileGrid,
    count_row_of_opencv_tiles,
    count_tiles,
    leaves_alone,
    mix_curves,
    no_counts,
    nothing_to_do,
    opencv_curves,
    opencv_grid,
    opencv_interpolate,
    resolve_kernel,
    rule_of,
    start_survey,
    tile_curves,
    tile_limits,
)
from napari_histeq.core.histogram import ArraySource, Histogram, count
from napari_histeq.core.lazy.reduce import ChunkSource, map_chunks, reduce_chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.clahe import Clahe
    from napari_histeq.core.lazy.engine import Work
    from napari_histeq.core.recipe import Settings

    Pixels = NDArray[Any]
    Mask = NDArray[np.bool_] | None


def at_level(settings: Settings, finest: tuple[int, ...], counted: tuple[int, ...]) -> Settings:
    """The same settings, with tiles in pixels of the level that is counted.

    Tiles as thick as the image's pixels, 1, stay so, and others stay thicker.
    """
    method: Any = settings.method
    if method.convention == "opencv" or finest == counted:
        return settings
    kernel = resolve_kernel(method.kernel_size, tuple(finest[a] for a in settings.axes))
    scaled = tuple(
        min(max(round(k * counted[a] / finest[a]), min(k, 2)), counted[a])
        for a, k in zip(settings.axes, kernel, strict=True)
    )
    return replace(settings, method=replace(method, kernel_size=scaled))


def equalize_lazy_plane(work: Work) -> tuple[list[da.Array], bool]:
    """Count one level of a plane now, map all when asked for; whether anything was counted.

    The levels have all their axes, the outer ones of length 1.
    """
    if work.channels:
        return _equalize_color(work)
    mapping = _mapping(work.levels[work.counted], work.mask, work.settings)
    if mapping is None:
        return work.levels, False
    return [_mapped(mapping, level) for level in work.levels], True


def _equalize_color(work: Work) -> tuple[list[da.Array], bool]:
    levels, mask, settings = work.levels, work.mask, work.settings
    luminances = [_luminance_of(level) for level in levels]
    image, before = levels[work.counted], luminances[work.counted]
    if image.shape[-1] == 4:
        seen = image[..., 3] > 0
        mask = seen if mask is None else mask & seen
    histogram = Histogram(*count(ChunkSource(before, mask, ArraySource)))
    if not histogram.total:
        return levels, False
    method: Any = settings.method
    spanned = tuple(before.shape[axis] for axis in settings.axes)
    if leaves_alone(method, spanned, histogram.range, settings.strength):
        return levels, True  # nor may the gamut
    fitting = replace(settings, out_range=color.limits(settings.out_range, histogram))
    gamut = color.gamut(fitting.limits(histogram), settings.strength, histogram)
    mapping = _mapping(before, mask, fitting)
    assert mapping is not None
    recolor = partial(_recolored, gamut)
    colored = []
    for level, gray in zip(levels, luminances, strict=True):
        lasting = [a[..., None] for a in (gray, _mapped(mapping, gray))]
        colored.append(map_chunks(recolor, level, *lasting))
    return colored, True


def _luminance_of(image: da.Array) -> da.Array:
    dtype = image.dtype.newbyteorder("=")
    return da.map_blocks(_luminance, image, drop_axis=image.ndim - 1, dtype=dtype)


def _luminance(block: Pixels) -> Pixels:
    with in_place():
        return color.luminance_image(np.asarray(block), None)[0]


def _recolored(gamut: tuple[float, float], image: Pixels, before: Pixels, after: Pixels) -> Pixels:
    out = np.empty_like(image)
    with in_place():
        color.recolor_into(np.asarray(image), before[..., 0], after[..., 0], gamut, out)
    return out


def _mapped(mapping: Any, image: da.Array) -> da.Array:
    return map_chunks(partial(_map_block, mapping), image)


def _map_block(mapping: Any, block: Pixels, block_info: Any = None) -> Pixels:
    place = block_info[0]
    offset = tuple(int(start) for start, _ in place["array-location"])
    block = np.asarray(block)
    out = np.empty_like(block)
    with in_place():
        mapping(block, offset, tuple(place["shape"]), out)
    return out


def _mapping(image: da.Array, mask: da.Array | None, settings: Settings) -> Any:
    """What maps a block; None if nothing counts.

    It is given the block, its offset, and the shape of the level that the block is of.
    """
    method: Any = settings.method
    if method.convention == "opencv":
        return _opencv_mapping(image, settings, method)
    extremes = _extent(image, mask, method)
    if extremes is None:
        return None
    kernel = resolve_kernel(method.kernel_size, tuple(image.shape[a] for a in settings.axes))
    if nothing_to_do(extremes, kernel, settings.strength):
        return _copy
    curves = _tile_curves(image, mask, settings.axes, kernel, extremes, method)
    ends = tile_limits(settings.out_range, extremes, image.dtype)
    limits = Limits(*ends, settings.strength)
    return partial(_mix, mix_curves, settings.axes, curves, limits)


def _copy(block: Pixels, _offset: tuple[int, ...], _shape: tuple[int, ...], out: Pixels) -> None:
    out[...] = block


def _mix(
    interpolate: Any,
    axes: tuple[int, ...],
    curves: Any,
    how: Any,
    block: Pixels,
    offset: tuple[int, ...],
    shape: tuple[int, ...],
    out: Pixels,
) -> None:
    """Map a block by the `interpolate` of a convention: its `curves`, and `how` to mix them."""
    spanned, start = _spanned(block, offset, axes)
    seen = replace(curves, grid=curves.grid.seen_at(tuple(shape[a] for a in axes)))
    interpolate(spanned, start, seen, how, out.reshape(spanned.shape))


def _spanned(
    block: Pixels, offset: tuple[int, ...], axes: tuple[int, ...]
) -> tuple[Pixels, tuple[int, ...]]:
    """The block without its outer axes, which have length 1."""
    return block.reshape([block.shape[a] for a in axes]), tuple(offset[a] for a in axes)


def _extent(image: da.Array, mask: da.Array | None, method: Clahe) -> Extent | None:
    most = (method.nbins or NBINS) - 1
    start = partial(start_survey, image.dtype, most)
    survey: Survey = reduce_chunks(image, mask, start, _visit_extent)
    return survey.extent(most)


def _visit_extent(tally: Survey, block: Pixels, mask: Mask, _offset: tuple[int, ...]) -> Survey:
    tally.add(block, mask)
    return tally


def _tile_curves(
    image: da.Array,
    mask: da.Array | None,
    axes: tuple[int, ...],
    kernel: tuple[int, ...],
    extent: Extent,
    method: Clahe,
) -> TileCurves:
    grid = TileGrid(tuple(image.shape[a] for a in axes), kernel)
    rule = rule_of(method)
    knots = extent.knots(method, image.dtype)
    empty = partial(no_counts, grid, knots)
    counts = reduce_chunks(image, mask, empty, partial(_visit_tiles, axes, grid, knots))
    return tile_curves(counts, grid, knots, rule)


def _visit_tiles(
    axes: tuple[int, ...],
    grid: TileGrid,
    knots: Knots,
    tally: Pixels,
    block: Pixels,
    mask: Mask,
    offset: tuple[int, ...],
) -> Pixels:
    spanned, start = _spanned(block, offset, axes)
    counted = None if mask is None else mask.reshape(spanned.shape)
    count_tiles(spanned, start, grid, knots, tally, counted)
    return tally


def _opencv_mapping(image: da.Array, settings: Settings, method: Clahe) -> Any:
    grid = opencv_grid(tuple(image.shape[a] for a in settings.axes), method)
    levels = 1 << 8 * image.dtype.itemsize
    empty = partial(np.zeros, (*grid.tiles, levels), np.uint32)
    visit = partial(_visit_opencv, settings.axes, grid)
    counts = reduce_chunks(image, None, empty, visit)
    curves = opencv_curves(counts, grid, method, image.dtype)
    return partial(_mix, opencv_interpolate, settings.axes, curves, settings.strength)


def _visit_opencv(
    axes: tuple[int, ...],
    grid: OpenCvGrid,
    tally: Pixels,
    block: Pixels,
    _mask: Mask,
    offset: tuple[int, ...],
) -> Pixels:
    spanned, start = _spanned(block, offset, axes)
    for row in range(grid.tiles[0]):
        count_row_of_opencv_tiles(spanned, start, grid, tally[row], row)
    return tally
