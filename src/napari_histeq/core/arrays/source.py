"""Source: the pixels of an image, wherever they lie, swept through block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from napari_histeq.core.arrays.blocks import (
    BLOCK_PIXELS,
    block_size,
    memory_order,
    native_run,
    regions,
)
from napari_histeq.core.threads import PerThread, for_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core.arrays.blocks import Region

    Mask = NDArray[np.bool_] | None
    Place = tuple[int, ...]


class Addable(Protocol):
    """What is counted in parts and added up."""

    def __add__(self, other: Any) -> Any: ...


T = TypeVar("T", bound=Addable)

NO_MASK: NDArray[Any] = np.empty(0, np.uint8)


class Source(Protocol):
    """Pixels that can be swept through, once or several times.

    Attributes
    ----------
    shape : tuple of int
        Without channels.
    dtype : dtype
        In native byte order.
    is_at_hand : bool
        Whether `read` takes no longer than a look at memory.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """See `Source`."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """See `Source`."""

    @property
    def is_at_hand(self) -> bool:
        """See `Source`."""

    def read(self, region: Region) -> tuple[NDArray[Any], Mask]:
        """The pixels of a region, and which of them count (None: all)."""

    def sweep(
        self, start: Callable[[], T], visit: Callable[[T, NDArray[Any], Mask, Place], object]
    ) -> T:
        """Let `visit(tally, block, mask, offset)` add every block to a tally; the tallies' sum.

        `mask` tells which pixels of the block count (None: all), `offset` where it starts.
        No two threads share a tally, which `start` makes.
        """


class OnlySwept:
    """Base of a `Source` of which no part is read by itself: that takes a scheduler, say."""

    __slots__ = ()

    @property
    def is_at_hand(self) -> bool:
        """Never."""
        return False

    def read(self, region: Region) -> tuple[NDArray[Any], Mask]:
        """Not here: see `is_at_hand`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class ArraySource:
    """The pixels of a numpy array, and which of them count.

    With `channels`, the last axis of the image is theirs: no block divides it, and the mask
    has none.
    """

    image: NDArray[Any]
    mask: Mask = None
    channels: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Without channels."""
        return self.image.shape[:-1] if self.channels else self.image.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The image's, in native byte order."""
        return self.image.dtype.newbyteorder("=")

    @property
    def is_at_hand(self) -> bool:
        """Always."""
        return True

    def read(self, region: Region) -> tuple[NDArray[Any], Mask]:
        """Views."""
        return self.image[region], None if self.mask is None else self.mask[region]

    def sweep(
        self, start: Callable[[], T], visit: Callable[[T, NDArray[Any], Mask, Place], object]
    ) -> T:
        """See `Source`: on the shared pool, one tally per thread."""
        tallies = PerThread(start)

        def work(region: Region) -> None:
            visit(tallies.mine(), *self.read(region), tuple(s.start or 0 for s in region))

        for_each(work, self._regions())
        return tallies.sum()

    def _regions(self) -> list[Region]:
        """Blocks that are runs of memory: cut along the axis that is slowest there."""
        if self.channels:
            return regions(self.shape, BLOCK_PIXELS)
        if self.image.flags.c_contiguous:
            return regions(self.shape, block_size(self.image))
        order = memory_order(self.image)
        cut = regions(tuple(self.shape[a] for a in order), block_size(self.image))
        if order == tuple(range(len(order))):
            return cut
        back = [order.index(a) for a in range(len(order))]
        return [tuple(region[a] for a in back) for region in cut]


def run_of(block: NDArray[Any], mask: Mask) -> tuple[NDArray[Any], NDArray[Any]]:
    """A block's pixels one after another as they lie in memory, and 1 for those that count.

    Both contiguous and in native byte order; the second is empty where all count.
    """
    if not block.flags.c_contiguous:
        order = memory_order(block)
        block, mask = block.transpose(order), None if mask is None else mask.transpose(order)
    return native_run(block), NO_MASK if mask is None else native_run(mask).view(np.uint8)
