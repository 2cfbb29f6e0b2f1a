"""`kernels.clahe` in plain numpy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.pieces import PIECE, add_counts, pieces, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Array = NDArray[Any]


def count_bytes(flat: Array, rows: Array, starts: Array, stops: Array, counts: Array) -> None:
    """See `kernels.clahe.count_bytes`."""
    for values, tile in values_of_tiles(flat, rows, starts, stops):
        add_counts(counts.reshape(-1), (tile * counts.shape[1] + values).reshape(-1))


def values_of_tiles(
    flat: Array, rows: Array, starts: Array, stops: Array
) -> Iterator[tuple[Array, Array]]:
    """Piece by piece, the pixels of the tiles, (rows, n), and which tile's each of n is."""
    starts, stops, rows = starts.astype(np.intp), stops.astype(np.intp), rows.astype(np.intp)
    widths = np.maximum(stops - starts, 0)
    tile = np.repeat(np.arange(starts.size), widths)
    column = np.arange(tile.size) + np.repeat(starts - (np.cumsum(widths) - widths), widths)
    on_end = bool((starts[1:] == stops[:-1]).all())  # then pixels are read as they lie
    for across in pieces(column.size):
        for down in pieces(rows.size, max(PIECE // max(column.size, 1), 1)):
            some = column[across]
            if on_end:
                values = read_lines(flat, rows[down], int(some[0]), int(some[-1]) + 1)
            else:
                values = flat[rows[down, None] + some]
            yield values, tile[across]


def places_of(values: Array, knots: Array) -> Array:
    """See `kernels.clahe.place`."""
    low, unit, scale, top = knots
    u = values.astype(np.float64)
    u *= unit
    u -= low
    u *= scale
    np.fmax(u, 0.0, out=u)  # NaN becomes 0
    return np.asarray(np.minimum(u, top, out=u))


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
    """See `kernels.clahe.count_values`."""
    masked = values_of_tiles(mask, mask_rows, starts, stops) if mask.size else None
    for values, tile in values_of_tiles(flat, rows, starts, stops):
        u = places_of(values, knots)
        u += 0.5
        cells = u.astype(np.intp)
        cells += tile * counts.shape[1]
        wanted = np.isfinite(values) if values.dtype.kind == "f" else np.True_
        if masked is not None:
            wanted = wanted & (next(masked)[0] != 0)
        cells = cells.reshape(-1) if wanted.all() else cells[wanted]
        add_counts(counts.reshape(-1), cells)


def spread(heights: Array, cap: Array) -> Array:
    """See `kernels.clahe.spread`: for several tiles, (tiles, bins), each with its cap."""
    size, one = heights.shape[0], np.int32(1)
    total = heights.sum(axis=1, dtype=np.int32)
    added, step = np.zeros(size, np.int32), np.ones(size, np.int32)
    while (step > 0).any():
        height = heights + added[:, None]
        reached = np.minimum(height, cap[:, None]).sum(axis=1, dtype=np.int32)
        below = (height < cap[:, None]).sum(axis=1, dtype=np.int32)
        found = (total - reached) // np.maximum(below, one)
        step = np.where(step > 0, found, np.int32(0))  # the others are done
        added += step
    return np.minimum(heights + added[:, None], cap[:, None])


def clipped(counts: Array, limit: float) -> tuple[Array, Array]:
    """See `kernels.clahe.clip`: for several tiles; the heights, and which are not empty."""
    whole = counts.sum(axis=1, dtype=np.int64)
    total = whole.astype(np.float64)
    unit = np.ldexp(1.0, 30 - np.frexp(total)[1])
    heights = (counts * unit[:, None]).astype(np.int32)
    too_high = (whole > 0) & ~(counts.max(axis=1) <= limit * total)
    cap = np.where(too_high, limit * total * unit, 0.0).astype(np.int32)
    flat = cap <= (total * unit / counts.shape[1]).astype(np.int32)
    heights[too_high & flat] = 1
    cut = too_high & ~flat
    if cut.any():
        heights[cut] = spread(heights[cut], cap[cut])
    return heights, whole > 0


def curves_at_knots(counts: Array, limit: float, target: int, alpha: float) -> tuple[Array, Array]:
    """See `kernels.clahe.curve`: for several tiles."""
    heights, filled = clipped(counts, limit)
    first, last = heights[:, :1], heights[:, -1:]
    up_to = np.cumsum(heights, axis=1, dtype=np.int32)
    below = up_to - heights
    share = 1.0 / (2 * up_to[:, -1:].astype(np.int64) - first - last).astype(np.float64)
    y = (below + below + heights - first).astype(np.float64) * share
    y[:, -1] = 1.0
    if target:
        bent = _rayleigh if target == 1 else _exponential
        y[filled] = bent(y[filled], max(alpha, 1e-150))
    return y, filled


def _each(function: Callable[[float], float], values: Array) -> Array:
    """The C library's function, as compiled loops call it: numpy's own may differ in a bit."""
    return np.array([function(v) for v in values.reshape(-1).tolist()]).reshape(values.shape)


def _rayleigh(y: Array, alpha: float) -> Array:
    most = 1.0 - _exp(-0.5 / alpha**2)
    return np.minimum(np.sqrt(-2.0 * alpha**2 * _each(_log, 1.0 - y * most)), 1.0)


def _exponential(y: Array, alpha: float) -> Array:
    most = -math.expm1(-alpha)
    return np.minimum(-_each(_log1p, -y * most) / alpha, 1.0)


def _exp(value: float) -> float:
    return math.exp(value) if value < 709.0 else math.inf


def _log(value: float) -> float:
    return math.log(value) if value > 0.0 else -math.inf


def _log1p(value: float) -> float:
    return math.log1p(value) if value > -1.0 else -math.inf


def _tiles(counts: Array) -> Iterator[slice]:
    return pieces(counts.shape[0], max(PIECE // counts.shape[1], 1))


def curves(
    counts: Array, limit: float, target: int, alpha: float, full: float, out: Array, filled: Array
) -> None:
    """See `kernels.clahe.curves`."""
    for some in _tiles(counts):
        y, filled[some] = curves_at_knots(counts[some], limit, target, alpha)
        found = np.flatnonzero(filled[some])
        out[some][found] = (y[found] * full + 0.5).astype(np.uint32)


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
    """See `kernels.clahe.curves_of_bytes`."""
    nearest = (places + 0.5).astype(np.uint8)
    below = np.minimum(places, knots - 2.0).astype(np.uint8).astype(np.intp)
    part = places - below
    for some in _tiles(counts):
        binned = np.zeros((some.stop - some.start, knots), counts.dtype)
        for level in range(256):
            binned[:, nearest[level]] += counts[some, level]
        y, filled[some] = curves_at_knots(binned, limit, target, alpha)
        found = np.flatnonzero(filled[some])
        low, high = y[found][:, below], y[found][:, below + 1]
        out[some][found] = ((low + (high - low) * part) * full + 0.5).astype(np.uint16)
