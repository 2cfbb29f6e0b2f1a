"""Counting pixels into bins, whatever the dtype and wherever the pixels lie."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import ArraySource, bits_of, run_of
from napari_histeq.core.histogram.adaptive import adaptive_bins
from napari_histeq.core.histogram.histogram import Histogram

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Source

    Mask = NDArray[np.bool_] | None


def count(source: Source) -> Histogram:
    """Count a source into bins: one per level, or adaptive ones (see `compute_histogram`)."""
    dtype = source.dtype
    if dtype.kind in "bui" and dtype.itemsize <= 2:
        return _bin_per_level(source)
    return adaptive_bins(source)


def _bin_per_level(source: Source) -> Histogram:
    dtype = source.dtype
    counts = source.sweep(partial(_zeros, 1 << 8 * dtype.itemsize), _count_block)
    if dtype.kind == "b":
        return Histogram(counts[:2], np.arange(3), np.array([False, True]))
    if dtype.kind == "i":
        counts = np.roll(counts, counts.size // 2)  # the bits of -1 are the greatest
    return Histogram(counts, *_levels_of(dtype))


def _zeros(size: int) -> NDArray[np.int64]:
    return np.zeros(size, np.int64)


def bins_of(dtype: np.dtype[Any]) -> tuple[NDArray[np.int64], NDArray[Any]] | None:
    """The edges and levels of the bins that every image of a dtype has: one per level, or None."""
    return _levels_of(dtype) if dtype.kind in "iu" and dtype.itemsize <= 2 else None


@cache
def _levels_of(dtype: np.dtype[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The edges and the levels of a bin per level: the same for all planes of a stack."""
    info = np.iinfo(dtype)
    edges = np.arange(info.min, info.max + 2)
    levels = edges[:-1].astype(dtype)
    for shared in (edges, levels):
        shared.flags.writeable = False
    return edges, levels


def _count_block(
    counts: NDArray[np.int64], block: NDArray[Any], mask: Mask, _: tuple[int, ...]
) -> None:
    from napari_histeq.core import kernels

    run, counted = run_of(block, mask)
    bits = bits_of(run)
    if counted.size:
        kernels.levels.count_masked(bits, counted, counts)
    elif bits.itemsize == 1:
        kernels.levels.count_bytes(*as_words(bits), counts)
    else:
        kernels.levels.count_shorts(*as_words(bits), counts)


def as_words(run: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """A run of bytes or shorts as uint64 words, and the rest that fills none.

    Words start on a word's boundary: unaligned ones would be a second type to compile for.
    Of 21 bytes from address 5 on, the 3 before 8 and the 2 from 24 on are the rest.
    """
    per_word = 8 // run.itemsize
    before = min(-run.ctypes.data % 8 // run.itemsize, run.size)
    after = before + (run.size - before) // per_word * per_word
    words, rest = run[before:after], run[after:]
    if words.ctypes.data % 8:  # no boundary of a word is one of an item
        words = words.copy()
    return words.view(np.uint64), np.concatenate([run[:before], rest]) if before else rest


def counts_on(levels: NDArray[Any], image: NDArray[Any], mask: Mask) -> NDArray[np.int64]:
    """Count an array on bins that are given by the greatest intensity of each."""
    if levels.dtype.kind in "bui" and levels.dtype.itemsize <= 2:
        return count(ArraySource(image, mask)).counts  # the dtype's own levels
    return counts_up_to(levels, ArraySource(image, mask))


def counts_up_to(levels: NDArray[Any], source: Source) -> NDArray[np.int64]:
    """Count finite pixels into bins that end at `levels`, sorted; each one exactly.

    The last level is not below any pixel.
    """

    def visit(
        tally: NDArray[np.int64], block: NDArray[Any], mask: Mask, _: tuple[int, ...]
    ) -> None:
        wanted = np.isfinite(block)
        if mask is not None:
            wanted &= mask
        tally += np.bincount(np.searchsorted(levels, block[wanted]), minlength=levels.size)

    return source.sweep(partial(_zeros, levels.size), visit)
