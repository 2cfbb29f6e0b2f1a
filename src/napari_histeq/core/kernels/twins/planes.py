"""`kernels.planes` in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def equalize_planes(
    planes: NDArray[Any],
    mask: NDArray[Any],
    out: NDArray[Any],
    found: NDArray[np.bool_],
    by_min: int,
    by_image: int,
    low: float,
    high: float,
    strength: float,
    lowest: int,
) -> None:
    """See `kernels.planes.equalize_planes`."""
    levels = 1 << 8 * planes.itemsize
    flip = planes.dtype.type(levels // 2 if lowest < 0 else 0)
    intensities = np.arange(levels) + float(lowest)
    for p, plane in enumerate(planes):
        level = plane ^ flip
        held = level[mask[p].view(np.bool_)] if mask.size else level
        counts = np.bincount(held, minlength=levels)
        used = np.flatnonzero(counts)
        found[p] = used.size > 0
        if used.size < 2:
            out[p] = plane
            continue
        ends = (intensities[used[0]], intensities[used[-1]]) if by_image else (low, high)
        y = _curve(counts, int(used[0]), bool(by_min), *map(float, ends))
        mixed = (1.0 - strength) * intensities + strength * y
        table = np.clip(np.rint(mixed) - lowest, 0, levels - 1).astype(planes.dtype) ^ flip
        out[p] = table[level]


def _curve(counts: NDArray[Any], first: int, by_min: bool, low: float, high: float) -> Floats:
    """See `kernels.planes.curve`."""
    if counts.size == 256 and not by_min:
        return _between((counts / counts.sum()).cumsum(), low, high)
    below = counts[first] if by_min else 0
    above = np.maximum(counts.cumsum(), below) - below
    if counts.size == 256 and high - low == 255.0:
        y = np.float32(low) + above.astype(np.float32) * (np.float32(255) / np.float32(above[-1]))
        return np.where(above == above[-1], high, y.astype(np.float64))
    return _between(above / above[-1], low, high)


def _between(part: Floats, low: float, high: float) -> Floats:
    return np.asarray(np.minimum(low + (high - low) * np.minimum(part, 1.0), high))
