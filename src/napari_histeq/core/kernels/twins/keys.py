"""`kernels.keys` in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.pieces import PIECE, order_keys, pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOWHERE = np.empty(0, np.intp)


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
    for piece in pieces(bits.size):
        key = order_keys(bits[piece], order)
        key -= number(base)
        if mask.size:
            key = key[mask[piece].view(np.bool_)]
        if key.size and key.max() > span:
            key = key[key <= span]
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
        np.add.at(counts, cell, counts.dtype.type(1))


def fill_cells(
    places: NDArray[Any], shift: int, below: int, cells: NDArray[Any], inside: NDArray[Any]
) -> None:
    """See `kernels.keys.fill_cells`."""
    cell = (places >> np.uint64(shift)).astype(np.intp)
    cell = cell[: int(np.searchsorted(cell, cells.size))]
    last = np.uint64((1 << shift) - 1)
    inside[...] = np.bincount(cell[places[: cell.size] & last != last], minlength=cells.size)
    held = np.bincount(cell, minlength=cells.size)
    nearest = np.minimum(np.cumsum(held) - held, places.size - 1) + below
    cells[...] = np.where(inside > 0, ~nearest, nearest)


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
    entry = np.empty(min(values.size, PIECE))
    for piece in pieces(values.size):
        key = order_keys(bits[piece], order)
        key -= number(base)
        found, at = values[piece].astype(np.float64), entry[: key.size]
        beyond = np.flatnonzero(key > span) if key.max() > span else NOWHERE
        key[beyond] = 0
        key >>= number(shift)
        far = found[beyond]
        knot = _knot_of(key, found, cells, inside, x)
        knot[beyond] = np.minimum(np.searchsorted(x, far), x.size - 1)
        found -= np.take(starts, knot, mode="clip", out=at)
        found *= np.take(slopes, knot, mode="clip", out=at)
        found += np.take(heights, knot, mode="clip", out=at)
        np.take(ends, knot, mode="clip", out=at)
        np.copyto(found, at, where=at < found)
        if beyond.size:
            found[beyond] = _beyond(far, found[beyond], x, ends, end_slope)
        out[piece] = found
        odd = beyond[~np.isfinite(far)]
        out[piece][odd] = values[piece][odd]


def _beyond(
    value: NDArray[Any],
    found: NDArray[Any],
    x: NDArray[Any],
    ends: NDArray[Any],
    end_slope: float,
) -> NDArray[Any]:
    """What values far from all cells become; `found` if they lie between knots."""
    low, high = ends[0] + (value - x[0]) * end_slope, ends[-1] + (value - x[-1]) * end_slope
    return np.where(value <= x[0], low, np.where(value > x[-1], high, found))


def _knot_of(
    cell: NDArray[Any],
    value: NDArray[Any],
    cells: NDArray[Any],
    inside: NDArray[Any],
    x: NDArray[Any],
) -> NDArray[np.intp]:
    """The first knot of a cell that is not below the value, by halving."""
    knot = np.take(cells, cell.astype(np.intp), mode="clip").astype(np.intp)
    left = np.flatnonzero(knot < 0)
    first, size = ~knot[left], inside[cell[left]]
    while left.size:
        half = size >> 1
        above = x[first + half] < value[left]
        first += np.where(above, half + 1, 0)
        size = np.where(above, size - half - 1, half)
        knot[left] = first
        go_on = size > 0
        left, first, size = left[go_on], first[go_on], size[go_on]
    return knot
