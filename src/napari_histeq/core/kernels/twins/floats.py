"""`kernels.floats` in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins import cells, keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float64]


def equalize_floats(
    bits: Array, values: Array, mask: Array, order: Array, base: Any, span: Any, shift: int,
    room: int, fineness: int, parts: int, few: int, by_image: int, low: float, high: float,
    out: Array, found: Array, left: Array,
) -> None:  # fmt: skip
    """See `kernels.floats.equalize_floats`."""
    for p, plane in enumerate(bits):
        held = np.empty_like(plane)
        size = cells.sorted_keys(
            plane, mask[p] if mask.size else mask.reshape(-1), order, base, span, held
        )
        held = held[:size]
        found[p], left[p] = size > 0, False
        if not size or held[0] == held[-1]:
            out[p] = values[p]
            continue
        first, last, counts = _bins(held, order, int(base), shift, room, fineness, parts, few)
        ends = (
            _numbers(np.array([first[0], last[-1]]), order, values.dtype)
            if by_image
            else (low, high)
        )
        bottom, top = (float(end) for end in ends)
        if np.isinf(top - bottom):
            left[p] = True
            continue
        x, y = _knots(first, last, counts, bottom, top, order, values.dtype)
        _map(plane, values[p], x, y, order, out[p])


def _bins(
    held: Array, order: Array, base: int, shift: int, room: int, fineness: int, parts: int, few: int
) -> tuple[Array, Array, Array]:
    """The least keys, the greatest and the counts of the bins of sorted keys."""
    starts = np.flatnonzero(np.append(True, held[1:] != held[:-1]))
    skipped = np.uint64(order[3]) - np.uint64(1)
    rows = [np.empty((2, held.size), kind) for kind in (np.uint64, np.uint64, np.int64)]
    if starts.size > few and held.size >= fineness:
        closer = max(int(held[-1] - held[0]).bit_length() - room, 0)
        how = (base, shift, closer, room, fineness, parts, skipped)
        size = cells.bins_of_sorted(held, *how, *rows)
    else:
        distinct = held[starts].astype(np.uint64)
        counts = np.diff(starts, append=held.size)
        size = cells.join(distinct, distinct, counts, 1 << 40, parts, skipped, *rows)
    first, last, count = (row.reshape(-1)[:size] for row in rows)
    return first, last, count


def _numbers(key: Array, order: Array, dtype: Any) -> Array:
    """See `arrays.keys.values_of`."""
    top, _, toggle, minus_zero = order
    held = key.astype(order.dtype)
    held[held == minus_zero - order.dtype.type(1)] -= order.dtype.type(1)
    return np.where(held >> top, held ^ toggle, ~held).view(dtype)


def _knots(
    first: Array, last: Array, counts: Array, low: float, high: float, order: Array, dtype: Any
) -> tuple[Array, Floats]:
    """The knots of the curve, and what they become; one at 0 if they lie on both sides of it."""
    share = (
        counts.cumsum() / counts.sum() if counts.size > 256 else (counts / counts.sum()).cumsum()
    )
    y = np.minimum(low + (high - low) * np.minimum(share, 1.0), high)
    x = _numbers(last, order, dtype)
    start = _numbers(first[:1], order, dtype)
    if start[0] == x[0]:
        start = np.maximum(np.nextafter(start, dtype.type(-np.inf)), np.finfo(dtype).min)
    if start[0] < x[0]:
        x, y = np.append(start, x), np.append(min(low, float(y[0])), y)
    if not (x[0] < 0 < x[-1]) or (x == 0).any():
        return x, y
    k, wide = int(np.searchsorted(x, 0)), x.astype(np.float64)
    half = 0.5 if np.isinf(wide[k] - wide[k - 1]) else 1.0
    from_start = wide[k - 1] * half
    part = min(max(-from_start / (wide[k] * half - from_start), 0.0), 1.0)
    rise = min(y[k] - y[k - 1], np.finfo(np.float64).max)
    at_zero = y[k] if part == 1.0 else min(y[k - 1] + rise * part, y[k])
    return np.insert(x, k, 0), np.insert(y, k, at_zero + 0.0)


def _map(plane: Array, values: Array, x: Array, y: Floats, order: Array, out: Array) -> None:
    """Map pixels by a curve, with a single cell: all knots are searched."""
    from napari_histeq.core.kernels.twins.pieces import order_keys

    at = order_keys(x.view(plane.dtype), order)
    shift = plane.dtype.type(max(int(at[-1] - at[0]).bit_length() - 16, 0))
    number = (int(at[-1] - at[0]) >> int(shift)) + 1
    within = np.empty(number, np.int32), np.empty(number, np.int32)
    keys.fill_cells((at - at[0]).astype(np.uint64), int(shift), 0, *within)
    wide, lines = x.astype(np.float64), np.zeros((x.size, 4))
    lines[1:, 0], lines[1:, 1], lines[:, 3] = wide[:-1], y[:-1], y
    lines[0] = wide[0], y[0], 0.0, y[0]
    lines[1:, 2] = np.diff(y) / np.diff(wide)
    grid = (order, at[0], at[-1] - at[0], shift)
    keys.interpolate(plane, values, *grid, *within, wide, lines, 0.0, out)
