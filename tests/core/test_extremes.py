"""Ranges and colors near the ends of what a dtype holds: a result, never an error or a NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from helpers.strategies import BARE
from napari_histeq import equalize

# OpenCV's has limits of its own.
METHODS = [kind.name for kind in BARE if kind.name != "opencv_clahe"]
RNG = np.random.default_rng(35)


@pytest.mark.parametrize("dtype", ["i8", "u8"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_the_whole_range_of_64_bit(dtype: str, method: str, strength: float) -> None:
    info = np.iinfo(dtype)
    for image in (
        RNG.integers(0, 1000, (40, 40)).astype(dtype),
        RNG.integers(info.min, info.max, (40, 40), dtype=dtype, endpoint=True),
    ):
        found = equalize(image, method, out_range=(info.min, info.max), strength=strength)
        np.testing.assert_array_equal(
            found, equalize(image, method, out_range="dtype", strength=strength)
        )


def test_the_whole_range_of_64_bit_is_used() -> None:
    image = np.arange(1600, dtype=np.uint64).reshape(40, 40)
    found = equalize(image, "clahe", kernel_size=40, clip_limit=1, out_range="dtype")
    assert found.min() == 0
    assert found.max() == np.iinfo(np.uint64).max


def colors(dtype: str) -> dict[str, Any]:
    most = np.finfo(dtype).max
    plain = RNG.random((30, 30, 3)).astype(dtype)
    wild = (RNG.random((30, 30, 3)) * 2 - 1).astype(dtype) * most
    return {"plain": plain, "wild": wild, "with alpha": np.dstack([wild, plain[..., :1]])}


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["plain", "wild", "with alpha"])
def test_finite_colors_stay_finite(dtype: str, method: str, kind: str) -> None:
    image, most = colors(dtype)[kind], float(np.finfo(dtype).max)
    for out_range in ("auto", "image", (0, 1), (-most, most), (0, most), (most * 0.9, most)):
        for strength in (1.0, 0.5):
            found = equalize(image, method, channel_axis=2, out_range=out_range, strength=strength)
            assert np.isfinite(found).all()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("method", METHODS)
def test_infinite_colors_stay_and_warn_of_nothing(dtype: str, method: str) -> None:
    image = colors(dtype)["plain"]
    image[0, 0, 0], image[1, 1], image[2, 2, 1] = np.inf, np.nan, -np.inf
    found = equalize(image, method, channel_axis=2)
    for pixel in [(0, 0), (1, 1), (2, 2)]:
        np.testing.assert_array_equal(found[pixel], image[pixel])
    others = np.isfinite(image).all(axis=-1)
    assert np.isfinite(found[others]).all()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_gray_near_the_greatest_float_stays_gray(dtype: str) -> None:
    most = np.finfo(dtype).max
    gray = np.linspace(-1, 1, 900, dtype=dtype).reshape(30, 30) * most
    found = equalize(np.repeat(gray[..., None], 3, axis=2), channel_axis=2, out_range="image")
    np.testing.assert_array_equal(found[..., 0], found[..., 1])
    np.testing.assert_array_equal(found[..., 0], found[..., 2])
