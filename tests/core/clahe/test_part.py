"""A part of CLAHE's result has the bits that it has in the whole."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from napari_histeq import Clahe, equalize
from napari_histeq.core.arrays import output_limits
from napari_histeq.core.clahe.mixing import Limits
from napari_histeq.core.clahe.opencv import OpenCvGrid
from napari_histeq.core.clahe.part import (
    count_part,
    equalize_opencv_part,
    equalize_part,
    opencv_reach,
    part_grid,
)
from napari_histeq.core.clahe.tiles import TileGrid

RNG = np.random.default_rng(5)
FADING = RNG.gamma(2, 300, (31, 113, 157)) * np.linspace(1, 5, 157)


def part_of(image: Any, kernel: Any, window: Any, steps: Any = None, mask: Any = None) -> Any:
    steps = steps or (1,) * image.ndim
    grid, reach = part_grid(TileGrid(image.shape, kernel), window, steps)
    starts = [-(-a // n) for (a, _), n in zip(reach, steps, strict=True)]
    box = tuple(slice(a * n, b, n) for a, n, (_, b) in zip(starts, steps, reach, strict=True))
    seen = tuple(slice(-(-a // n) * n, b, n) for (a, b), n in zip(window, steps, strict=True))
    counted = image[box], tuple(starts), None if mask is None else mask[box], grid
    at = tuple(s.start // n for s, n in zip(seen, steps, strict=True))
    kept = image if mask is None else image[mask]
    extremes = kept.min(), kept.max()
    limits = Limits(*output_limits("auto", image.dtype, extremes), 0.9)
    how = Clahe(kernel_size=kernel), extremes, limits
    counts = partial(count_part, *counted, *how[:2])
    return equalize_part(counts, grid, (image[seen], at, grid), *how), seen


@pytest.mark.crossed
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", ">u4", "i8", "f2", "f4", "f8"])
@pytest.mark.parametrize("kernel", [(20, 20), (21, 33), (113, 7)])
@pytest.mark.parametrize("masked", [False, True])
def test_bits_of_a_plane(dtype: str, kernel: Any, masked: bool) -> None:
    """At odd leftovers, too, and at the borders."""
    image = (FADING[3] / 40 - 10 * (dtype[-2] == "i")).clip(-99, 120).astype(dtype)
    mask = RNG.random(image.shape) > 0.4 if masked else None
    how = Clahe(kernel_size=kernel)
    full = equalize(image, how, strength=0.9, mask=mask)
    for window in [((40, 63), (50, 51)), ((0, 9), (140, 157)), ((0, 113), (0, 157))]:
        found, seen = part_of(image, kernel, window, mask=mask)
        np.testing.assert_array_equal(found, full[seen])


def test_bits_of_a_volume() -> None:
    image = FADING.astype(np.uint16)
    full = equalize(image, Clahe(kernel_size=(7, 20, 30)), strength=0.9)
    found, seen = part_of(image, (7, 20, 30), ((12, 13), (30, 60), (100, 157)))
    np.testing.assert_array_equal(found, full[seen])


def test_every_other_pixel_stands_for_all() -> None:
    image = np.kron(FADING[0][:100, :150] / 60, np.ones((4, 4))).clip(0, 255).astype(np.uint8)
    kernel = (57, 91)
    full = equalize(image, Clahe(kernel_size=kernel), strength=0.9)
    found, seen = part_of(image, kernel, ((33, 290), (70, 543)), (2, 4))
    assert np.abs(found.astype(float) - full[seen]).mean() < 1


def test_the_tiles_of_a_coarser_level_have_the_pixels_whose_centers_lie_in_them() -> None:
    """Of 157 pixels this level has 40: each is as wide as 157 / 40 of them."""
    whole = TileGrid((113, 157), (20, 33))
    grid, reach = part_grid(whole.seen_at((29, 40)), ((0, 29), (3, 31)), (1, 1))
    center = (np.arange(40) + 0.5) * 157 / 40
    for tile, (start, stop) in enumerate(whole.windows(1).T[grid.first[1] : grid.last[1]]):
        inside = np.flatnonzero((center >= start) & (center < stop))
        assert grid.reach(1)[:, tile].tolist() == [inside[0], inside[-1] + 1]
    assert reach[1] == (grid.reach(1).min(), grid.reach(1).max())


def test_where_there_is_nothing_to_do_nothing_is_counted() -> None:
    image = np.full((40, 50), 7, np.uint8)
    grid, _ = part_grid(TileGrid(image.shape, (20, 20)), ((0, 9), (0, 9)), (1, 1))
    found = equalize_part(
        pytest.fail, grid, (image, (0, 0), grid), Clahe(), (7, 7), Limits(0, 255, 1.0)
    )
    np.testing.assert_array_equal(found, image)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("tiles", [(8, 8), (5, 3), (1, 1)])
def test_bits_of_opencv(dtype: str, tiles: tuple[int, int]) -> None:
    image = (FADING[3] / 40).clip(0, 255).astype(dtype)
    method = Clahe.opencv(3.0, tiles)
    full = equalize(image, method)
    grid = OpenCvGrid(image.shape, tiles[::-1])
    for window in [((40, 63), (50, 51)), ((0, 9), (140, 157)), ((0, 113), (0, 157))]:
        reach = [opencv_reach(grid, axis, span)[1] for axis, span in enumerate(window)]
        pixels = image[tuple(slice(*span) for span in reach)]
        offset = reach[0][0], reach[1][0]
        found = equalize_opencv_part(pixels, offset, grid, window, method, 1.0)
        np.testing.assert_array_equal(found, full[tuple(slice(*span) for span in window)])
