"""`kernels.cells` in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.pieces import order_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def sorted_keys(bits: Array, mask: Array, order: Array, base: Any, span: Any, keys: Array) -> int:
    """See `kernels.cells.sorted_keys`."""
    found = order_keys(bits, order)
    counts = found - base <= span
    found = np.sort(found[counts & mask.view(np.bool_) if mask.size else counts])
    keys[: found.size] = found
    return found.size


def bins_of_sorted(
    keys: Array, base: int, shift: int, closer: int, room: int, fineness: int, parts: int,
    skipped: Any, starts: Array, ends: Array, counts: Array,
) -> int:  # fmt: skip
    """See `kernels.cells.bins_of_sorted`."""
    if not keys.size or starts.shape[1] < min(keys.size, parts + 2 * fineness):
        return 0
    found = _leaves(keys, base, shift, closer, keys.size // fineness, room)
    return join(*found, fineness, parts, skipped, starts, ends, counts)


def _leaves(
    keys: Array, base: int, shift: int, closer: int, most: int, room: int
) -> tuple[Array, Array, Array]:
    """The cells that are not divided, in order: least keys, greatest keys, counts."""
    number = keys.dtype.type
    within = keys - number(base)
    cells, counts = _cells(within, shift)
    if closer < shift and counts.max() > most:
        base, shift, within = int(keys[0]), closer, keys - keys[0]
        cells, counts = _cells(within, shift)
    found = []
    while True:
        heavy = counts > most if shift else np.zeros(counts.size, np.bool_)
        light = ~heavy
        start = (cells[light].astype(np.uint64) << np.uint64(shift)) + np.uint64(base)
        found.append((start, start + np.uint64((1 << shift) - 1), counts[light]))
        if light.all():
            break
        within = within[np.repeat(heavy, counts)]
        width = room - int(np.ceil(np.log2(np.count_nonzero(heavy))))
        shift -= min(max(width, 7), shift)
        cells, counts = _cells(within, shift)
    parts = [np.concatenate(part) for part in zip(*found, strict=True)]
    order = np.argsort(parts[0], kind="stable")
    least, greatest, held = (part[order] for part in parts)
    least[0], greatest[-1] = keys[0], keys[-1]
    return least, greatest, held


def _cells(keys: Array, shift: int) -> tuple[Array, NDArray[np.intp]]:
    """The cells of sorted keys, and how many of these each has."""
    cells = keys >> keys.dtype.type(shift)
    starts = np.flatnonzero(np.append(True, cells[1:] != cells[:-1]))
    return cells[starts], np.diff(starts, append=keys.size)


def join(
    least: Array, greatest: Array, held: Array, fineness: int, parts: int, skipped: Any,
    starts: Array, ends: Array, counts: Array,
) -> int:  # fmt: skip
    """See `kernels.cells.join`."""
    if not held.size:
        return 0
    total, before = int(held.sum()), np.cumsum(held) - held
    part = np.floor(before.astype(np.float64) * (parts / total))
    heavy = held * fineness > total
    new = np.ones(held.size, np.bool_)
    new[1:] = (part[1:] != part[:-1]) | heavy[1:] | heavy[:-1]
    first = np.flatnonzero(new)
    last = np.append(first[1:], held.size) - 1
    start, end, count = least[first], greatest[last], np.add.reduceat(held, first)
    after = end[:-1] + np.uint64(1)
    after[after == skipped] += np.uint64(1)
    gap = np.flatnonzero(start[1:] > after) + 1
    size = start.size + gap.size
    starts.reshape(-1)[:size] = np.insert(start, gap, end[gap - 1] + np.uint64(1))
    ends.reshape(-1)[:size] = np.insert(end, gap, start[gap] - np.uint64(1))
    counts.reshape(-1)[:size] = np.insert(count, gap, 0)
    return size
