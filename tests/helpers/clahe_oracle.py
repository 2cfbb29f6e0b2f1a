"""CLAHE in plain numpy, slow and simple: what the engine is compared with.

It follows the documentation of `Clahe`, not the engine: real numbers instead of whole
ones, a loop over tiles, bisection for the clipping, and no blocks.
"""

from __future__ import annotations

import itertools
from math import ceil, exp
from typing import Any

import numpy as np


def clahe(
    image: Any, kernel_size: Any, *, clip_limit: float = 0.01, nbins: int = 256, target: str = "uniform", alpha: float = 0.4,
    mask: Any = None, out_range: Any = "auto", strength: float = 1.0,
) -> Any:  # fmt: skip
    counted = np.isfinite(image) if mask is None else np.isfinite(image) & mask
    low, high = (float(v) for v in (image[counted].min(), image[counted].max()))
    whole = image.dtype.kind in "iu"
    knots = min(nbins, int(high - low) + 1) if whole else nbins
    with np.errstate(invalid="ignore", over="ignore"):
        place = (image.astype(np.float64) - low) * ((knots - 1) / (high - low))
    place = np.clip(np.nan_to_num(place, nan=0.0), 0, knots - 1)

    tiles = [ceil(n / k) for n, k in zip(image.shape, kernel_size, strict=True)]
    curves = np.full((*tiles, knots), np.nan)
    for tile in itertools.product(*map(range, tiles)):
        window = tuple(
            slice(*bounds(j, n, k)) for j, n, k in zip(tile, image.shape, kernel_size, strict=True)
        )
        nearest = np.floor(place[window][counted[window]] + 0.5).astype(int)
        counts = np.bincount(nearest, minlength=knots)
        if counts.sum():
            curves[tile] = curve(counts, clip_limit * max(nbins / knots, 1), target, alpha)
    borrow(curves)

    ends = limits(out_range, image.dtype, low, high)
    below = np.minimum(place.astype(int), knots - 2)
    part = place - below
    mixed = np.zeros(image.shape)
    for corner in itertools.product((0, 1), repeat=image.ndim):
        index, weight = neighbors(corner, image.shape, kernel_size, tiles)
        at = [curves[(*np.ix_(*index), below + up)] for up in (0, 1)]
        mixed += weight * (at[0] * (1 - part) + at[1] * part)
    finite = np.isfinite(image)
    found = image.astype(np.float64)
    found[finite] *= 1 - strength
    found[finite] += strength * (ends[0] + mixed[finite] * (ends[1] - ends[0]))
    return found, curves


def bounds(tile: int, n: int, k: int) -> Any:
    """First and last pixel + 1 of a tile; a pixel that straddles two is in both."""
    start = (n - ceil(n / k) * k) / 2 + tile * k
    return max(int(np.floor(start)), 0), min(int(np.ceil(start + k)), n)


def curve(counts: Any, limit: float, target: str, alpha: float) -> Any:
    total = counts.sum()
    cap = max(limit, 1 / counts.size) * total
    heights = counts.astype(float)
    if heights.max() > cap:
        least, most = 0.0, cap
        for _ in range(200):
            added = (least + most) / 2
            if np.minimum(counts + added, cap).sum() < total:
                least = added
            else:
                most = added
        heights = np.minimum(counts + most, cap)
    below = np.concatenate([[0], heights.cumsum()[:-1]])
    middle = below + heights / 2
    s = (middle - middle[0]) / (middle[-1] - middle[0])
    if target == "rayleigh":
        with np.errstate(divide="ignore"):
            s = np.sqrt(-2 * alpha**2 * np.log(1 - s * (1 - exp(-1 / (2 * alpha**2)))))
    elif target == "exponential":
        s = -np.log(1 - s * (1 - exp(-alpha))) / alpha
    return np.minimum(s, 1)


def borrow(curves: Any) -> None:
    while np.isnan(curves).any():
        before = curves.copy()
        for tile in map(tuple, np.argwhere(np.isnan(before[..., 0]))):
            beside = [
                before[(*tile[:a], tile[a] + d, *tile[a + 1 :])]
                for a in range(len(tile))
                for d in (-1, 1)
                if 0 <= tile[a] + d < before.shape[a]
            ]
            known = [c for c in beside if not np.isnan(c[0])]
            if known:
                curves[tile] = np.mean(known, axis=0)


def limits(out_range: Any, dtype: Any, low: Any, high: Any) -> Any:
    if out_range == "auto":
        out_range = "dtype" if dtype.kind == "u" else "image"
    if out_range == "dtype":
        return (0.0, 1.0) if dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return (low, high) if out_range == "image" else out_range


def neighbors(corner: Any, shape: Any, kernel_size: Any, tiles: Any) -> Any:
    """Per axis the tile on this side of each pixel, and the product of the weights."""
    index, weight = [], np.ones(())
    for side, n, k, count in zip(corner, shape, kernel_size, tiles, strict=True):
        centers = (n - count * k) / 2 + (np.arange(count) + 0.5) * k
        where = np.clip((np.arange(n) + 0.5 - centers[0]) / k, 0, count - 1)
        left = np.minimum(np.floor(where).astype(int), max(count - 2, 0))
        right = where - left
        index.append(np.minimum(left + side, count - 1))
        weight = np.multiply.outer(weight, right if side else 1 - right)
    return index, weight
