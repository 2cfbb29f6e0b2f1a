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
    flip = flip_of(planes, lowest)
    intensities = np.arange(levels) + float(lowest)
    for p, plane in enumerate(planes):
        counts = counted(plane, mask[p] if mask.size else None, lowest)
        used = np.flatnonzero(counts)
        found[p] = used.size > 0
        if used.size < 2:
            out[p] = plane
            continue
        ends = (intensities[used[0]], intensities[used[-1]]) if by_image else (low, high)
        y = _curve(counts, int(used[0]), bool(by_min), *map(float, ends))
        mixed = (1.0 - strength) * intensities + strength * y
        table = np.clip(np.rint(mixed) - lowest, 0, levels - 1).astype(planes.dtype) ^ flip
        out[p] = table[plane ^ flip]


def counted(plane: NDArray[Any], mask: NDArray[Any] | None, lowest: int) -> NDArray[np.intp]:
    """How often each level occurs in bits of 8 or 16, from the lowest level on."""
    level = plane ^ flip_of(plane, lowest)
    held = level if mask is None else level[mask.view(np.bool_)]
    return np.bincount(held, minlength=1 << 8 * plane.itemsize)


def flip_of(planes: NDArray[Any], lowest: int) -> Any:
    """What turns bits into levels that count from the lowest."""
    return planes.dtype.type((1 << 8 * planes.itemsize - 1) if lowest < 0 else 0)


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
