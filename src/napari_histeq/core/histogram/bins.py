"""Adaptive bins: how keys (see `arrays.keys`) are divided into cells, and what bins become of these."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import bits_dtype, finite_keys, keys_of, values_of
from napari_histeq.core.histogram.histogram import Histogram

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Keys = NDArray[np.uint64]
    Counts = NDArray[np.int64]

#: A cell with more than this fraction of the pixels is divided...
FINENESS = 4096
#: ...and neighbors are joined to bins while they start in the same one of so many
#: parts. Together no bin holds more than 2/4096 = 1/2048, but that of a single value.
PARTS = 4096
#: A fineness by which all bins are too full to be joined.
ALL = 1 << 40
#: Images of no more different values than this get a bin for each, however rare.
FEW_VALUES = 1024
#: Wide integers with fewer levels than this between their extremes get a bin each.
MOST_LEVELS = 1 << 20
#: Cells counted at once: 8 MB of counters.
CELLS_BITS = 20


def root_shift(low: int, high: int) -> int:
    """The bits of a key below a cell, if the keys from `low` to `high` are counted at once.

    >>> root_shift(0, 2**32 - 1)
    12
    """
    return max((high - low).bit_length() - CELLS_BITS, 0)


def float_bins(dtype: np.dtype[Any]) -> tuple[Any, ...]:
    """What `kernels.floats` has to know of how floats are binned, in its order."""
    base, greatest = finite_keys(dtype)
    number = bits_dtype(dtype).type
    keys = (number(base), number(greatest - base), root_shift(base, greatest))
    return (*keys, CELLS_BITS, FINENESS, PARTS, FEW_VALUES)


def no_bins(dtype: np.dtype[Any]) -> Histogram:
    """The histogram of no pixel."""
    return Histogram(np.zeros(1, np.int64), np.array([0, 1]), np.zeros(1, dtype))


def bin_per_level(counts: NDArray[np.int64], low: int, dtype: np.dtype[Any]) -> Histogram:
    """A bin for each integer from that with the key `low` on."""
    levels = values_of(low + np.arange(counts.size, dtype=np.uint64), dtype)
    return Histogram(counts, _integer_edges(levels), levels)


def _integer_edges(levels: NDArray[Any]) -> NDArray[Any]:
    greatest = int(levels[-1])
    top = greatest + 1 if greatest < np.iinfo(levels.dtype).max else greatest
    return np.append(levels, np.array([top], levels.dtype))


def bins_of_sorted(keys: NDArray[Any], dtype: np.dtype[Any]) -> Histogram:
    """The bins that `joined` would make of the cells of a tree of sorted keys."""
    from napari_histeq.core import kernels

    base, greatest = finite_keys(dtype)
    shifts = root_shift(base, greatest), root_shift(int(keys[0]), int(keys[-1]))
    found = _room(min(keys.size, PARTS + 2 * FINENESS))
    how = (base, *shifts, CELLS_BITS, FINENESS, PARTS, _skipped(dtype))
    return _histogram(kernels.cells.bins_of_sorted(keys, *how, *found), found, dtype)


def joined(least: Keys, greatest: Keys, held: Counts, dtype: np.dtype[Any]) -> Histogram:
    """Light neighbors among populated cells joined to bins, and bins for the gaps between them.

    Of the cells, in order, the least keys and the greatest, and how many pixels they hold.
    """
    return _joined(least, greatest, held, FINENESS, dtype)


def apart(keys: Keys, held: Counts, dtype: np.dtype[Any]) -> Histogram:
    """A bin for each of some keys, and one for each gap between them."""
    return _joined(keys, keys, held, ALL, dtype)


def _joined(
    least: Keys, greatest: Keys, held: Counts, fineness: int, dtype: np.dtype[Any]
) -> Histogram:
    from napari_histeq.core import kernels

    found = _room(held.size)
    how = (fineness, PARTS, _skipped(dtype))
    return _histogram(kernels.cells.join(least, greatest, held, *how, *found), found, dtype)


def _room(bins: int) -> list[NDArray[Any]]:
    """For the least key of each bin, the greatest, and the counts: and gaps between the bins."""
    return [np.empty((2, bins), kind) for kind in (np.uint64, np.uint64, np.int64)]


@cache
def _skipped(dtype: np.dtype[Any]) -> np.uint64:
    """No number has the key of -0: what ends below it and what starts with 0 are neighbors."""
    return np.uint64(int(keys_of(np.zeros(1, dtype))[0]) - 1 if dtype.kind == "f" else 0)


def _histogram(size: int, found: list[NDArray[Any]], dtype: np.dtype[Any]) -> Histogram:
    """Of bins of keys."""
    starts, ends, counts = (part.reshape(-1)[:size] for part in found)
    levels, lower = values_of(ends, dtype), values_of(starts, dtype)
    if dtype.kind in "iu":
        edges = np.append(lower, _integer_edges(levels[-1:])[1:])
    else:
        with np.errstate(over="ignore"):  # above the greatest there is only infinity
            top = np.nextafter(levels[-1:], np.array(np.inf, levels.dtype))
        edges = np.append(lower, np.where(np.isfinite(top), top, levels[-1:])).astype(np.float64)
    return Histogram(counts.copy(), edges, levels)  # the room for them is let go
