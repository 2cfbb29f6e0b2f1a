"""The OpenCV convention: not one pixel may differ, where OpenCV is built for x86-64."""

from __future__ import annotations

import itertools
import platform

import cv2
import numpy as np
import pytest
import skimage.data

from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.clahe.method import Clahe
from napari_histeq.core.clahe.opencv import (
    OpenCvCurves,
    OpenCvGrid,
    count_row_of_opencv_tiles,
    opencv_curves_into,
    opencv_interpolate,
)
from napari_histeq.core.recipe import Recipe


def equalize(image, clip_limit, grid, strength=1.0):
    out = np.empty_like(image)
    method = Clahe.opencv(clip_limit, grid)
    method.check(image.shape, image.dtype, False, "auto")
    method.fit(ArraySource(image), Recipe(method, strength=strength)).mapping.map_into(image, out)
    return out


def peer(image, clip_limit, grid):
    return cv2.createCLAHE(clip_limit, grid).apply(np.ascontiguousarray(image))


#: Builds for ARM fuse multiplications and additions, which moves some pixels by a level.
MOST_OFF = 0 if platform.machine().lower() in ("x86_64", "amd64") else 1


def assert_as_opencv(found, wanted):
    assert found.dtype == wanted.dtype
    assert np.abs(found.astype(int) - wanted.astype(int)).max() <= MOST_OFF


def picture(name, dtype):
    image = getattr(skimage.data, name)()
    if dtype == np.uint8:
        return image
    fine = np.random.default_rng(0).integers(0, 256, image.shape)  # all 65536 levels
    return (image.astype(np.uint16) << 8) | fine.astype(np.uint16)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("name", ["moon", "camera", "page"])
def test_pictures(name, dtype):
    image = picture(name, dtype)
    for clip_limit in (-1, 0, 0.3, 1, 2, 3.7, 40, 300, 70_000):
        for grid in ((8, 8), (5, 3)):
            assert_as_opencv(equalize(image, clip_limit, grid), peer(image, clip_limit, grid))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_any_size_and_grid(dtype):
    rng = np.random.default_rng(0)
    image = picture("camera", dtype)
    for _ in range(60):
        height, width = (int(n) for n in rng.integers(1, 300, 2))
        grid = tuple(int(n) for n in rng.integers(1, 14, 2))
        clip_limit = float(rng.choice([0.5, 2, 40]))
        part = image[:height, :width]
        expected = peer(part, clip_limit, grid)
        assert_as_opencv(equalize(part, clip_limit, grid), expected)
        assert_as_opencv(equalize(np.asfortranarray(part), clip_limit, grid), expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 2), (3, 7), (5, 1)])
def test_images_smaller_than_the_grid(shape):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    for grid in ((8, 8), (3, 2), (1, 1)):
        assert_as_opencv(equalize(image, 2.0, grid), peer(image, 2.0, grid))


def test_defaults_are_opencvs():
    image = skimage.data.camera()
    expected = cv2.createCLAHE().apply(image)
    out = np.empty_like(image)
    Clahe.opencv().fit(ArraySource(image), Recipe()).mapping.map_into(image, out)
    assert_as_opencv(out, expected)


def test_big_endian():
    image = picture("camera", np.uint16)
    found = equalize(image.astype(">u2"), 2.0, (8, 8))
    assert_as_opencv(found.astype(image.dtype), peer(image, 2.0, (8, 8)))


def test_any_blocks_give_the_same_bits():
    rng = np.random.default_rng(0)
    for dtype in (np.uint8, np.uint16):
        image = picture("camera", dtype)[:203, :301]
        grid = OpenCvGrid(image.shape, (3, 5))
        cuts = [np.unique([0, n, *rng.integers(0, n, 4)]) for n in image.shape]
        rows, columns = (list(itertools.pairwise(c)) for c in cuts)
        blocks = [(slice(*r), slice(*c)) for r in rows for c in columns]
        counts = np.zeros((3, 5, 1 << 8 * image.itemsize), np.uint32)
        for block in blocks:
            offset = tuple(int(s.start) for s in block)
            for row in range(3):
                count_row_of_opencv_tiles(image[block], offset, grid, counts[row], row)
        tables = np.empty(counts.shape, dtype)
        opencv_curves_into(tables, counts, grid, 2.0)
        found = np.empty_like(image)
        for block in blocks:
            offset = tuple(int(s.start) for s in block)
            curves = OpenCvCurves(grid, tables)
            opencv_interpolate(image[block], offset, curves, 1.0, found[block])
        assert_as_opencv(found, peer(image, 2.0, (5, 3)))


def test_strength():
    image = skimage.data.camera()
    full = equalize(image, 2.0, (8, 8)).astype(float)
    half = equalize(image, 2.0, (8, 8), strength=0.5)
    assert np.abs(half - (full + image) / 2).max() <= 0.5


@pytest.mark.parametrize(
    ("image", "masked", "out_range", "error", "words"),
    [
        (np.zeros((9, 9), np.float32), False, "auto", TypeError, "uint8 and uint16 only"),
        (np.zeros((9, 9), np.int16), False, "auto", TypeError, "dtype int16"),
        (np.zeros((9, 9, 9), np.uint8), False, "auto", ValueError, "axes="),
        (np.zeros((9, 9), np.uint8), True, "auto", ValueError, "a mask"),
        (np.zeros((9, 9), np.uint8), False, (0, 99), ValueError, "out_range"),
    ],
)
def test_what_opencv_does_not_do(image, masked, out_range, error, words):
    with pytest.raises(error, match=words):
        Clahe.opencv().check(image.shape, image.dtype, masked, out_range)


def test_without_strength_it_changes_nothing():
    image = skimage.data.camera()[:40, :50]
    method = Clahe.opencv()
    found = method.fit(ArraySource(image), Recipe(method, strength=0.0))
    assert found.mapping.is_identity
    np.testing.assert_array_equal(equalize(image, 2.0, (8, 8), strength=0.0), image)
