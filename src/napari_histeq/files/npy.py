"""NPY: numpy's own files. They tell no axes and no units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.files.picture import UNNAMED, Location, Picture, is_large
from napari_histeq.files.stream import append, blocks

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
    data, lazy = picture.data, not isinstance(picture.data, np.ndarray)
    order = picture.form == "NPY" and picture.header if lazy else data.flags.fnc
    descr = np.lib.format.dtype_to_descr(data.dtype)
    header = {"descr": descr, "fortran_order": bool(order), "shape": data.shape}
    ordered = data.T if order else data
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for _, block in blocks(ordered) if lazy else [((), ordered)]:
            append(file, block)
