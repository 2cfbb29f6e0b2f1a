"""The KDE against scipy's on all of the pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gaussian_kde
from skimage import data

from napari_histeq import Histogram, compute_histogram
from napari_histeq.core.histogram import shares, spacing

RNG = np.random.default_rng(5)
SIZE = (96, 96)


def reflected(values, points, low, high):
    """scipy's estimate, and its images in the two mirrors."""
    estimate = gaussian_kde(values)
    return estimate(points) + estimate(2 * low - points) + estimate(2 * high - points)


IMAGES = {
    "moon": data.moon()[::5, ::5],
    "camera": data.camera()[::5, ::5],
    "uint16": (RNG.gamma(3, 300, SIZE) + 900).astype(np.uint16),
    "int16": RNG.normal(0, 300, SIZE).astype(np.int16),
    "uint32": (RNG.gamma(3, 300, SIZE) * 1e5).astype(np.uint32),
    "uniform": RNG.random(SIZE),
    "lognormal": RNG.lognormal(0, 1, SIZE).astype(np.float32),
    "tiny": RNG.normal(0, 1e-200, SIZE),
}


@pytest.mark.parametrize("name", IMAGES)
def test_kde_is_that_of_the_pixels(name):
    image = IMAGES[name]
    histogram = compute_histogram(image)
    low, high = float(image.min()), float(image.max())
    points = np.linspace(low, high, 300)
    if image.dtype.kind in "iu":  # the mirrors stand at the ends of the dtype, or of the data
        small = image.dtype.itemsize <= 2
        info = np.iinfo(image.dtype)
        low, high = (info.min - 0.5, info.max + 0.5) if small else (low - 0.5, high + 0.5)
    scale = float(np.abs(image).max())  # scipy squares the values: 1e-400 would be 0
    expected = reflected(image.ravel() / scale, points / scale, low / scale, high / scale) / scale
    assert np.abs(histogram.kde(points) - expected).max() < 0.003 * expected.max()


def test_a_bandwidth_can_be_chosen():
    image = data.camera()[::5, ::5]
    points = np.linspace(60, 120, 50)
    narrow = gaussian_kde(image.ravel(), bw_method=3 / image.std(ddof=1))
    density = compute_histogram(image).kde(points, bandwidth=3.0)
    assert np.allclose(density, narrow(points), rtol=0.02)


@pytest.mark.parametrize("name", ["camera", "uint16", "lognormal"])
def test_it_integrates_to_one(name):
    histogram = compute_histogram(IMAGES[name])
    low, high = (float(edge) for edge in histogram.bin_edges[[0, -1]])
    points = np.linspace(low - 0.5, high, 200_001)
    assert np.trapezoid(histogram.kde(points), points) == pytest.approx(1, abs=0.002)


def test_each_plane_has_its_own():
    stack = np.stack([data.moon()[:99, :99], data.camera()[:99, :99]])
    planes = compute_histogram(stack, axes=(1, 2)).kde()
    assert planes.shape == (2, 256)
    for plane, image in zip(planes, stack, strict=True):
        assert np.allclose(plane, compute_histogram(image).kde())


@pytest.mark.parametrize(
    "image",
    [
        np.full((3, 3), 7, np.uint8),
        np.full((3, 3), 7, np.uint64),
        np.full((3, 3), 2.5),
        np.zeros((3, 3)),
        np.full((3, 3), np.nan),
        np.array([1e30, 1.0, 2.0, 3.0]),
        np.array([1e308, -1e308]),
        np.array([-1e-310, 3e-310]),
        np.array([True, False, True]),
    ],
    ids=repr,
)
def test_odd_images_have_one_too(image):
    for points in (None, np.linspace(-1, 8, 50)):
        density = compute_histogram(image).kde(points)
        assert not np.isnan(density).any()
        assert (density >= 0).all()


def test_a_coarse_histogram_has_one():
    coarse = compute_histogram(data.camera(), nbins=20)
    assert isinstance(coarse, Histogram)
    points = np.linspace(0, 256, 2001)
    assert np.trapezoid(coarse.kde(points), points) == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize(("apart", "seldom"), [(1, 0), (16, 0), (16, 3)])
def test_how_far_apart_the_levels_lie(apart, seldom):
    """That of 9 pixels of 10: a few levels far away do not count."""
    levels = np.repeat(np.arange(100, 2100, apart, dtype=np.uint16), 9)
    image = np.append(levels, np.arange(seldom, dtype=np.uint16) * 9000 + 20_000)
    assert spacing(compute_histogram(image)) == apart


def test_one_level_lies_apart_from_none():
    assert spacing(compute_histogram(np.full(9, 7, np.uint8))) == 0


@given(
    counts=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    empty=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    edges=st.lists(st.integers(-20, 60), min_size=2, max_size=8, unique=True),
)
def test_levels_without_pixels_beyond_all_others_change_no_share(counts, empty, edges):
    before, after = empty
    edges = np.sort(edges) / 2

    wide = [0] * 8 + counts + [0] * 8
    levels = np.arange(len(wide)) - 8
    cdf = np.cumsum(wide) / max(sum(wide), 1)
    mine = shares(levels - 0.5, levels + 0.5, cdf, edges)
    part = slice(8 - before, len(wide) - 8 + after)
    its = shares(levels[part] - 0.5, levels[part] + 0.5, cdf[part], edges)
    np.testing.assert_array_equal(mine, its)
    below = [np.dot(counts, np.clip(edge + 0.5 - np.arange(len(counts)), 0, 1)) for edge in edges]
    np.testing.assert_allclose(mine, np.diff(below) / max(sum(counts), 1), atol=1e-12)
