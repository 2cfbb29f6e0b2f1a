"""Images that are hard to display: many dtypes, tails, gaps and few levels."""

from __future__ import annotations

from typing import Any

import numpy as np

SIDE = 128


def hard_images() -> dict[str, np.ndarray[Any, Any]]:
    """Name -> (128, 128) image."""
    rng = np.random.default_rng(7)
    shape = (SIDE, SIDE)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    smooth = np.sin(6 * x) * np.cos(5 * y) + 0.2 * rng.standard_normal(shape)

    def between(low: float, high: float) -> np.ndarray[Any, Any]:
        return low + (smooth - smooth.min()) / np.ptp(smooth) * (high - low)

    hot = rng.random(shape) < 0.002
    lognormal = np.clip(np.exp(0.8 * rng.standard_normal(shape) + 6.5), 0, 65535)
    wide = np.clip(np.exp(1.6 * rng.standard_normal(shape) + 6), 0, 65535)
    half = rng.random(shape) < 0.5

    def levels(dtype: type, *values: float) -> np.ndarray[Any, Any]:
        return rng.choice(np.array(values, dtype), shape)

    return {
        "8 bit": between(20, 230).astype(np.uint8),
        "8 bit dark": np.clip(rng.poisson(3, shape), 0, 255).astype(np.uint8),
        "8 bit signed": between(-100, 90).astype(np.int8),
        "12 bit": between(100, 4000).astype(np.uint16),
        "16 bit": between(0, 65535).astype(np.uint16),
        "16 bit low contrast": between(30000, 31000).astype(np.uint16),
        "16 bit log-normal, hot pixels": np.where(hot, rng.random(shape) * 65535, lognormal).astype(
            np.uint16
        ),
        "16 bit dark, hot pixels": np.where(
            hot, 65535, np.exp(0.8 * rng.standard_normal(shape) + 4.6)
        ).astype(np.uint16),
        "16 bit log-normal, wide": wide.astype(np.uint16),
        "16 bit signed, CT": np.where(
            half, -1000 + 20 * rng.standard_normal(shape), 40 + 30 * rng.standard_normal(shape)
        ).astype(np.int16),
        "16 bit, zeros and a peak": np.where(
            rng.random(shape) < 0.3, 0, 30000 + 20 * rng.standard_normal(shape)
        ).astype(np.uint16),
        "32 bit": (wide * 60000).astype(np.uint32),
        "float32": between(-1, 1).astype(np.float32),
        "float32 log-normal": (wide / 1000).astype(np.float32),
        "float32 hot": np.where(hot, 1e9 * rng.random(shape), smooth).astype(np.float32),
        "float32 Cauchy": rng.standard_cauchy(shape).astype(np.float32),
        "float32 with NaN": np.where(hot, np.nan, smooth).astype(np.float32),
        "float64 on a pedestal": 1e6 + smooth,
        "2 levels": levels(np.uint16, 5, 60000),
        "3 levels, 8 bit": levels(np.uint8, 3, 4, 250),
        "3 levels, low pair": levels(np.uint16, 0, 1, 65535),
        "3 levels, high pair": levels(np.uint16, 0, 30000, 30001),
        "3 levels, apart": levels(np.uint16, 0, 30000, 65535),
        "3 levels, float": levels(np.float32, -1, 0.001, 1e6),
    }


def two_far_peaks() -> np.ndarray[Any, Any]:
    """Two narrow peaks at the two ends of 16 bit: more than 1,024 texels can serve."""
    rng = np.random.default_rng(8)
    noise = 20 * rng.standard_normal((SIDE, SIDE))
    return np.where(rng.random((SIDE, SIDE)) < 0.5, 1000 + noise, 60000 + noise).astype(np.uint16)
