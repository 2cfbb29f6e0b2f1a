"""The compiled loop that equalizes many small planes of floats, each on its own.

All in one call, as `planes` does it for 8 and 16 bit: sort, make the bins, the curve, look up. It is
what `histogram`, `methods.Global` and `transfer` do one after the other, with the same arithmetic.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_histeq.core.kernels.cells import cut, opened, sort_into
from napari_histeq.core.kernels.compiling import compiled
from napari_histeq.core.kernels.keys import fill, map_all
from napari_histeq.core.kernels.levels import kernel
from napari_histeq.core.kernels.twins import floats as twins

# What is compiled has Numba's types, not numpy's: no use in checking these.
Array = Any

#: The greatest float64.
MOST = float(np.finfo(np.float64).max)


@kernel(
    twins.equalize_floats,
    bits="K[p,n]",
    values="F[p,n]",
    mask="u1[p?,n?]",
    order="K[4]",
    out="F[p,n]",
    found="?[p]",
    left="?[p]",
)
def equalize_floats(
    bits: Array,
    values: Array,
    mask: Array,
    order: Array,
    base: Any,
    span: Any,
    shift: int,
    room: int,
    fineness: int,
    parts: int,
    few: int,
    by_image: int,
    low: float,
    high: float,
    out: Array,
    found: Array,
    left: Array,
) -> None:
    """Equalize each of `values`, of which there are the `bits`, too, by the convention ``cdf``.

    `found` tells in which of them any pixel counts, `left` which are to be done by themselves: those
    whose range no float64 holds. The results are between `low` and `high`, or if `by_image` is 1, between
    the extremes of what counts in the plane. Keys from `base` to ``base + span`` are finite; the others
    say how bins are made (see `cells.bins_of_sorted`), and that of at most so `few` values each has one.
    """
    size = bits.shape[1]
    most = 2 * min(size, parts + 2 * fineness) + 2
    keys, skipped = np.empty(size, bits.dtype), np.uint64(order[3]) - np.uint64(1)
    first, last, count = (
        np.empty(most, np.uint64),
        np.empty(most, np.uint64),
        np.empty(most, np.int64),
    )
    grain = bit_length(np.uint64(size)) if size > 64 else 7
    cells, inside = np.empty(2 << grain, np.int32), np.empty(2 << grain, np.int32)
    for p in range(bits.shape[0]):
        some = mask[p] if mask.size else mask.reshape(-1)
        held = sort_into(bits[p], some, order, base, span, keys)
        found[p], left[p] = held > 0, False
        if held == 0 or keys[0] == keys[held - 1]:
            out[p] = values[p]
            continue
        bins = bins_into(
            keys[:held], base, shift, room, fineness, parts, few, skipped, first, last, count
        )
        ends = numbers(last[:1], first[:1], last[bins - 1 : bins], order, values[p])
        bottom, top = (ends[1], ends[2]) if by_image else (low, high)
        if np.isinf(top - bottom):
            left[p] = True
            continue
        y = climb(count[:bins], held, bottom, top)
        knots, heights = knots_of(first[0], last[:bins], y, bottom, np.uint64(base), skipped)
        x = numbers(knots, knots[:0], knots[:0], order, values[p])
        knots, x, heights = with_zero(knots, x, heights, skipped + np.uint64(1))
        by = max(bit_length(knots[-1] - knots[0]) - grain, 0)
        number = int((knots[-1] - knots[0]) >> np.uint64(by)) + 1
        fill(knots - knots[0], by, 0, cells[:number], inside[:number])
        kind = bits.dtype.type
        grid = (order, kind(knots[0]), kind(knots[-1] - knots[0]), kind(by))
        table = (cells[:number], inside[:number], x, lines_of(x, heights))
        map_all(bits[p], values[p], grid, table, 0.0, out[p])


@compiled
def bit_length(number: Any) -> int:
    """As Python's."""
    found = 0
    while number > 0:
        number = number >> np.uint64(1)
        found += 1
    return found


