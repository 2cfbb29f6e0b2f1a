"""suggest_clahe: tiles follow the detail, the clip limit the noise, wherever the pixels are."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import gaussian_filter
from skimage import data

from napari_histeq import Clahe, equalize, suggest_clahe

Array = np.ndarray[Any, Any]


def texture(width: float, noise: float = 0.0, shape: tuple[int, ...] = (512, 512)) -> Array:
    """Blobs of one width, over 0 to 1, and white noise."""
    random = np.random.default_rng(int(width))
    image = gaussian_filter(random.normal(size=shape), width)
    image = (image - image.min()) / np.ptp(image)
    return image + noise * random.normal(size=shape)


def side(image: Array, **options: Any) -> int:
    kernel = suggest_clahe(image, **options)[0].kernel_size
    assert isinstance(kernel, tuple)
    return kernel[-1]


def test_wider_detail_gives_wider_tiles() -> None:
    found = [side(texture(width)) for width in (2, 8, 16, 32)]
    assert found == sorted(found)
    assert found[0] == 32  # no narrower: a histogram needs pixels
    assert found[-1] >= 2 * found[1]


@pytest.mark.parametrize("noise", [0.002, 0.005])
def test_noise_does_not_pass_for_detail(noise: float) -> None:
    assert side(texture(16, noise)) == side(texture(16))


@pytest.mark.parametrize("noise", [0.0016, 0.002, 0.0025])
def test_the_gain_keeps_noise_below_its_bound(noise: float) -> None:
    image = texture(24, noise)
    image[:200, :200] = 0.5 + noise * np.random.default_rng(0).normal(size=(200, 200))
    method, reason = suggest_clahe(image)
    assert method.clip_limit * 256 == pytest.approx(0.004 * np.ptp(image) / noise, rel=0.1)
    assert "keeps noise below 0.4%" in reason
    # And so it is: contrast grows by no more than the limit.
    flat = equalize(image, method, out_range=(0, 1))[16:184, 16:184]
    second = np.diff(np.diff(flat, 2, axis=0), 2, axis=1)
    assert np.abs(second).mean() * np.sqrt(np.pi / 2) / 6 <= 0.004 * 1.1


def test_little_and_much_noise() -> None:
    calm, noisy = (suggest_clahe(texture(24, noise)) for noise in (0.0, 0.05))
    assert (calm[0].clip_limit, noisy[0].clip_limit) == (0.0117, 0.0059)
    assert "contrast may grow 3 times" in calm[1]
    assert "which is much: contrast may grow 1.5 times" in noisy[1]


def test_lazy_and_scaled_pixels_give_the_same_and_always() -> None:
    image = np.stack([data.camera(), data.moon(), data.camera()[::-1]])
    wanted = suggest_clahe(image, axes=(1, 2))
    assert suggest_clahe(image, axes=(1, 2)) == wanted
    assert suggest_clahe(da.from_array(image, chunks=(1, 100, 90)), axes=(-2, -1)) == wanted
    assert suggest_clahe(image.astype(np.uint16) * 16, axes=(1, 2))[0].kernel_size == (
        wanted[0].kernel_size
    )
    assert wanted[0].kernel_size is not None
    assert equalize(image, wanted[0], axes=(1, 2)).shape == image.shape


def test_of_a_large_lazy_image_few_pixels_are_read() -> None:
    read = []

    def block(block_info: Any = None) -> Array:
        read.append(block_info[None]["chunk-location"])
        return np.full((1, 512, 512), block_info[None]["chunk-location"][1], np.uint8)

    stack = da.map_blocks(block, chunks=((1,) * 50, (512,) * 20, (512,) * 20), dtype=np.uint8)
    suggest_clahe(stack, axes=(1, 2))
    assert 1 <= len(read) <= 20  # 5 blocks, each over up to 4 of the 20,000 chunks


def test_the_mask_says_what_counts() -> None:
    image = data.camera()
    framed = np.pad(image, 600, constant_values=255)
    mask = np.pad(np.ones_like(image, bool), 600)
    method, _ = suggest_clahe(framed, mask)
    assert isinstance(method, Clahe)
    with pytest.raises(ValueError, match="no pixel that was looked at counts: choose another mask"):
        suggest_clahe(image, np.zeros_like(image, bool))


def test_colors_go_by_their_luminance() -> None:
    gray = data.camera()
    rgb = np.stack([gray] * 3, axis=-1)
    assert suggest_clahe(rgb, channel_axis=-1) == suggest_clahe(gray)
    first = np.moveaxis(rgb, -1, 0)
    assert suggest_clahe(first, channel_axis=0) == suggest_clahe(gray)


@pytest.mark.parametrize("shape", [(1,), (40,), (2, 3), (5, 700), (3, 40, 50), (1, 1, 1)])
@pytest.mark.parametrize("dtype", ["u1", "i4", "f2", "f8", "?"])
def test_any_shape_and_dtype_gets_something_that_fits(shape: tuple[int, ...], dtype: str) -> None:
    image = (np.random.default_rng(2).random(shape) * 200).astype(dtype)
    method, reason = suggest_clahe(image)
    assert equalize(image, method).shape == shape
    assert reason.endswith(".")


def test_nothing_to_go_by() -> None:
    method, reason = suggest_clahe(np.full((50, 50), 7, np.uint8))
    assert method == Clahe()
    assert reason == "All pixels that were looked at are equal: these are the defaults."
    with pytest.raises(ValueError, match="counts"):
        suggest_clahe(np.full((50, 50), np.nan))
    with pytest.raises(TypeError, match="complex"):
        suggest_clahe(np.ones((9, 9), complex))


def test_named_axes_are_those_of_the_image() -> None:
    image = texture(4, shape=(2, 100, 120))
    named = xr.DataArray(image, dims=("t", "y", "x"))
    assert suggest_clahe(named, axes=("y", "x")) == suggest_clahe(image, axes=(1, 2))
