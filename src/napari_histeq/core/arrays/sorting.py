"""Sorting many numbers in parts: on all cores, and so that it can be stopped after any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_histeq.core.arrays.blocks import regions
from napari_histeq.core.threads import for_each, part

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core.arrays.blocks import Region

    Kind = Literal["stable"] | None

#: Numbers in a part: some hundredths of a second.
PART = 1 << 19

#: Numbers that are drawn for each part, to find where the parts end: their sizes differ by some tenths.
DRAWN = 64


def sorted_by_parts(values: NDArray[Any], size: int = PART) -> NDArray[Any]:
    """``np.sort(values)`` of a line of numbers, none of them NaN; `size`: of a part."""

    def sort(run: NDArray[Any], kind: Kind) -> NDArray[Any]:
        return np.sort(run, kind=kind)

    return _by_parts(values, size, lambda a, b: sort(values[a:b], None), sort, lambda run: run)


def order_by_parts(values: NDArray[Any], size: int = PART) -> NDArray[np.int64]:
    """``np.argsort(values)``, equal ones in any order."""

    def first(start: int, stop: int) -> NDArray[np.int64]:
        return np.argsort(values[start:stop]) + np.int64(start)

    def merged(run: NDArray[np.int64], kind: Kind) -> NDArray[np.int64]:
        return np.asarray(run[np.argsort(values[run], kind=kind)])

    return _by_parts(values, size, first, merged, values.__getitem__)


def _by_parts(
    values: NDArray[Any],
    size: int,
    first: Callable[[int, int], NDArray[Any]],
    merged: Callable[[NDArray[Any], Kind], NDArray[Any]],
    values_of: Callable[[NDArray[Any]], NDArray[Any]],
) -> NDArray[Any]:
    """Sort by values: `first(start, stop)` sorts what is at hand there, and `values_of` it are these.

    Blocks are sorted, each by itself. With pivots 3 and 7, say, the parts of the result are
    what is less than 3, from 3 to less than 7, and the rest: each is merged from its piece of every block.
    """
    count = -(-values.size // size)
    if count <= 1:
        return first(0, values.size)
    drawn = np.random.default_rng(0).integers(0, values.size, DRAWN * count)
    pivots = np.sort(values[drawn])[DRAWN::DRAWN]
    runs: list[Any] = [None] * count
    ends = np.zeros((count, count + 1), np.int64)  # of each block: where its pieces end

    def sort_block(number: int) -> None:
        run = runs[number] = first(number * size, min((number + 1) * size, values.size))
        ends[number, 1:] = *np.searchsorted(values_of(run), pivots), run.size

    with part(0, 2):
        for_each(sort_block, range(count))
    found, starts = np.empty(values.size, runs[0].dtype), ends.sum(axis=0)

    def merge(number: int) -> None:
        spans = zip(runs, ends[:, number], ends[:, number + 1], strict=True)
        pieces = np.concatenate([run[a:b] for run, a, b in spans])
        found[starts[number] : starts[number + 1]] = merged(pieces, "stable")  # which merges runs

    with part(1, 2):
        for_each(merge, range(count))
    return found


def taken(values: NDArray[Any], places: NDArray[np.int64]) -> NDArray[Any]:
    """``values[places]`` of a line of values, part by part."""
    found = np.empty(places.size, values.dtype)

    def take(region: Region) -> None:
        found[region] = values[places[region]]

    for_each(take, regions(places.shape, PART))
    return found


def put(values: NDArray[Any], places: NDArray[np.int64], out: NDArray[Any]) -> None:
    """``out[places] = values``, part by part; no two places are the same."""

    def write(region: Region) -> None:
        out[places[region]] = values[region]

    for_each(write, regions(places.shape, PART))
