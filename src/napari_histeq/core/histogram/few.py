"""The adaptive bins of few pixels: those of the radix tree (see `adaptive`), told by the sorted keys.

A tree has counters for a million cells, however few the pixels are. Where these are few, their keys
are sorted: then each cell of a tree is a run of them, and the tree needs not be made.

For example the keys 3, 3, 12, 13, 14 and cells that are 4 keys wide: 3 >> 2 = 0, 0, 3, 3, 3 are two runs,
the cell of the keys 0 to 3 with two pixels, and that of 12 to 15 with three.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import bits_of, finite_keys, order_of, run_of
from napari_histeq.core.histogram.bins import (
    FEW_VALUES,
    FINENESS,
    MOST_LEVELS,
    apart,
    bin_per_level,
    bins_of_sorted,
    no_bins,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Source
    from napari_histeq.core.histogram.histogram import Histogram

#: So many pixels are sorted sooner than counted by a tree, which is small itself for 16 bit.
FEW_PIXELS, FEW_SHORTS = 1 << 17, 1 << 14


def are_few(source: Source) -> bool:
    """Whether it is quicker to sort the pixels of a source than to make a tree."""
    most = FEW_SHORTS if source.dtype.itemsize == 2 else FEW_PIXELS
    return math.prod(source.shape) <= most


class Keys:
    """The keys of the finite pixels that count, block after block, those of each sorted."""

    def __init__(self, *parts: NDArray[Any]) -> None:
        self.parts = [*parts]

    def __add__(self, other: Keys) -> Keys:
        return Keys(*self.parts, *other.parts)

    def add(self, block: NDArray[Any], mask: Any, _: tuple[int, ...]) -> None:
        """Add a block's."""
        from napari_histeq.core import kernels

        run, counted = run_of(block, mask)
        bits, order, (low, high) = bits_of(run), order_of(run.dtype), finite_keys(run.dtype)
        number, keys = bits.dtype.type, np.empty_like(bits)
        size = kernels.cells.sorted_keys(
            bits, counted, order, number(low), number(high - low), keys
        )
        self.parts.append(keys[:size])


def bins_of_few(source: Source) -> Histogram:
    """The bins of `adaptive_bins`, in time that goes with the number of pixels."""
    dtype = source.dtype
    found = source.sweep(Keys, Keys.add).parts
    keys = found[0] if len(found) == 1 else np.sort(np.concatenate(found))
    if not keys.size:
        return no_bins(dtype)
    low, high = int(keys[0]), int(keys[-1])
    if dtype.kind in "iu" and high - low < MOST_LEVELS:
        return bin_per_level(np.bincount((keys - keys[0]).astype(np.intp)), low, dtype)
    starts = _starts(keys)
    # Of so few pixels each single one is more than a cell may hold: they get a bin each, too.
    if starts.size <= FEW_VALUES or keys.size < FINENESS:
        distinct = keys[starts].astype(np.uint64)
        return apart(distinct, np.diff(starts, append=keys.size), dtype)
    return bins_of_sorted(keys, dtype)


def _starts(sorted_keys: NDArray[Any]) -> NDArray[np.intp]:
    """Where runs of equal numbers start."""
    new = np.empty(sorted_keys.size, np.bool_)
    new[0] = True
    np.not_equal(sorted_keys[1:], sorted_keys[:-1], out=new[1:])
    return np.flatnonzero(new)
