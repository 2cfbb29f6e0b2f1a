"""Planes that look at their neighbors, lazily: a plane needs the counts of those in its window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
from dask._task_spec import Alias, List, Task, TaskRef
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.methods import Neighbors


def averaged_when_asked(known: da.Array, neighbors: Neighbors) -> da.Array:
    """For each plane the histogram averaged over its neighbors.

    Parameters
    ----------
    known : dask array of Quantiles
        One of each plane, each in a chunk of its own.
    neighbors : Neighbors

    Returns
    -------
    dask array of Histogram
        In the same shape and chunks. Each needs those in its window, and no others; planes that
        look at the same ones share one.
    """
    name = f"around-{tokenize(known.name, neighbors)}"
    lengths = known.shape
    tasks: dict[Any, Any] = {}
    first: dict[Any, Any] = {}
    for index, window in zip(np.ndindex(lengths), neighbors.windows(lengths), strict=True):
        key = (name, *index)
        same = first.setdefault(window, key)
        if same != key and neighbors.shares:
            tasks[key] = Alias(key, same)
            continue
        parts = List(*(TaskRef((known.name, *i)) for i in window))
        tasks[key] = Task(key, _average, neighbors, index[0], lengths[0], parts)
    graph = HighLevelGraph.from_collections(name, tasks, dependencies=[known])
    return da.Array(graph, name, known.chunks, meta=np.empty((0,) * known.ndim, object))


def _average(neighbors: Neighbors, place: int, length: int, parts: Any) -> NDArray[Any]:
    found = neighbors.average([part.item() for part in parts], place, length)
    return one_thing(found, parts[0].ndim)


def one_thing(thing: Any, ndim: int) -> NDArray[Any]:
    """A thing as an array of `ndim` axes of length 1."""
    found = np.empty(ndim * (1,), object)
    found[(0,) * ndim] = thing
    return found
