"""Images larger than memory: counted chunk by chunk, mapped when asked for.

Counts add up, whatever the chunks are; and a finished transfer function does not
care which chunk a pixel is in. So the answer has the same bits for any chunking, and
the same as that of the same pixels in memory. Import this module late: it brings dask
along.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from dask._task_spec import DataNode, List, Task, TaskRef

from napari_histeq.core.arrays import (
    ArraySource,
    OnlySwept,
    Plane,
    checked_block,
    outer_axes,
    planes_of,
    promise_of,
)
from napari_histeq.core.collector import collector_spared
from napari_histeq.core.histogram import counts_on
from napari_histeq.core.lazy.graph import (
    Packed,
    blocks_of,
    called,
    graph_of,
    run_graph,
    shares_memory,
    tree_sum,
)
from napari_histeq.core.lazy.steps import looking, step_done, step_name
from napari_histeq.core.threads import PerThread, in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import dask.array as da
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Declared, T

    Visit = Callable[[T, NDArray[Any], NDArray[np.bool_] | None, tuple[int, ...]], object]

#: Tallies come from at least so many pixels where they travel between processes.
TALLY_PIXELS = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class ChunkSource(OnlySwept):
    """The pixels of a dask array, and which of them count: a `Source`.

    The mask has the image's chunks. With `channels`, the last axis of the image is theirs: it
    lies in one chunk, and the mask has none. Axes of length 1 that `axes` leaves out are
    those of a stack that this is a plane of.
    """

    image: da.Array
    mask: da.Array | None = None
    channels: bool = False
    axes: tuple[int, ...] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Along `axes`, without channels."""
        shape: tuple[int, ...] = self.image.shape
        if self.axes is None:
            return shape[:-1] if self.channels else shape
        return tuple(shape[axis] for axis in self.axes)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The image's dtype, in native byte order."""
        found: np.dtype[Any] = self.image.dtype.newbyteorder("=")
        return found

    def sweep(self, start: Callable[[], T], visit: Visit[T]) -> T:
        """See `Source`: chunk by chunk, on the active dask scheduler."""
        visit_each = partial(visit_chunk, self.channels, self.axes, visit)
        total: T = reduce_chunks(self.image, self.mask, start, visit_each)
        return total


def visit_chunk(
    channels: bool,
    axes: tuple[int, ...] | None,
    visit: Visit[T],
    tally: T,
    block: Any,
    mask: Any,
    offset: tuple[int, ...],
) -> None:
    """Let a chunk be visited, in blocks that no copy of takes much memory."""
    spanned, start = along(axes, block, offset, channels)
    counted = None if mask is None else np.asarray(mask).reshape(spanned.shape[: len(start)])

    def visit_block(tally: T, block: Any, mask: Any, inside: tuple[int, ...]) -> None:
        visit(tally, block, mask, tuple(a + b for a, b in zip(start, inside, strict=True)))

    ArraySource(spanned, counted, channels).sweep(lambda: tally, visit_block)


def along(
    axes: tuple[int, ...] | None, block: NDArray[Any], offset: tuple[int, ...], channels: bool
) -> tuple[NDArray[Any], tuple[int, ...]]:
    """A block without the axes of length 1 that are not in `axes`, and where it starts.

    The channels, if there are any, stay last.
    """
    ndim = block.ndim - channels
    if axes is None:
        return block, offset[:ndim]
    shape = (*(block.shape[a] for a in axes), *block.shape[ndim:])
    return block.reshape(shape), tuple(offset[a] for a in axes)


def reduce_chunks(
    image: da.Array,
    mask: da.Array | None,
    start: Callable[[], T],
    visit: Visit[T],
    wanted: Callable[[tuple[slice, ...]], bool] | None = None,
) -> T:
    """Let `visit(tally, block, mask, offset)` add each chunk to a tally; the sum of the tallies.

    `offset` is where the block starts in the image. Of the chunks only those are read that are
    `wanted`, by where they lie; by default all. Where the tasks share this
    process's memory there is one tally per thread. Elsewhere each task returns its own,
    so that it can be done again when a worker is lost.
    """
    with collector_spared(image.npartitions):
        return _reduced(image, mask, start, visit, wanted)


