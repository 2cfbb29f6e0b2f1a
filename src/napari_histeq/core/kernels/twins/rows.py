"""`kernels.rows` in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.planes import counted, flip_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def count_bytes(planes: Array, mask: Array, lowest: int, counts: Array) -> None:
    """See `kernels.rows.count_bytes`."""
    for p, plane in enumerate(planes):
        counts[p] = counted(plane, mask[p] if mask.size else None, lowest)


def count_shorts(
    planes: Array, mask: Array, lowest: int, levels: Array, counts: Array, sizes: Array
) -> bool:
    """See `kernels.rows.count_shorts`."""
    if levels.shape[1] <= min(planes.shape[1], 65536):
        return False
    for p, plane in enumerate(planes):
        used = np.flatnonzero(counted(plane, None, lowest))
        sizes[p] = used.size
        levels[p, : used.size] = used.astype(np.uint16) ^ flip_of(planes, lowest)
        counts[p, : used.size] = counted(plane, mask[p] if mask.size else None, lowest)[used]
    end = sizes.max() + 1
    for p, size in enumerate(sizes):
        levels[p, size:end], counts[p, size:end] = levels[p, size - 1], 0
    return True


def map_bytes(
    planes: Array, y: Array, strength: float, lowest: int, out: Array, in_order: Array
) -> None:
    """See `kernels.rows.map_bytes`."""
    levels = np.tile(np.arange(256).astype(np.uint8) ^ flip_of(planes, lowest), (len(planes), 1))
    map_shorts(planes, levels, y, strength, lowest, out, in_order)


def map_shorts(
    planes: Array, levels: Array, y: Array, strength: float, lowest: int, out: Array,
    in_order: Array,
) -> bool:  # fmt: skip
    """See `kernels.rows.map_shorts`."""
    size = y.shape[1]
    if not 0 < size <= levels.shape[1]:
        return False
    levels = levels[:, :size]
    flip, top = flip_of(planes, lowest), np.iinfo(planes.dtype).max
    table = np.empty(top + 1, planes.dtype)
    for p, plane in enumerate(planes):
        in_order[p] = np.isfinite(y[p, 0]) and (y[p, 1:] >= y[p, :-1]).all()
        level = (levels[p] ^ flip).astype(np.float64) + lowest
        mixed = (1.0 - strength) * level + strength * y[p]
        near = np.clip(np.nan_to_num(np.rint(mixed)) - lowest, 0, top)
        table[levels[p, ::-1]] = near[::-1].astype(planes.dtype) ^ flip
        out[p] = table[plane]
    return True


def search(table: Array, values: Array, found: Array) -> None:
    """See `kernels.rows.search`."""
    found[...] = np.searchsorted(table, values)


def place(values: Array, low: Array, high: Array, places: Array) -> None:
    """See `kernels.rows.place`."""
    start, end = low[:, None], high[:, None]
    np.clip(values.astype(np.float64), start, end, out=places)
    places -= start
    places /= end - start


def at(places: Array, low: Array, high: Array, values: Array) -> None:
    """See `kernels.rows.at`."""
    start, end = low[:, None], high[:, None]
    np.clip(places, 0.0, 1.0, out=values)
    values *= end - start
    values += start
    np.minimum(values, end, out=values)


def cumulate(values: Array, done: Array) -> None:
    """See `kernels.rows.cumulate`."""
    np.cumsum(values, axis=-1, out=done)


def split(levels: Array, counts: Array, at: Array, low: Array, high: Array, values: Array) -> None:
    """See `kernels.rows.split`."""
    middle, bottom, extent = at[:, None], low[:, None], (high - low)[:, None]
    done = counts.cumsum(axis=-1)
    dark = levels.astype(np.float64) - bottom <= middle
    below = (counts * dark).sum(axis=-1, keepdims=True)
    start = np.where(dark, 0.0, np.minimum(middle + 1.0, extent))
    stop = np.where(dark, middle, extent)
    held, most = np.where(dark, done, done - below), np.where(dark, below, done[:, -1:] - below)
    share = np.divide(held, most, out=np.zeros(held.shape), where=most > 0)
    np.minimum(bottom + (start + (stop - start) * share), high[:, None], out=values)
