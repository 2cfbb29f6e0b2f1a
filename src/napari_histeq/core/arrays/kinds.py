"""Kinds of images, as type checkers tell them: which kind of result comes of which.

Told by what an array offers, so that neither dask nor xarray has to be there. What a verb is given
is one of these kinds, the first that fits:

- numpy's arrays: a numpy array of the same shape and dtype comes of them;
- what is `Computed` when it is asked for, dask's arrays and xarray's: one of the same kind;
- what is `Stored` and read in parts, by zarr, h5py, tensorstore: a dask array;
- anything else that numpy makes an array of, such as lists: a numpy array;
- what is merely `Indexed`, such as the data of a layer of napari's: that is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike


class Indexed(Protocol):
    """What has a shape, a dtype and an index; of which kind it is, is not known."""

    @property  # dask's lengths may be NaN
    def shape(self) -> tuple[float, ...]:
        """Along each axis."""

    @property
    def dtype(self) -> Any:
        """Of the pixels."""

    def __getitem__(self, key: Any, /) -> Any: ...


class Computed(Indexed, Protocol):
    """An array that makes its pixels: dask's, and xarray's with names on its axes."""

    @property
    def chunks(self) -> Any:
        """Along each axis."""

    def compute(self, **kwargs: Any) -> Any:
        """Make them."""


class _InChunks(Indexed, Protocol):
    """An array that reads its pixels: zarr's, h5py's."""

    @property
    def chunks(self) -> Any: ...


class _LaidOut(Indexed, Protocol):
    """An array that reads its pixels: tensorstore's."""

    @property
    def chunk_layout(self) -> Any: ...


Stored: TypeAlias = _InChunks | _LaidOut

#: What is equalized or counted.
Image: TypeAlias = ArrayLike | Indexed

#: Axes by their numbers, or of an xarray DataArray by their names.
Axis: TypeAlias = int | str | None
Axes: TypeAlias = Axis | Sequence[int | str]

#: Who is told how much is done: a function, or (True) tqdm's bar.
Progress: TypeAlias = Callable[[float], object] | bool | None

# Of numpy's arrays, and what is `Computed`: the same comes out.
S = TypeVar("S", bound=tuple[int, ...])
D = TypeVar("D", bound=np.generic)
C = TypeVar("C", bound=Computed)
