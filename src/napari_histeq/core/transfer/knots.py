"""A curve with free knots, made ready to be looked up pixel by pixel.

The keys of the pixels (see `arrays.keys`) are divided into even cells, and each cell knows its
knots. Adaptive bins end where cells of a radix tree do, so a grid of cells is chosen
that the knots themselves lie on: then almost no cell has a knot inside, and there is
nothing to search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_histeq.core.arrays import keys_of, order_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.transfer.transfer import TransferFunction

#: Most cells of the table (4 MB), of which an image touches few; and the cells to
#: fall back on where the knots lie on no grid.
MOST_CELLS_BITS, FREE_CELLS_BITS = 19, 18
#: Pixels that are few beside these cells: for them there are about as many as pixels, at least so many.
FEW_PIXELS, LEAST_CELLS_BITS = 1 << 17, 6
#: Knots that may lie off a grid that is otherwise theirs: the ends, and zero.
STRAY = 4
#: Knots that make the range of all others 8 times as wide lie in no cell.
FAR_BITS = 3


class KnotTable(NamedTuple):
    """What the kernel `interpolate` needs beside the pixels."""

    order: NDArray[Any]
    base: Any
    span: Any
    shift: Any
    cells: NDArray[np.int32]
    inside: NDArray[np.int32]
    x: NDArray[np.float64]
    lines: NDArray[np.float64]
    end_slope: float


def knot_table(curve: TransferFunction, dtype: np.dtype[Any], few: int = 0) -> KnotTable:
    """The curve for pixels of a dtype: so `few` of them at a time, or 0 if they are many.

    How many cells there are changes no bit of what becomes of a pixel, only how long that takes.
    """
    from napari_histeq.core import kernels

    x, y = _knots(curve, dtype)
    keys = keys_of(x).astype(np.uint64)
    bulk = _bulk(keys)
    base, shift = _even_cells(bulk, few.bit_length()) if few else _grid(bulk)
    below = int(np.searchsorted(keys, base))
    count = (int(bulk[-1] - base) >> shift) + 1
    cells, inside = np.empty(count, np.int32), np.empty(count, np.int32)
    kernels.keys.fill_cells(keys[below:] - base, shift, below, cells, inside)
    order = order_of(dtype)
    number = order.dtype.type
    knots = x.astype(np.float64)
    return KnotTable(
        order, number(base), number(bulk[-1] - base), number(shift), cells,
        inside, knots, _lines(knots, y, curve.end_slope), curve.end_slope,
    )  # fmt: skip


def _bulk(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The knots without the outermost two at each end, if these are so far away.

    How a line of landmarks goes on is known up to the limits of the dtype: cells over all of
    that would be too wide for where the pixels are.
    """
    inner = keys[2:-2]
    if inner.size < 2:
        return keys
    widths = (int(found[-1] - found[0]).bit_length() for found in (keys, inner))
    return inner if next(widths) > next(widths) + FAR_BITS else keys


def _grid(keys: NDArray[np.uint64]) -> tuple[np.uint64, int]:
    """The least key and the width (a power of 2, as a shift) of the cells."""
    bits = int(keys[-1] - keys[0]).bit_length()
    for shift in range(max(bits - 8, 0), max(bits - MOST_CELLS_BITS, 0), -1):
        within = np.uint64((1 << shift) - 1)
        for base in _bases(keys, within):
            if np.count_nonzero((keys - base + np.uint64(1)) & within) <= STRAY:
                return base, shift
    return _even_cells(keys, FREE_CELLS_BITS)


def _even_cells(keys: NDArray[np.uint64], most_bits: int) -> tuple[np.uint64, int]:
    """The same, of so many bits of cells at most, wherever knots lie."""
    bits = int(keys[-1] - keys[0]).bit_length()
    return keys[0], max(bits - max(most_bits, LEAST_CELLS_BITS), 0)


def _bases(keys: NDArray[np.uint64], within: np.uint64) -> list[np.uint64]:
    """Where a grid may start: a whole number of cells from 0 or from one of the first knots."""
    bases = [keys[0] & ~within, keys[0]]
    if keys.size > 1 and keys[1] > within and keys[1] - keys[0] <= within:
        bases.append(keys[1] - within - np.uint64(1))  # the first knot is just below the second
    return bases


def _lines(x: NDArray[np.float64], y: NDArray[np.float64], end_slope: float) -> NDArray[np.float64]:
    """For each knot the line that ends there: start, value at the start, slope, value."""
    lines = np.zeros((x.size, 4))
    lines[1:, 0], lines[1:, 1], lines[:, 3] = x[:-1], y[:-1], y
    lines[0] = x[0], y[0], end_slope, y[0]
    with np.errstate(over="ignore"):
        # Infinite over the narrowest of steps; the kernel holds it to the value at the end.
        lines[1:, 2] = np.diff(y) / np.diff(x)
    return lines


def _knots(
    curve: TransferFunction, dtype: np.dtype[Any]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The knots in the image's dtype, one of them at 0 so that no difference overflows."""
    x, y = curve.x, curve.y
    if x[0] < 0 < x[-1] and not np.any(x == 0):
        place = int(np.searchsorted(x, 0))
        x, y = np.insert(x, place, 0), np.insert(y, place, float(curve.evaluate(0)))
    return x.astype(dtype), y
