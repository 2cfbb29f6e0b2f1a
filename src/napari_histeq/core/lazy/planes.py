"""Numbers of each plane of lazy stacks, in one pass: the pixels are read once."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from dask._task_spec import Task, TaskRef

from napari_histeq.core.arrays import ArraySource, Plane, planes_of, promise_of
from napari_histeq.core.collector import collector_spared
from napari_histeq.core.lazy.graph import blocks_of, called, graph_of, run_graph
from napari_histeq.core.lazy.reduce import ChunkSource
from napari_histeq.core.lazy.steps import step_done, step_name
from napari_histeq.core.threads import in_place, part

if TYPE_CHECKING:
    from collections.abc import Sequence

    import dask.array as da
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Declared, Stack

    Floats = NDArray[np.float64]

#: A plane of at most so many bytes is counted by one task; a larger one chunk by chunk.
PLANE_BYTES = 1 << 27


def tell_planes(images: Sequence[da.Array], mask: da.Array | None, stack: Stack) -> list[Floats]:
    """For each of some images of one shape, what is told of its planes.

    Parameters
    ----------
    images : sequence of dask array
        An image, and its result.
    mask : dask array of bool, or None
        Of all of them.
    stack : Stack

    Returns
    -------
    list of (..., size) array of float64
        One for each image; the axes in front are the `outer` ones.
    """
    first = images[0]
    chunks = whole_planes(first, stack.outer, stack.axes)
    if chunks is None:
        return [_one_by_one(image, mask, stack) for image in images]
    whole = [image.rechunk(chunks) for image in images]
    counted = None if mask is None else mask.rechunk(chunks)
    source, declared = promise_of(first)
    known = {first.name: declared, source.name: declared}
    with collector_spared(whole[0].npartitions):
        return _in_one_pass(whole, counted, stack, known)


def whole_planes(
    image: da.Array, outer: tuple[int, ...], axes: tuple[int, ...]
) -> dict[int, int] | None:
    """Chunks that hold planes as a whole, as many as a task may have; None if one is too large."""
    plane = math.prod(n for axis, n in enumerate(image.shape) if axis not in outer)
    size = plane * image.dtype.itemsize
    if size > PLANE_BYTES:
        return None
    chunks: dict[int, int] = dict.fromkeys(axes, -1)
    budget = max(PLANE_BYTES // 2 // max(size, 1), 1)
    for axis in reversed(outer):
        chunks[axis] = min(max(image.chunks[axis]), budget)
        budget = max(budget // chunks[axis], 1)
    return chunks


def _in_one_pass(
    images: Sequence[da.Array], mask: da.Array | None, stack: Stack, known: dict[str, Declared]
) -> list[Floats]:
    """One graph for all images: what they are made of is read once."""
    given = [*images, *([] if mask is None else [mask])]
    graph = graph_of(*given)
    if mask is not None:
        known = known | called(graph, mask, "the mask")
    for image in reversed(images):
        words = "the image" if image is images[0] else "the result"
        known = called(graph, image, words) | known
    name = step_name()
    keys: list[tuple[str, int]] = []
    places: list[tuple[int, Any]] = []
    for number, image in enumerate(images):
        for index, where in blocks_of(image):
            keys.append((name, len(keys)))
            places.append((number, tuple(where[axis] for axis in stack.outer)))
            task = partial(_of_chunk, stack, keys[-1])
            parts = [TaskRef((image.name, *index))]
            if mask is not None:
                parts.append(TaskRef((mask.name, *index[: mask.ndim])))
            graph[keys[-1]] = Task(keys[-1], task, *parts)
    shape = (*(images[0].shape[axis] for axis in stack.outer), stack.size)
    found = [np.empty(shape, stack.dtype) for _ in images]
    for (number, where), values in zip(places, run_graph(graph, keys, known), strict=True):
        found[number][where] = values
    return found


def _of_chunk(stack: Stack, key: tuple[str, int], block: Any, mask: Any = None) -> Floats:
    """What is told of the planes in a chunk, which spans them."""
    image = np.asarray(block)
    counted = None if mask is None else np.asarray(mask)
    planes = planes_of(Plane(image, counted, image), stack.outer, stack.axes)
    with in_place():
        found = [stack.tell(ArraySource(p.image, p.mask, stack.channels)) for p in planes]
    step_done(key[0], key[1:])
    lengths = [image.shape[axis] for axis in stack.outer]
    return np.array(found, stack.dtype).reshape(*lengths, stack.size)


def _one_by_one(image: da.Array, mask: da.Array | None, stack: Stack) -> Floats:
    """Planes too large for one task: each counted chunk by chunk, one after the other."""
    lengths = tuple(image.shape[axis] for axis in stack.outer)
    found = np.empty((*lengths, stack.size), stack.dtype)
    indices = [*np.ndindex(lengths)]
    for number, index in enumerate(indices):
        where: list[Any] = [slice(None)] * image.ndim
        for axis, place in zip(stack.outer, index, strict=True):
            where[axis] = slice(place, place + 1)
        counted = None if mask is None else mask[tuple(where[: mask.ndim])]
        source = ChunkSource(image[tuple(where)], counted, stack.channels, stack.axes)
        with part(number, len(indices)):
            found[index] = stack.tell(source)
    return found
