"""equalize: the semantics case by case."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst

from helpers import strategies as some
from helpers.laws import assert_same_bits, quietly
from napari_histeq import (
    BiHistogram,
    Global,
    compute_histogram,
    equalize,
    transfer_function,
)

CURVE_METHODS = [
    Global(),
    Global("cdf_min"),
    Global("midpoint", power=0.5),
    Global("pillow"),
    Global(plateau=2.0),
    *(kind() for kind in some.CURVES if kind is not Global),
    BiHistogram("median", levels=2),
    BiHistogram("min_error"),
]


@pytest.mark.crossed
# Case by case
@pytest.mark.parametrize("method", CURVE_METHODS, ids=repr)
@pytest.mark.parametrize("dtype", some.REAL)
@pytest.mark.parametrize("out_range", ["auto", "dtype", "image", (0, 100)])
def test_constant_image_is_unchanged(method, dtype, out_range):
    image = np.full((5, 7), 42, dtype)
    assert_same_bits(equalize(image, method, out_range=out_range, strength=0.7), image)


def test_constant_image_with_both_zeros_is_unchanged():
    image = np.array([0.0, -0.0, np.nan, 0.0])
    assert_same_bits(equalize(image), image)


def test_both_zeros_are_one_level():
    image = np.array([-1.0, 0.0, -0.0, 1.0])
    np.testing.assert_allclose(equalize(image, out_range=(0, 1)), [0.25, 0.75, 0.75, 1.0])


@pytest.mark.parametrize("method", CURVE_METHODS, ids=repr)
def test_nothing_counted_is_unchanged_with_a_warning(method):
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    with pytest.warns(UserWarning, match="no pixel was counted.*the image is returned") as caught:
        out = equalize(image, method, mask=np.zeros((3, 4), bool))
    assert_same_bits(out, image)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("dtype", some.FLOATS)
def test_all_nan_is_unchanged_with_a_warning(dtype):
    image = np.array([[np.nan, np.inf], [-np.inf, np.nan]], dtype)
    with pytest.warns(UserWarning, match="NaN or infinite"):
        assert_same_bits(equalize(image), image)


def test_warning_counts_the_planes():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    mask = np.array([True, False, True])[:, None]
    with pytest.warns(UserWarning, match="so 1 of 3 planes is returned"):
        out = equalize(image, mask=mask, axes=1)
    np.testing.assert_array_equal(out[1], image[1])
    np.testing.assert_array_equal(out[2], equalize(image[2]))


@given(npst.arrays(bool, npst.array_shapes()), some.methods())
def test_bool_is_unchanged(image, method):
    out = equalize(image, method)
    np.testing.assert_array_equal(out, image)
    assert out.dtype == bool
    assert not np.shares_memory(out, image)
    np.testing.assert_array_equal(transfer_function(image, method)(image), image)


def test_lists_and_memory_maps_are_taken(tmp_path):
    image = np.arange(60, dtype=">u2").reshape(5, 12)
    image.tofile(tmp_path / "raw")
    mapped = np.memmap(tmp_path / "raw", ">u2", "r", shape=(5, 12))
    out = equalize(mapped)
    assert type(out) is np.ndarray
    assert_same_bits(out, equalize(image))
    np.testing.assert_array_equal(equalize(image.tolist()), equalize(image.astype(int)))


def test_broadcast_view_gets_memory_of_its_own():
    image = np.broadcast_to(np.arange(5, dtype=np.uint8), (4, 5))
    out = equalize(image)
    out[0, 0] = 77
    assert out[1, 0] != 77


@pytest.mark.parametrize(
    ("dtype", "kind"), [("u1", "dtype"), ("<u4", "dtype"), ("i1", "image"), ("<f4", "image")]
)
def test_auto_range_is_by_dtype(dtype, kind):
    image = np.array([3, 9, 9, 27], dtype)
    assert_same_bits(equalize(image), equalize(image, out_range=kind))


@pytest.mark.parametrize("method", ["global", "clahe"])
def test_a_range_may_be_any_two_numbers(method):
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    wanted = equalize(image, method, out_range=(3, 200))
    for pair in ([3, 200], np.array([3, 200]), (np.uint8(3), np.float32(200))):
        np.testing.assert_array_equal(equalize(image, method, out_range=pair), wanted)


def test_ranges():
    image = np.array([3, 9, 9, 27], np.int16)
    assert equalize(image, out_range="image").tolist() == [9, 21, 21, 27]
    assert equalize(image, out_range=(0, 100)).tolist() == [25, 75, 75, 100]
    assert equalize(image, out_range="dtype")[-1] == 32767
    assert equalize(image.astype(float), out_range="dtype").tolist() == [0.25, 0.75, 0.75, 1]


@pytest.mark.crossed
@pytest.mark.parametrize("dtype", some.REAL)
@pytest.mark.parametrize("method", CURVE_METHODS, ids=repr)
def test_dark_pixel_outside_the_mask_is_as_dark_as_can_be(method, dtype):
    """The cdf is 0 below all pixels that count, in every dtype."""
    image = np.array([1, 5, 5, 9], dtype)
    mask = np.array([False, True, True, True])
    out = equalize(image, method, mask=mask, out_range=(10, 100))
    if method == Global():
        np.testing.assert_allclose(out.astype(float), [10, 70, 70, 100])
    elif isinstance(method, Global):
        assert out[0] == 10
    assert 10 <= out[0] <= out[1]
    assert out.max() <= 100


@pytest.mark.parametrize("dtype", ["<i8", "<u8", ">i8"])
def test_integers_beyond_double_precision(dtype):
    start = int(np.iinfo(np.dtype(dtype)).max) - 1000
    image = np.array([start + i for i in (0, 1, 2, 3, 900, 901)], dtype)
    out = equalize(image, out_range=(0, 6000))
    assert out.tolist() == [1000, 2000, 3000, 4000, 5000, 6000]


def test_method_by_name_is_the_method_itself():
    image = np.random.default_rng(0).integers(0, 200, (20, 20)).astype(np.uint8)
    for kind in some.BARE:
        np.testing.assert_array_equal(equalize(image, kind.name), equalize(image, kind()))
    np.testing.assert_array_equal(
        equalize(image, "global", convention="cdf_min", power=0.5),
        equalize(image, Global("cdf_min", power=0.5)),
    )


@given(some.jobs(), some.methods())
def test_the_curve_of_transfer_function_is_equalizes(job, method):
    del job.options["axes"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no pixel was counted", UserWarning)
        curve = transfer_function(job.image, method, **job.options)
    assert_same_bits(curve(job.image), quietly(job.image, method, **job.options))


def test_transfer_function_of_a_histogram_is_that_of_its_image():
    image = np.random.default_rng(1).normal(size=(30, 40)).astype(np.float32)
    for method in CURVE_METHODS:
        one = transfer_function(compute_histogram(image), method, out_range=(0, 9))
        np.testing.assert_array_equal(one(image), equalize(image, method, out_range=(0, 9)))


def test_transfer_function_of_nothing_is_the_identity_with_a_warning():
    with pytest.warns(UserWarning, match="no pixel was counted.*the identity"):
        assert transfer_function(np.array([np.nan])).is_identity


def test_threads_may_equalize_at_once():
    rng = np.random.default_rng(3)
    images = [rng.integers(0, 256, (700, 900 + i)).astype(np.uint8) for i in range(4)]
    images += [rng.lognormal(size=(300, 300 + i)).astype(np.float32) for i in range(4)]
    alone = [equalize(image) for image in images]
    with ThreadPoolExecutor(4) as threads:
        for expected, out in zip(alone * 5, threads.map(equalize, images * 5), strict=True):
            np.testing.assert_array_equal(out, expected)
