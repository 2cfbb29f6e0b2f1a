"""A part of an image, read by itself: to be looked at, not to be equalized as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import checked_lazily, is_lazy, promise_of, read_directly

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read_part(image: Any, key: Any) -> NDArray[Any]:
    """The pixels of a part of an image, in memory or lazy; no more chunks are read than it has.

    Parameters
    ----------
    image : (...) array
    key : index
        What `image` would be indexed with: numbers from 0 on, and slices.

    Returns
    -------
    numpy array
        Of the image's dtype; of what is in memory, a view.

    Raises
    ------
    ChunkError
        If a chunk cannot be read, or is not what the image declares: which one, and why.
    """
    if not is_lazy(image):
        return np.asarray(np.asarray(image)[key])
    stored = read_directly(image, key)
    if stored is not None:
        return stored
    from napari_histeq.core.lazy import run_graph  # late: it brings dask along

    array = checked_lazily(image)
    source, declared = promise_of(array)
    part = array[key].rechunk(-1)
    wanted = (part.name, *(0,) * part.ndim)
    # Not optimized: then no task is fused with others, and each says which chunk it reads.
    graph = dict(part.__dask_graph__().cull({wanted}))
    (found,) = run_graph(graph, [wanted], {array.name: declared, source.name: declared})
    return np.asarray(found)
