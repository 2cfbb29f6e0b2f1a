"""What the tests of CLAHE share: images of every dtype, and the call."""

from __future__ import annotations

from typing import Any

import numpy as np

import napari_histeq
from napari_histeq import Clahe

INTEGERS = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]
FLOATS = ["f2", "f4", "f8"]


def equalize(
    image: Any, *, mask: Any = None, out_range: Any = "auto", strength: Any = 1.0, **options: Any
) -> Any:
    return napari_histeq.equalize(
        image, Clahe(**options), mask=mask, out_range=out_range, strength=strength
    )


def sample(dtype: Any, shape: Any, seed: int = 0) -> Any:
    """Noise on a slope, within what the dtype holds."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, shape) + np.linspace(-2, 2, shape[-1])
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    info = np.iinfo(dtype)
    middle, spread = (float(info.max) + float(info.min)) / 2, float(info.max) - float(info.min)
    limit = float(np.nextafter(np.float64(info.max), 0)) if info.bits == 64 else info.max
    return np.clip(middle + values * spread / 12, info.min, limit).astype(dtype)
