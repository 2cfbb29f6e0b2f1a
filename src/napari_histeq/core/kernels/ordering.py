"""The compiled loops that put pixels in a strict order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.levels import kernel
from napari_histeq.core.kernels.twins import ordering as twins

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel(twins.add_slopes, image="f8[p,n,q]", slopes="f8[p,n,q]")
def add_slopes(image: NDArray[Any], slopes: NDArray[Any], alpha: float) -> None:
    """Add to each pixel ``d / (alpha + |d|)`` of its difference to either neighbor along `n`.

    Where a neighbor is NaN or infinite, nothing is added.
    """
    for i in range(image.shape[0]):
        for j in range(image.shape[1] - 1):
            for k in range(image.shape[2]):
                step = image[i, j, k] - image[i, j + 1, k]
                if np.isfinite(step):
                    slope = step / (alpha + abs(step))
                    slopes[i, j, k] += slope
                    slopes[i, j + 1, k] -= slope


@kernel(twins.step_from, image="f8[n]", slopes="f8[n]", out="f8[n]")
def step_from(
    image: NDArray[Any], slopes: NDArray[Any], out: NDArray[Any], alpha: float, beta: float
) -> None:
    """``out = image - alpha y / (1 - |y|)`` with ``y = beta slopes``; and the slopes start anew."""
    for i in range(image.size):
        y = beta * slopes[i]
        out[i] = image[i] - alpha * y / (1.0 - abs(y))
        slopes[i] = 0.0


@kernel(twins.pack_keys, levels="i8[n]", details="f8[n]", places="i8[n]", keys="u8[n]")
def pack_keys(
    levels: NDArray[Any],
    details: NDArray[Any],
    places: NDArray[Any],
    keys: NDArray[Any],
    low: float,
    scale: float,
    place_bits: int,
    detail_bits: int,
    factor: int,
) -> None:
    """A number for each pixel: its level, then its detail, then its place, scattered.

    The place is scattered by steps that can be undone: an odd factor, modulo a power of 2, and
    its high bits added to the low ones, without carry.
    """
    within = (np.uint64(1) << np.uint64(place_bits)) - np.uint64(1)
    half = np.uint64((place_bits + 1) // 2)
    most = float((np.uint64(1) << np.uint64(detail_bits)) - np.uint64(1))
    for i in range(levels.size):
        detail = np.uint64(min(max((details[i] - low) * scale, 0.0), 1.0) * most)
        place = np.uint64(places[i])
        for _ in range(3):
            place = ((place ^ (place >> half)) * np.uint64(factor)) & within
        place = place ^ (place >> half)
        keys[i] = (
            ((np.uint64(levels[i]) << np.uint64(detail_bits)) | detail) << np.uint64(place_bits)
        ) | place


@kernel(twins.unpack_places, keys="u8[n]", places="i8[n]")
def unpack_places(keys: NDArray[Any], places: NDArray[Any], place_bits: int, inverse: int) -> None:
    """The places of keys, the scattering undone; `inverse` is that of the factor."""
    within = (np.uint64(1) << np.uint64(place_bits)) - np.uint64(1)
    half = np.uint64((place_bits + 1) // 2)
    for i in range(keys.size):
        place = keys[i] & within
        for _ in range(3):
            place = ((place ^ (place >> half)) * np.uint64(inverse)) & within
        places[i] = np.int64(place ^ (place >> half))
