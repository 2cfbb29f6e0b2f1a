"""A part of an image larger than memory, read by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import checked_lazily, promise_of, read_directly
from napari_histeq.core.lazy.graph import run_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read_lazily(image: Any, key: Any) -> NDArray[Any]:
    """See `read_part`: a graph is computed on the active dask scheduler."""
    stored = read_directly(image, key)
    if stored is not None:
        return stored
    array = checked_lazily(image)
    source, declared = promise_of(array)
    part = array[key].rechunk(-1)
    wanted = (part.name, *(0,) * part.ndim)
    # Not optimized: then no task is fused with others, and each says which chunk it reads.
    graph = dict(part.__dask_graph__().cull({wanted}))
    (found,) = run_graph(graph, [wanted], {array.name: declared, source.name: declared})
    return np.asarray(found)
