"""`kernels.mixing` in plain numpy.

All sums are of whole numbers below 2 ** 53, exact in any order: so each pixel may be mixed by
itself, or whole curves for a row, whatever the compiled loop does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.clahe import places_of
from napari_histeq.core.kernels.twins.pieces import (
    PIECE,
    greater,
    less,
    pieces,
    read_lines,
    write_lines,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Array = NDArray[Any]
    Look = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class _Tiles:
    """The tiles around pixels: where along a row of tables those left and right start."""

    corners: Array
    weights: Array
    tables: Array
    left: Array
    right: Array
    right_weight: Array
    whole: float

    def mixed(self, index: Array, across: slice) -> Array:
        """What the tiles around (rows, pixels) say at table entries `index`."""
        left = self._at(index + self.left[across])
        right = self._at(index + self.right[across])
        return np.asarray(left * self.whole + (right - left) * self.right_weight[across])

    def _at(self, place: Array) -> Array:
        flat, width = self.tables.reshape(-1), self.tables.shape[1]
        total = np.zeros(place.shape)
        for corner, weight in zip(self.corners.T, self.weights.T, strict=True):
            total += flat.take(place + corner[:, None] * width) * weight[:, None]
        return total

    def of_rows(self, down: slice) -> _Tiles:
        """For some of the rows only."""
        return _Tiles(
            self.corners[down], self.weights[down], self.tables,
            self.left, self.right, self.right_weight, self.whole,
        )  # fmt: skip

    def by_row(self) -> _Tiles:
        """With the curves of the tiles around each row mixed to one."""
        combined = np.zeros((self.corners.shape[0], self.tables.shape[1]))
        for corner, weight in zip(self.corners.T, self.weights.T, strict=True):
            combined += self.tables[corner] * weight[:, None]
        rows = np.arange(combined.shape[0])[:, None]
        return _Tiles(
            rows, np.ones(rows.shape), combined,
            self.left, self.right, self.right_weight, self.whole,
        )  # fmt: skip


def _along_cells(
    corners: Array, weights: Array, tables: Array, cells: Array, right_weight: Array, whole: float
) -> _Tiles:
    """The tiles where they are told by runs of pixels."""
    a, b, left, right = cells.astype(np.intp).T
    return _Tiles(
        corners, weights, tables,
        np.repeat(left, b - a), np.repeat(right, b - a), right_weight, whole,
    )  # fmt: skip


def _in_pieces(tiles: _Tiles, rows: int, by_row: bool) -> Iterator[tuple[slice, slice, _Tiles]]:
    """Rows, pixels along them, and the tiles around: piece by piece."""
    size = tiles.right_weight.size
    wide = max(size, tiles.tables.shape[1]) if by_row else size
    for down in pieces(rows, max(PIECE // max(wide, 1), 1)):
        some = tiles.of_rows(down)
        if by_row:
            some = some.by_row()
        for across in pieces(size):
            yield down, across, some


def _bytes(
    flat: Array, rows: Array, out: Array, out_rows: Array, tiles: _Tiles, by_row: bool,
    scale: float, base: Array, sign: int,
) -> None:  # fmt: skip
    for down, across, some in _in_pieces(tiles, rows.size, by_row):
        line = read_lines(flat, rows[down], across.start, across.stop).astype(np.intp)
        found = (some.mixed(line, across) * scale + base[line]).astype(np.uint8)
        write_lines(out, out_rows[down], across.start, found ^ np.uint8(sign))


def _values(
    flat: Array, rows: Array, out: Array, out_rows: Array, tiles: _Tiles, by_row: bool,
    knots: Array, ends: Array,
) -> None:  # fmt: skip
    top = int(knots[3])
    for down, across, some in _in_pieces(tiles, rows.size, by_row):
        line = read_lines(flat, rows[down], across.start, across.stop)
        u = places_of(line, knots)
        index = np.minimum(u.astype(np.intp), top - 1)
        lower, upper = some.mixed(index, across), some.mixed(index + 1, across)
        mixed = lower + (upper - lower) * (u - index)
        write_lines(out, out_rows[down], across.start, _finished(line, mixed, ends, out.dtype))


def _finished(line: Array, mixed: Array, ends: Array, dtype: Any) -> Array:
    """See `kernels.mixing.finish`."""
    gain, keep, base, low, high, unit, half = ends
    y = mixed * gain + base + line.astype(np.float64) * keep
    y = less(greater(y, low), high) * unit
    if half > 0.0:
        y = np.floor(y + half)
    found: Array = y.astype(dtype)
    if line.dtype.kind == "f":
        odd = ~np.isfinite(line)
        found[odd] = line[odd]
    return found


def mix_bytes_by_row(
    flat: Array, rows: Array, out: Array, out_rows: Array,
    corners: Array, weights: Array, tables: Array, cells: Array, right_weight: Array,
    whole: float, scale: float, base: Array, sign: int,
) -> None:  # fmt: skip
    """See `kernels.mixing.mix_bytes_by_row`."""
    tiles = _along_cells(corners, weights, tables, cells, right_weight, whole)
    _bytes(flat, rows, out, out_rows, tiles, True, scale, base, sign)


def mix_bytes_by_pixel(
    flat: Array, rows: Array, out: Array, out_rows: Array,
    corners: Array, weights: Array, tables: Array, cells: Array, right_weight: Array,
    whole: float, scale: float, base: Array, sign: int,
) -> None:  # fmt: skip
    """See `kernels.patches.mix_bytes_by_pixel`."""
    tiles = _along_cells(corners, weights, tables, cells, right_weight, whole)
    _bytes(flat, rows, out, out_rows, tiles, False, scale, base, sign)


def mix_values_by_row(
    flat: Array, rows: Array, out: Array, out_rows: Array,
    corners: Array, weights: Array, tables: Array, cells: Array, right_weight: Array,
    whole: float, knots: Array, ends: Array,
) -> None:  # fmt: skip
    """See `kernels.mixing.mix_values_by_row`."""
    tiles = _along_cells(corners, weights, tables, cells, right_weight, whole)
    _values(flat, rows, out, out_rows, tiles, True, knots, ends)


def mix_values_by_pixel(
    flat: Array, rows: Array, out: Array, out_rows: Array,
    corners: Array, weights: Array, tables: Array, cells: Array, right_weight: Array,
    whole: float, knots: Array, ends: Array,
) -> None:  # fmt: skip
    """See `kernels.patches.mix_values_by_pixel`."""
    tiles = _along_cells(corners, weights, tables, cells, right_weight, whole)
    _values(flat, rows, out, out_rows, tiles, False, knots, ends)
