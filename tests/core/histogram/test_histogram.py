"""Histogram: what it counts, sums, what is derived, and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage import data

from helpers import naive
from helpers import strategies as some
from helpers.counted import counted
from napari_histeq import Histogram, compute_histogram

SHORT = st.sampled_from(["u1", "i1", "<u2", ">u2", "<i2", ">i2"]).map(np.dtype)


def populated(histogram):
    used = histogram.populated
    return histogram.levels[used], histogram.counts[used]


# Counting
@pytest.mark.parametrize("name", ["moon", "camera"])
def test_eight_bit_has_256_bins_over_0_to_256(name):
    image = getattr(data, name)()
    histogram = compute_histogram(image)
    counts, edges = np.histogram(image, bins=256, range=(0, 256))
    np.testing.assert_array_equal(histogram.counts, counts)
    np.testing.assert_array_equal(histogram.bin_edges, edges)
    np.testing.assert_array_equal(histogram.bin_centers, np.arange(256))
    assert histogram.counts.dtype == np.int64


@given(some.images(dtypes=SHORT), st.data())
def test_short_integers_have_a_bin_per_level(image, data):
    mask = data.draw(some.masks(image.shape))
    histogram = compute_histogram(image, mask=mask)
    info = np.iinfo(image.dtype)
    assert histogram.nbins == 1 << info.bits
    np.testing.assert_array_equal(histogram.levels, np.arange(info.min, info.max + 1))
    np.testing.assert_array_equal(histogram.bin_edges, np.arange(info.min, info.max + 2))
    values, counts = np.unique(counted(image, mask), return_counts=True)
    for found, wanted in zip(populated(histogram), (values, counts), strict=True):
        np.testing.assert_array_equal(found, wanted)


@given(some.images(), st.data())
def test_every_counted_pixel_is_in_its_bin(image, data):
    """In few pixels every value has a bin of its own, in any dtype."""
    mask = data.draw(some.masks(image.shape))
    histogram = compute_histogram(image, mask=mask)
    values, counts = np.unique(counted(image, mask), return_counts=True)
    levels, held = populated(histogram)
    np.testing.assert_array_equal(levels, values)
    np.testing.assert_array_equal(held, counts)
    assert np.all(np.diff(histogram.levels.astype(object)) > 0)
    assert np.all(np.diff(histogram.bin_edges.astype(object)) >= 0)
    if values.size:
        assert histogram.range == (values[0], values[-1])


@given(npst.arrays(bool, npst.array_shapes()))
def test_bool_has_two_bins(image):
    histogram = compute_histogram(image)
    assert histogram.counts.tolist() == [(~image).sum(), image.sum()]
    assert histogram.levels.tolist() == [False, True]


@given(some.images(), st.data())
def test_planes_are_counted_on_common_bins(image, data):
    axes = data.draw(some.axes(image.ndim))
    mask = data.draw(some.masks(image.shape))
    whole = compute_histogram(image, mask=mask)
    stack = compute_histogram(image, mask=mask, axes=axes)
    outer = [] if axes is None else naive.outer_axes(image.ndim, axes)
    assert stack.counts.shape == (*(image.shape[a] for a in outer), whole.nbins)
    np.testing.assert_array_equal(stack.levels, whole.levels)
    summed = stack.counts.reshape(-1, whole.nbins).sum(axis=0)
    np.testing.assert_array_equal(summed, whole.counts)
    for index in np.ndindex(*stack.counts.shape[:-1]):
        where = naive.plane_index(image.ndim, outer, index)
        part = None if mask is None else np.broadcast_to(mask, image.shape)[where]
        values, counts = np.unique(counted(image[where], part), return_counts=True)
        levels, held = populated(stack[index])
        np.testing.assert_array_equal(levels, values)
        np.testing.assert_array_equal(held, counts)


def test_nothing_counted():
    histogram = compute_histogram(np.array([np.nan, np.inf]))
    assert histogram.total == 0
    assert histogram.cdf[-1] == 0
    assert not histogram.populated.size
    with pytest.raises(ValueError, match=r"empty.*no pixel was counted"):
        _ = histogram.range


# Merging
@given(some.images(dtypes=SHORT), st.data())
def test_sum_is_the_histogram_of_both(image, data):
    other = data.draw(npst.arrays(image.dtype, npst.array_shapes()))
    both = compute_histogram(image) + compute_histogram(other)
    together = compute_histogram(np.concatenate([image.ravel(), other.ravel()]))
    np.testing.assert_array_equal(both.counts, together.counts)


def test_other_bins_are_not_added():
    one, other = (compute_histogram(np.zeros(3, d)) for d in (np.uint8, np.uint16))
    with pytest.raises(ValueError, match=r"256 and 65536.*rebin"):
        one + other
    with pytest.raises(TypeError):
        one + 3


# What is derived
@given(some.images())
def test_derived_quantities(image):
    assume(counted(image).size)
    histogram = compute_histogram(image)
    assert histogram.total == counted(image).size
    assert histogram.fractions.sum() == pytest.approx(1)
    assert histogram.cdf[-1] == 1
    assert np.all(np.diff(histogram.cdf) >= 0)
    assert histogram.bin_centers.shape == histogram.bin_widths.shape == histogram.counts.shape


def test_pdf_integrates_to_1():
    for image in (data.moon(), np.random.default_rng(0).gamma(2, 9, 9999)):
        histogram = compute_histogram(image)
        used = histogram.counts > 0
        mass = histogram.pdf[used] * histogram.bin_widths[used]
        assert mass.sum() == pytest.approx(1)


def test_cdf_is_the_fraction_not_above_each_level():
    image = np.random.default_rng(2).normal(size=5000)
    histogram = compute_histogram(image)
    true = [(image <= level).mean() for level in histogram.levels]
    np.testing.assert_allclose(histogram.cdf, true)


def test_it_is_frozen():
    histogram = compute_histogram(np.arange(5))
    for array in (histogram.counts, histogram.bin_edges, histogram.levels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9
    with pytest.raises(AttributeError):
        histogram.counts = 3


def test_made_by_hand_from_numpys():
    counts, edges = np.histogram([0.1, 0.2, 0.8], bins=4, range=(0, 1))
    histogram = Histogram(counts, edges)
    np.testing.assert_array_equal(histogram.levels, edges[1:])
    np.testing.assert_allclose(histogram.bin_centers, [0.125, 0.375, 0.625, 0.875])


@pytest.mark.parametrize(
    ("counts", "edges", "message"),
    [
        ([1, 2], [0, 1], r"\(2,\).*\(2,\).*n \+ 1"),
        ([1, 2], [0, 2, 1], "decrease.*sort"),
        ([1, 2], [0, np.nan, 1], "NaN"),
        (3, [0, 1], "n bins need"),
    ],
)
def test_bins_that_do_not_fit(counts, edges, message):
    with pytest.raises(ValueError, match=message):
        Histogram(np.array(counts), np.array(edges))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"nbins": 0}, ValueError, "nbins is 0.*1 to"),
        ({"nbins": -3}, ValueError, "nbins is -3"),
        ({"nbins": 1 << 30}, ValueError, "nbins is 1073741824"),
        ({"nbins": 2.5}, TypeError, "nbins is 2.5.*integer"),
        ({"max_samples": 2.5}, TypeError, "max_samples is 2.5.*integer"),
        ({"axes": 5}, ValueError, "axes holds 5"),
        ({"mask": np.ones(3, bool)}, ValueError, r"\(3,\).*\(2, 5\)"),
    ],
)
def test_bad_input(options, error, message):
    with pytest.raises(error, match=message):
        compute_histogram(np.zeros((2, 5), np.uint8), **options)


@pytest.mark.parametrize("bandwidth", [-1, np.nan])
def test_no_kernel_has_a_negative_width(bandwidth):
    with pytest.raises(ValueError, match=f"bandwidth is {bandwidth}"):
        compute_histogram(np.arange(9)).kde(bandwidth=bandwidth)
