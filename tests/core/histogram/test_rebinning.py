"""Histogram: coarse bins."""

from __future__ import annotations

from fractions import Fraction

import dask.array as da
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from skimage import data

from helpers import strategies as some
from helpers.counted import counted
from napari_histeq import compute_histogram


# Bins, coarser
@given(some.images(dtypes=st.just(np.dtype("u1"))), st.integers(1, 300))
def test_coarse_bins_of_eight_bit_are_numpys(image, nbins):
    counts, edges = np.histogram(image, bins=nbins, range=(0, 256))
    for histogram in (compute_histogram(image, nbins=nbins), compute_histogram(image).rebin(nbins)):
        np.testing.assert_array_equal(histogram.counts, counts)
        np.testing.assert_allclose(histogram.bin_edges, edges, rtol=1e-12)


@given(some.images(dtypes=st.sampled_from(["<u2", "<i2", "i1"])), st.integers(1, 300), st.data())
def test_integers_land_in_the_coarse_bin_that_exact_arithmetic_gives(image, nbins, data):
    histogram = compute_histogram(image, nbins=nbins)
    low, high = Fraction(float(histogram.bin_edges[0])), Fraction(float(histogram.bin_edges[-1]))
    place = [int((int(v) - low) * nbins / (high - low)) for v in counted(image).ravel()]
    wanted = np.bincount(np.minimum(place, nbins - 1), minlength=nbins)
    np.testing.assert_array_equal(histogram.counts, wanted)


@pytest.mark.parametrize("nbins", [1, 20, 49, 64, 255])
def test_coarse_bins_of_real_slices_are_exact(nbins):
    image = (data.brick().astype(np.uint16) * 7) + 3
    low, high = int(image.min()), int(image.max()) + 1
    histogram = compute_histogram(image, nbins=nbins)
    wanted = np.bincount((image.ravel().astype(int) - low) * nbins // (high - low), minlength=nbins)
    np.testing.assert_array_equal(histogram.counts, wanted)


@st.composite
def images_and_axes(draw):
    image = draw(some.images())
    return image, draw(some.axes(image.ndim))


@given(images_and_axes(), st.integers(1, 40))
@example((np.array([np.nextafter(np.finfo(float).max, 0)]), None), 2)  # no room for half a bin
def test_rebinning_conserves_mass(image_and_axes, nbins):
    image, axes = image_and_axes
    histogram = compute_histogram(image, axes=axes)
    coarse = histogram.rebin(nbins)
    assert coarse.nbins == nbins
    np.testing.assert_array_equal(coarse.counts.sum(axis=-1), histogram.counts.sum(axis=-1))
    assert np.all(np.diff(coarse.bin_edges) > 0)


def test_rebinning_to_a_window_keeps_what_lies_beyond_in_the_outermost_bins():
    histogram = compute_histogram(np.arange(100, dtype=np.uint8))
    window = histogram.rebin(2, (40, 60))
    assert window.counts.tolist() == [50, 50]
    np.testing.assert_array_equal(window.bin_edges, [40, 50, 60])


@given(st.integers(0, 2**32 - 1), st.integers(2, 64))
def test_coarse_bins_of_floats_are_true_to_1_in_2048(seed, nbins):
    image = np.random.default_rng(seed).normal(size=20_000).astype(np.float32)
    histogram = compute_histogram(image, nbins=nbins)
    assert histogram.bin_edges[0] == image.min()
    assert histogram.bin_edges[-1] == image.max()
    true = np.searchsorted(np.sort(image), histogram.bin_edges[1:-1]) / image.size
    np.testing.assert_allclose(histogram.cdf[:-1], true, atol=1 / 2048)


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", "f8", "i4", "u4", "i8", "u8"])
@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("nbins", [1, 10, 999])
def test_coarse_bins_hold_what_lies_in_them(dtype, lazy, nbins):
    """One far pixel costs no other its bin, though adaptive bins are joined."""
    rng = np.random.default_rng(0)
    wide = np.dtype(dtype).kind != "f"
    scale = 2.0**24 if wide else 1.0
    image = (np.append(rng.random((199, 1000)), np.full((1, 1000), 30.0)) * scale).astype(dtype)
    image = image.reshape(10, 20, 1000)
    mask = rng.random(image.shape) < 0.9
    given = da.from_array(image, chunks=(4, 7, 999)) if lazy else image
    for axes in (None, (1, 2)):
        histogram = compute_histogram(given, nbins=nbins, mask=mask, axes=axes)
        planes = [(image, mask)] if axes is None else list(zip(image, mask, strict=True))
        wanted = [by_edges(p[m], histogram.bin_edges) for p, m in planes]
        np.testing.assert_array_equal(histogram.counts.reshape(len(planes), nbins), wanted)
        assert histogram.bin_edges[0] == image[mask].min()
        assert histogram.bin_edges[-1] == float(image[mask].max()) + wide


def by_edges(values, edges):
    place = np.searchsorted(edges, values.astype(float), side="right") - 1
    return np.bincount(place.clip(0, edges.size - 2), minlength=edges.size - 1)


def test_coarse_bins_of_one_far_pixel_are_numpys():
    image = np.append(np.random.default_rng(0).random(199_999), 1000.0)
    wanted, edges = np.histogram(image, 10)
    histogram = compute_histogram(image, nbins=10)
    np.testing.assert_array_equal(histogram.counts, wanted)
    np.testing.assert_allclose(histogram.bin_edges, edges)


def test_coarse_bins_of_the_extremes():
    most = np.finfo(np.float64).max
    for image in (
        np.array([-most, 0, most]),
        np.array([5e-324, 1e-323, 2e-323]),
        np.array([0, 2**64 - 1], np.uint64),
        np.array([-(2**63), 0, 2**63 - 1]),
    ):
        histogram = compute_histogram(image, nbins=4)
        assert histogram.total == image.size
        np.testing.assert_array_equal(histogram.counts, by_edges(image, histogram.bin_edges))


@pytest.mark.parametrize("limits", [(1, 0), (np.nan, 1), (0, np.nan), (0, np.inf), (-np.inf, 0)])
def test_no_bins_between_such_limits(limits):
    with pytest.raises(ValueError, match=r"limits are \(.*two finite numbers"):
        compute_histogram(np.arange(5)).rebin(5, limits)


def test_constant_image_can_be_rebinned():
    coarse = compute_histogram(np.full(9, 3.5)).rebin(4)
    assert coarse.total == 9
    assert coarse.bin_edges[0] < 3.5 < coarse.bin_edges[-1]
