"""Sorting many numbers in parts: on all cores, and so that it can be stopped after any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_histeq.core.arrays.blocks import for_each
from napari_histeq.core.arrays.progress import part

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Kind = Literal["stable"] | None

#: Numbers in a part: some hundredths of a second.
PART = 1 << 20

#: Numbers that are drawn for each part, to find where the parts end: their sizes differ by some tenths.
DRAWN = 64


def sorted_by_parts(values: NDArray[Any], size: int = PART) -> NDArray[Any]:
    """``np.sort(values)`` of a line of numbers, none of them NaN; `size`: of a part."""

    def sort(line: NDArray[Any], kind: Kind) -> NDArray[Any]:
        return np.sort(line, kind=kind)

    return _by_parts(values, size, sort, lambda line: line)


def order_by_parts(values: NDArray[Any], size: int = PART) -> NDArray[np.int64]:
    """``np.argsort(values)``, equal ones in any order."""

    def sort(line: NDArray[np.int64], kind: Kind) -> NDArray[np.int64]:
        return np.asarray(line[np.argsort(values[line], kind=kind)])

    return _by_parts(np.arange(values.size), size, sort, values.__getitem__)


def _by_parts(
    line: NDArray[Any],
    size: int,
    sort: Callable[[NDArray[Any], Kind], NDArray[Any]],
    values_of: Callable[[NDArray[Any]], NDArray[Any]],
) -> NDArray[Any]:
    """Sort a line by the values of what is in it.

    Blocks of it are sorted, each by itself. With pivots 3 and 7, say, the parts of the result are
    what is less than 3, from 3 to less than 7, and the rest: each is merged from its piece of every block.
    """
    count = -(-line.size // size)
    if count <= 1:
        return sort(line, None)
    drawn = np.random.default_rng(0).integers(0, line.size, DRAWN * count)
    pivots = np.sort(values_of(line[drawn]))[DRAWN::DRAWN]
    runs: list[Any] = [None] * count
    ends = np.zeros((count, count + 1), np.int64)  # of each block: where its pieces end

    def sort_block(number: int) -> None:
        run = runs[number] = sort(line[number * size : (number + 1) * size], None)
        ends[number, 1:] = *np.searchsorted(values_of(run), pivots), run.size

    with part(0, 2):
        for_each(sort_block, range(count))
    found, starts = np.empty_like(line), ends.sum(axis=0)

    def merge(number: int) -> None:
        spans = zip(runs, ends[:, number], ends[:, number + 1], strict=True)
        pieces = np.concatenate([run[a:b] for run, a, b in spans])
        found[starts[number] : starts[number + 1]] = sort(pieces, "stable")  # which merges runs

    with part(1, 2):
        for_each(merge, range(count))
    return found
