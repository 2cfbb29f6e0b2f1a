"""Adaptive bins by a radix tree: as fine as the data need, for any finite data.

The keys of `arrays.keys` are counted by their leading bits. Cells that hold too many
pixels are divided by their next bits and counted in another sweep, until every
cell holds few pixels or a single value. There is no sort, and no range that one
hot pixel could stretch.

For example the keys of float32 have 32 bits. The first sweep counts by the leading 20 of
them: a cell is 2 ** 12 keys wide. Of a million pixels a cell may hold 244. If three hold
more, the second sweep counts these three by the 12 bits that are left. Then a cell is a
single value, and there is no third sweep.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import Distinct, bits_of, finite_keys, order_of, run_of
from napari_histeq.core.histogram.bins import (
    CELLS_BITS,
    FEW_VALUES,
    FINENESS,
    MOST_LEVELS,
    apart,
    bin_per_level,
    joined,
    no_bins,
    root_shift,
)
from napari_histeq.core.histogram.few import are_few, bins_of_few
from napari_histeq.core.threads import add_arrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Source
    from napari_histeq.core.histogram.histogram import Histogram


@dataclass
class Tally:
    """Counts of the deepest cells, and the extreme keys met."""

    counts: NDArray[np.int64]
    extremes: NDArray[Any]
    distinct: Distinct

    def __add__(self, other: Tally) -> Tally:
        total = Tally(self.counts.copy(), self.extremes, self.distinct)
        total.add_all([other])
        return total

    def add_all(self, others: Sequence[Tally]) -> None:
        """Add what others have counted: 8 MB each, which takes time."""
        add_arrays(self.counts, [other.counts for other in others])
        ends = [self.extremes, *(other.extremes for other in others)]
        low, high = min(low for low, _ in ends), max(high for _, high in ends)
        self.extremes = np.array([low, high], self.extremes.dtype)
        self.distinct = sum((other.distinct for other in others), start=self.distinct)


@dataclass
class Tree:
    """Levels of cells of the keys from `base` on.

    `shifts[level]` are the key bits below a cell, `prefixes[level]` the least keys (less
    `base`) of the parents of its cells, `children[level]` where a cell's children are in
    the next level (-1: it has none), and `counts[level]` the pixels in each cell.
    """

    dtype: np.dtype[Any]
    base: int
    span: int
    shifts: list[int]
    prefixes: list[NDArray[np.uint64]] = field(default_factory=lambda: [np.zeros(1, np.uint64)])
    children: list[NDArray[np.int32]] = field(default_factory=list)
    counts: list[NDArray[np.int64]] = field(default_factory=list)

    @property
    def cells(self) -> int:
        """Cells of the deepest level."""
        if len(self.shifts) == 1:
            return (self.span >> self.shifts[0]) + 1
        return self.prefixes[-1].size << (self.shifts[-2] - self.shifts[-1])


def adaptive_bins(source: Source) -> Histogram:
    """Count a source of wide integers or floats into adaptive bins."""
    return bins_of_few(source) if are_few(source) else bins_of_many(source)


def bins_of_many(source: Source) -> Histogram:
    """See `adaptive_bins`: by a tree."""
    tree, tally = _rooted(source, *finite_keys(source.dtype))
    total = int(tally.counts.sum())
    if not total:
        return no_bins(source.dtype)
    low, high = (tree.base + int(k) for k in tally.extremes)
    if source.dtype.kind in "iu" and high - low < MOST_LEVELS:
        return bin_per_level(
            _sweep(source, Tree(source.dtype, low, high - low, [0])).counts, low, source.dtype
        )
    if not tally.distinct.too_many:
        keys, counts = tally.distinct.sorted()
        return apart(keys, counts, source.dtype)
    if _has_heavy(tally.counts, total) and root_shift(low, high) < tree.shifts[0]:
        tree, tally = _rooted(source, low, high)  # look closer, at where the data are
    tree.counts.append(tally.counts)
    while _divide(tree, total):
        tree.counts.append(_sweep(source, tree).counts)
    return joined(*_leaves(tree, low, high), source.dtype)


def _rooted(source: Source, low: int, high: int) -> tuple[Tree, Tally]:
    """A tree of one level for the keys from `low` to `high`, and its tally."""
    tree = Tree(source.dtype, low, high - low, [root_shift(low, high)])
    return tree, _sweep(source, tree)


def _has_heavy(counts: NDArray[np.int64], total: int) -> bool:
    return bool(counts.max() > total // FINENESS)


def _sweep(source: Source, tree: Tree) -> Tally:
    from napari_histeq.core import kernels

    order = order_of(tree.dtype)
    number = order.dtype.type
    base, span = number(tree.base), number(tree.span)
    shifts = np.array(tree.shifts, order.dtype)
    starts = np.cumsum([0, *(c.size for c in tree.children[:-1])], dtype=np.int64)
    children = np.concatenate(tree.children) if tree.children else np.empty(0, np.int32)

    def start() -> Tally:
        extremes = np.array([tree.span, 0], order.dtype)
        # What divides cells further need not look for different values again.
        distinct = Distinct(FEW_VALUES if len(tree.shifts) == 1 else 0)
        return Tally(np.zeros(tree.cells, np.int64), extremes, distinct)

    def visit(tally: Tally, block: NDArray[Any], mask: Any, _: tuple[int, ...]) -> None:
        run, counted = run_of(block, mask)
        tally.distinct.add(run, counted)
        kernels.keys.count_keys(
            bits_of(run), counted, order, base, span, shifts, children, starts,
            tally.counts, tally.extremes,
        )  # fmt: skip

    return source.sweep(start, visit)


def _divide(tree: Tree, total: int) -> bool:
    """Give children to the cells that hold too much; whether there were any."""
    heavy = np.flatnonzero(tree.counts[-1] > total // FINENESS)
    if not tree.shifts[-1] or not heavy.size:
        return False
    children = np.full(tree.counts[-1].size, -1, np.int32)
    prefixes = _prefixes(tree, len(tree.shifts) - 1, heavy)
    room = CELLS_BITS - int(np.ceil(np.log2(heavy.size)))
    width = min(max(room, 7), tree.shifts[-1])
    children[heavy] = np.arange(heavy.size, dtype=np.int32) << width
    tree.children.append(children)
    tree.prefixes.append(prefixes)
    tree.shifts.append(tree.shifts[-1] - width)
    return True


def _prefixes(tree: Tree, level: int, cells: NDArray[np.intp]) -> NDArray[np.uint64]:
    """The least key (less `base`) of each cell of a level."""
    if level == 0:
        keys = cells.astype(np.uint64)
        keys <<= np.uint64(tree.shifts[0])
        return keys
    width = tree.shifts[level - 1] - tree.shifts[level]
    within = (cells & ((1 << width) - 1)).astype(np.uint64) << np.uint64(tree.shifts[level])
    return np.asarray(tree.prefixes[level][cells >> width] + within)


def _leaves(tree: Tree, low: int, high: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The populated cells without children, in order: least keys, greatest keys, counts."""
    starts, ends, counts = [], [], []
    for level, tally in enumerate(tree.counts):
        leaf = tally > 0
        if level < len(tree.children):
            leaf &= tree.children[level] < 0
        cells = np.flatnonzero(leaf)
        prefix = _prefixes(tree, level, cells)
        prefix += np.uint64(tree.base)
        starts.append(prefix)
        ends.append(prefix + np.uint64((1 << tree.shifts[level]) - 1))
        counts.append(tally[cells])
    least, greatest, held = starts[0], ends[0], counts[0]  # of one level, they are in order
    if len(tree.counts) > 1:
        order = np.argsort(np.concatenate(starts), kind="stable")
        least, greatest, held = (np.concatenate(part)[order] for part in (starts, ends, counts))
    least[0], greatest[-1] = low, high  # no cell reaches beyond the data
    return least, greatest, held
