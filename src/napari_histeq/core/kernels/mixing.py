"""The compiled loops that mix the curves of tiles.

Lines as in `kernels.clahe`. A mix is a sum of table entries times weights, all whole
numbers (held in doubles, below 2 ** 53): it does not depend on the order of its terms. It
is only therefore that the two ways below, by row and by pixel, and mirrored, transposed
or cut images give the same bits. No fastmath here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_histeq.core.kernels.clahe import ONE, RUN, place
from napari_histeq.core.kernels.compiler import compiled
from napari_histeq.core.kernels.levels import kernel
from napari_histeq.core.kernels.twins import mixing as twins

# What is compiled has Numba's types, not numpy's: no use in checking these.
Array = Any

#: As `RUN`, where every pixel looks into several tables: rows of a patch share these.
PATCH = np.uint64(128)

#: What all of the loops are given of the rows of pixels and of the tiles around each.
_ROWS: dict[str, Any] = {
    "rows": "u8[r]",
    "out_rows": "u8[r]",
    "corners": "i8[r,c]",
    "weights": "f8[r,c]",
    "tables": "T[:,:]",
}
#: And of the tiles along a row, where whole curves are mixed, and where each pixel mixes.
BY_ROW = _ROWS | {
    "cells": "u8[:,4]",
    "right_weight": "f8[:]",
    "within": ("flat rows size right_weight", "out out_rows size right_weight"),
}
BY_PIXEL = _ROWS | {
    "left": "u8[x]",
    "right_weight": "i8[x]",
    "within": ("flat rows size left", "out out_rows size left"),
}


@compiled
def combine(tables: Array, corners: Array, weights: Array, combined: Array) -> None:
    """Mix the curves of the tiles around a row, those of all tiles along it in one."""
    table = tables[corners[0]]
    for i in range(combined.size):
        combined[i] = weights[0] * table[i]
    for c in range(1, corners.size):
        if weights[c] != 0:
            table = tables[corners[c]]
            for i in range(combined.size):
                combined[i] += weights[c] * table[i]


@compiled
def lean(left: Array, right: Array, whole: float, start: Array, slope: Array) -> None:
    """``start + slope * weight`` is the mix of `left` and `right`."""
    for i in range(start.size):
        start[i] = left[i] * whole
        slope[i] = right[i] - left[i]


@kernel(twins.mix_bytes_by_row, flat="u1[:]", out="u1[:]", base="f8[256]", **BY_ROW)
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
    combined = np.empty(tables.shape[1])
    start, slope = np.empty(256), np.empty(256)
    for r in range(rows.size):
        combine(tables, corners[r], weights[r], combined)
        for c in range(cells.shape[0]):
            lean(combined[cells[c, 2] :], combined[cells[c, 3] :], whole, start, slope)
            a, b = cells[c, 0], cells[c, 1]
            line, result = flat[rows[r] + a : rows[r] + b], out[out_rows[r] + a : out_rows[r] + b]
            weight = right_weight[a:b]
            for x in range(line.size):
                level = np.intp(line[x])
                mixed = start[level] + slope[level] * weight[x]
                result[x] = np.uint8(mixed * scale + base[level]) ^ np.uint8(sign)


@compiled
def gather(
    index: Array,
    above: Any,
    tables: Array,
    corners: Array,
    weights: Array,
    left: Array,
    step: Any,
    right_weight: Array,
    whole: int,
    mixed: Array,
) -> None:
    """What the tiles around the pixels of a row say at table entry ``index + above``.

    `left` is where, in a row of tables, that of the tile left of a pixel starts; `step`
    further starts that of the tile on its right.
    """
    mixed[:] = 0
    for c in range(0, corners.size, 2):  # two rows of tables at a time
        other = min(c + 1, corners.size - 1)
        near, far = tables[corners[c]], tables[corners[other]]
        near_weight = np.int64(weights[c])
        far_weight = np.int64(weights[other]) if other > c else np.int64(0)
        if near_weight == 0 and far_weight == 0:
            continue
        for x in range(index.size):
            at = np.uint64(index[x]) + above + left[x]
            at_left = near[at] * near_weight + far[at] * far_weight
            at += step
            at_right = near[at] * near_weight + far[at] * far_weight
            mixed[x] += at_left * whole + (at_right - at_left) * right_weight[x]


@kernel(twins.mix_bytes_by_pixel, flat="u1[:]", out="u1[:]", base="f8[256]", **BY_PIXEL)
def mix_bytes_by_pixel(
    flat: Array,
    rows: Array,
    out: Array,
    out_rows: Array,
    corners: Array,
    weights: Array,
    tables: Array,
    left: Array,
    step: Any,
    right_weight: Array,
    whole: int,
    scale: float,
    base: Array,
    sign: int,
) -> None:
    """As `mix_bytes_by_row`, each pixel by itself: quicker where tiles are small."""
    room, none = np.empty(PATCH, np.int64), np.uint64(0)
    for a in range(none, np.uint64(left.size), PATCH):
        b = min(a + PATCH, np.uint64(left.size))
        across = (left[a:b], step, right_weight[a:b], whole)
        mixed = room[: b - a]
        for r in range(rows.size):
            line, result = flat[rows[r] + a : rows[r] + b], out[out_rows[r] + a : out_rows[r] + b]
            gather(line, none, tables, corners[r], weights[r], *across, mixed)
            for x in range(line.size):
                level = np.intp(line[x])
                result[x] = np.uint8(mixed[x] * scale + base[level]) ^ np.uint8(sign)


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


@kernel(twins.mix_values_by_row, flat="R[:]", out="S[:]", knots="f8[4]", ends="f8[7]", **BY_ROW)
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
    combined = np.empty(tables.shape[1])
    start, slope = np.empty(n), np.empty(n)
    index, part, mixed = np.empty(RUN, np.uint32), np.empty(RUN), np.empty(RUN)
    for r in range(rows.size):
        combine(tables, corners[r], weights[r], combined)
        for c in range(cells.shape[0]):
            lean(combined[cells[c, 2] :], combined[cells[c, 3] :], whole, start, slope)
            for a in range(cells[c, 0], cells[c, 1], RUN):
                b = min(a + RUN, cells[c, 1])
                line, weight = flat[rows[r] + a : rows[r] + b], right_weight[a:b]
                find(line, knots, index, part)
                for x in range(line.size):
                    i, w = np.intp(index[x]), weight[x]
                    lower = start[i] + slope[i] * w
                    upper = start[i + 1] + slope[i + 1] * w
                    mixed[x] = lower + (upper - lower) * part[x]
                finish(line, mixed, ends, out[out_rows[r] + a : out_rows[r] + b])


@kernel(twins.mix_values_by_pixel, flat="R[:]", out="S[:]", knots="f8[4]", ends="f8[7]", **BY_PIXEL)
def mix_values_by_pixel(
    flat: Array,
    rows: Array,
    out: Array,
    out_rows: Array,
    corners: Array,
    weights: Array,
    tables: Array,
    left: Array,
    step: Any,
    right_weight: Array,
    whole: int,
    knots: Array,
    ends: Array,
) -> None:
    """As `mix_values_by_row`, each pixel by itself: quicker where tiles are small."""
    indices, part = np.empty(PATCH, np.uint32), np.empty(PATCH)
    room, none = np.empty((2, PATCH), np.int64), np.uint64(0)
    for a in range(none, np.uint64(left.size), PATCH):
        b = min(a + PATCH, np.uint64(left.size))
        across = (left[a:b], step, right_weight[a:b], whole)
        index, lower, upper = indices[: b - a], room[0, : b - a], room[1, : b - a]
        for r in range(rows.size):
            line, result = flat[rows[r] + a : rows[r] + b], out[out_rows[r] + a : out_rows[r] + b]
            find(line, knots, index, part)
            gather(index, none, tables, corners[r], weights[r], *across, lower)
            gather(index, ONE, tables, corners[r], weights[r], *across, upper)
            for x in range(line.size):
                below = np.float64(lower[x])
                part[x] = below + (np.float64(upper[x]) - below) * part[x]
            finish(line, part, ends, result)
