"""The compiled loops that count tiles and make their curves.

An image comes as `flat`, contiguous memory, and `rows`, the places in it where rows
start; a row runs along the last axis. Places are unsigned, so that no index is tested for
being negative.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from napari_histeq.core.kernels.compiling import compiled
from napari_histeq.core.kernels.levels import kernel
from napari_histeq.core.kernels.twins import clahe as twins

# What is compiled has Numba's types, not numpy's: no use in checking these.
Array = Any

#: Pixels worked on at a time, so that what is known of them stays in the nearest cache.
RUN = np.uint64(1024)
ONE = np.uint64(1)

#: The most pixels of a row, tiles, and knots of these, through which rows are read in one go.
GROUP, TILES, ENTRIES = np.uint64(256), 16, 1024


@compiled
def group_end(starts: Array, stops: Array, first: int, most: int) -> int:
    """After which tile a group ends: of tiles so narrow that rows are better read through several."""
    last = first + 1
    while last < starts.size and last - first < most and stops[last] - starts[first] <= GROUP:
        last += 1
    return last


@compiled
def count_wide(
    flat: Array, rows: Array, start: Any, stop: Any, table: Array, counts: Array
) -> None:
    """Add the bytes of a tile to its `counts`; `table` (4, 256) is room for counting."""
    # Four tables: a run of equal pixels would wait for its own last store at every step.
    one = np.uint32(1)
    table[:] = 0
    for r in range(rows.size):
        i, end = rows[r] + start, rows[r] + stop
        while i + np.uint64(4) <= end:
            table[0, flat[i]] += one
            table[1, flat[i + ONE]] += one
            table[2, flat[i + np.uint64(2)]] += one
            table[3, flat[i + np.uint64(3)]] += one
            i += np.uint64(4)
        while i < end:
            table[0, flat[i]] += one
            i += ONE
    for level in range(256):
        counts[level] += table[0, level] + table[1, level] + table[2, level] + table[3, level]


@kernel(
    twins.count_bytes,
    flat="u1[:]",
    rows="u8[:]",
    starts="u8[t]",
    stops="u8[t]",
    counts="C[t,256]",
    within=("flat rows max stops",),
)
def count_bytes(flat: Array, rows: Array, starts: Array, stops: Array, counts: Array) -> None:
    """Add the bytes of the tiles ``starts[t]:stops[t]`` of all rows to ``counts[t]`` (256)."""
    table, first = np.empty((4, 256), np.uint32), 0
    while first < starts.size:
        last = group_end(starts, stops, first, TILES)
        if last - first == 1:
            count_wide(flat, rows, starts[first], stops[first], table, counts[first])
        for r in range(rows.size if last - first > 1 else 0):
            for t in range(first, last):
                line, held = flat[rows[r] + starts[t] : rows[r] + stops[t]], counts[t]
                for i in range(line.size):
                    held[line[i]] += np.uint32(1)
        first = last


@compiled
def place(value: Any, low: Any, unit: Any, scale: Any, top: Any) -> Any:
    """How many knots a value lies above the first: 0 to `top`; 0 if it is not a number."""
    u = (np.float64(value) * unit - low) * scale
    # Not min and max: NaN has to become 0.
    u = u if u > 0.0 else 0.0  # noqa: FURB136
    return u if u < top else top  # noqa: FURB136


@compiled
def nearest(line: Array, mask: Array, knots: Array, none: Any, bins: Array) -> None:
    """The knot nearest to each value; `none` for those that do not count."""
    low, unit, scale, top = knots
    for i in range(line.size):
        value = line[i]
        knot = np.uint32(np.int32(place(value, low, unit, scale, top) + 0.5))
        bins[i] = knot if value - value == 0 else none
    for i in range(mask.size):
        bins[i] = bins[i] if mask[i] else none


@compiled
def by_turns(bins: Array, table: Array) -> None:
    """Count in two tables: a run of equal values would wait for its own last store."""
    one, twos = np.uint32(1), bins.size // 2
    for i in range(twos):
        table[0, bins[2 * i]] += one
        table[1, bins[2 * i + 1]] += one
    if bins.size % 2:
        table[0, bins[2 * twos]] += one


@kernel(
    twins.count_values,
    flat="R[:]",
    rows="u8[r]",
    starts="u8[t]",
    stops="u8[t]",
    mask="u1[:]",
    mask_rows="u8[r?]",
    knots="f8[4]",
    counts="C[t,:]",
    within=(
        "flat rows max stops",
        "mask mask_rows max stops",
    ),
)
def count_values(
    flat: Array,
    rows: Array,
    starts: Array,
    stops: Array,
    mask: Array,
    mask_rows: Array,
    knots: Array,
    counts: Array,
) -> None:
    """Add the values of tiles, each at the nearest knot, to ``counts[t]`` (as many as knots).

    `knots` holds what `place` needs: low, unit, scale, top.
    """
    n = np.uint32(counts.shape[1])
    most = TILES if n <= ENTRIES else 1
    table = np.zeros((max(most, 2), n + 1), np.uint32)  # the last is for those that do not count
    bins, first = np.empty(RUN, np.uint32), 0
    while first < starts.size:
        last = group_end(starts, stops, first, most)
        for r in range(rows.size):
            for start in range(starts[first], stops[last - 1], RUN):
                size = min(RUN, stops[last - 1] - start)
                line = flat[rows[r] + start : rows[r] + start + size]
                at = mask_rows[r] + start if mask.size else start
                nearest(line, mask[at : at + size] if mask.size else mask, knots, n, bins)
                if last - first == 1:
                    by_turns(bins[:size], table)
                else:
                    for t in range(first, last):
                        held, own = table[t - first], bins[starts[t] - start : stops[t] - start]
                        for i in range(own.size):
                            held[own[i]] += np.uint32(1)
        if last - first == 1:
            table[0] += table[1]
        for t in range(first, last):
            for k in range(n):
                counts[t, k] += table[t - first, k]
        table[: max(last - first, 2)] = 0
        first = last


@compiled
def spread(heights: Array, cap: Any) -> None:
    """Cut heights at `cap`, and add the same to all that are below, so that the sum stays."""
    total = np.int32(0)
    for i in range(heights.size):
        total += heights[i]
    added, step = np.int32(0), np.int32(1)
    while step > 0:
        reached, below = np.int32(0), np.int32(0)
        for i in range(heights.size):
            height = np.int32(heights[i] + added)
            reached += min(height, cap)
            below += np.int32(height < cap)
        # Never too much: those that get to the cap take less than the step.
        step = np.int32((total - reached) // max(below, np.int32(1)))
        added += step
    for i in range(heights.size):
        heights[i] = min(np.int32(heights[i] + added), cap)


@compiled
def clip(counts: Array, limit: float, heights: Array) -> bool:
    """Cut counts at `limit` times their total, and spread what is cut off; False if all are 0.

    The `heights` (int32) are ``min(count + e, limit)``, with the one e that keeps the total:
    none is above the limit, unless all must be. They are in fixed point, whose
    unit depends on the total, so that they are the same bits on every machine.
    """
    whole, most = np.int64(0), np.int64(0)  # numpy's sum and max take long to compile
    for i in range(counts.size):
        whole += np.int64(counts[i])
        most = max(most, np.int64(counts[i]))
    if whole == 0:
        return False
    total = np.float64(whole)
    unit = math.ldexp(1.0, 30 - math.frexp(total)[1])  # the total is about 2 ** 30 units
    for i in range(counts.size):
        heights[i] = np.int32(counts[i] * unit)
    if most <= limit * total:
        return True
    cap = np.int32(limit * total * unit)
    if cap <= np.int32(total * unit / counts.size):
        heights[:] = 1
    else:
        spread(heights, cap)
    return True


@compiled
def curve(counts: Array, limit: float, target: int, alpha: float, heights: Array, y: Array) -> bool:
    """The curve of one tile at its knots, 0 to 1; False if the tile holds no pixel.

    Half of a knot's pixels are below it; the first knot is at 0 and the last at 1.
    """
    if not clip(counts, limit, heights):
        return False
    first, last = heights[0], heights[heights.size - 1]
    below = np.int32(0)
    for i in range(heights.size):
        height = heights[i]
        heights[i] = np.int32(below + below + height - first)
        below += height
    share = 1.0 / np.float64(np.int64(below) + below - first - last)
    for i in range(heights.size):
        y[i] = np.float64(heights[i]) * share
    y[y.size - 1] = 1.0
    # No square or product of the least of alphas gets lost.
    alpha = max(alpha, 1e-150)
    if target == 1:
        most = 1.0 - np.exp(-0.5 / alpha**2)
        for i in range(y.size):
            y[i] = min(np.sqrt(-2.0 * alpha**2 * np.log(1.0 - y[i] * most)), 1.0)
    elif target == 2:
        most = -np.expm1(-alpha)
        for i in range(y.size):
            y[i] = min(-np.log1p(-y[i] * most) / alpha, 1.0)
    return True


@kernel(twins.curves, counts="C[t,n]", out="T[t,n]", filled="?[t]")
def curves(
    counts: Array, limit: float, target: int, alpha: float, full: float, out: Array, filled: Array
) -> None:
    """Curves of all tiles, (tiles, knots), as whole numbers from 0 to `full`."""
    heights = np.empty(counts.shape[1], np.int32)
    y = np.empty(counts.shape[1])
    for t in range(counts.shape[0]):
        filled[t] = curve(counts[t], limit, target, alpha, heights, y)
        if filled[t]:
            for i in range(y.size):
                out[t, i] = np.uint32(y[i] * full + 0.5)


@compiled
def at_bytes(y: Array, below: Array, part: Array, full: float, out: Array) -> None:
    """The curve through `y` at each byte, `part` of the way up from the knot `below` it."""
    for level in range(256):
        low, high = y[below[level]], y[below[level] + np.uint64(1)]
        out[level] = np.uint16((low + (high - low) * part[level]) * full + 0.5)


@kernel(twins.curves_of_bytes, counts="C[t,256]", places="f8[256]", out="T[t,256]", filled="?[t]")
def curves_of_bytes(
    counts: Array,
    places: Array,
    knots: int,
    limit: float,
    target: int,
    alpha: float,
    full: float,
    out: Array,
    filled: Array,
) -> None:
    """As `curves`, for counts of each byte, which lies at `places`; `out` is per byte too."""
    heights, y = np.empty(knots, np.int32), np.empty(knots)
    binned, part = np.empty(knots, counts.dtype), np.empty(256)
    nearest, below = np.empty(256, np.uint8), np.empty(256, np.uint8)
    for level in range(256):
        nearest[level] = np.uint8(places[level] + 0.5)
        below[level] = np.uint8(min(places[level], knots - 2.0))
        part[level] = places[level] - below[level]
    for t in range(counts.shape[0]):
        binned[:] = 0
        for level in range(256):
            binned[nearest[level]] += counts[t, level]
        filled[t] = curve(binned, limit, target, alpha, heights, y)
        if filled[t]:
            at_bytes(y, below, part, full, out[t])
