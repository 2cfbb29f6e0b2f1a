"""The compiled loops of OpenCV's CLAHE. Lines as in `kernels.clahe`. No fastmath here."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_histeq.core.kernels.levels import kernel
from napari_histeq.core.kernels.twins import opencv as twins

# What is compiled has Numba's types, not numpy's: no use in checking these.
Array = Any


@kernel(
    twins.count_shorts,
    flat="u2[:]",
    rows="u8[:]",
    starts="u8[t]",
    stops="u8[t]",
    counts="u4[t,65536]",
    within=("flat rows max stops",),
)
def count_shorts(flat: Array, rows: Array, starts: Array, stops: Array, counts: Array) -> None:
    """Add the uint16 values of the tiles ``starts[t]:stops[t]`` to ``counts[t]`` (65536)."""
    table = np.empty((2, 65536), np.uint32)
    for t in range(starts.size):
        table[:] = 0
        for r in range(rows.size):
            line = flat[rows[r] + starts[t] : rows[r] + stops[t]]
            twos = line.size // 2
            for i in range(twos):
                table[0, line[2 * i]] += np.uint32(1)
                table[1, line[2 * i + 1]] += np.uint32(1)
            if 2 * twos < line.size:
                table[0, line[2 * twos]] += np.uint32(1)
        for level in range(65536):
            counts[t, level] += table[0, level] + table[1, level]


@kernel(twins.opencv_curves, counts="u4[t,n]", out="U[t,n]")
def opencv_curves(counts: Array, limit: int, scale: Any, out: Array) -> None:
    """The tables of tiles from their counts, clipped as OpenCV does it."""
    levels = counts.shape[1]
    clipped = np.empty(levels, np.int32)
    for t in range(counts.shape[0]):
        excess = np.int64(0)
        for i in range(levels):
            clipped[i] = min(np.int64(counts[t, i]), limit)
            excess += counts[t, i] - clipped[i]
        share, rest = excess // levels, excess % levels
        step = max(levels // max(rest, 1), 1)
        for i in range(0, levels, step):
            if rest == 0:
                break
            clipped[i] += 1
            rest -= 1
        total = np.int32(0)
        for i in range(levels):
            total += np.int32(clipped[i] + share)
            out[t, i] = np.rint(np.float32(total) * scale)


@kernel(
    twins.opencv_mix,
    flat="U[:]",
    rows="u8[r]",
    out="U[:]",
    out_rows="u8[r]",
    upper_weight="f4[r]",
    lower_weight="f4[r]",
    upper="U[t,levels]",
    lower="U[t,levels]",
    cells="i8[:,4]",
    left_weight="f4[x]",
    right_weight="f4[x]",
    packed="P[levels]",
    within=(
        "flat rows size left_weight",
        "out out_rows size left_weight",
    ),
)
def opencv_mix(
    flat: Array,
    rows: Array,
    out: Array,
    out_rows: Array,
    upper_weight: Array,
    lower_weight: Array,
    upper: Array,
    lower: Array,
    cells: Array,
    left_weight: Array,
    right_weight: Array,
    packed: Array,
) -> None:
    """Mix the tables of two rows of tiles, `upper` and `lower`, in OpenCV's order.

    For each cell the entries of its four tiles are packed into one word, so that a pixel
    takes one look-up, not four; the arithmetic is then done for many pixels at once.
    """
    bits = 2 * packed.itemsize
    low, four = (1 << bits) - 1, np.empty(left_weight.size, packed.dtype)
    for c in range(cells.shape[0]):
        a, b, left, right = cells[c]
        for i in range(packed.size):
            word = np.uint64(upper[left, i]) | np.uint64(upper[right, i]) << np.uint64(bits)
            word |= np.uint64(lower[left, i]) << np.uint64(2 * bits)
            packed[i] = word | np.uint64(lower[right, i]) << np.uint64(3 * bits)
        for r in range(rows.size):
            line, result = flat[rows[r] :][a:b], out[out_rows[r] :][a:b]
            weight, other = left_weight[a:b], right_weight[a:b]
            words = four[: line.size]
            for x in range(line.size):
                words[x] = packed[line[x]]
            up, down = upper_weight[r], lower_weight[r]
            for x in range(line.size):
                word = words[x]
                first = np.float32(np.int32(word & low)) * weight[x]
                first += np.float32(np.int32((word >> bits) & low)) * other[x]
                second = np.float32(np.int32((word >> (2 * bits)) & low)) * weight[x]
                second += np.float32(np.int32((word >> (3 * bits)) & low)) * other[x]
                result[x] = np.int32(np.rint(first * up + second * down))
