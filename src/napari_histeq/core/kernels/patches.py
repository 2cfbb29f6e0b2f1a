"""The compiled loops that mix the curves of tiles pixel by pixel: quicker where tiles are small.

They are given what those of `kernels.mixing` are, and write the same bits. A *cell* is where the
same tiles are around all pixels. What the four tiles of a plane (two on its left, two on its right)
say is packed in one word, or in two, so that a pixel looks up once: for bytes the words of a
cell are 2 KB. Then words are taken apart, and mixed, for many pixels at once. A patch of a
few cells at a time is worked on, so that all this stays in the nearest cache; its cells are no
longer than `WIDEST`.

With more than two axes there are more than four tiles: a word (or two) for each pair of rows of
tiles, and the sum of what they say.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_histeq.core.kernels.compiling import compiled
from napari_histeq.core.kernels.levels import kernel
from napari_histeq.core.kernels.mixing import TILES, find, finish
from napari_histeq.core.kernels.twins import mixing as twins

# What is compiled has Numba's types, not numpy's: no use in checking these.
Array = Any

#: The most pixels of a cell along a row, and of a patch; and the most cells of a patch.
WIDEST, CELLS = 256, 8

#: Cells with less than one pixel for so many entries of a table are not packed beforehand.
WORTH = 4

#: The most entries of the tables that are packed beforehand.
ENTRIES = 1024

BITS, HALF, THREE, LOW = np.uint64(16), np.uint64(32), np.uint64(48), np.uint32(0xFFFF)


@compiled
def patch_end(cells: Array, start: int) -> int:
    """After which cell a patch ends."""
    stop = start + 1
    while (
        stop < cells.shape[0]
        and stop - start < CELLS
        and np.int64(cells[stop, 1]) - np.int64(cells[start, 0]) <= WIDEST
    ):
        stop += 1
    return stop


@compiled
def band_end(corners: Array, start: int) -> int:
    """After which row there are other tiles around."""
    stop = start + 1
    while stop < corners.shape[0] and (corners[stop] == corners[start]).all():
        stop += 1
    return stop


@compiled
def spread(cells: Array, entries: Any, places: Array) -> None:
    """For each pixel of a patch: where what is packed for it starts; and the tables left and right."""
    first = cells[0, 0]
    for c in range(cells.shape[0]):
        part = places[:, cells[c, 0] - first : cells[c, 1] - first]
        part[0], part[1], part[2] = np.uint64(c) * entries, cells[c, 2], cells[c, 3]


@compiled
def pack_bytes(near: Array, far: Array, cells: Array, words: Array) -> None:
    """For each cell, four entries of 16 bits in each word: left and right of `near`, and of `far`."""
    for c in range(cells.shape[0]):
        left, right, into = cells[c, 2], cells[c, 3], words[256 * c : 256 * c + 256]
        a, b = near[left : left + np.uint64(256)], near[right : right + np.uint64(256)]
        d, e = far[left : left + np.uint64(256)], far[right : right + np.uint64(256)]
        for i in range(256):
            word = np.uint64(a[i]) | np.uint64(b[i]) << BITS
            into[i] = word | np.uint64(d[i]) << HALF | np.uint64(e[i]) << THREE


@compiled
def take_bytes(line: Array, places: Array, packed: Array, words: Array) -> None:
    """The words of the pixels of a line, which are packed."""
    start = places[0]
    for x in range(line.size):
        words[x] = packed[start[x] + np.uint64(line[x])]


@compiled
def join_bytes(line: Array, places: Array, near: Array, far: Array, words: Array) -> None:
    """The same words, which are not packed."""
    left, right = places[1], places[2]
    for x in range(line.size):
        i, j = left[x] + np.uint64(line[x]), right[x] + np.uint64(line[x])
        word = np.uint64(near[i]) | np.uint64(near[j]) << BITS
        words[x] = word | np.uint64(far[i]) << HALF | np.uint64(far[j]) << THREE


@compiled
def add_four(words: Array, right: Array, whole: Any, near: float, far: float, mixed: Array) -> None:
    """Add what words of four entries say, `near` and `far` times."""
    halves = words.view(np.uint32)
    for x in range(mixed.size):
        upper, lower, other = halves[2 * x], halves[2 * x + 1], np.int32(whole - right[x])
        first = np.int32(upper & LOW) * other + np.int32(upper >> np.uint32(16)) * right[x]
        second = np.int32(lower & LOW) * other + np.int32(lower >> np.uint32(16)) * right[x]
        mixed[x] += np.float64(np.int32(first)) * near + np.float64(np.int32(second)) * far


@compiled
def put_bytes(
    line: Array, mixed: Array, scale: float, base: Array, even: bool, sign: int, result: Array
) -> None:
    """Mixes of the curves -> output; `even` says that `base` is the same for all."""
    if even:
        same = base[0]
        for x in range(line.size):
            result[x] = np.uint8(np.int32(mixed[x] * scale + same)) ^ np.uint8(sign)
    else:
        for x in range(line.size):
            found = np.int32(mixed[x] * scale + base[np.intp(line[x])])
            result[x] = np.uint8(found) ^ np.uint8(sign)


@kernel(twins.mix_bytes_by_pixel, flat="u1[:]", out="u1[:]", base="f8[256]", **TILES)
def mix_bytes_by_pixel(
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
    """Map bytes through the mixed curves, each pixel by itself."""
    pairs, top, r0 = (corners.shape[1] + 1) // 2, corners.shape[1] - 1, 0
    packed, words = np.empty((pairs, CELLS * 256), np.uint64), np.empty(WIDEST, np.uint64)
    room, places = np.empty(WIDEST), np.empty((3, WIDEST), np.uint64)
    right, even = right_weight.astype(np.int32), base.min() == base.max()
    while r0 < rows.size:
        r1, c0 = band_end(corners, r0), 0
        while c0 < cells.shape[0]:
            some = cells[c0 : patch_end(cells, c0)]
            a, b = some[0, 0], some[-1, 1]
            spread(some, np.uint64(256), places)
            beforehand = np.intp(b - a) * (r1 - r0) * WORTH >= 256 * some.shape[0]
            for p in range(pairs if beforehand else 0):
                near, far = tables[corners[r0, 2 * p]], tables[corners[r0, min(2 * p + 1, top)]]
                pack_bytes(near, far, some, packed[p])
            for r in range(r0, r1):
                line, mixed = flat[rows[r] + a : rows[r] + b], room[: b - a]
                mixed[:] = 0.0
                for p in range(pairs):
                    if beforehand:
                        take_bytes(line, places, packed[p], words)
                    else:
                        near, far = (
                            tables[corners[r, 2 * p]],
                            tables[corners[r, min(2 * p + 1, top)]],
                        )
                        join_bytes(line, places, near, far, words)
                    far_weight = weights[r, 2 * p + 1] if 2 * p < top else 0.0
                    add_four(
                        words, right[a:b], np.int32(whole), weights[r, 2 * p], far_weight, mixed
                    )
                put_bytes(
                    line, mixed, scale, base, even, sign, out[out_rows[r] + a : out_rows[r] + b]
                )
            c0 += some.shape[0]
        r0 = r1


@compiled
def pack_values(near: Array, far: Array, cells: Array, entries: Any, words: Array) -> None:
    """For each cell, four entries of 32 bits in two words: left and right of `near`, and of `far`."""
    for c in range(cells.shape[0]):
        left, right, into = cells[c, 2], cells[c, 3], words[entries * c : entries * (c + 1)]
        for i in range(np.uint64(entries)):
            into[i, 0] = np.uint64(near[left + i]) | np.uint64(near[right + i]) << HALF
            into[i, 1] = np.uint64(far[left + i]) | np.uint64(far[right + i]) << HALF


@compiled
def take_values(index: Array, places: Array, packed: Array, words: Array) -> None:
    """The words of the pixels of a line at `index` (two), and at the next one, which are packed."""
    start, one = places[0], np.uint64(1)
    a, b, c, d = words[0], words[1], words[2], words[3]
    for x in range(index.size):
        i = start[x] + np.uint64(index[x])
        a[x], b[x], c[x], d[x] = packed[i, 0], packed[i, 1], packed[i + one, 0], packed[i + one, 1]


@compiled
def join_values(index: Array, places: Array, near: Array, far: Array, words: Array) -> None:
    """The same words, which are not packed."""
    left, right, one = places[1], places[2], np.uint64(1)
    a, b, c, d = words[0], words[1], words[2], words[3]
    for x in range(index.size):
        i, j = left[x] + np.uint64(index[x]), right[x] + np.uint64(index[x])
        a[x] = np.uint64(near[i]) | np.uint64(near[j]) << HALF
        b[x] = np.uint64(far[i]) | np.uint64(far[j]) << HALF
        c[x] = np.uint64(near[i + one]) | np.uint64(near[j + one]) << HALF
        d[x] = np.uint64(far[i + one]) | np.uint64(far[j + one]) << HALF


@compiled
def add_two(
    near: Array, far: Array, right: Array, whole: float, weight: float, other: float, mixed: Array
) -> None:
    """Add what words of two entries say: `near` by its `weight`, `far` by the `other`."""
    upper, lower = near.view(np.int32), far.view(np.int32)
    for x in range(mixed.size):
        at_left = whole - right[x]
        first = np.float64(upper[2 * x]) * at_left + np.float64(upper[2 * x + 1]) * right[x]
        second = np.float64(lower[2 * x]) * at_left + np.float64(lower[2 * x + 1]) * right[x]
        mixed[x] += first * weight + second * other


@kernel(twins.mix_values_by_pixel, flat="R[:]", out="S[:]", knots="f8[4]", ends="f8[7]", **TILES)
def mix_values_by_pixel(
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
    """Map values through the mixed curves, each pixel by itself."""
    pairs, top, r0 = (corners.shape[1] + 1) // 2, corners.shape[1] - 1, 0
    entries = np.intp(knots[3]) + 1
    packed = np.empty((pairs, CELLS * entries if entries <= ENTRIES else 0, 2), np.uint64)
    words, room = np.empty((4, WIDEST), np.uint64), np.empty((2, WIDEST))
    indices, part = np.empty(WIDEST, np.uint32), np.empty(WIDEST)
    places = np.empty((3, WIDEST), np.uint64)
    while r0 < rows.size:
        r1, c0 = band_end(corners, r0), 0
        while c0 < cells.shape[0]:
            some = cells[c0 : patch_end(cells, c0)]
            a, b = some[0, 0], some[-1, 1]
            spread(some, np.uint64(entries), places)
            worth = np.intp(b - a) * (r1 - r0) * WORTH >= entries * some.shape[0]
            beforehand = worth and entries <= ENTRIES
            for p in range(pairs if beforehand else 0):
                near, far = tables[corners[r0, 2 * p]], tables[corners[r0, min(2 * p + 1, top)]]
                pack_values(near, far, some, entries, packed[p])
            for r in range(r0, r1):
                line, weight = flat[rows[r] + a : rows[r] + b], right_weight[a:b]
                index, lower, upper = indices[: b - a], room[0, : b - a], room[1, : b - a]
                find(line, knots, index, part)
                lower[:] = 0.0
                upper[:] = 0.0
                for p in range(pairs):
                    if beforehand:
                        take_values(index, places, packed[p], words)
                    else:
                        near, far = (
                            tables[corners[r, 2 * p]],
                            tables[corners[r, min(2 * p + 1, top)]],
                        )
                        join_values(index, places, near, far, words)
                    both = (weights[r, 2 * p], weights[r, 2 * p + 1] if 2 * p < top else 0.0)
                    add_two(words[0], words[1], weight, whole, *both, lower)
                    add_two(words[2], words[3], weight, whole, *both, upper)
                for x in range(line.size):
                    part[x] = lower[x] + (upper[x] - lower[x]) * part[x]
                finish(line, part, ends, out[out_rows[r] + a : out_rows[r] + b])
            c0 += some.shape[0]
        r0 = r1
