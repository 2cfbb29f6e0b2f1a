"""HDF5 by h5py: one dataset of a file, with its attributes."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.extras import brought_by
from napari_histeq.files.picture import UNNAMED, Location, Picture, is_large
from napari_histeq.files.stream import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO
    from pathlib import Path

SUFFIXES = (".h5", ".hdf5", ".hdf")

#: How a dataset is stored, which its copy keeps.
_STORED = ("chunks", "compression", "compression_opts", "shuffle", "fletcher32")


def read(location: Location) -> Picture:
    """See `files.read`."""
    with brought_by("cli"):
        import h5py
    file = h5py.File(location.path, "r")
    closers: tuple[Any, ...] = ()
    try:
        inner, stored = _dataset(file, location.inner)
        header = {"inner": inner, "attributes": {k: stored.attrs[k] for k in stored.attrs}}
        header |= {key: getattr(stored, key) for key in _STORED}
        axes = _axes(stored)
        scale, units = _sizes(header["attributes"], axes)
        if is_large(stored.shape, stored.dtype):
            from napari_histeq.core.arrays import as_lazy

            closers, data = (file.close,), as_lazy(stored)
        else:
            data = stored[()]
            file.close()
    except Exception:
        file.close()
        raise
    return Picture(data, axes, "HDF5", scale, units, header=header, closers=closers)


def _dataset(file: Any, wanted: str) -> tuple[str, Any]:
    """The dataset that is meant, and its name."""
    inner = wanted or _only_dataset(file)
    if not hasattr(file.get(inner), "dtype"):
        raise ValueError(f"it has no dataset {inner!r}: it has {_listed(file)}")
    return inner, file[inner]


def _datasets(file: Any) -> list[str]:
    found: list[str] = []
    file.visititems(lambda name, item: found.append(name) if hasattr(item, "shape") else None)
    return found


def _listed(file: Any) -> str:
    return ", ".join(f"/{name}" for name in _datasets(file)[:10]) or "none"


def _only_dataset(file: Any) -> str:
    found = _datasets(file)
    if len(found) != 1:
        raise ValueError(
            f"it has {len(found)} datasets ({_listed(file)}): say which, as file.h5:/dataset"
        )
    return found[0]


def _axes(stored: Any) -> str:
    """By the labels of HDF5's dimensions, or by vigra's tags, which ilastik writes."""
    labels = [str(dim.label).lower() for dim in stored.dims]
    with suppress(KeyError, TypeError, ValueError):
        labels = labels if any(labels) else [
            str(axis["key"]).lower() for axis in json.loads(stored.attrs["axistags"])["axes"]
        ]  # fmt: skip
    if len(labels) != stored.ndim:
        labels = [""] * stored.ndim
    letters = [label if len(label) == 1 else UNNAMED for label in labels]
    if not any(labels):
        letters = list("zyx"[3 - stored.ndim :]) if stored.ndim in (2, 3) else letters
    return "".join(letters)


def _sizes(attributes: Any, axes: str) -> tuple[tuple[float, ...], tuple[str | None, ...]]:
    """Micrometers of a voxel, as ImageJ's and ilastik's HDF5 plugins tell them: z, y, x."""
    size = np.ravel(attributes.get("element_size_um", ()))
    known = dict(zip("zyx"[-len(size) :], size.tolist(), strict=True)) if 0 < len(size) <= 3 else {}
    if not known:
        return (), ()
    units = tuple("micrometer" if a in known else None for a in axes)
    return tuple(float(known.get(a, 1.0)) for a in axes), units


_NEW: dict[str, Any] = {"inner": "image", "attributes": {}}


def write(picture: Picture, path: Path) -> None:
    """See `files.write`."""
    with brought_by("cli"):
        import h5py
    header = picture.header if picture.form == "HDF5" else _NEW
    data = picture.data
    how = {key: header[key] for key in _STORED if header.get(key)}
    with _held(path) as held, h5py.File(held, "w") as file:
        made = file.create_dataset(header["inner"], data.shape, data.dtype, **how)
        for key, value in header["attributes"].items():
            if key not in ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME"):
                made.attrs[key] = value
        for dim, letter in zip(made.dims, picture.axes, strict=True):
            if letter != UNNAMED:
                dim.label = letter
        if isinstance(data, np.ndarray):
            made[...] = data
        else:
            for where, block in blocks(data):
                made[where] = block
                held.check()


class _Held:
    """A file of which HDF5 does not hear that the disk is full: it would crash as it closes it."""

    def __init__(self, file: FileIO) -> None:
        self.seek, self.tell = file.seek, file.tell
        self.read, self.readinto = file.read, file.readinto
        self._file = file
        self._error: OSError | None = None

    def write(self, data: Any) -> None:
        """Write all of it, if the disk is not full."""
        left = memoryview(data).cast("B")
        while len(left) and self._error is None:
            left = left[self._tried(self._file.write, left) :]

    def truncate(self, size: int) -> None:
        """Make the file so long."""
        self._tried(self._file.truncate, size)

    def flush(self) -> None:
        """Nothing is held back."""

    def _tried(self, do: Callable[[Any], int], what: Any) -> int:
        try:
            return do(what)
        except OSError as error:
            self._error = self._error or error
            return 0

    def check(self) -> None:
        """Raise what HDF5 was not told."""
        if self._error is not None:
            raise self._error


@contextmanager
def _held(path: Path) -> Iterator[_Held]:
    with path.open("w+b", buffering=0) as file:
        held = _Held(file)
        yield held
        held.check()
