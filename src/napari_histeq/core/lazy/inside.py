"""Only inside, for arrays that are larger than memory and for the levels of a pyramid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np

from napari_histeq.core.inside import put_back

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.inside import Feather

    Chunks = tuple[tuple[int, ...], ...]


def kept_outside(
    levels: Sequence[da.Array],
    results: Sequence[da.Array],
    mask: da.Array,
    feather: Feather,
) -> list[da.Array]:
    """The results, with the pixels of the levels themselves outside a mask.

    The mask fits one of the levels, and has length 1 where it repeats; channels, if any, are
    the last axis of the levels, which it has not. The feather is in pixels of the first level.
    """
    found, finest = [], levels[0].shape
    for level, result in zip(levels, results, strict=True):
        grid = level.shape[: mask.ndim]
        lengths = tuple(finest[a] / grid[a] for a in feather.axes)
        here = replace(feather, lengths=lengths)
        weights = weights_of(under(mask, grid), here, here.weights)
        found.append(put_back_lazily(level, result, weights))
    return found


def under(mask: da.Array, grid: tuple[int, ...]) -> da.Array:
    """The mask's pixels under the centers of those of another level."""
    for axis, (own, length) in enumerate(zip(mask.shape, grid, strict=True)):
        if own not in (1, length):
            mask = da.take(mask, (2 * np.arange(length) + 1) * own // (2 * length), axis=axis)
    return mask


def weights_of(
    mask: da.Array, feather: Feather, weigh: Callable[[NDArray[Any]], NDArray[Any]]
) -> da.Array:
    """`Feather.weights`, or others, chunk by chunk, each with as much around it as matters."""
    if not feather.width:
        return mask
    halo = dict(enumerate(feather.halo(mask.ndim)))
    short = {axis: -1 for axis, more in halo.items() if mask.shape[axis] <= more}
    depth = {axis: 0 if axis in short else more for axis, more in halo.items()}
    meta = np.empty((0,) * mask.ndim)
    return da.map_overlap(
        weigh, mask.rechunk(short), depth=depth, boundary="none", dtype=float, meta=meta
    )


def put_back_lazily(level: da.Array, result: da.Array, weights: da.Array) -> da.Array:
    """Both and the weights in the result's chunks, put together when asked for."""
    axes, chunks = tuple(range(level.ndim)), result.chunks
    own = tuple(c if n > 1 else (1,) for n, c in zip(weights.shape, chunks, strict=False))
    shape = level.shape[: weights.ndim]
    spread = da.broadcast_to(weights.rechunk(own), shape, chunks=chunks[: weights.ndim])
    return da.blockwise(
        _put_back_chunk, axes, level.rechunk(chunks), axes, result, axes,
        spread, axes[: weights.ndim], dtype=level.dtype, align_arrays=False,
        meta=np.empty((0,) * level.ndim, level.dtype),
    )  # fmt: skip


def _put_back_chunk(image: Any, result: Any, weights: NDArray[Any]) -> NDArray[Any]:
    out = np.array(result)
    put_back(np.asarray(image), out, weights)
    return out
