"""`kernels.ordering` in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.pieces import pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray


def add_slopes(image: NDArray[Any], slopes: NDArray[Any], alpha: float) -> None:
    """See `kernels.ordering.add_slopes`."""
    for one, sums in zip(image, slopes, strict=True):
        step = one[:-1] - one[1:]
        slope = np.where(np.isfinite(step), step / (alpha + np.abs(step)), 0.0)
        sums[1:] -= slope  # first, as the loop does: sums depend on their order
        sums[:-1] += slope


def step_from(
    image: NDArray[Any], slopes: NDArray[Any], out: NDArray[Any], alpha: float, beta: float
) -> None:
    """See `kernels.ordering.step_from`."""
    for piece in pieces(image.size):
        y = beta * slopes[piece]
        out[piece] = image[piece] - alpha * y / (1.0 - np.abs(y))
    slopes[...] = 0.0


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
    """See `kernels.ordering.pack_keys`."""
    within, half = np.uint64((1 << place_bits) - 1), np.uint64((place_bits + 1) // 2)
    most = float((1 << detail_bits) - 1)
    for piece in pieces(levels.size):
        part = np.clip((details[piece] - low) * scale, 0.0, 1.0)
        place = places[piece].astype(np.uint64)
        for _ in range(3):
            place = ((place ^ (place >> half)) * np.uint64(factor)) & within
        place ^= place >> half
        key = levels[piece].astype(np.uint64) << np.uint64(detail_bits)
        key |= (part * most).astype(np.uint64)
        keys[piece] = (key << np.uint64(place_bits)) | place


def unpack_places(keys: NDArray[Any], places: NDArray[Any], place_bits: int, inverse: int) -> None:
    """See `kernels.ordering.unpack_places`."""
    within, half = np.uint64((1 << place_bits) - 1), np.uint64((place_bits + 1) // 2)
    for piece in pieces(keys.size):
        place = keys[piece] & within
        for _ in range(3):
            place = ((place ^ (place >> half)) * np.uint64(inverse)) & within
        places[piece] = place ^ (place >> half)
