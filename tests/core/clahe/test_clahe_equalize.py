"""CLAHE by way of `equalize`: names, axes, colors, chunks."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import skimage.data

from helpers.lazy_cases import random_chunks
from napari_histeq import Clahe, Global, equalize, gain_map, transfer_function
from napari_histeq.core.lazy import planes as lazy_planes

rng = np.random.default_rng(0)
STACK = rng.normal(500, 90, (4, 60, 70)).astype(np.uint16)
PHOTO = skimage.data.astronaut()[100:300, 100:320]


def test_by_name():
    image = skimage.data.camera()
    expected = equalize(image, Clahe(clip_limit=0.02, kernel_size=100))
    found = equalize(image, "clahe", clip_limit=0.02, kernel_size=100)
    np.testing.assert_array_equal(found, expected)
    assert found.std() > image.std() * 0.9


def test_planes_are_apart():
    for method in (Clahe(kernel_size=16), Clahe.opencv(2.0, (3, 4))):
        found = equalize(STACK, method, axes=(-2, -1))
        for plane, result in zip(STACK, found, strict=True):
            np.testing.assert_array_equal(result, equalize(plane, method))
    moved = np.moveaxis(STACK, 0, -1)
    found = equalize(moved, "clahe", axes=(0, 1), kernel_size=(10, 16))
    expected = equalize(STACK, "clahe", axes=(1, 2), kernel_size=(10, 16))
    np.testing.assert_array_equal(np.moveaxis(found, -1, 0), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_color_follows_the_luminance(dtype):
    scale = {"u": np.iinfo(dtype).max / 255 if dtype != np.float32 else 1 / 255}["u"]
    photo = (PHOTO * scale).astype(dtype)
    found = equalize(photo, "clahe", channel_axis=-1, kernel_size=50)
    assert found.dtype == dtype
    gray = equalize(np.repeat(photo[..., :1], 3, axis=-1), "clahe", channel_axis=-1)
    np.testing.assert_array_equal(gray[..., 0], gray[..., 2])
    first = np.moveaxis(photo, -1, 0)
    moved = equalize(first, "clahe", channel_axis=0, kernel_size=50)
    np.testing.assert_array_equal(np.moveaxis(moved, 0, -1), found)
    alpha = np.full((*photo.shape[:2], 1), photo.max(), dtype)
    alpha[:20] = 0
    found = equalize(np.concatenate([photo, alpha], -1), "clahe", channel_axis=-1)
    np.testing.assert_array_equal(found[..., 3:], alpha)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u8", "f2", "f8"])
def test_colors_whose_luminance_stays_stay(dtype):
    """The gamut is that of luminances, which colors may be beyond."""
    image = rng.integers(0, 100, (20, 20, 3)).astype(dtype)
    image[0, 0] = [100, 0, 0]
    constant = np.broadcast_to(image[0, 0], image.shape)
    for options in ({"strength": 0}, {"kernel_size": 1}):
        for given in (image, da.from_array(image, chunks=(7, 20, 2))):
            found = equalize(given, "clahe", channel_axis=-1, **options)
            np.testing.assert_array_equal(found, image)
    for given in (constant, da.from_array(constant, chunks=(7, 20, 2))):
        found = equalize(given, "clahe", channel_axis=-1, kernel_size=8)
        np.testing.assert_array_equal(found, constant)


def test_layers_of_kernel_1_are_planes_to_the_warning_too():
    mask = np.ones(STACK.shape, bool)
    mask[1] = False
    with pytest.warns(UserWarning, match="1 of 4 planes"):
        found = equalize(STACK, "clahe", kernel_size=(1, 16, 20), mask=mask)
    np.testing.assert_array_equal(found[1], STACK[1])


def test_bool_is_unchanged():
    image = rng.random((20, 30)) < 0.5
    np.testing.assert_array_equal(equalize(image, "clahe"), image)


def test_it_is_no_single_curve():
    with pytest.raises(TypeError, match="not a single curve"):
        transfer_function(STACK, Clahe())


def test_nothing_counted_warns():
    with pytest.warns(UserWarning, match="no pixel was counted"):
        found = equalize(STACK, "clahe", mask=np.zeros(STACK.shape, bool))
    np.testing.assert_array_equal(found, STACK)


@pytest.mark.parametrize("kernel", [0, (8, 8, 80)])
def test_errors_come_before_any_work(kernel):
    with pytest.raises(ValueError, match="kernel_size"):
        equalize(STACK, "clahe", kernel_size=kernel)
    with pytest.raises(ValueError, match="kernel_size"):
        equalize(da.from_array(STACK), "clahe", kernel_size=kernel)


CASES = {
    "plane": (STACK[0], {}),
    "volume": (STACK, {"method": Clahe(kernel_size=(3, 16, 20))}),
    "mask": (STACK, {"mask": rng.random((60, 70)) < 0.4}),
    "layers of kernel 1": (STACK, {"method": Clahe(kernel_size=(1, 16, 20))}),
    "planes": (STACK, {"axes": (1, 2), "strength": 0.7}),
    "floats": (np.where(STACK > 700, np.nan, STACK).astype(np.float32), {}),
    "OpenCV": (STACK[0], {"method": Clahe.opencv(2.0, (3, 5))}),
    "OpenCV planes": (STACK, {"method": Clahe.opencv(2.0, (3, 5)), "axes": (1, 2)}),
    "colors": (PHOTO, {"channel_axis": -1}),
    "constant": (np.full((30, 30), 7, np.uint8), {}),
    "colors, layers of kernel 1": (
        (rng.gamma(2, 300, (3, 9, 11, 3)) / [[[[1]]], [[[3]]], [[[9]]]]).astype(np.int16),
        {"channel_axis": -1, "method": Clahe(kernel_size=(1, 4, 4))},
    ),
    "single pixels": (STACK[0], {"method": Clahe(kernel_size=1)}),
}


@pytest.mark.crossed
@pytest.mark.parametrize("plane_bytes", [1 << 27, 0], ids=["by task", "beforehand"])
@pytest.mark.parametrize("case", CASES)
def test_any_chunks_give_the_same_bits(case, plane_bytes, monkeypatch):
    monkeypatch.setattr(lazy_planes, "PLANE_BYTES", plane_bytes)
    image, options = CASES[case]
    options = {"method": Clahe(), **options}
    expected = equalize(image, **options)
    chunking = np.random.default_rng(1)
    for _ in range(5):
        chunks = tuple(
            tuple(np.diff(np.unique([0, n, *chunking.integers(0, n, 3)]))) for n in image.shape
        )
        found = equalize(da.from_array(image, chunks=chunks), **options)
        assert isinstance(found, da.Array)
        np.testing.assert_array_equal(found.compute(), expected)


@pytest.mark.parametrize("seed", range(50))
def test_no_seams_in_a_volume(seed):
    chunking = np.random.default_rng(seed)
    volume = STACK.astype(["u1", "u2", "f4", "i2"][seed % 4])
    kernel = [tuple(chunking.integers(2, n + 1) for n in STACK.shape), None][seed % 5 == 0]
    options = {"kernel_size": kernel and tuple(map(int, kernel))}
    if seed % 3 == 0:
        options["mask"] = chunking.random(STACK.shape) < 0.6
    found = equalize(
        da.from_array(volume, chunks=random_chunks(chunking, volume.shape)), "clahe", **options
    )
    np.testing.assert_array_equal(found.compute(), equalize(volume, "clahe", **options))  # type: ignore[attr-defined]


def test_gain_maps_of_stacks():
    gain = gain_map(STACK, Clahe(kernel_size=20), axes=(-2, -1))
    assert gain.shape == STACK.shape
    assert gain.dtype == np.float32
    assert gain.min() >= 0


@pytest.mark.parametrize("method", ["clahe", Global()])
def test_only_clahe_has_gain(method):
    with pytest.raises(TypeError, match="only CLAHE has a gain map"):
        gain_map(STACK, method)
