"""The compiled loops that make bins of keys: sorted ones to the cells of a radix tree, cells to bins.

See `histogram.bins`. Cells come in order, as the least key of each and the greatest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_histeq.core.kernels.compiling import compiled
from napari_histeq.core.kernels.keys import order_key
from napari_histeq.core.kernels.levels import kernel
from napari_histeq.core.kernels.twins import cells as twins

# What is compiled has Numba's types, not numpy's: no use in checking these.
Array = Any


@kernel(twins.sorted_keys, bits="K[n]", mask="u1[n?]", order="K[4]", keys="K[n]")
def sorted_keys(bits: Array, mask: Array, order: Array, base: Any, span: Any, keys: Array) -> int:
    """Put the order keys from `base` to ``base + span`` into `keys`, sorted; so many are there.

    Where the mask is 0 no pixel counts. Sorted by one byte after the other, from the last on.
    """
    return sort_into(bits, mask, order, base, span, keys)


@compiled
def sort_into(bits: Array, mask: Array, order: Array, base: Any, span: Any, keys: Array) -> int:
    """See `sorted_keys`. Plain loops: they are compiled in a fifth of the time of numpy's words."""
    size, masked = 0, mask.size > 0
    for i in range(bits.size):
        key = order_key(bits[i], order)
        keys[size] = key  # written over if it does not count
        if key - base <= span and (not masked or mask[i] > 0):
            size += 1
    then, place, turned = np.empty(bits.size, bits.dtype), np.empty(257, np.int64), False
    for byte in range(bits.itemsize):
        below = np.uint64(8 * byte)
        if turned:
            turned ^= in_order_of(then, keys, size, below, place)
        else:
            turned ^= in_order_of(keys, then, size, below, place)
    if turned:
        for i in range(size):
            keys[i] = then[i]
    return size


@compiled
def in_order_of(now: Array, then: Array, size: int, below: Any, place: Array) -> bool:
    """Put keys in the order of the byte that has so many bits `below`; False if all have the same."""
    place[:] = 0
    for i in range(size):
        place[((now[i] >> below) & np.uint64(255)) + np.uint64(1)] += 1
    for digit in range(1, 257):
        if place[digit] == size:
            return False
    for digit in range(1, 257):
        place[digit] += place[digit - 1]
    for i in range(size):
        digit = (now[i] >> below) & np.uint64(255)
        then[place[digit]] = now[i]
        place[digit] += 1
    return True


@kernel(twins.bins_of_sorted, keys="K[n]", starts="u8[2,b]", ends="u8[2,b]", counts="i8[2,b]")
def bins_of_sorted(
    keys: Array, base: int, shift: int, closer: int, room: int, fineness: int, parts: int,
    skipped: Any, starts: Array, ends: Array, counts: Array,
) -> int:  # fmt: skip
    """What `join` makes of the cells of a radix tree that hold any of some sorted keys.

    First all keys from `base` on are divided, with `shift` bits below a cell; if any cell holds more
    than one of `fineness` parts of them, better those from the least one on, if there are fewer bits
    below: `closer`. Then whatever cell holds more is divided further, all at once to about ``2 ** room``
    of them. 0, and nothing is done, if there are no keys, or may be more bins than there is room for.
    """
    if not 0 < keys.size < 1 << 31 or starts.shape[1] < min(keys.size, parts + 2 * fineness):
        return 0
    how = (base, shift, closer, room, fineness, parts, skipped)
    return cut(keys, how, starts.reshape(-1), ends.reshape(-1), counts.reshape(-1))


