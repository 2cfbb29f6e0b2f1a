"""Counting pixels into bins, whatever the dtype and wherever the pixels lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import numpy as np

from napari_histeq.core.arrays import (
    PerThread,
    Region,
    bits_of,
    block_size,
    flat_views,
    for_each,
    native_run,
    regions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class Addable(Protocol):
    """What is counted in parts and added up."""

    def __add__(self, other: Any) -> Any: ...


T = TypeVar("T", bound=Addable)
Visit = "Callable[[T, NDArray[Any], NDArray[Any]], None]"


class Bins(NamedTuple):
    """The ingredients of a Histogram."""

    counts: NDArray[np.int64]
    bin_edges: NDArray[Any]
    levels: NDArray[Any]


class Source(Protocol):
    """Pixels that can be swept through, once or several times."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The pixels' dtype, in native byte order."""

    def sweep(
        self, start: Callable[[], T], visit: Callable[[T, NDArray[Any], NDArray[Any]], None]
    ) -> T:
        """Let `visit` add every run of pixels (and its mask, or none) to tallies; their sum."""


@dataclass(frozen=True)
class ArraySource:
    """The pixels of a numpy array, and which of them count (`mask` has its shape)."""

    image: NDArray[Any]
    mask: NDArray[np.bool_] | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The image's dtype, in native byte order."""
        return self.image.dtype.newbyteorder("=")

    def sweep(
        self, start: Callable[[], T], visit: Callable[[T, NDArray[Any], NDArray[Any]], None]
    ) -> T:
        """See `Source`: one tally per thread, none of them shared."""
        arrays = (self.image,) if self.mask is None else (self.image, self.mask)
        image, *masks = flat_views(*arrays)
        tallies = PerThread(start)

        def work(region: Region) -> None:
            run = native_run(image[region])
            mask = native_run(masks[0][region]).view(np.uint8) if masks else NO_MASK
            visit(tallies.mine(), run, mask)

        for_each(work, regions(image.shape, block_size(image)))
        return tallies.sum()


NO_MASK: NDArray[Any] = np.empty(0, np.uint8)


def count(source: Source) -> Bins:
    """Count a source into bins: one per level, or adaptive ones (see `compute_histogram`)."""
    dtype = source.dtype
    if dtype.kind in "bui" and dtype.itemsize <= 2:
        return _bin_per_level(source)
    from napari_histeq.core.histogram.adaptive import adaptive_bins

    return adaptive_bins(source)


def _bin_per_level(source: Source) -> Bins:
    dtype = source.dtype
    counts = source.sweep(
        lambda: np.zeros(1 << 8 * dtype.itemsize, np.int64),
        lambda tally, run, mask: _count_run(tally, bits_of(run), mask),
    )
    if dtype.kind == "b":
        return Bins(counts[:2], np.arange(3), np.array([False, True]))
    if dtype.kind == "i":
        counts = np.roll(counts, counts.size // 2)  # the bits of -1 are the greatest
    return Bins(counts, *_levels_of(dtype))


@cache
def _levels_of(dtype: np.dtype[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The edges and the levels of a bin per level: the same for all planes of a stack."""
    info = np.iinfo(dtype)
    edges = np.arange(info.min, info.max + 2)
    levels = edges[:-1].astype(dtype)
    for shared in (edges, levels):
        shared.flags.writeable = False
    return edges, levels


def _count_run(counts: NDArray[np.int64], bits: NDArray[Any], mask: NDArray[Any]) -> None:
    from napari_histeq.core import kernels

    if mask.size:
        kernels.levels.count_masked(bits, mask, counts)
    elif bits.itemsize == 1:
        kernels.levels.count_bytes(*as_words(bits), counts)
    else:
        kernels.levels.count_shorts(*as_words(bits), counts)


def as_words(run: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """A run of bytes or shorts as uint64 words, and the rest that fills none.

    A run that does not start on a word's boundary is copied: unaligned words would be
    a second type to compile for.
    """
    per_word = 8 // run.itemsize
    whole = run.size // per_word * per_word
    words = run[:whole]
    if words.ctypes.data % 8:
        words = words.copy()
    return words.view(np.uint64), run[whole:]
