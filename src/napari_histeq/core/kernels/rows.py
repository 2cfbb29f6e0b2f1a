"""The compiled loops around curves that numpy makes for many planes at once: count them; map them.

What Python does for each plane takes longer than the pixels of a small one. So the planes are
counted by one call, which leaves the counts of each as a row, and mapped by another.

Planes come as the bits of integers, whose least is `lowest`; rows are in the order of the intensities.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_histeq.core.kernels.compiling import compiled
from napari_histeq.core.kernels.levels import by_bytes, kernel
from napari_histeq.core.kernels.planes import bits, count, count_by_turns, reach
from napari_histeq.core.kernels.twins import rows as twins

# What is compiled has Numba's types, not numpy's: no use in checking these.
Array = Any


@kernel(twins.count_bytes, planes="u1[p,n]", mask="u1[p?,n?]", counts="i8[p,256]")
def count_bytes(planes: Array, mask: Array, lowest: int, counts: Array) -> None:
    """Put how often each level occurs in each plane into the rows of `counts`."""
    flip = np.uint8(0x80 if lowest < 0 else 0)
    held = np.zeros((4, 256), np.uint32)
    for p in range(planes.shape[0]):
        if mask.size:
            count(planes[p], mask[p], flip, held[0])
        else:
            count_by_turns(planes[p], flip, held)
        for level in range(256):
            counts[p, level] = held[0, level]
        held[0] = 0


@kernel(
    twins.count_shorts,
    planes="u2[p,n]",
    mask="u1[p?,n?]",
    levels="u2[p,m]",
    counts="i8[p,m]",
    sizes="i8[p]",
)
def count_shorts(
    planes: Array, mask: Array, lowest: int, levels: Array, counts: Array, sizes: Array
) -> bool:
    """As `count_bytes`, of the levels that pixels are at, whose bits go into the rows of `levels`.

    There are so many as `sizes` tells. Behind them the last one stands on, with no pixel, to one place
    behind the longest row; and what is behind that is nothing. False, and nothing is done, if the rows
    are too short: a plane may have as many levels as pixels, and one place more is written to.
    """
    flip, one = np.uint16(0x8000 if lowest < 0 else 0), np.uint32(1)
    if levels.shape[1] <= min(planes.shape[1], 65536):
        return False
    held = np.zeros(65536, np.uint32)
    counted = np.zeros(65536 if mask.size else 0, np.uint32)
    for p in range(planes.shape[0]):
        first, last = reach(planes[p], flip)
        for i in range(planes.shape[1]):
            held[planes[p, i] ^ flip] += one
        if mask.size:
            count(planes[p], mask[p], flip, counted)
        n = 0
        for level in range(4 * first, 4 * last):  # no branch: what is at no level is overwritten
            levels[p, n] = np.uint16(level) ^ flip
            counts[p, n] = counted[level] if mask.size else held[level]
            n += held[level] > 0
        held[4 * first : 4 * last] = 0
        counted[4 * first : 4 * last] = 0
        sizes[p] = n
    end = sizes.max() + 1
    for p in range(planes.shape[0]):
        levels[p, sizes[p] : end] = levels[p, sizes[p] - 1]
        counts[p, sizes[p] : end] = 0
    return True


@kernel(twins.map_bytes, planes="u1[p,n]", y="f8[p,256]", out="u1[p,n]", in_order="?[p]")
def map_bytes(
    planes: Array, y: Array, strength: float, lowest: int, out: Array, in_order: Array
) -> None:
    """Map each plane by the values `y` of its levels, which are blended with these, and rounded.

    `in_order` tells where they do not decrease, and are numbers; else the result is nothing.
    """
    flip = np.uint8(0x80 if lowest < 0 else 0)
    levels, table = np.arange(256).astype(np.uint8) ^ flip, np.empty(256, np.uint8)
    for p in range(planes.shape[0]):
        in_order[p] = tabulate(y[p], levels, strength, lowest, flip, 255, table)
        by_bytes(planes[p], table, out[p])


@kernel(
    twins.map_shorts,
    planes="u2[p,n]",
    levels="u2[p,m]",
    y="f8[p,k]",
    out="u2[p,n]",
    in_order="?[p]",
)
def map_shorts(
    planes: Array, levels: Array, y: Array, strength: float, lowest: int, out: Array,
    in_order: Array,
) -> bool:  # fmt: skip
    """As `map_bytes`, by the values `y` of the first of the bits `levels`; if there are so many."""
    flip, table = np.uint16(0x8000 if lowest < 0 else 0), np.empty(65536, np.uint16)
    size = y.shape[1]
    if not 0 < size <= levels.shape[1]:
        return False
    for p in range(planes.shape[0]):
        in_order[p] = tabulate(y[p], levels[p, :size], strength, lowest, flip, 65535, table)
        for i in range(planes.shape[1]):
            out[p, i] = table[planes[p, i]]
    return True


@kernel(twins.search, table="f8[t]", values="f8[p,m]", found="i8[p,m]")
def search(table: Array, values: Array, found: Array) -> None:
    """The first place in a sorted `table` that is not below each of many values: numpy's `searchsorted`.

    The values, mostly from 0 to 1, are looked for in that part of the table only which is at the ends of
    one of even parts of these. None of them is NaN.
    """
    parts = 1
    while parts < table.size:
        parts *= 2
    first, place = np.empty(parts + 1, np.int64), 0
    for part in range(parts):
        while place < table.size and table[place] < part / parts:
            place += 1
        first[part] = place
    first[0], first[parts] = 0, table.size
    for p in range(values.shape[0]):
        for i in range(values.shape[1]):
            value = values[p, i]
            within = np.int64(min(max(value, 0.0), 1.0) * parts)
            within -= within == parts
            start, left = first[within], first[within + 1] - first[within]
            while left > 0:
                half = left >> 1
                above = table[start + half] < value
                start = start + half + 1 if above else start
                left = left - half - 1 if above else half
            found[p, i] = start


@kernel(twins.place, values="R[p,m]", low="f8[p]", high="f8[p]", places="f8[p,m]")
def place(values: Array, low: Array, high: Array, places: Array) -> None:
    """Where values lie from the `low` (0) to the `high` (1) of their row: see `Interval.place`."""
    for p in range(values.shape[0]):
        start, end = low[p], high[p]
        span = end - start
        if span == 0.0:  # no number: the plane is to be done by itself
            places[p] = np.nan
            continue
        for i in range(values.shape[1]):
            value = np.float64(values[p, i])
            value = start if value < start else value  # noqa: FURB136  (this is done for many at once)
            value = end if value > end else value  # noqa: FURB136
            places[p, i] = (value - start) / span


@kernel(twins.at, places="f8[p,m]", low="f8[p]", high="f8[p]", values="f8[p,m]")
def at(places: Array, low: Array, high: Array, values: Array) -> None:
    """What lies at places from the `low` (0) to the `high` (1) of their row: see `Interval.at`."""
    for p in range(values.shape[0]):
        start, end = low[p], high[p]
        span = end - start
        for i in range(values.shape[1]):
            part = places[p, i]
            part = 0.0 if part < 0.0 else part  # noqa: FURB136
            part = 1.0 if part > 1.0 else part  # noqa: FURB136
            value = start + span * part
            values[p, i] = end if value > end else value  # noqa: FURB136


@kernel(twins.cumulate, values="f8[p,m]", done="f8[p,m]")
def cumulate(values: Array, done: Array) -> None:
    """Add each row up. Four at a time: a single sum would wait for itself at each step."""
    rows, size = values.shape
    for p in range(0, rows, 4):
        q, r, s = min(p + 1, rows - 1), min(p + 2, rows - 1), min(p + 3, rows - 1)
        a = b = c = d = 0.0
        for i in range(size):
            a += values[p, i]
            b += values[q, i]
            c += values[r, i]
            d += values[s, i]
            done[p, i], done[q, i], done[r, i], done[s, i] = a, b, c, d


@kernel(
    twins.split,
    levels="R[p,m]",
    counts="i8[p,m]",
    at="f8[p]",
    low="f8[p]",
    high="f8[p]",
    values="f8[p,m]",
)
def split(levels: Array, counts: Array, at: Array, low: Array, high: Array, values: Array) -> None:
    """What levels become if those up to `at` (above `low`) are equalized by themselves, and the others.

    See `methods.BiHistogram`: these from `low` to `at`, those from the next level on to `high`.
    """
    for p in range(levels.shape[0]):
        bottom, top, extent = low[p], high[p], high[p] - low[p]
        below, total = np.int64(0), np.int64(0)
        for i in range(levels.shape[1]):
            total += counts[p, i]
            below += counts[p, i] * np.int64(np.float64(levels[p, i]) - bottom <= at[p])
        after, done = min(at[p] + 1.0, extent), np.int64(0)
        for i in range(levels.shape[1]):
            done += counts[p, i]
            if np.float64(levels[p, i]) - bottom <= at[p]:
                start, stop, held, most = 0.0, at[p], done, below
            else:
                start, stop, held, most = after, extent, done - below, total - below
            share = np.float64(held) / np.float64(most) if most > 0 else 0.0
            value = bottom + (start + (stop - start) * share)
            values[p, i] = top if value > top else value  # noqa: FURB136  (as in `at`)


@compiled
def tabulate(
    y: Array, levels: Array, strength: float, lowest: int, flip: Any, top: int, table: Array
) -> Any:
    """What becomes of bits, of the values `y` of their `levels`; whether these are in order."""
    near, in_order = np.empty(levels.size, np.int32), not np.isnan(y[0])
    for i in range(1, levels.size):
        in_order &= y[i] >= y[i - 1]
    for i in range(levels.size):  # apart from the rest, it is done for many at once
        near[i] = bits(y[i], levels[i] ^ flip, strength, lowest, top)
    for i in range(levels.size - 1, -1, -1):  # the first of several counts: others only fill a row
        table[levels[i]] = near[i] ^ flip
    return in_order
