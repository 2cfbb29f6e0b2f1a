"""`kernels.keys` in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.pieces import add_counts, less, order_keys, pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Keys counted at a time: there may be a million cells to add them to.
KEYS = 1 << 18


def count_keys(
    bits: NDArray[Any],
    mask: NDArray[Any],
    order: NDArray[Any],
    base: Any,
    span: Any,
    shifts: NDArray[Any],
    children: NDArray[Any],
    starts: NDArray[Any],
    counts: NDArray[Any],
    extremes: NDArray[Any],
) -> None:
    """See `kernels.keys.count_keys`."""
    number = bits.dtype.type
    for piece in pieces(bits.size, KEYS):
        key = order_keys(bits[piece], order) - number(base)
        wanted = key <= span
        if mask.size:
            wanted &= mask[piece].view(np.bool_)
        if not wanted.all():
            key = key[wanted]
        if not key.size:
            continue
        extremes[0], extremes[1] = min(extremes[0], key.min()), max(extremes[1], key.max())
        cell = (key >> shifts[0]).astype(np.intp)
        for level in range(shifts.size - 1):
            cell = children[starts[level] + cell]
            divided = np.flatnonzero(cell >= 0)
            cell, key = cell[divided].astype(np.intp), key[divided]
            below = number((1 << int(shifts[level] - shifts[level + 1])) - 1)
            cell += ((key >> shifts[level + 1]) & below).astype(np.intp)
        add_counts(counts, cell)


def interpolate(
    bits: NDArray[Any],
    values: NDArray[Any],
    order: NDArray[Any],
    base: Any,
    span: Any,
    shift: Any,
    cells: NDArray[Any],
    inside: NDArray[Any],
    x: NDArray[Any],
    lines: NDArray[Any],
    end_slope: float,
    out: NDArray[Any],
) -> None:
    """See `kernels.keys.interpolate`."""
    number = bits.dtype.type
    starts, heights, slopes, ends = np.ascontiguousarray(lines.T)
    for piece in pieces(values.size):
        key = order_keys(bits[piece], order) - number(base)
        value = values[piece].astype(np.float64)
        beyond = key > span
        key[beyond] = 0
        knot = _knot_of((key >> number(shift)).astype(np.intp), value, cells, inside, x)
        if beyond.any():
            knot[beyond] = np.minimum(np.searchsorted(x, value[beyond]), x.size - 1)
        found = heights[knot] + (value - starts[knot]) * slopes[knot]
        found = less(found, ends[knot])
        if beyond.any():
            far = value[beyond]
            low, high = ends[0] + (far - x[0]) * end_slope, ends[-1] + (far - x[-1]) * end_slope
            held = np.where(far > x[-1], high, found[beyond])
            found[beyond] = np.where(far <= x[0], low, held)
        out[piece] = found
        odd = ~np.isfinite(value)
        if odd.any():
            out[piece][odd] = values[piece][odd]


def _knot_of(
    cell: NDArray[np.intp],
    value: NDArray[Any],
    cells: NDArray[Any],
    inside: NDArray[Any],
    x: NDArray[Any],
) -> NDArray[np.intp]:
    """The first knot of a cell that is not below the value, by halving."""
    knot, size = cells.take(cell).astype(np.intp), inside.take(cell)
    knot = np.where(knot < 0, ~knot, knot)
    left = np.flatnonzero(size)
    while left.size:
        half = size[left] >> 1
        above = x[knot[left] + half] < value[left]
        knot[left] += np.where(above, half + 1, 0)
        size[left] = np.where(above, size[left] - half - 1, half)
        left = left[size[left] > 0]
    return knot