@compiled
def cut(keys: Array, how: Any, first: Array, last: Array, count: Array) -> int:
    """See `bins_of_sorted`."""
    base, shift, closer, room, fineness, parts, skipped = how
    low, most, total = np.uint64(keys[0]), keys.size // fineness, np.int64(keys.size)
    start, bits = np.empty((2, keys.size + 1), np.int32), np.empty((2, keys.size), np.uint8)
    begin, size, heavy = divide_all(keys, np.uint64(base), shift, most, start[0], bits[0])
    if heavy and closer < shift:
        shift = closer
        begin, size, heavy = divide_all(keys, low, shift, most, start[0], bits[0])
    now = 0
    while heavy:
        width = room
        while width > 7 and (1 << (room - width)) < heavy:
            width -= 1
        shift -= min(max(width, 7), shift)
        there = 1 - now
        size, heavy = divide(
            keys, begin, shift, most, start[now], bits[now], size, start[there], bits[there]
        )
        now = there
    start, bits = start[now], bits[now]
    share, part, apart, n = np.float64(parts) / np.float64(total), -1.0, True, -1
    for r in range(size):
        below, held = np.uint64(bits[r]), np.int64(start[r + 1] - start[r])
        least = (((np.uint64(keys[start[r]]) - begin) >> below) << below) + begin
        here, full = np.floor(np.float64(start[r]) * share), bool(held * fineness > total)
        if apart or full or here != part:
            n = opened(n, low if r == 0 else least, skipped, first, last, count)
        last[n] = least + ((np.uint64(1) << below) - np.uint64(1))
        count[n] += held
        part, apart = here, full
    last[n] = np.uint64(keys[keys.size - 1])  # no cell reaches beyond the data
    return n + 1


@compiled
def divide_all(keys: Array, base: Any, shift: int, most: int, starts: Array, bits: Array) -> Any:
    """Divide all keys from `base` on; returns that, and what `divide` does."""
    whole, any_bits = np.zeros(2, np.int32), np.full(1, 255, np.uint8)
    whole[1] = keys.size
    return base, *divide(keys, base, shift, most, whole, any_bits, 1, starts, bits)


@compiled
def divide(
    keys: Array, base: Any, shift: int, most: int, start: Array, bits: Array, size: int,
    starts: Array, below: Array,
) -> Any:  # fmt: skip
    """Divide those of some runs of sorted keys, a cell each, that hold more than `most`.

    Given where each run starts (and the last one stops), the bits below its cell, and how many there
    are; `starts` and `below` take the same of what comes of them. Returns how many these are, and how
    many of them can be divided and have to be.
    """
    n, heavy, by = 0, 0, np.uint64(shift)
    for r in range(size):
        a, b = start[r], start[r + 1]
        starts[n], below[n] = a, bits[r]
        n += 1
        if b - a <= most or bits[r] == 0:
            continue
        below[n - 1] = shift
        cell = (np.uint64(keys[a]) - base) >> by
        for i in range(a + 1, b):
            found = (np.uint64(keys[i]) - base) >> by
            if found != cell:
                heavy += i - starts[n - 1] > most
                starts[n], below[n], cell = i, shift, found
                n += 1
        heavy += b - starts[n - 1] > most
    starts[n] = keys.size
    return n, heavy if shift else 0


@kernel(
    twins.join,
    least="u8[c]",
    greatest="u8[c]",
    held="i8[c]",
    starts="u8[2,c]",
    ends="u8[2,c]",
    counts="i8[2,c]",
)
def join(
    least: Array, greatest: Array, held: Array, fineness: int, parts: int, skipped: Any,
    starts: Array, ends: Array, counts: Array,
) -> int:  # fmt: skip
    """Join cells to bins while they start in the same one of so many `parts` of all pixels.

    But those that hold more than one of `fineness` parts of them are bins of their own, and so is
    each gap between two cells; the key `skipped` is that of no number. So many bins are there, as rows
    one after the other.
    """
    if held.size == 0:
        return 0
    first, last, count = starts.reshape(-1), ends.reshape(-1), counts.reshape(-1)
    total, done, n = held.sum(), np.int64(0), -1
    share, part, apart = np.float64(parts) / np.float64(total), -1.0, True
    for c in range(held.size):
        here, full = np.floor(np.float64(done) * share), bool(held[c] * fineness > total)
        if apart or full or here != part:
            n = opened(n, least[c], skipped, first, last, count)
        last[n] = greatest[c]
        count[n] += held[c]
        done += held[c]
        part, apart = here, full
    return n + 1


@compiled
def opened(n: int, least: Any, skipped: Any, first: Array, last: Array, count: Array) -> int:
    """Open a bin for the keys from `least` on, after that for the gap before it, if there is one."""
    if n >= 0:
        after = last[n] + np.uint64(1)
        after += np.uint64(after == skipped)
        if least > after:
            n += 1
            first[n], last[n], count[n] = last[n - 1] + np.uint64(1), least - np.uint64(1), 0
    n += 1
    first[n], count[n] = least, 0
    return n
