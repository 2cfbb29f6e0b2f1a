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
) -> None:  # fmt: skip
    """See `kernels.rows.map_shorts`."""
    flip, top = flip_of(planes, lowest), np.iinfo(planes.dtype).max
    table = np.empty(top + 1, planes.dtype)
    for p, plane in enumerate(planes):
        in_order[p] = np.isfinite(y[p, 0]) and (y[p, 1:] >= y[p, :-1]).all()
        level = (levels[p] ^ flip).astype(np.float64) + lowest
        mixed = (1.0 - strength) * level + strength * y[p]
        near = np.clip(np.nan_to_num(np.rint(mixed)) - lowest, 0, top)
        table[levels[p, ::-1]] = near[::-1].astype(planes.dtype) ^ flip
        out[p] = table[plane]