def _reduced(
    image: da.Array,
    mask: da.Array | None,
    start: Callable[[], T],
    visit: Visit[T],
    wanted: Callable[[tuple[slice, ...]], bool] | None,
) -> T:
    shared = shares_memory()
    tallies = PerThread(start)
    (image, declared), declared_mask = promise_of(image), None
    if mask is not None:
        mask, declared_mask = promise_of(mask, "the mask")
    start_of = tallies.mine if shared else start
    work = partial(_visit_all, start_of, visit, declared, declared_mask, not shared)
    graph = graph_of(image, *([] if mask is None else [mask]))
    name = step_name()
    shared_work = f"work-{name}"
    graph[shared_work] = DataNode(shared_work, work if shared else Packed(work))
    keys = []
    groups = [*_groups(image, 1 if shared else TALLY_PIXELS, wanted)]
    for number, group in enumerate(looking(groups)):
        keys.append((name, number))
        parts = [_part(image, mask, index) for index, _ in group]
        graph[keys[-1]] = Task(keys[-1], _step, TaskRef(shared_work), keys[-1], List(*parts))
    known = {} if mask is None else called(graph, mask, "the mask")
    known |= called(graph, image, "the image")
    if shared:
        run_graph(graph, keys, known)
        return tallies.sum()
    total: T = run_graph(graph, [tree_sum(graph, keys, f"sum-{name}")], known)[0]
    return total


def _groups(
    image: da.Array, pixels: int, wanted: Callable[[tuple[slice, ...]], bool] | None
) -> Iterator[list[Any]]:
    """The chunks that are wanted, in order: as many together as have at least so many pixels."""
    group, size = [], 0
    for index, where in blocks_of(image):
        if wanted is not None and not wanted(where):
            continue
        group.append((index, where))
        size += math.prod(s.stop - s.start for s in where)
        if size >= pixels:
            yield group
            group, size = [], 0
    if group:
        yield group


def _part(image: da.Array, mask: da.Array | None, index: Any) -> List:
    counted = None if mask is None else TaskRef((mask.name, *index[: mask.ndim]))
    return List(TaskRef((image.name, *index)), counted, index)


def _step(work: Callable[[Any], T], key: tuple[str, int], parts: list[Any]) -> T:
    result = work(parts)
    step_done(key[0], key[1:])
    return result


def _visit_all(
    tally: Callable[[], T],
    visit: Visit[T],
    declared: Declared,
    declared_mask: Declared | None,
    returns: bool,
    parts: Any,
) -> T | None:
    """Let chunks be visited that nobody has checked yet."""
    total = tally()
    with in_place():
        for block, mask, index in parts:
            pixels, counted = checked_block(declared, block, index), None
            if declared_mask is not None:
                counted = checked_block(declared_mask, mask, index[: len(declared_mask.shape)])
            visit(total, pixels, counted, tuple(start for start, _ in declared.spans(index)))
    return total if returns else None


def plane_counts(
    image: da.Array, mask: da.Array | None, axes: tuple[int, ...], levels: NDArray[Any]
) -> NDArray[np.int64]:
    """The counts of the planes that span `axes`, in bins that end at `levels`."""
    outer = outer_axes(image.ndim, axes)
    stacked = (*(image.shape[a] for a in outer), levels.size)
    visit = partial(_count_planes, levels, outer, axes)

    def start() -> NDArray[np.int64]:
        return np.zeros(stacked, np.int64)

    return reduce_chunks(image, mask, start, visit)


def _count_planes(
    levels: NDArray[Any],
    outer: tuple[int, ...],
    axes: tuple[int, ...],
    tally: NDArray[np.int64],
    block: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    offset: tuple[int, ...],
) -> None:
    """Add a chunk's part of each plane to the plane's counts."""
    planes = planes_of(Plane(block, mask, block), outer, axes)
    first = [offset[a] for a in outer]
    for index, plane in zip(np.ndindex(*(block.shape[a] for a in outer)), planes, strict=True):
        tally[tuple(np.add(first, index))] += counts_on(levels, plane.image, plane.mask)
