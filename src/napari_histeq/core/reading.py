"""A part of an image, read by itself: to be looked at, not to be equalized as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import is_lazy

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
    from napari_histeq.core.lazy import read_lazily  # late: it brings dask along

    return read_lazily(image, key)
