"""equalize() for arrays that are larger than memory."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np

from napari_histeq.core import _blocks, _planes, _validate, lazy
from napari_histeq.core._counting import ArraySource, count
from napari_histeq.core.color import LuminanceSource
from napari_histeq.core.equalize import NOTHING_COUNTED, checked, color_curve, equalize_into
from napari_histeq.core.histogram import Histogram

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core._options import Method
    from napari_histeq.core.equalize import Settings

#: A plane of at most so many bytes is equalized as a whole when it is asked for;
#: a larger one is counted beforehand.
PLANE_BYTES = 1 << 27


def equalize(
    image: Any,
    method: Method,
    *,
    mask: Any,
    axes: Any,
    channel_axis: Any,
    out_range: Any,
    strength: float,
) -> da.Array:
    """See `napari_histeq.equalize`: counted now, mapped when asked for."""
    array = lazy.checked(image)
    channels = _validate.channel_axis(channel_axis, array.shape)
    settings = checked(array, method, axes, out_range, strength, channels)
    pixels, grid = array, array.chunks
    if channels is not None:
        pixels = da.moveaxis(array, channels, -1).rechunk({-1: -1})
        grid = pixels.chunks[:-1]
    counted = lazy.checked_mask(mask, grid)
    if array.dtype.kind == "b":
        return array
    result, found = _equalized(pixels, counted, settings, channels is not None)
    if not all(found):
        what = "the image" if len(found) == 1 else f"{found.count(False)} of {len(found)} planes"
        warnings.warn(NOTHING_COUNTED.format(what=what), stacklevel=3)
    return result if channels is None else da.moveaxis(result, -1, channels)


def _equalized(
    image: da.Array, mask: da.Array | None, settings: Settings, channels: bool
) -> tuple[da.Array, list[bool]]:
    """Equalize each plane on its own; and of those counted by now, which had any pixel."""
    plane_size = np.prod([image.shape[a] for a in settings.axes], dtype=float)
    plane_bytes = plane_size * image.dtype.itemsize * (image.shape[-1] if channels else 1)
    if settings.outer and plane_bytes <= PLANE_BYTES:
        return _when_asked(image, mask, settings, channels, int(plane_bytes)), []
    if not settings.outer:
        result, found = _equalize_plane(image, mask, settings, channels)
        return result, [found]
    return _beforehand(image, mask, settings, channels)


def _equalize_plane(
    image: da.Array, mask: da.Array | None, settings: Settings, channels: bool
) -> tuple[da.Array, bool]:
    source = lazy.ChunkSource(image, mask, LuminanceSource if channels else ArraySource)
    histogram = Histogram(*count(source))
    if channels:
        curve, gamut = color_curve(histogram, settings)
        return lazy.apply_color(curve, image, gamut), histogram.total > 0
    return lazy.apply_curve(settings.curve(histogram), image), histogram.total > 0


def _beforehand(
    image: da.Array, mask: da.Array | None, settings: Settings, channels: bool
) -> tuple[da.Array, list[bool]]:
    """Planes too large for one task: each counted now, chunk by chunk, one after the other."""
    lengths = [image.shape[a] for a in settings.outer]
    results = np.empty(lengths, object)
    found = []
    for index in np.ndindex(*lengths):
        where: list[Any] = [slice(None)] * image.ndim
        for axis, place in zip(settings.outer, index, strict=True):
            where[axis] = slice(place, place + 1)
        counted = None if mask is None else mask[tuple(where[: mask.ndim])]
        plane = _equalize_plane(image[tuple(where)], counted, settings, channels)
        results[index] = plane[0]
        found.append(plane[1])
    return _joined(results, settings.outer), found


def _joined(results: NDArray[Any], outer: tuple[int, ...]) -> da.Array:
    for axis in reversed(outer):
        rows = results.reshape(-1, results.shape[-1])
        joined = np.empty(len(rows), object)
        for number, row in enumerate(rows):
            joined[number] = da.concatenate(list(row), axis=axis)
        results = joined.reshape(results.shape[:-1])
    whole: da.Array = results[()]
    return whole


def _when_asked(
    image: da.Array, mask: da.Array | None, settings: Settings, channels: bool, plane_bytes: int
) -> da.Array:
    """Planes that one task can hold: each counted and mapped by that task."""
    chunks: dict[int, int] = dict.fromkeys(settings.axes, -1)
    budget = max(PLANE_BYTES // 2 // max(plane_bytes, 1), 1)
    for axis in reversed(settings.outer):
        chunks[axis] = min(max(image.chunks[axis]), budget)
        budget //= chunks[axis]
    whole = image.rechunk(chunks)
    task = partial(_equalized_planes, settings, channels)
    if mask is None:
        return lazy.mapped(task, whole)
    index = tuple(range(whole.ndim))
    counted = mask.rechunk(chunks)
    return da.blockwise(
        task, index, whole, index, counted, index[: mask.ndim],
        dtype=image.dtype, meta=np.empty((0,) * image.ndim, image.dtype), align_arrays=False,
    )  # fmt: skip


def _equalized_planes(
    settings: Settings, channels: bool, block: Any, mask: Any = None
) -> NDArray[Any]:
    image = np.asarray(block)
    out = np.empty_like(image)
    with _blocks.in_place():
        equalize_into(_planes.Plane(image, mask, out), settings, channels)
    return out
