"""`kernels.rows` in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def count_bytes(planes: Array, mask: Array, lowest: int, counts: Array) -> None:
    """See `kernels.rows.count_bytes`."""
    for p, plane in enumerate(planes):
        counts[p] = _counted(plane, mask[p] if mask.size else None, lowest)


def count_shorts(
    planes: Array, mask: Array, lowest: int, levels: Array, counts: Array, sizes: Array
) -> bool:
    """See `kernels.rows.count_shorts`."""
    if levels.shape[1] <= min(planes.shape[1], 65536):
        return False
    for p, plane in enumerate(planes):
        used = np.flatnonzero(_counted(plane, None, lowest))
        sizes[p] = used.size
        levels[p, : used.size] = used.astype(np.uint16) ^ _flip(planes, lowest)
        counts[p, : used.size] = _counted(plane, mask[p] if mask.size else None, lowest)[used]
    end = sizes.max() + 1
    for p, size in enumerate(sizes):
        levels[p, size:end], counts[p, size:end] = levels[p, size - 1], 0
    return True


def map_bytes(
    planes: Array, y: Array, strength: float, lowest: int, out: Array, in_order: Array
) -> None:
    """See `kernels.rows.map_bytes`."""
    levels = np.tile(np.arange(256).astype(np.uint8) ^ _flip(planes, lowest), (len(planes), 1))
    map_shorts(planes, levels, y, strength, lowest, out, in_order)


def map_shorts(
    planes: Array, levels: Array, y: Array, strength: float, lowest: int, out: Array,
    in_order: Array,
) -> None:  # fmt: skip
    """See `kernels.rows.map_shorts`."""
    flip, top = _flip(planes, lowest), np.iinfo(planes.dtype).max
    table = np.empty(top + 1, planes.dtype)
    for p, plane in enumerate(planes):
        in_order[p] = np.isfinite(y[p, 0]) and (y[p, 1:] >= y[p, :-1]).all()
        level = (levels[p] ^ flip).astype(np.float64) + lowest
        mixed = (1.0 - strength) * level + strength * y[p]
        near = np.clip(np.nan_to_num(np.rint(mixed)) - lowest, 0, top)
        table[levels[p, ::-1]] = near[::-1].astype(planes.dtype) ^ flip
        out[p] = table[plane]


def _counted(plane: Array, mask: Array | None, lowest: int) -> Array:
    level = plane ^ _flip(plane, lowest)
    held = level if mask is None else level[mask.view(np.bool_)]
    return np.bincount(held, minlength=1 << 8 * plane.itemsize)


def _flip(planes: Array, lowest: int) -> Any:
    """What turns bits into levels that count from the lowest."""
    return planes.dtype.type((1 << 8 * planes.itemsize - 1) if lowest < 0 else 0)
