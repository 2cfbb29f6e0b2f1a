"""Arrays cut into blocks.

Kernels want contiguous 1-D runs in native byte order; users bring Fortran
order, big-endian files, memory maps and strided views. This file turns the
second into the first, a block at a time, so that nothing is ever copied whole.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.threads import thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Pixels per block: small enough to stay responsive to a cancel, large enough
#: that handing a block to a thread costs nothing beside the work on it.
BLOCK_PIXELS = 1 << 21

#: Bytes per block where there are pixels enough for all threads: starting a block costs
#: more than it seems, in caches and in memory that is touched for the first time.
BLOCK_BYTES = 1 << 23

Region = tuple[slice, ...]


def memory_order(image: NDArray[Any]) -> tuple[int, ...]:
    """The axes from the slowest to the fastest in memory."""
    steps = image.strides
    return tuple(sorted(range(image.ndim), key=lambda axis: -abs(steps[axis])))


def regions(shape: tuple[int, ...], pixels: int = BLOCK_PIXELS) -> list[Region]:
    """Cut `shape` into regions of at most `pixels`, whole along the last axes."""
    if math.prod(shape) <= pixels:
        return [(slice(None),) * len(shape)]
    inner = math.prod(shape[1:])
    if inner > pixels:
        tails = regions(shape[1:], pixels)
        return [(slice(i, i + 1), *tail) for i in range(shape[0]) for tail in tails]
    step = max(pixels // max(inner, 1), 1)
    rest = (slice(None),) * (len(shape) - 1)
    return [(slice(i, min(i + step, shape[0])), *rest) for i in range(0, shape[0], step)]


def block_size(image: NDArray[Any]) -> int:
    """Pixels per block for a simple pass over an image, several blocks for each thread."""
    if image.size <= BLOCK_PIXELS:  # one of many planes: not worth asking for the threads
        return BLOCK_PIXELS
    # Fewer make too much of the tables of counts that each block has; floats are more work a pixel.
    least = BLOCK_PIXELS // (2 if image.dtype.itemsize <= 2 else 4)
    most = max(BLOCK_BYTES // image.dtype.itemsize, BLOCK_PIXELS)
    return min(max(image.size // (4 * thread_count()), least), most)


def flat_views(*arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """The same arrays, axes in the memory order of the first, 1-D where all can be.

    Counting and looking up do not care where a pixel lies, so Fortran order,
    transposed views and C order all become one long run.
    """
    if all(a.flags.c_contiguous for a in arrays):
        return tuple(a.reshape(-1) for a in arrays)
    order = memory_order(arrays[0])
    ordered = tuple(a.transpose(order) for a in arrays)
    if all(a.flags.c_contiguous for a in ordered):
        return tuple(a.reshape(-1) for a in ordered)
    return ordered


def native_run(block: NDArray[Any]) -> NDArray[Any]:
    """The block as a contiguous 1-D run in native byte order (a view when it is one)."""
    return np.ascontiguousarray(block, dtype=block.dtype.newbyteorder("=")).reshape(-1)
