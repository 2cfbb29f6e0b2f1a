"""Sorting many numbers in parts: on all cores, and so that it can be stopped after any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays.blocks import for_each
from napari_histeq.core.arrays.progress import part

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Numbers in a part: some hundredths of a second.
PART = 1 << 20

#: Numbers that are drawn for each part, to find where the parts end: they differ by some tenths then.
DRAWN = 64


def sorted_by_parts(values: NDArray[Any], size: int = PART) -> NDArray[Any]:
    """``np.sort(values)`` of a line of numbers, none of them NaN; `size`: of a part."""
    found = np.empty_like(values)

    def sort(inside: NDArray[np.int64], place: slice) -> None:
        found[place] = np.sort(values[inside])

    _by_parts(values, size, sort)
    return found


def order_by_parts(values: NDArray[Any], size: int = PART) -> NDArray[np.int64]:
    """``np.argsort(values)``, equal ones in any order."""
    found = np.empty(values.size, np.int64)

    def sort(inside: NDArray[np.int64], place: slice) -> None:
        found[place] = inside[np.argsort(values[inside])]

    _by_parts(values, size, sort)
    return found


def _by_parts(values: NDArray[Any], size: int, sort: Any) -> None:
    """Call ``sort(inside, place)`` for each part: which numbers are in it, and where they belong.

    With pivots 3 and 7, say, the parts are what is less than 3, from 3 to less than 7, and the rest:
    each block of numbers is split so, and then a part is put together from all blocks.
    """
    count = max(-(-values.size // size), 1)
    if count == 1:
        sort(np.arange(values.size), slice(0, values.size))
        return
    drawn = np.random.default_rng(0).integers(0, values.size, DRAWN * count)
    pivots = np.sort(values[drawn])[DRAWN::DRAWN]
    inside: list[Any] = [None] * count
    ends = np.zeros((count, count + 1), np.int64)  # of each block: where its parts end

    def split(number: int) -> None:
        start = number * size
        parts = np.searchsorted(pivots, values[start : start + size], side="right")
        inside[number] = start + np.argsort(parts.astype(np.min_scalar_type(count)), kind="stable")
        ends[number, 1:] = np.bincount(parts, minlength=count).cumsum()

    with part(0, 2):
        for_each(split, range(count))
    starts = ends.sum(axis=0)

    def put(number: int) -> None:
        pieces = [
            block[a:b]
            for block, a, b in zip(inside, ends[:, number], ends[:, number + 1], strict=True)
        ]
        sort(np.concatenate(pieces), slice(starts[number], starts[number + 1]))

    with part(1, 2):
        for_each(put, range(count))
