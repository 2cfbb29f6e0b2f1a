"""equalize() for arrays that are larger than memory, and for the levels of a pyramid.

Two passes: pixels are counted when `equalize` is called, and mapped when they are asked for.
Planes that one task can hold are the exception: each is counted by the task that maps it, so
that a stack opens at once.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import dask.array as da
import numpy as np

from napari_histeq.core.arrays import (
    ArraySource,
    Plane,
    checked_channel_axis,
    checked_lazily,
    checked_lazy_mask,
    map_chunks,
    planes_of,
    slim_lazy_mask,
)
from napari_histeq.core.engine import equalize_planes, fit, quantiles_of
from napari_histeq.core.errors import warn_of_empty
from napari_histeq.core.lazy.inside import kept_outside
from napari_histeq.core.lazy.neighbors import averaged_when_asked, one_thing
from napari_histeq.core.lazy.planes import whole_planes
from napari_histeq.core.lazy.reduce import ChunkSource, along
from napari_histeq.core.threads import in_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram
    from napari_histeq.core.methods import Mapping
    from napari_histeq.core.recipe import Plan, Recipe

    Pixels = NDArray[Any]


class Work(NamedTuple):
    """The levels of an image and which of them is counted, where, and how.

    Channels, if any, are the last axis of the levels; the mask has none.
    """

    levels: list[da.Array]
    counted: int
    mask: da.Array | None
    plan: Plan


def equalize_lazily(
    levels: Sequence[Any], recipe: Recipe, mask: Any, count_level: int = 0
) -> list[da.Array]:
    """See `napari_histeq.equalize`: counted at one level, each level mapped when asked for."""
    arrays = check_levels(levels)
    counted = arrays[count_level]
    channels = checked_channel_axis(recipe.channel_axis, counted.shape)
    plan = recipe.plan(counted.shape, counted.dtype, mask is not None, arrays[0].shape)
    if channels is not None:
        arrays = [da.moveaxis(a, channels, -1).rechunk({-1: -1}) for a in arrays]
    _check_lengths(arrays, plan.outer)
    grid = arrays[count_level].chunks[: counted.ndim - plan.channels]
    work = Work(arrays, count_level, checked_lazy_mask(mask, grid), plan)
    if counted.dtype.kind != "b":
        arrays, found = _equalized(work)
        warn_of_empty(found, stacklevel=3)
        if plan.feather is not None:
            slim = slim_lazy_mask(mask, grid)
            arrays = kept_outside(work.levels, arrays, slim, plan.feather)
    return arrays if channels is None else [da.moveaxis(a, -1, channels) for a in arrays]


def _called(level: int) -> str:
    return f"level {level} of the image" if level else "the image"


def check_levels(given: Sequence[Any]) -> list[da.Array]:
    """The levels of an image as dask arrays, or an error if they are not of one image."""
    levels = [checked_lazily(level, _called(number)) for number, level in enumerate(given)]
    first = levels[0]
    for level in levels[1:]:
        if level.ndim != first.ndim or level.dtype != first.dtype:
            raise ValueError(
                f"the levels have {first.ndim} and {level.ndim} axes, dtypes {first.dtype} and "
                f"{level.dtype}: they are not one image"
            )
    return levels


def _check_lengths(levels: list[da.Array], outer: tuple[int, ...]) -> None:
    first = levels[0]
    for level in levels[1:]:
        if any(level.shape[a] != first.shape[a] for a in outer):
            raise ValueError(
                f"the levels have shapes {first.shape} and {level.shape}: axes that are not in "
                f"`axes`, or along which tiles are 1 pixel thick (here {outer}), need the same "
                "length at each level"
            )


def _equalized(work: Work) -> tuple[list[da.Array], list[bool]]:
    """Equalize each plane on its own; and of those counted by now, which had any pixel."""
    image, plan = work.levels[work.counted], work.plan
    if not plan.outer:
        return _plane_beforehand(work)
    chunks = whole_planes(image, plan.outer, plan.axes)
    # Of a pyramid, tiles are counted beforehand, whatever their size.
    several = len(work.levels) > 1
    if chunks is None or (several and not plan.recipe.method.is_single_curve):
        return _beforehand(work)
    if several or plan.neighbors is not None or plan.references is not None:
        return _curves_when_asked(work), []
    return [_when_asked(work, chunks)], []


def _plane_beforehand(
    work: Work, around: Histogram | None = None
) -> tuple[list[da.Array], list[bool]]:
    """A plane of any size, counted now, chunk by chunk; its outer axes have length 1."""
    levels, plan = work.levels, work.plan
    mapping, data = fit(_source(work), plan, around)
    return [map_lazily(mapping, plan, level) for level in levels], [data is not None]


def _source(work: Work) -> ChunkSource:
    plan = work.plan
    return ChunkSource(work.levels[work.counted], work.mask, plan.channels, plan.axes)


def map_lazily(mapping: Mapping, plan: Plan, image: da.Array) -> da.Array:
    """What a mapping makes of a lazy image, whose channels (if it has any) are last."""
    if mapping.is_identity:
        return image
    return map_chunks(partial(_map_chunk, mapping, plan.axes, plan.channels), image)


def _map_chunk(
    mapping: Mapping,
    axes: tuple[int, ...],
    channels: bool,
    block: Pixels,
    start: tuple[int, ...],
    shape: tuple[int, ...],
) -> Pixels:
    out = np.empty_like(block)
    spanned, offset = along(axes, block, start, channels)
    with in_place():
        mapping.map_into(spanned, out.reshape(spanned.shape), offset, tuple(shape[a] for a in axes))
    return out


def _beforehand(work: Work) -> tuple[list[da.Array], list[bool]]:
    """Planes too large for one task: each counted now, chunk by chunk, one after the other.

    A chunk that spans several planes is read once for each.
    """
    levels, outer = work.levels, work.plan.outer
    lengths = tuple(levels[0].shape[a] for a in outer)
    results = [np.empty(lengths, object) for _ in levels]
    found = []
    planes = {index: _plane_at(work, index) for index in np.ndindex(lengths)}
    around: Any = {}
    if work.plan.neighbors is not None:
        around = _around_beforehand(planes, lengths)
    elif work.plan.references is not None:
        around = dict(zip(planes, work.plan.references.flat, strict=True))
    for index, plane_work in planes.items():
        mapped, counts = _plane_beforehand(plane_work, around.get(index))
        for result, plane in zip(results, mapped, strict=True):
            result[index] = plane
        found += counts
    return [joined(result, outer, levels[0].dtype) for result in results], found


def _plane_at(work: Work, index: tuple[int, ...]) -> Work:
    """The work on one plane of the stack, whose outer axes keep a length of 1."""
    where: list[Any] = [slice(None)] * work.levels[0].ndim
    for axis, place in zip(work.plan.outer, index, strict=True):
        where[axis] = slice(place, place + 1)
    mask = None if work.mask is None else work.mask[tuple(where[: work.mask.ndim])]
    return work._replace(levels=[level[tuple(where)] for level in work.levels], mask=mask)


def _around_beforehand(
    planes: dict[tuple[int, ...], Work], lengths: tuple[int, ...]
) -> dict[tuple[int, ...], Histogram]:
    """For each plane the histogram averaged over its neighbors, which are counted now."""
    known = {i: quantiles_of(_source(work), work.plan) for i, work in planes.items()}
    neighbors = next(iter(planes.values())).plan.neighbors
    assert neighbors is not None
    windows = zip(planes, neighbors.windows(lengths), strict=True)
    return {
        index: neighbors.average([known[i] for i in window], index[0], lengths[0])
        for index, window in windows
    }


def joined(results: Pixels, outer: tuple[int, ...], dtype: Any) -> da.Array:
    """The planes of a stack as one array."""
    for axis in reversed(outer):
        rows = results.reshape(-1, results.shape[-1])
        joined = np.empty(len(rows), object)
        for number, row in enumerate(rows):
            joined[number] = da.concatenate(list(row), axis=axis)
        results = joined.reshape(results.shape[:-1])
    return results[()].astype(dtype)  # to join means native bytes


def _when_asked(work: Work, chunks: dict[int, int]) -> da.Array:
    """Planes that one task can hold: each counted and mapped by that task."""
    (image,), mask, plan = work.levels, work.mask, work.plan
    axes = tuple(range(image.ndim))
    arguments = [image.rechunk(chunks), axes]
    if mask is not None:
        arguments += [mask.rechunk(chunks), axes[: mask.ndim]]
    return _blockwise(partial(_equalize_chunk, plan), axes, image.dtype, *arguments)


def _blockwise(task: Any, axes: tuple[int, ...], dtype: Any, *arguments: Any) -> da.Array:
    meta = np.empty((0,) * len(axes), dtype)
    return da.blockwise(
        task, axes, *arguments, dtype=dtype, meta=meta, align_arrays=False, concatenate=True
    )


def _equalize_chunk(plan: Plan, block: Any, mask: Any = None) -> Pixels:
    image = np.asarray(block)
    out = np.empty_like(image)
    with in_place():
        warn_of_empty(equalize_planes(Plane(image, mask, out), plan), stacklevel=3)
    return out


def _curves_when_asked(work: Work) -> list[da.Array]:
    """Planes that one task can hold: counted at one level when any level is asked for."""
    levels, mask, plan = work.levels, work.mask, work.plan
    axes, outer = tuple(range(levels[0].ndim)), plan.outer
    whole: dict[int, int] = dict.fromkeys(plan.axes, -1) | dict.fromkeys(outer, 1)
    arguments = [levels[work.counted].rechunk(whole), axes]
    if mask is not None:
        arguments += [mask.rechunk(whole), axes[: mask.ndim]]
    if plan.references is not None:
        each = da.from_array(plan.references, chunks=1, name=False)
        some = plan.matched_to(plan.references.flat[0])  # so that no task is handed all of them
        mappings = _blockwise(partial(_plane_matched, some), outer, object, each, outer, *arguments)
    elif plan.neighbors is not None:
        known = _blockwise(partial(_plane_quantiles, plan), outer, object, *arguments)
        around = averaged_when_asked(known, plan.neighbors), outer
        task = partial(_plane_mapping, plan)
        mappings = _blockwise(task, outer, object, *around, *arguments)
    else:
        mappings = _blockwise(partial(_plane_mapping, plan, None), outer, object, *arguments)
    single = [level.rechunk(dict.fromkeys(outer, 1)) for level in levels]
    return [
        _blockwise(_map_plane, axes, level.dtype, mappings, outer, level, axes) for level in single
    ]


def _plane_mapping(plan: Plan, around: Any, image: Any, mask: Any = None) -> Pixels:
    """The mapping of one plane, as an array of one thing."""
    histogram = None if around is None else around.item()
    with in_place():
        mapping, _ = fit(_plane_source(plan, image, mask), plan, histogram)
    return one_thing(mapping, len(plan.outer))


def _plane_matched(plan: Plan, reference: Any, image: Any, mask: Any = None) -> Pixels:
    """The mapping of one plane to its reference, as an array of one thing."""
    return _plane_mapping(plan.matched_to(reference.item()), None, image, mask)


def _plane_quantiles(plan: Plan, image: Any, mask: Any = None) -> Pixels:
    """What a plane's neighbors are to know of it, as an array of one thing."""
    with in_place():
        found = quantiles_of(_plane_source(plan, image, mask), plan)
    return one_thing(found, len(plan.outer))


def _plane_source(plan: Plan, image: Any, mask: Any) -> ArraySource:
    """A plane in order: its outer axes, of length 1, are taken out."""
    plane = Plane(np.asarray(image), mask, np.asarray(image))
    (found,) = planes_of(plane, plan.outer, plan.axes)
    return ArraySource(found.image, found.mask, plan.channels)


def _map_plane(mapping: Any, block: Any) -> Pixels:
    image = np.asarray(block)
    out = np.empty_like(image)
    with in_place():
        mapping.item().map_into(image, out)
    return out