@compiled
def bins_into(
    keys: Array, base: Any, shift: int, room: int, fineness: int, parts: int, few: int,
    skipped: Any, first: Array, last: Array, count: Array,
) -> int:  # fmt: skip
    """The bins of sorted keys, and the gaps between them: see `histogram.few`."""
    distinct = 1
    for i in range(1, keys.size):
        distinct += keys[i] != keys[i - 1]
    if distinct > few and keys.size >= fineness:
        closer = max(bit_length(np.uint64(keys[keys.size - 1]) - np.uint64(keys[0])) - room, 0)
        how = (np.uint64(base), shift, closer, room, fineness, parts, skipped)
        return cut(keys, how, first, last, count)
    n = -1
    for i in range(keys.size):
        if i == 0 or keys[i] != keys[i - 1]:
            n = opened(n, np.uint64(keys[i]), skipped, first, last, count)
            last[n] = first[n]
        count[n] += 1
    return n + 1


@compiled
def numbers(keys: Array, more: Array, again: Array, order: Array, like: Array) -> Array:
    """The numbers of keys, of three arrays one after the other, in double precision."""
    top, _, toggle, minus_zero = order
    bits = np.empty(keys.size + more.size + again.size, order.dtype)
    for i in range(bits.size):
        if i < keys.size:
            key = keys[i]
        elif i < keys.size + more.size:
            key = more[i - keys.size]
        else:
            key = again[i - keys.size - more.size]
        key -= np.uint64(key == np.uint64(minus_zero) - np.uint64(1))  # see `arrays.keys.values_of`
        one = order.dtype.type(key)
        bits[i] = one ^ toggle if one >> top else ~one
    return bits.view(like.dtype).astype(np.float64)


@compiled
def climb(count: Array, total: int, low: float, high: float) -> Array:
    """What the levels of bins become: see `methods.weights`."""
    y, done, part = np.empty(count.size), np.int64(0), 0.0
    number, span = np.float64(total), high - low
    if count.size <= 256:  # the pdf before the cdf
        for i in range(count.size):
            part += np.float64(count[i]) / number
            y[i] = min(low + span * min(part, 1.0), high)
        return y
    for i in range(count.size):
        done += count[i]
        y[i] = np.float64(done)
    for i in range(count.size):  # apart from the sum, it is done for many at once
        value = low + span * (y[i] / number)
        y[i] = value if value < high else high  # noqa: FURB136
    return y


@compiled
def knots_of(start: Any, last: Array, y: Array, low: float, base: Any, skipped: Any) -> Any:
    """The keys of the knots, and what they become: at the levels, and one before them."""
    size = last.size
    knots, heights = np.empty(size + 1, np.uint64), np.empty(size + 1)
    for i in range(size):
        knots[i + 1] = last[i] - np.uint64(last[i] == skipped)
        heights[i + 1] = y[i]
    if start == knots[1] and start > base:
        start = start - np.uint64(1)
        start = start - np.uint64(start == skipped)
    knots[0], heights[0] = start, min(low, y[0])
    if start == knots[1]:
        return knots[1:], heights[1:]
    return knots, heights


@compiled
def with_zero(knots: Array, x: Array, y: Array, zero: Any) -> Any:
    """One of the knots at 0, if they lie on both sides of it: see `transfer.knots`."""
    size, k = knots.size, 0
    while k < size and knots[k] < zero:
        k += 1
    if not 0 < k < size or knots[k] == zero:
        return knots, x, y
    half = 0.5 if np.isinf(x[k] - x[k - 1]) else 1.0
    start = x[k - 1] * half
    width = x[k] * half - start
    part = min(max((0.0 * half - start) / width, 0.0), 1.0)
    height = y[k] if part == 1.0 else min(y[k - 1] + min(y[k] - y[k - 1], MOST) * part, y[k])
    more, wide, high = np.empty(size + 1, np.uint64), np.empty(size + 1), np.empty(size + 1)
    for i in range(size):
        to = i + 1 if i >= k else i
        more[to], wide[to], high[to] = knots[i], x[i], y[i]
    more[k], wide[k], high[k] = zero, 0.0, height + 0.0
    return more, wide, high


@compiled
def lines_of(x: Array, y: Array) -> Array:
    """For each knot the line that ends there: start, value at the start, slope, value."""
    lines = np.empty((x.size, 4))
    lines[0, 0], lines[0, 1], lines[0, 2], lines[0, 3] = x[0], y[0], 0.0, y[0]
    for i in range(1, x.size):
        lines[i, 0], lines[i, 1], lines[i, 3] = x[i - 1], y[i - 1], y[i]
        lines[i, 2] = (y[i] - y[i - 1]) / (x[i] - x[i - 1])
    return lines
