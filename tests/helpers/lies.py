"""Lazy arrays of which one chunk is something else than they declare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np

from helpers.lazy_cases import image

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_histeq.core import ChunkError


class Named(np.ndarray):
    """A subclass, such as images with metadata have."""


@dataclass
class Scaled:
    """As proxies of medical images: what is read is not of the dtype that is stored."""

    stored: np.ndarray

    shape = property(lambda self: self.stored.shape)
    dtype = property(lambda self: self.stored.dtype)
    ndim = property(lambda self: self.stored.ndim)

    def __getitem__(self, index: Any) -> Any:
        return np.asarray(self)[index]

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.stored * np.float32(0.5)


#: What a chunk that was declared as (20, 20) of uint8 may turn out to be.
LIES: dict[str, Callable[[Any], Any]] = {
    "uint16": lambda b: b.astype("u2") * 257,
    "int8": lambda b: b.view("i1"),
    "float32": lambda b: b.astype("f4"),
    "bool": lambda b: b > 3,
    "object": lambda b: b.astype(object),
    "complex": lambda b: b.astype(complex),
    "shorter": lambda b: b[:-1],
    "longer": lambda b: np.concatenate([b, b]),
    "empty": lambda b: b[:0],
    "an axis less": lambda b: b[0],
    "an axis more": lambda b: b[None],
    "None": lambda b: None,
    "a number": lambda b: 7,
    "a list": lambda b: b.tolist(),
    "a ragged list": lambda b: [[1], [2, 3]],
    "a subclass of floats": lambda b: b.astype(float).view(Named),
    "masked": lambda b: np.ma.masked_equal(b, 3),
    "a duck of floats": Scaled,
}


def lying(
    lie: Any, at: Any = (1, 2), dtype: Any = "u1", shape: Any = (40, 60), chunks: Any = 20
) -> Any:
    """A lazy array of which one chunk is something else than declared."""
    pixels = image("u1", shape).astype(dtype)

    def read(block: Any, block_id: Any = None) -> Any:
        return lie(block) if block_id == at else block

    meta = np.empty((0,) * len(shape), dtype)
    return da.from_array(pixels, chunks=chunks).map_blocks(read, dtype=dtype, meta=meta)


def says(error: ChunkError, index: tuple[int, ...], place: tuple[tuple[int, int], ...]) -> str:
    """The chunk as its user knows it, and no name of ours."""
    assert (error.index, error.place) == (index, place)
    words = str(error)
    spans = ", ".join(f"{a}:{b}" for a, b in place)
    assert f"chunk {index} of the image at [{spans}]" in words
    assert "napari-histeq" not in words
    return words
