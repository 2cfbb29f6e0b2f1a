"""equalize() for arrays that are larger than memory, and for the levels of a pyramid."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import dask.array as da
import numpy as np

from napari_histeq.core import color
from napari_histeq.core.arrays import Plane, checked_channel_axis, in_place
from napari_histeq.core.clahe import Clahe
from napari_histeq.core.engine import color_curve, equalize_into
from napari_histeq.core.histogram import ArraySource, Histogram, count
from napari_histeq.core.lazy.reduce import (
    ChunkSource,
    apply_in_place,
    checked_lazily,
    checked_lazy_mask,
    map_chunks,
)
from napari_histeq.core.recipe import checked_settings
from napari_histeq.core.transfer import apply_curve
from napari_histeq.core.warn import warn_of_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.methods import Method
    from napari_histeq.core.recipe import Settings

    Pixels = NDArray[Any]
    Mapping = Callable[[Pixels], Pixels]

#: A plane of at most so many bytes is counted when it is asked for; a larger one beforehand.
PLANE_BYTES = 1 << 27


class Work(NamedTuple):
    """The levels of an image and which of them is counted, where, and how.

    Channels, if any, are the last axis of the levels; the mask has none.
    """

    levels: list[da.Array]
    counted: int
    mask: da.Array | None
    settings: Settings
    channels: bool


def equalize_lazily(
    levels: Sequence[Any],
    method: Method,
    *,
    mask: Any,
    axes: Any,
    channel_axis: Any,
    out_range: Any,
    strength: float,
    count_level: int = 0,
) -> list[da.Array]:
    """See `napari_histeq.equalize`: counted at one level, each level mapped when asked for."""
    arrays = [checked_lazily(level, _called(number)) for number, level in enumerate(levels)]
    counted = arrays[count_level]
    channels = checked_channel_axis(channel_axis, counted.shape)
    settings = checked_settings(counted, method, axes, out_range, strength, channels)
    if channels is not None:
        arrays = [da.moveaxis(a, channels, -1).rechunk({-1: -1}) for a in arrays]
    ndim = counted.ndim - (channels is not None)
    _check_levels(arrays, settings.outer)
    settings = _fit_tiles(arrays, count_level, ndim, mask is not None, settings)
    _check_levels(arrays, settings.outer)
    grid = arrays[count_level].chunks[:ndim]
    wanted = checked_lazy_mask(mask, grid)
    if counted.dtype.kind != "b":
        work = Work(arrays, count_level, wanted, settings, channels is not None)
        arrays, found = _equalized(work)
        warn_of_empty(found, stacklevel=3)
    return arrays if channels is None else [da.moveaxis(a, -1, channels) for a in arrays]


def _called(level: int) -> str:
    return f"level {level} of the image" if level else "the image"


def _fit_tiles(
    levels: list[da.Array], counted: int, ndim: int, masked: bool, settings: Settings
) -> Settings:
    """Settings for tiles that fit the image, or an error; others as they are."""
    if not isinstance(settings.method, Clahe):
        return settings
    from napari_histeq.core.lazy.clahe import at_level

    finest, shape = levels[0].shape[:ndim], levels[counted].shape[:ndim]
    settings.check_tiles(finest, levels[0].dtype, masked)
    return at_level(settings, finest, shape).layered(shape)


def _check_levels(levels: list[da.Array], outer: tuple[int, ...]) -> None:
    first = levels[0]
    for level in levels[1:]:
        if level.ndim != first.ndim or level.dtype != first.dtype:
            raise ValueError(
                f"the levels have {first.ndim} and {level.ndim} axes, dtypes {first.dtype} and "
                f"{level.dtype}: they are not one image"
            )
        if any(level.shape[a] != first.shape[a] for a in outer):
            raise ValueError(
                f"the levels have shapes {first.shape} and {level.shape}: axes that are not in "
                f"`axes`, or along which tiles are 1 pixel thick (here {outer}), need the same "
                "length at each level"
            )


def _equalized(work: Work) -> tuple[list[da.Array], list[bool]]:
    """Equalize each plane on its own; and of those counted by now, which had any pixel."""
    image, settings = work.levels[work.counted], work.settings
    if not settings.outer:
        return _plane_beforehand(work)
    plane = np.prod([image.shape[a] for a in settings.axes], dtype=float) * image.dtype.itemsize
    plane *= image.shape[-1] if work.channels else 1
    # Of a pyramid, tiles are counted beforehand, whatever their size.
    several = len(work.levels) > 1
    if plane > PLANE_BYTES or (several and isinstance(settings.method, Clahe)):
        return _beforehand(work)
    return _curves_when_asked(work) if several else [_when_asked(work, int(plane))], []


def _plane_beforehand(work: Work) -> tuple[list[da.Array], list[bool]]:
    """A plane of any size, counted now, chunk by chunk."""
    if isinstance(work.settings.method, Clahe):
        from napari_histeq.core.lazy.clahe import equalize_lazy_plane

        results, any_pixel = equalize_lazy_plane(work)
        return results, [any_pixel]
    image = work.levels[work.counted]
    mapping, any_pixel = _count(ChunkSource, image, work.mask, work.settings, work.channels)
    return [map_chunks(mapping, level) for level in work.levels], [any_pixel]


def _count(
    source: Any, image: Any, mask: Any, settings: Settings, channels: bool
) -> tuple[Mapping, bool]:
    """Count a plane: how its pixels are mapped, and whether there were any."""
    part = color.LuminanceSource if channels else ArraySource
    histogram = Histogram(*count(source(image, mask, part)))
    if channels:
        return partial(_recolored, *color_curve(histogram, settings)), histogram.total > 0
    return partial(apply_in_place, apply_curve, settings.curve(histogram)), histogram.total > 0


def _recolored(curve: Any, gamut: tuple[float, float], block: Pixels) -> Pixels:
    block = np.asarray(block)
    out = np.empty_like(block)
    with in_place():
        color.apply_curve(curve, block, out, gamut)
    return out


def _beforehand(work: Work) -> tuple[list[da.Array], list[bool]]:
    """Planes too large for one task: each counted now, chunk by chunk, one after the other.

    A chunk that spans several planes is read once for each.
    """
    levels, mask, outer = work.levels, work.mask, work.settings.outer
    lengths = [levels[0].shape[a] for a in outer]
    results = [np.empty(lengths, object) for _ in levels]
    found = []
    for index in np.ndindex(*lengths):
        where: list[Any] = [slice(None)] * levels[0].ndim
        for axis, place in zip(outer, index, strict=True):
            where[axis] = slice(place, place + 1)
        planes = [level[tuple(where)] for level in levels]
        wanted = None if mask is None else mask[tuple(where[: mask.ndim])]
        mapped, counts = _plane_beforehand(work._replace(levels=planes, mask=wanted))
        for result, plane in zip(results, mapped, strict=True):
            result[index] = plane
        found += counts
    return [_joined(result, outer) for result in results], found


def _joined(results: Pixels, outer: tuple[int, ...]) -> da.Array:
    for axis in reversed(outer):
        rows = results.reshape(-1, results.shape[-1])
        joined = np.empty(len(rows), object)
        for number, row in enumerate(rows):
            joined[number] = da.concatenate(list(row), axis=axis)
        results = joined.reshape(results.shape[:-1])
    return results[()]


def _when_asked(work: Work, plane_bytes: int) -> da.Array:
    """Planes that one task can hold: each counted and mapped by that task."""
    (image,), mask, settings = work.levels, work.mask, work.settings
    chunks: dict[int, int] = dict.fromkeys(settings.axes, -1)
    budget = max(PLANE_BYTES // 2 // max(plane_bytes, 1), 1)
    for axis in reversed(settings.outer):
        chunks[axis] = min(max(image.chunks[axis]), budget)
        budget //= chunks[axis]
    task = partial(_equalized_planes, settings, work.channels)
    axes = tuple(range(image.ndim))
    arguments = [image.rechunk(chunks), axes]
    if mask is not None:
        arguments += [mask.rechunk(chunks), axes[: mask.ndim]]
    return _blockwise(task, axes, image.dtype, *arguments)


def _blockwise(task: Any, axes: tuple[int, ...], dtype: Any, *arguments: Any) -> da.Array:
    meta = np.empty((0,) * len(axes), dtype)
    return da.blockwise(
        task, axes, *arguments, dtype=dtype, meta=meta, align_arrays=False, concatenate=True
    )


def _equalized_planes(settings: Settings, channels: bool, block: Any, mask: Any = None) -> Pixels:
    image = np.asarray(block)
    out = np.empty_like(image)
    with in_place():
        equalize_into(Plane(image, mask, out), settings, channels)
    return out


def _curves_when_asked(work: Work) -> list[da.Array]:
    """Planes that one task can hold: counted at one level when any level is asked for."""
    levels, mask, settings = work.levels, work.mask, work.settings
    axes, outer = tuple(range(levels[0].ndim)), settings.outer
    whole: dict[int, int] = dict.fromkeys(settings.axes, -1) | dict.fromkeys(outer, 1)
    arguments = [levels[work.counted].rechunk(whole), axes]
    if mask is not None:
        arguments += [mask.rechunk(whole), axes[: mask.ndim]]
    task = partial(_plane_mapping, settings, work.channels, len(outer))
    mappings = _blockwise(task, outer, object, *arguments)
    single = [level.rechunk(dict.fromkeys(outer, 1)) for level in levels]
    return [
        _blockwise(_map_plane, axes, level.dtype, mappings, outer, level, axes) for level in single
    ]


def _plane_mapping(
    settings: Settings, channels: bool, ndim: int, image: Any, mask: Any = None
) -> Pixels:
    """The mapping of one plane, as an array of one thing."""
    with in_place():
        mapping, _ = _count(_in_memory, np.asarray(image), mask, settings, channels)
    found = np.empty((1,) * ndim, object)
    found[...] = mapping
    return found


def _in_memory(image: Pixels, mask: Any, part: Any) -> Any:
    return part(image, mask)


def _map_plane(mapping: Any, block: Any) -> Pixels:
    mapped: Pixels = mapping.item()(np.asarray(block))
    return mapped
