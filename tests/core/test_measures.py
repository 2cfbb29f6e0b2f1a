"""Each measure against its formula written out, or against scikit-image's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats
from skimage import data, metrics
from skimage.measure import shannon_entropy

from helpers import strategies as some
from napari_histeq import compute_histogram, equalize, measures

SHORT = st.sampled_from(["u1", "i1", "<u2", "<i2"])
IMAGES = {"moon": data.moon, "camera": data.camera, "page": data.page}


@pytest.fixture(params=IMAGES)
def pair(request):
    image = IMAGES[request.param]()
    return image, equalize(image)


def histograms(pair):
    return [compute_histogram(image) for image in pair]


# Of a histogram


@given(some.images(dtypes=st.one_of(SHORT, st.sampled_from(["<i4", "<f4"]))))
def test_entropy(image):
    assume(np.isfinite(image).all())
    found = measures.entropy(compute_histogram(image))
    assert found == pytest.approx(shannon_entropy(image), abs=1e-9)
    assert math.copysign(1, found) == 1


def test_entropy_of_the_even_and_of_the_constant():
    assert measures.entropy(compute_histogram(np.arange(256, dtype=np.uint8))) == 8
    assert measures.entropy(compute_histogram(np.full(9, 3, np.uint8))) == 0


@given(some.images(dtypes=st.just("u1")))
def test_ks_distance_of_integers(image):
    cdf = [(image <= level).mean() for level in range(256)]
    wanted = max(abs(c - (level + 1) / 256) for level, c in enumerate(cdf))
    assert measures.ks_distance(compute_histogram(image)) == pytest.approx(wanted)


@given(npst.arrays(float, npst.array_shapes(), elements=st.floats(0, 1)))
def test_ks_distance_of_floats_is_scipys(image):
    assume(np.unique(image).size > 1)
    wanted = stats.kstest(image.ravel(), "uniform").statistic
    found = measures.ks_distance(compute_histogram(image), (0, 1))
    assert found == pytest.approx(wanted, abs=1e-9)


@given(some.images(dtypes=st.just("u1")), st.sampled_from([1, 4, 16, 64]))
def test_chi_square(image, nbins):
    counts, _ = np.histogram(image, bins=nbins, range=(0, 256))
    p = counts / counts.sum()
    wanted = sum((each - 1 / nbins) ** 2 for each in p) * nbins
    histogram = compute_histogram(image)
    assert measures.chi_square(histogram, nbins) == pytest.approx(wanted)
    # Pearson's statistic, per pixel.
    pearson = stats.chisquare(counts).statistic / image.size if nbins > 1 else 0
    assert measures.chi_square(histogram, nbins) == pytest.approx(pearson)


def test_flatness_of_the_flat_and_of_the_constant():
    flat = compute_histogram(np.arange(256, dtype=np.uint8))
    assert measures.ks_distance(flat) == 0
    assert measures.chi_square(flat) == 0
    constant = compute_histogram(np.full(9, 255, np.uint8))
    assert measures.chi_square(constant) == pytest.approx(15)
    assert measures.ks_distance(constant) == pytest.approx(255 / 256)


def test_limits_of_the_output_judge_its_flatness():
    image = np.arange(100, 150, dtype=np.int16)
    histogram = compute_histogram(image)
    assert measures.ks_distance(histogram, (100, 149)) == pytest.approx(0)
    assert measures.chi_square(histogram, 10, (100, 149)) == pytest.approx(0)
    assert measures.ks_distance(histogram) > 0.5


def test_equalization_flattens(pair):
    before, after = histograms(pair)
    assert measures.ks_distance(after) < measures.ks_distance(before)
    assert measures.chi_square(after) < measures.chi_square(before)
    assert measures.entropy(after) <= measures.entropy(before)


@given(some.images(dtypes=SHORT))
def test_levels(image):
    after = image // 3
    histogram, merged = compute_histogram(image), compute_histogram(after)
    assert measures.levels_used(histogram) == np.unique(image).size
    wanted = np.unique(image).size - np.unique(after).size
    assert measures.levels_merged(histogram, merged) == wanted
    assert measures.levels_merged(merged, histogram) == 0


def test_levels_of_the_moon():
    image = data.moon()
    before, after = histograms((image, equalize(image)))
    assert measures.levels_used(before) == np.unique(image).size
    assert measures.levels_used(after) == np.unique(equalize(image)).size


@given(some.images(dtypes=SHORT))
def test_fraction_clipped(image):
    info = np.iinfo(image.dtype)
    wanted = np.mean((image == info.min) | (image == info.max))
    assert measures.fraction_clipped(compute_histogram(image)) == pytest.approx(wanted)
    low, high = sorted((int(image.flat[0]), int(image.flat[-1])))
    wanted = np.mean((image <= low) | (image >= high))
    found = measures.fraction_clipped(compute_histogram(image), (low, high))
    assert found == pytest.approx(wanted)


@given(some.images(dtypes=st.one_of(SHORT, st.sampled_from(["<i4", "<f8"]))))
def test_mean_and_its_shift(image):
    assume(np.isfinite(image).all())
    assume(np.abs(image.astype(float)).max() < 1e100)
    scale = np.abs(image.astype(float)).max() + 1
    histogram = compute_histogram(image)
    assert measures.mean(histogram) == pytest.approx(image.mean(dtype=float), abs=1e-9 * scale)
    half = (image // 2).astype(image.dtype) if image.dtype.kind != "f" else image / 2
    wanted = abs(half.mean(dtype=float) - image.mean(dtype=float))
    found = measures.ambe(histogram, compute_histogram(half))
    assert found == pytest.approx(wanted, abs=1e-9 * scale)


@pytest.mark.parametrize(
    "measure", [measures.ks_distance, measures.chi_square, measures.fraction_clipped]
)
def test_of_nothing(measure):
    assert measure(compute_histogram(np.array([np.nan]))) == 0


def test_summary_is_the_measures(pair):
    before, after = histograms(pair)
    found = measures.summary(before, after)
    assert list(found) == [
        "levels_used", "entropy", "ks_distance", "chi_square", "fraction_clipped", "mean",
    ]  # fmt: skip
    for name, values in found.items():
        measure = getattr(measures, name)
        assert values == (measure(before), measure(after))


# Of images


@given(some.images(dtypes=st.one_of(SHORT, st.sampled_from(["<i8", "<f4"]))))
def test_contrast_per_pixel(image):
    wide = image.astype(float)
    with np.errstate(invalid="ignore", over="ignore"):
        each = [np.abs(np.diff(wide, axis=axis)).ravel() for axis in range(image.ndim)]
    steps = np.concatenate(each)
    steps = steps[np.isfinite(steps)]
    wanted = steps.mean() if steps.size else 0
    assert measures.contrast_per_pixel(image) == pytest.approx(wanted)


@pytest.mark.parametrize("side", [4, 8, 13])
def test_eme(pair, side):
    image = pair[0]
    rows, columns = (n // side for n in image.shape)
    wanted = []
    for i in range(rows):
        for j in range(columns):
            block = image[i * side : (i + 1) * side, j * side : (j + 1) * side].astype(float)
            wanted.append(20 * math.log10((block.max() + 1) / (block.min() + 1)))
    assert measures.eme(image, side) == pytest.approx(np.mean(wanted))


def test_eme_of_others():
    assert measures.eme(np.full((20, 20), 7, np.uint8)) == 0
    assert measures.eme(np.zeros((5, 5), np.float32)) == 0
    assert measures.eme(np.array([[0, 9], [9, 9]], np.uint8)) == pytest.approx(20)
    assert measures.eme(np.array([[1.0, 10.0]]), offset=0) == pytest.approx(20)
    odd = np.array([[np.nan, 1.0], [2.0, -3.0], [5.0, np.inf], [1.0, 10.0]])
    assert measures.eme(odd, block=1) == 0
    assert measures.eme(odd, block=2, offset=1) == 0  # a block that is not finite is left out
    assert measures.eme(data.moon()[:64, :64].reshape(4, 16, 64)) > 0


def test_psnr_and_ssim_are_scikit_images(pair):
    image, out = pair
    assert measures.psnr(image, out) == metrics.peak_signal_noise_ratio(image, out, data_range=255)
    assert measures.ssim(image, out) == metrics.structural_similarity(image, out, data_range=255)
    assert measures.psnr(image, image) == np.inf
    assert measures.ssim(image, image) == 1
    real = image[:60, :60] / 255
    wanted = metrics.peak_signal_noise_ratio(real, real**2, data_range=np.ptp(real))
    assert measures.psnr(real, real**2) == pytest.approx(wanted)


def test_ssim_of_what_is_thinner_than_its_window():
    movie = np.zeros((3, 32, 32), np.uint16)
    with pytest.raises(ValueError, match=r"shape \(3, 32, 32\): ssim .* plane by plane"):
        measures.ssim(movie, movie)


@pytest.mark.parametrize("measure", [measures.psnr, measures.ssim])
@pytest.mark.parametrize("other", [np.zeros((8, 9), np.uint8), np.zeros((9, 9), np.uint16)])
def test_images_that_do_not_compare(measure, other):
    with pytest.raises(
        ValueError, match=r"differ in shape or dtype \(\(9, 9\) uint8.*own equalization"
    ):
        measure(np.zeros((9, 9), np.uint8), other)


@pytest.mark.parametrize("measure", [measures.contrast_per_pixel, measures.eme])
def test_images_of_a_wrong_dtype(measure):
    with pytest.raises(TypeError, match="complex128"):
        measure(np.zeros((9, 9), complex))


def test_blocks_of_no_size():
    with pytest.raises(ValueError, match=r"block is 0.*at least 1"):
        measures.eme(np.zeros((9, 9)), block=0)
    with pytest.raises(TypeError, match=r"block is 2.5.*integer"):
        measures.eme(np.zeros((9, 9)), block=2.5)
