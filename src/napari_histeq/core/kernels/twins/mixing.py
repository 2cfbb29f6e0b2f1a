"""`kernels.mixing` in plain numpy.

All sums are of whole numbers below 2 ** 53, exact in any order: so each pixel may be mixed by
itself, or whole curves for a row, whatever the compiled loop does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.clahe import places_of
from napari_histeq.core.kernels.twins.pieces import (
    PIECE,
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
    is_by_row: bool = False

    def mixed(self, index: Array, across: slice) -> Array:
        """What the tiles around (rows, pixels) say at table entries `index`."""
        if self.is_by_row:
            index = index + np.arange(0, self.tables.size, self.tables.shape[1])[:, None]
        return self._between(index + self.left[across], index + self.right[across], across)

    def mixed_twice(self, index: Array, across: slice) -> tuple[Array, Array]:
        """The same at `index`, and at the entries after."""
        if self.is_by_row:
            index = index + np.arange(0, self.tables.size, self.tables.shape[1])[:, None]
        left, right = index + self.left[across], index + self.right[across]
        first = self._between(left, right, across)
        left += 1
        right += 1
        return first, self._between(left, right, across)

    def _between(self, left: Array, right: Array, across: slice) -> Array:
        found, other = self._at(left), self._at(right)
        other -= found
        other *= self.right_weight[across]
        found *= self.whole
        found += other
        return found

    def _at(self, place: Array) -> Array:
        flat, width = self.tables.reshape(-1), self.tables.shape[1]
        if self.is_by_row:
            return np.take(flat, place, mode="clip")
        total = np.zeros(place.shape)
        for corner, weight in zip(self.corners.T, self.weights.T, strict=True):
            total += np.take(flat, place + corner[:, None] * width, mode="clip") * weight[:, None]
        return total

    def of_rows(self, down: slice) -> _Tiles:
        """For some of the rows only."""
        return replace(self, corners=self.corners[down], weights=self.weights[down])

    def by_row(self) -> _Tiles:
        """With the curves of the tiles around each row mixed to one."""
        combined = np.zeros((self.corners.shape[0], self.tables.shape[1]))
        for corner, weight in zip(self.corners.T, self.weights.T, strict=True):
            # Rows of one tile share its curve.
            same = corner.size and (corner == corner[0]).all()
            combined += self.tables[corner[:1] if same else corner] * weight[:, None]
        return replace(self, tables=combined, is_by_row=True)


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
    if by_row:
        tiles = replace(tiles, tables=tiles.tables.astype(np.float64))
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
        lower, upper = some.mixed_twice(index, across)
        upper -= lower
        u -= index
        upper *= u
        lower += upper
        write_lines(out, out_rows[down], across.start, _finished(line, lower, ends, out.dtype))


def _finished(line: Array, mixed: Array, ends: Array, dtype: Any) -> Array:
    """See `kernels.mixing.finish`."""
    gain, keep, base, low, high, unit, half = ends
    y = mixed
    y *= gain
    y += base
    if keep:
        y += line.astype(np.float64) * keep
    np.copyto(y, low, where=y < low)
    np.copyto(y, high, where=y > high)
    y *= unit
    if half > 0.0:
        y += half
        np.floor(y, out=y)
    found: Array = y.astype(dtype)
    if line.dtype.kind == "f":
        odd = ~np.isfinite(line)
        if odd.any():
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
