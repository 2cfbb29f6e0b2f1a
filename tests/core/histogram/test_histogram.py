"""Histogram: what it counts, its bins, and what becomes of them."""

from __future__ import annotations

from fractions import Fraction

import dask.array as da
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage import data

from helpers import naive
from helpers import strategies as some
from napari_histeq import Histogram, compute_histogram

SHORT = st.sampled_from(["u1", "i1", "<u2", ">u2", "<i2", ">i2"]).map(np.dtype)


def counted(image, mask=None):
    """The pixels that count, in native byte order."""
    where = np.isfinite(image) & np.broadcast_to(True if mask is None else mask, image.shape)
    return image[where].astype(image.dtype.newbyteorder("="))


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
