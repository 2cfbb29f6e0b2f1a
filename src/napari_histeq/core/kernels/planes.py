"""The compiled loops that equalize many planes, each on its own: count, make the curve, look up.

All in one call: what Python does for each plane takes longer than the pixels of a small one, and
only one thread at a time can do it. The arithmetic is that of `methods.Global`.

Planes come as the bits of integers, whose least is `lowest`; a *level* counts from there. All that
is done for each plane beside its pixels is for the levels that lie between its extremes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_histeq.core.kernels.compiling import compiled
from napari_histeq.core.kernels.levels import by_bytes, kernel
from napari_histeq.core.kernels.twins import planes as twins

# What is compiled has Numba's types, not numpy's: no use in checking these.
Array = Any

#: Half of two lanes of 32 bits in a word; and the bits that put a number into all four of 16.
HALF, LANES = np.uint64(32), np.uint64(0x0001000100010001)


@compiled
def count(values: Array, mask: Array, flip: Any, counts: Array) -> None:
    """Add the levels of a plane to `counts`."""
    one = counts.dtype.type(1)
    if mask.size:
        for i in range(values.size):
            counts[values[i] ^ flip] += counts.dtype.type(mask[i])
    else:
        for i in range(values.size):
            counts[values[i] ^ flip] += one


@compiled
def count_by_turns(values: Array, flip: Any, counts: Array) -> None:
    """Add the levels of a plane to `counts[0]`; the other rows are 0 before and after.

    A run of equal pixels would wait for its own last store at every step.
    """
    one, fours = np.uint32(1), values.size // 4
    a, b, c, d = counts[0], counts[1], counts[2], counts[3]
    for i in range(fours):
        a[values[4 * i] ^ flip] += one
        b[values[4 * i + 1] ^ flip] += one
        c[values[4 * i + 2] ^ flip] += one
        d[values[4 * i + 3] ^ flip] += one
    for i in range(4 * fours, values.size):
        a[values[i] ^ flip] += one
    for level in range(counts.shape[1]):
        a[level] += b[level] + c[level] + d[level]
    counts[1:] = 0


@compiled
def reach(values: Array, flip: Any) -> Any:
    """The words of four levels among which those of a plane are: the first, and one after the last."""
    least = most = np.uint16(values[0] ^ flip)
    for i in range(values.size):
        level = np.uint16(values[i] ^ flip)
        least, most = min(least, level), max(most, level)
    return np.intp(least // 4), np.intp(most // 4 + 1)


@compiled
def ends_of(counts: Array, start: int, stop: int) -> Any:
    """The first and the last level from `start` on that is counted; `stop` and -1 if none is."""
    first, last = start, stop - 1
    while first < stop and counts[first] == 0:
        first += 1
    while last >= first and counts[last] == 0:
        last -= 1
    return first, last if last >= first else -1


@compiled
def between(above: Any, most: float, low: float, high: float) -> float:
    """What a level becomes that `above` of `most` pixels do not lie above."""
    y = low + (high - low) * (np.float64(np.int32(above)) / most)
    return y if y < high else high  # noqa: FURB136  (this is done for many at once)


@compiled
def bits(y: float, level: int, strength: float, lowest: int, top: int) -> Any:
    """The level that is nearest to the blend of intensities before and after."""
    mixed = (1.0 - strength) * np.float64(np.int32(level + lowest)) + strength * y
    return min(max(np.int32(np.rint(mixed)) - np.int32(lowest), np.int32(0)), np.int32(top))


@compiled
def tabulate_bytes(
    counts: Array, first: int, by_min: int, low: float, high: float, strength: float, lowest: int,
    flip: Any, table: Array,
) -> None:  # fmt: skip
    """A table of what becomes of all levels, by the level, of the bits."""
    total, done, part = np.int64(counts.sum()), np.int64(0), 0.0
    below = np.int64(counts[first]) if by_min else np.int64(0)
    scale, bottom = np.float32(255) / np.float32(total - below), np.float32(low)
    for level in range(256):
        done += np.int64(counts[level])
        above = max(done, below) - below
        if not by_min:  # the pdf before the cdf
            part += np.float64(counts[level]) / np.float64(total)
            y = min(low + (high - low) * min(part, 1.0), high)
        elif high - low == 255.0:  # OpenCV's single precision
            near = np.float64(bottom + np.float32(above) * scale)
            y = high if above == total - below else near
        else:
            y = between(above, np.float64(total - below), low, high)
        table[level] = np.uint8(bits(y, level, strength, lowest, 255)) ^ np.uint8(flip)


@compiled
def tabulate_shorts(
    counts: Array, below: Any, most: float, start: int, low: float, high: float, strength: float,
    lowest: int, flip: Any, table: Array,
) -> None:  # fmt: skip
    """A table of what becomes of levels by their cumulative counts, the first of which is `start`."""
    for i in range(counts.size):
        y = between(max(counts[i], below) - below, most, low, high)
        table[i] = np.uint16(bits(y, start + i, strength, lowest, 65535)) ^ np.uint16(flip)


@compiled
def cumulate_two(words: Array) -> None:
    """Make counts cumulative, two of which are in each word."""
    done = np.uint64(0)
    for i in range(words.size):
        word = words[i] + (words[i] << HALF)
        words[i] = word + (done | done << HALF)
        done += word >> HALF


@compiled
def cumulate_four(words: Array) -> None:
    """Make counts cumulative, four of which are in each word."""
    done = np.uint64(0)
    for i in range(words.size):
        word = words[i] * LANES
        words[i] = word + done * LANES
        done += word >> np.uint64(48)


@compiled
def look_up(values: Array, table: Array, flip: Any, out: Array) -> None:
    """``out = table[values ^ flip]``."""
    for i in range(values.size):
        out[i] = table[values[i] ^ flip]


@kernel(twins.equalize_planes, planes="u1[p,n]", mask="u1[p?,n?]", out="u1[p,n]", found="?[p]")
def equalize_bytes(
    planes: Array,
    mask: Array,
    out: Array,
    found: Array,
    by_min: int,
    by_image: int,
    low: float,
    high: float,
    strength: float,
    lowest: int,
) -> None:
    """Equalize each of `planes`; `found` tells in which of them any pixel counts.

    The convention is ``cdf_min`` if `by_min` is 1, else ``cdf``. The results are between `low` and
    `high`, or if `by_image` is 1, between the extremes of what counts in the plane.
    """
    flip = np.uint8(0x80 if lowest < 0 else 0)
    counts, by_bits = np.zeros((4, 256), np.uint32), np.empty(256, np.uint8)
    table = np.empty(256, np.uint8)
    for p in range(planes.shape[0]):
        values, result = planes[p], out[p]
        if mask.size:
            count(values, mask[p], flip, counts[0])
        else:
            count_by_turns(values, flip, counts)
        first, last = ends_of(counts[0], 0, 256)
        found[p] = last >= 0
        if first >= last:
            result[:] = values
        else:
            if by_image:
                low, high = np.float64(first + lowest), np.float64(last + lowest)
            tabulate_bytes(counts[0], first, by_min, low, high, strength, lowest, flip, table)
            for level in range(256):
                by_bits[level ^ flip] = table[level]
            by_bytes(values, by_bits, result)
        counts[0] = 0


@kernel(twins.equalize_planes, planes="u2[p,n]", mask="u1[p?,n?]", out="u2[p,n]", found="?[p]")
def equalize_shorts(
    planes: Array,
    mask: Array,
    out: Array,
    found: Array,
    by_min: int,
    by_image: int,
    low: float,
    high: float,
    strength: float,
    lowest: int,
) -> None:
    """As `equalize_bytes`."""
    if planes.shape[1] < 65536 and strength == 1.0:
        by_rank(planes, mask, out, found, by_min, by_image, low, high, lowest)
    else:
        by_level(planes, mask, out, found, by_min, by_image, low, high, strength, lowest)


@compiled
def by_level(
    planes: Array, mask: Array, out: Array, found: Array, by_min: int, by_image: int, low: float,
    high: float, strength: float, lowest: int,
) -> None:  # fmt: skip
    """See `equalize_shorts`: a table of what becomes of each level."""
    flip = np.uint16(0x8000 if lowest < 0 else 0)
    counts, table = np.zeros(65536, np.uint32), np.empty(65536, np.uint16)
    words = counts.view(np.uint64)
    for p in range(planes.shape[0]):
        values, result = planes[p], out[p]
        a, b = reach(values, flip)
        count(values, mask[p] if mask.size else mask.reshape(-1), flip, counts)
        first, last = ends_of(counts, 4 * a, 4 * b)
        found[p] = last >= 0
        if first >= last:
            result[:] = values
        else:
            if by_image:
                low, high = np.float64(first + lowest), np.float64(last + lowest)
            below = counts[first] if by_min else np.uint32(0)
            cumulate_two(words[2 * a : 2 * b])
            most = np.float64(counts[last] - below)
            held, part = counts[4 * a : 4 * b], table[4 * a : 4 * b]
            tabulate_shorts(held, below, most, 4 * a, low, high, strength, lowest, flip, part)
            look_up(values, table, flip, result)
        counts[4 * a : 4 * b] = 0


@compiled
def by_rank(
    planes: Array, mask: Array, out: Array, found: Array, by_min: int, by_image: int, low: float,
    high: float, lowest: int,
) -> None:  # fmt: skip
    """See `equalize_shorts`: planes of fewer pixels than levels.

    What becomes of a level depends on its cumulative count only, of which there are no more than
    pixels; and these fit 16 bits, so that four of them are added at a time.
    """
    flip = np.uint16(0x8000 if lowest < 0 else 0)
    counts = np.zeros(65536, np.uint16)
    words = counts.view(np.uint64)
    ranks, table = np.arange(planes.shape[1] + 1).astype(np.uint32), np.empty(65536, np.uint16)
    known = (np.uint32(0), 0.0, low, high)
    for p in range(planes.shape[0]):
        values, result = planes[p], out[p]
        a, b = reach(values, flip)
        count(values, mask[p] if mask.size else mask.reshape(-1), flip, counts)
        first, last = ends_of(counts, 4 * a, 4 * b)
        found[p] = last >= 0
        if first >= last:
            result[:] = values
        else:
            if by_image:
                low, high = np.float64(first + lowest), np.float64(last + lowest)
            below = np.uint32(counts[first]) if by_min else np.uint32(0)
            cumulate_four(words[a:b])
            total = np.uint32(counts[last])
            wanted = (below, np.float64(total - below), low, high)
            if wanted != known:
                known = wanted
                used = ranks[: total + 1]
                tabulate_shorts(used, below, known[1], 0, low, high, 1.0, lowest, flip, table)
            for i in range(values.size):
                result[i] = table[counts[values[i] ^ flip]]
        counts[4 * a : 4 * b] = 0
