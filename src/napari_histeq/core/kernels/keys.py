"""The compiled loops for floats and wide integers, which have no table: by the keys of their bits.

See `arrays.keys`: keys are unsigned integers in the order of the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.compiling import compiled
from napari_histeq.core.kernels.four import along, along_four
from napari_histeq.core.kernels.levels import kernel
from napari_histeq.core.kernels.twins import keys as twins

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Pixels whose keys are made at once.
AT_ONCE = 1 << 10


@compiled
def order_key(bits: Any, order: NDArray[Any]) -> Any:
    """The bits as an unsigned key in the order of the values, without a branch.

    `order` (see `arrays.keys.order_of`) holds the shift that leaves the sign bit, a mask that is
    all ones for floats, what toggles the sign, and the bits of -0, which is counted as 0.
    """
    top, floats, toggle, minus_zero = order
    one = bits if bits != minus_zero else bits ^ minus_zero  # 0, of the same type
    return one ^ (((one >> top) * floats) | toggle)


@kernel(
    twins.count_keys,
    bits="K[n]",
    mask="u1[n?]",
    order="K[4]",
    shifts="K[:]",
    children="i4[:]",
    starts="i8[:]",
    counts="i8[:]",
    extremes="K[2]",
)
def count_keys(
    bits: NDArray[Any],
    mask: NDArray[Any],
    order: NDArray[Any],
    base: Any,
    span: Any,
    shifts: NDArray[Any],
    children: NDArray[Any],
    starts: NDArray[Any],
    counts: NDArray[Any],
    extremes: NDArray[Any],
) -> None:
    """Count order keys from `base` to ``base + span`` in the deepest level of a radix tree.

    `shifts[level]` are the key bits below a cell of that level (see `histogram.adaptive`);
    `children[starts[level] + cell]` is the place of its children, or -1. What lies
    beyond is not counted: NaN and infinities have such keys. `extremes` takes the least
    and the greatest key counted, less `base`.
    """
    if shifts.size == 1 and not mask.size:
        count_cells(bits, order, base, span, shifts[0], counts, extremes)
        return
    low, high = extremes[0], extremes[1]
    depth = shifts.size - 1
    masked = mask.size > 0
    for i in range(bits.size):
        key = order_key(bits[i], order) - base
        if key > span or (masked and not mask[i]):
            continue
        low, high = min(low, key), max(high, key)
        cell = np.int64(key >> shifts[0])
        for level in range(depth):
            cell = np.int64(children[starts[level] + cell])
            if cell < 0:
                break
            below = ~(~np.uint64(0) << (shifts[level] - shifts[level + 1]))
            cell += np.int64((key >> shifts[level + 1]) & below)
        if cell >= 0:
            counts[cell] += 1
    extremes[0], extremes[1] = low, high


@compiled
def count_cells(
    bits: NDArray[Any],
    order: NDArray[Any],
    base: Any,
    span: Any,
    shift: Any,
    counts: NDArray[Any],
    extremes: NDArray[Any],
) -> None:
    """See `count_keys`: a tree of one level. The keys of some pixels are made at once, by SIMD."""
    low, high = extremes[0], extremes[1]
    cells = np.empty(AT_ONCE, np.uint32)
    for start in range(0, bits.size, AT_ONCE):
        some = bits[start : start + AT_ONCE]
        least, most = low, low - low
        for i in range(some.size):
            key = order_key(some[i], order) - base
            least, most = min(least, key), max(most, key)
            cells[i] = key >> shift
        if most <= span:
            low, high = least, max(high, most)
            for i in range(some.size):
                counts[cells[i]] += 1
            continue
        for i in range(some.size):
            key = order_key(some[i], order) - base
            if key <= span:
                low, high = min(low, key), max(high, key)
                counts[key >> shift] += 1
    extremes[0], extremes[1] = low, high


@kernel(twins.fill_cells, places="u8[k]", cells="i4[c]", inside="i4[c]")
def fill_cells(
    places: NDArray[Any], shift: int, below: int, cells: NDArray[Any], inside: NDArray[Any]
) -> None:
    """The `cells` and `inside` that `interpolate` wants, of knots at `places` from the first cell on.

    The places increase, and may go beyond the cells; `below` is how many knots lie before them.
    """
    fill(places, shift, below, cells, inside)


@compiled
def fill(
    places: NDArray[Any], shift: int, below: int, cells: NDArray[Any], inside: NDArray[Any]
) -> None:
    """See `fill_cells`."""
    knot, by = 0, np.uint64(shift)
    last = (np.uint64(1) << by) - np.uint64(1)
    for cell in range(cells.size):
        first = knot
        while knot < places.size and places[knot] >> by == np.uint64(cell):
            knot += 1
        held = knot - first
        if held and places[knot - 1] & last == last:  # upon the last key of the cell, not before it
            held -= 1
        inside[cell] = held
        nearest = min(first, places.size - 1) + below
        cells[cell] = ~nearest if held else nearest


@kernel(
    twins.interpolate,
    bits="K[n]",
    values="R[n]",
    order="K[4]",
    cells="i4[c]",
    inside="i4[c]",
    x="f8[k]",
    lines="f8[k,4]",
    out="F[n]",
)
def interpolate(
    bits: NDArray[Any],
    values: NDArray[Any],
    order: NDArray[Any],
    base: Any,
    span: Any,
    shift: Any,
    cells: NDArray[Any],
    inside: NDArray[Any],
    x: NDArray[Any],
    lines: NDArray[Any],
    end_slope: float,
    out: NDArray[Any],
) -> None:
    """A piecewise linear curve at every finite value; the others stay.

    `cells` holds, for each cell of keys from `base` on, the first knot of `x` that is
    not below the cell; or, if any of them lie before its last key, ``~`` of that knot. Only
    these, of which there are so many as `inside` says, are searched.
    `lines[i]` ends at knot ``i``: its start, the value there, its slope, and the value at
    the knot. For keys beyond `span`, which are few, all knots are searched; beyond these the
    curve has `end_slope`.
    """
    grid, table = (order, base, span, shift), (cells, inside, x, lines)
    map_all(bits, values, grid, table, end_slope, out)


@compiled
def map_all(
    bits: NDArray[Any],
    values: NDArray[Any],
    grid: Any,
    table: Any,
    end_slope: float,
    out: NDArray[Any],
) -> None:
    """See `interpolate`."""
    (order, base, span, shift), (cells, _, _, lines) = grid, table
    places = np.empty(AT_ONCE, np.uint32)
    for start in range(0, values.size, AT_ONCE):
        some, given = bits[start : start + AT_ONCE], values[start : start + AT_ONCE]
        result, most = out[start : start + AT_ONCE], span - span
        failed = 0
        for i in range(some.size):
            key = order_key(some[i], order) - base
            most = max(most, key)
            places[i] = key >> shift
        done = some.size // 4 * 4 if most <= span else 0
        for i in range(0, done, 4):
            if not along_four(i, given, places, cells, lines, result):
                a, b = i, i + 4
                one_by_one(some[a:b], given[a:b], grid, table, end_slope, result[a:b])
                failed += 1
                if 2 * failed > i // 4 + 32:
                    done = b
                    break
        one_by_one(some[done:], given[done:], grid, table, end_slope, result[done:])


@compiled
def one_by_one(
    bits: NDArray[Any],
    values: NDArray[Any],
    grid: Any,
    table: Any,
    end_slope: float,
    out: NDArray[Any],
) -> None:
    """See `interpolate`: of whatever values."""
    (order, base, span, shift), (cells, inside, x, lines) = grid, table
    for i in range(values.size):
        key, value = order_key(bits[i], order) - base, np.float64(values[i])
        if key <= span:
            cell = key >> shift
            knot = np.int64(cells[cell])
            if knot < 0:
                knot = first_from(~knot, inside[cell], value, x)
            out[i] = along(lines, knot, value)
        elif np.isfinite(value):
            out[i] = beyond(value, x, lines, end_slope)
        else:
            out[i] = values[i]


@compiled
def beyond(value: float, x: NDArray[Any], lines: NDArray[Any], end_slope: float) -> Any:
    """What becomes of a finite value that is in no cell."""
    last = x.size - 1
    if value <= x[0]:
        return lines[0, 3] + (value - x[0]) * end_slope
    if value > x[last]:
        return lines[last, 3] + (value - x[last]) * end_slope
    return along(lines, first_from(0, last, value, x), value)


@compiled
def first_from(knot: Any, size: Any, value: Any, x: NDArray[Any]) -> Any:
    """The first of the knots from one on that is not below a value, or the one after so many."""
    first, left = np.int64(knot), np.int64(size)
    while left > 0:
        half = left >> 1
        above = x[first + half] < value
        first = first + half + 1 if above else first
        left = left - half - 1 if above else half
    return first
