"""The compiled loops that mix the curves of tiles.

Lines as in `kernels.clahe`. A mix is a sum of table entries times weights, all whole
numbers (held in doubles, below 2 ** 53): it does not depend on the order of its terms. It
is only therefore that the two ways, by row (here) and by pixel (`kernels.patches`), and mirrored,
transposed or cut images give the same bits. No fastmath here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_histeq.core.kernels.clahe import RUN, place
from napari_histeq.core.kernels.compiling import compiled
from napari_histeq.core.kernels.four import between, between_four
from napari_histeq.core.kernels.levels import kernel
from napari_histeq.core.kernels.twins import mixing as twins

# What is compiled has Numba's types, not numpy's: no use in checking these.
Array = Any

#: Pixels of a row below which its part is fetched beforehand.
SHORT = 256

#: What all of the loops are given of the rows of pixels and of the tiles around each.
TILES: dict[str, Any] = {
    "rows": "u8[r]",
    "out_rows": "u8[r]",
    "corners": "i8[r,c]",
    "weights": "f8[r,c]",
    "tables": "T[:,:]",
    "cells": "u8[:,4]",
    "right_weight": "f8[:]",
    "within": ("flat rows size right_weight", "out out_rows size right_weight"),
}


@compiled
def mixed_at(
    tables: Array,
    corners: Array,
    weights: Array,
    cell: Array,
    whole: float,
    mix: Array,
) -> None:
    """The mix of the tiles around the pixels of a cell, in a row: the numbers of `mix` are in pairs.

    By a pixel's weight, the first of a pair and so many times the second is the mix for its level.
    """
    size = np.uint64(mix.size // 2)
    lefts, rights = np.zeros(size), np.zeros(size)
    for c in range(corners.size):
        if weights[c] != 0:
            table, weight = tables[corners[c]], weights[c]
            left, right = table[cell[2] : cell[2] + size], table[cell[3] : cell[3] + size]
            for i in range(lefts.size):
                lefts[i] += weight * left[i]
                rights[i] += weight * right[i]
    for i in range(lefts.size):
        mix[2 * i] = lefts[i] * whole
        mix[2 * i + 1] = rights[i] - lefts[i]


@compiled
def next_row(mix: Array, step: Array) -> None:
    """From the mix in a row to that in the next one."""
    for i in range(mix.size):
        mix[i] += step[i]


@compiled
def last_of(corners: Array, weights: Array, first: int, step: Array) -> int:
    """The last row from `first` on with the same tiles around, whose weights rise by even steps.

    The `step` is what it is, times none if there is one row only.
    """
    last = first
    step[:] = 0.0
    while last + 1 < corners.shape[0]:
        for c in range(step.size):
            rise = weights[last + 1, c] - weights[last, c]
            if last == first:
                step[c] = rise
            if corners[last + 1, c] != corners[first, c] or rise != step[c]:
                return last
        last += 1
    return last


@kernel(twins.mix_bytes_by_row, flat="u1[:]", out="u1[:]", base="f8[256]", **TILES)
def mix_bytes_by_row(
    flat: Array,
    rows: Array,
    out: Array,
    out_rows: Array,
    corners: Array,
    weights: Array,
    tables: Array,
    cells: Array,
    right_weight: Array,
    whole: float,
    scale: float,
    base: Array,
    sign: int,
) -> None:
    """Map bytes through the mixed curves; the mix of a row is made for all levels at once."""
    mix, rise, step = np.empty(512), np.empty(512), np.empty(corners.shape[1])
    first = 0
    while first < rows.size:
        last = last_of(corners, weights, first, step)
        for c in range(cells.shape[0]):
            mixed_at(tables, corners[first], weights[first], cells[c], whole, mix)
            mixed_at(tables, corners[first], step, cells[c], whole, rise)
            a, b = cells[c, 0], cells[c, 1]
            weight = right_weight[a:b]
            for r in range(first, last + 1):
                line = flat[rows[r] + a : rows[r] + b]
                result = out[out_rows[r] + a : out_rows[r] + b]
                for x in range(line.size):
                    level = np.intp(line[x])
                    mixed = mix[2 * level] + mix[2 * level + 1] * weight[x]
                    result[x] = np.uint8(mixed * scale + base[level]) ^ np.uint8(sign)
                next_row(mix, rise)
        first = last + 1


@compiled
def find(line: Array, knots: Array, index: Array, part: Array) -> None:
    """The knot below each value, and how far between it and the next the value lies."""
    low, unit, scale, top = knots
    for x in range(line.size):
        u = place(line[x], low, unit, scale, top)
        whole = min(np.int32(u), np.int32(top - 1.0))
        index[x] = whole
        part[x] = u - whole


@compiled
def finish(line: Array, mixed: Array, ends: Array, result: Array) -> None:
    """Mixes of the curves -> output; values that are not finite stay.

    `ends` are the factors of the mix and of the value, what is added, the least and
    greatest result, what they are all to be multiplied with, and 0.5 to round.
    """
    gain, keep, base, low, high, unit, half = ends
    if half > 0.0 and keep == 0.0:  # the same with less to do: integers, fully equalized
        for x in range(line.size):
            y = min(max(mixed[x] * gain + base, low), high) * unit
            result[x] = np.floor(y + half)
        return
    for x in range(line.size):
        value = line[x]
        y = mixed[x] * gain + base + np.float64(value) * keep
        y = min(max(y, low), high) * unit
        if half > 0.0:
            y = np.floor(y + half)
        if value - value == 0:
            result[x] = y
        else:
            result[x] = value


@compiled
def fetch(flat: Array, rows: Array, start: Any, stop: Any) -> Any:
    """Have a short part of many rows in the cache: no prefetcher knows where the next row is."""
    found, line = 0, np.uint64(64 // flat.itemsize)
    for r in range(rows.size):
        for x in range(start, stop, line):
            found += flat[rows[r] + x] == 0
    return found  # else the compiler leaves it all out


@kernel(twins.mix_values_by_row, flat="R[:]", out="S[:]", knots="f8[4]", ends="f8[7]", **TILES)
def mix_values_by_row(
    flat: Array,
    rows: Array,
    out: Array,
    out_rows: Array,
    corners: Array,
    weights: Array,
    tables: Array,
    cells: Array,
    right_weight: Array,
    whole: float,
    knots: Array,
    ends: Array,
) -> None:
    """Map values through the mixed curves, linear between knots."""
    n = np.int64(knots[3]) + 1
    mix, rise, step = np.empty(2 * n), np.empty(2 * n), np.empty(corners.shape[1])
    index, part, mixed = np.empty(RUN, np.uint32), np.empty(RUN), np.empty(RUN)
    first = 0
    while first < rows.size:
        last = last_of(corners, weights, first, step)
        for c in range(cells.shape[0]):
            mixed_at(tables, corners[first], weights[first], cells[c], whole, mix)
            mixed_at(tables, corners[first], step, cells[c], whole, rise)
            if cells[c, 1] - cells[c, 0] < SHORT:
                mixed[0] = fetch(flat, rows[first : last + 1], cells[c, 0], cells[c, 1])
                mixed[1] = fetch(out, out_rows[first : last + 1], cells[c, 0], cells[c, 1])
            for r in range(first, last + 1):
                row = np.float64(r - first)
                for a in range(cells[c, 0], cells[c, 1], RUN):
                    b = min(a + RUN, cells[c, 1])
                    line, weight = flat[rows[r] + a : rows[r] + b], right_weight[a:b]
                    find(line, knots, index, part)
                    done = line.size // 4 * 4
                    for x in range(0, done, 4):
                        between_four(x, row, mix, rise, index, weight, part, mixed)
                    for x in range(done, line.size):
                        mixed[x] = between(row, mix, rise, index[x], weight[x], part[x])
                    finish(line, mixed, ends, out[out_rows[r] + a : out_rows[r] + b])
        first = last + 1
