"""NPY: numpy's own files. They tell no axes and no units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.files.picture import UNNAMED, Location, Picture, is_large
from napari_histeq.files.stream import blocks

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".npy",)


def read(location: Location) -> Picture:
    """See `files.read`."""
    mapped = np.load(location.path, mmap_mode="r", allow_pickle=False)
    data: Any = mapped
    if is_large(mapped.shape, mapped.dtype):
        import dask.array as da

        data = da.from_array(mapped, name=False)
    else:
        data = np.load(location.path, allow_pickle=False)
    axes = "yx" if data.ndim == 2 else UNNAMED * data.ndim
    return Picture(data, axes, "NPY", header=bool(mapped.flags.f_contiguous and mapped.ndim > 1))


def write(picture: Picture, path: Path) -> None:
    """See `files.write`."""
    data = picture.data
    if isinstance(data, np.ndarray):
        np.save(path, data, allow_pickle=False)
        return
    order = picture.form == "NPY" and picture.header
    out = np.lib.format.open_memmap(
        path, mode="w+", dtype=data.dtype, shape=data.shape, fortran_order=order
    )
    for where, block in blocks(data):
        out[where] = block
    out.flush()
