"""Chunkings and images that the tests of lazy arrays share."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import tensorstore


def random_chunks(rng: np.random.Generator, shape: tuple[int, ...], most: int = 5) -> Any:
    """Any way to cut an image into chunks: up to `most` cuts along each axis."""
    chunks = []
    for length in shape:
        number = int(rng.integers(0, min(length - 1, most) + 1)) if length > 1 else 0
        cuts: Any = (
            np.sort(rng.choice(np.arange(1, length), number, replace=False)) if number else []
        )
        chunks.append(tuple(int(n) for n in np.diff([0, *cuts, length])))
    return tuple(chunks)


def image(dtype: Any, shape: Any = (6, 31, 40), seed: int = 0) -> Any:
    """Skewed intensities of any dtype; among floats some that are not finite."""
    rng = np.random.default_rng(seed)
    values = rng.gamma(2.0, 20.0, shape)
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return values > 30
    if dtype.kind == "i":
        values -= 60
    if dtype.kind == "f":
        values.flat[::97], values.flat[5::101] = np.nan, np.inf
        values.flat[7::103] = -0.0
    return values.astype(dtype)


def failing(shape: Any, chunks: Any, at: Any, error: Exception) -> Any:
    """A dask array one of whose chunks cannot be read."""

    def read(block: Any, block_id: Any = None) -> Any:
        if block_id == at:
            raise error
        return block

    zeros = da.zeros(shape, chunks=chunks, dtype=np.uint8)
    return zeros.map_blocks(read, dtype=np.uint8, meta=np.empty((0,) * len(shape), np.uint8))


def same_bits(got: Any, want: Any) -> None:
    assert isinstance(got, da.Array)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    computed = got.compute(scheduler="synchronous")
    assert computed.dtype == want.dtype
    assert computed.tobytes() == want.tobytes()


def stored(pixels: Any, chunks: Any = (2, 20, 20)) -> Any:
    """A tensorstore in memory, in chunks."""
    grid = {"name": "regular", "configuration": {"chunk_shape": chunks}}
    metadata = {"shape": pixels.shape, "data_type": pixels.dtype.name, "chunk_grid": grid}
    spec = {"driver": "zarr3", "kvstore": "memory://", "metadata": metadata}
    store = tensorstore.open(spec, create=True).result()
    store[...] = pixels
    return store
