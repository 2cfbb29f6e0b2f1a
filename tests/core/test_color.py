"""Color: luminance as wanted, hue kept, nothing beyond the gamut, alpha left alone."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage import data

from helpers import strategies as some
from helpers.real_images import dicom
from napari_histeq import Global, equalize

WEIGHTS = np.array([0.2126, 0.7152, 0.0722])
REAL = {
    "astronaut": data.astronaut,
    "retina": lambda: data.retina()[::3, ::3],
    "DICOM": lambda: dicom("examples_rgb_color.dcm"),
    "16 bit": lambda: data.astronaut().astype(np.uint16) * 200 + 7,
    "float32": lambda: (data.astronaut() / 255).astype(np.float32),
    "float64": lambda: data.astronaut() / 255,
}


@pytest.fixture(params=REAL, scope="module")
def image(request):
    return REAL[request.param]()


def luminance(image):
    return image[..., :3].astype(float) @ WEIGHTS


def unit(image):
    """One level, or what a float of the range 0 to 1 may round."""
    return 1.0 if image.dtype.kind in "ui" else 1e-5


def top(image):
    return float(np.iinfo(image.dtype).max) if image.dtype.kind in "ui" else 1.0


def quietly(image, method=Global(), **options):  # noqa: B008
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no pixel was counted", UserWarning)
        return equalize(image, method, **options)


def test_luminance_becomes_what_its_curve_says(image):
    """Of integers within a level before, which is as much more after as the gain is."""
    out = luminance(equalize(image, channel_axis=-1))
    whole = image.dtype.kind == "u"
    exact = luminance(image)
    levels = np.rint(exact) if whole else exact
    order = np.sort(levels, axis=None)
    near = 1 if whole else 1 / 2048
    least, most = (
        np.searchsorted(order, levels + step, side="right") / order.size * top(image)
        for step in ((-1, 1) if whole else (0, 0))
    )
    slack = near * (most / np.maximum(levels, unit(image)) + 1) if whole else near * top(image)
    assert np.all((out >= least - slack) & (out <= most + slack))
    if whole and top(image) == 255:  # and where half a level is little, it is the very level
        wanted = np.searchsorted(order, levels, side="right") / order.size * 255
        assert np.mean((np.abs(out - wanted) > 2)[levels > 40]) < 1e-3


def test_hue_is_kept(image):
    """The differences of the channels keep their proportions: out = gray + k (in - gray)."""
    out = equalize(image, channel_axis=-1).astype(float)
    before = image.astype(float)
    for a, b, c in ((0, 1, 2), (1, 2, 0)):
        # With rounding, each channel may be off by half a level (a unit for floats).
        slack = unit(image) * (np.ptp(before, axis=-1) + np.ptp(out, axis=-1) + 1)
        cross = (before[..., a] - before[..., b]) * (out[..., b] - out[..., c]) - (
            before[..., b] - before[..., c]
        ) * (out[..., a] - out[..., b])
        assert np.all(np.abs(cross) <= 2 * slack)
    order = np.argsort(before, axis=-1)
    ordered = np.take_along_axis(out, order, axis=-1)
    assert np.all(np.diff(ordered, axis=-1) >= -unit(image))


def test_nothing_leaves_the_gamut(image):
    out = equalize(image, channel_axis=-1)
    assert out.dtype == image.dtype
    assert out.min() >= 0
    assert out.max() <= top(image)
    for limits in ((0.2, 0.6), (0.0, 0.1)):
        low, high = (value * top(image) for value in limits)
        out = equalize(image, channel_axis=-1, out_range=(low, high)).astype(float)
        assert out.min() >= low - unit(image)
        assert out.max() <= high + unit(image)


def test_it_is_brighter_where_it_was_dark_and_not_only_gray():
    image = data.astronaut()
    out = equalize(image // 3, channel_axis=-1)
    assert out.mean() > 1.5 * (image // 3).mean()
    assert np.ptp(out, axis=-1).mean() > 0.8 * np.ptp(image // 3, axis=-1).mean()


@given(
    st.sampled_from(["u1", "<u2", ">u2", "<f4", "<f8", "<f2", "<i2", "<u4"]),
    st.sampled_from([3, 4]),
    some.methods(),
    st.integers(0, 2**32 - 1),
    st.floats(0, 1),
)
def test_gray_in_color_is_equalized_as_gray(dtype, channels, method, seed, strength):
    rng = np.random.default_rng(seed)
    gray = rng.integers(0, 100, (6, 9)).astype(dtype)
    image = np.repeat(gray[..., None], channels, axis=-1)
    image[..., 3:] = 9
    options = {"out_range": (0, 100), "strength": strength}
    wanted = equalize(gray, method, **options).astype(float)
    out = equalize(image, method, channel_axis=-1, **options)
    assert out.dtype == image.dtype
    close = {"f2": 0.2, "f4": 1e-3, "f8": 1e-9}.get(dtype[-2:], 0.0)
    for channel in range(3):
        np.testing.assert_allclose(out[..., channel].astype(float), wanted, atol=close)
    if channels == 4:
        np.testing.assert_array_equal(out[..., 3], image[..., 3])


@given(npst.arrays(np.uint8, npst.array_shapes(min_dims=3, max_dims=3, max_side=6)), st.data())
def test_channels_may_lie_on_any_axis(values, data):
    channels = data.draw(st.sampled_from([3, 4]))
    image = np.resize(values, (*values.shape[:2], channels))
    expected = quietly(image, channel_axis=-1)
    for axis in (0, 1, -2):
        moved = np.moveaxis(image, -1, axis)
        out = quietly(moved, channel_axis=axis)
        np.testing.assert_array_equal(np.moveaxis(out, axis, -1), expected)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["u1", "<u2", "<f4"]), some.methods())
def test_layout_and_byte_order_do_not_matter(seed, dtype, method):
    rng = np.random.default_rng(seed)
    image = (rng.random((5, 7, 3)) * 200).astype(dtype)
    expected = equalize(image, method, channel_axis=-1)
    for name, lay in some.LAYOUTS.items():
        out = equalize(lay(image), method, channel_axis=-1)
        np.testing.assert_array_equal(out, expected, err_msg=name)
    swapped = equalize(image.astype(image.dtype.newbyteorder()), method, channel_axis=-1)
    np.testing.assert_array_equal(swapped, expected)


def test_planes_of_a_stack_of_colors():
    stack = np.stack([data.astronaut()[::4, ::4], data.astronaut()[::4, ::4] // 5])
    out = equalize(stack, axes=(1, 2), channel_axis=-1)
    for plane, result in zip(stack, out, strict=True):
        np.testing.assert_array_equal(result, equalize(plane, channel_axis=-1))
    first = np.moveaxis(stack, -1, 0)
    moved = equalize(first, axes=(2, 3), channel_axis=0)
    np.testing.assert_array_equal(np.moveaxis(moved, 0, -1), out)
    np.testing.assert_array_equal(equalize(stack, axes=(1, 2, 3), channel_axis=-1), out)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["u1", "<u2", "<f4"]))
def test_mask_spans_the_pixels_without_their_channels(seed, dtype):
    rng = np.random.default_rng(seed)
    image = (rng.random((6, 8, 3)) * 200).astype(dtype)
    mask = rng.random((6, 8)) < 0.6
    mask[0, :2] = True
    out = equalize(image, mask=mask, channel_axis=-1)
    changed = image.copy()
    changed[~mask] = 0
    np.testing.assert_array_equal(equalize(changed, mask=mask, channel_axis=-1)[mask], out[mask])


# Alpha


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "<i4", "<f2", "<f4", "<f8"])
def test_alpha_is_untouched_and_transparent_pixels_do_not_count(dtype):
    rng = np.random.default_rng(0)
    image = rng.integers(1, 100, (20, 30, 4)).astype(dtype)
    image[..., 3] = rng.choice([0, 50, 99], (20, 30))
    out = equalize(image, channel_axis=-1)
    np.testing.assert_array_equal(out[..., 3], image[..., 3])
    seen = image[..., 3] > 0
    only = equalize(image[..., :3], mask=seen, channel_axis=-1)
    np.testing.assert_array_equal(out[..., :3], only)
    blinding = image.copy()
    blinding[~seen, :3] = 0
    np.testing.assert_array_equal(equalize(blinding, channel_axis=-1)[seen], out[seen])
    assert not np.array_equal(equalize(image[..., :3], channel_axis=-1), only)


def test_mask_and_alpha_together():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (20, 30, 4)).astype(np.uint8)
    image[:10, :, 3] = 0
    mask = np.zeros((20, 30), bool)
    mask[5:15] = True
    both = mask & (image[..., 3] > 0)
    np.testing.assert_array_equal(
        equalize(image, mask=mask, channel_axis=-1), equalize(image, mask=both, channel_axis=-1)
    )


def test_fully_transparent_image_is_unchanged_with_a_warning():
    image = np.zeros((4, 5, 4), np.uint8)
    image[..., :3] = np.arange(60).reshape(4, 5, 3)
    with pytest.warns(UserWarning, match="no pixel was counted"):
        np.testing.assert_array_equal(equalize(image, channel_axis=-1), image)


# Strength, constants, NaN


@given(
    st.sampled_from(["u1", "<u2", "<f4"]),
    st.sampled_from([None, (10, 60), (0, 100)]),
    st.integers(0, 2**32 - 1),
)
def test_strength_leads_from_the_input_to_the_result(dtype, limits, seed):
    rng = np.random.default_rng(seed)
    image = (rng.random((5, 6, 3)) * 100).astype(dtype)
    if dtype == "<f4":
        image /= 100
        limits = None if limits is None else (limits[0] / 100, limits[1] / 100)
    options = {"channel_axis": -1} | ({} if limits is None else {"out_range": limits})
    np.testing.assert_array_equal(equalize(image, strength=0.0, **options), image)
    hardly = equalize(image, strength=1e-7, **options).astype(float)
    np.testing.assert_allclose(hardly, image, atol=1e-5 if dtype == "<f4" else 0.0)
    if dtype == "<f4":  # a level that is rounded the other way is as much more as the gain
        nearly, full = (equalize(image, strength=s, **options) for s in (1 - 1e-9, 1.0))
        np.testing.assert_allclose(nearly, full, atol=1e-5)
    half = equalize(image, strength=0.5, **options).astype(float)
    assert half.min() >= 0
    assert half.max() <= max(top(image) if dtype == "<f4" else 255 * 257, 1)
    order = np.argsort(image.astype(float), axis=-1)
    slack = 1e-5 if dtype == "<f4" else 1.0
    assert np.all(np.diff(np.take_along_axis(half, order, axis=-1), axis=-1) >= -slack)


@pytest.mark.parametrize("dtype", ["u1", "<u2", "<i2", "<f2", "<f4", "<f8"])
def test_one_color_is_unchanged(dtype):
    image = np.broadcast_to(np.array([10, 20, 70], dtype), (5, 6, 3))
    np.testing.assert_array_equal(equalize(image, channel_axis=-1), image)
    np.testing.assert_array_equal(
        equalize(image, channel_axis=-1, out_range=(0, 90), strength=0.5), image
    )


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8"])
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_not_finite_stay_and_do_not_count(dtype, odd):
    rng = np.random.default_rng(0)
    image = rng.random((20, 30, 3)).astype(dtype)
    clean = equalize(image, mask=np.indices((20, 30)).sum(axis=0) > 3, channel_axis=-1)
    image[:2, :2, 1] = odd
    image[0, 2:4, 0] = odd
    image[2, :2, 0] = odd
    image[3, 0, 2] = image[0, 3, 2] = odd
    out = equalize(image, mask=np.indices((20, 30)).sum(axis=0) > 3, channel_axis=-1)
    known = np.isfinite(image).all(axis=-1)
    np.testing.assert_array_equal(out[~known], image[~known])
    np.testing.assert_array_equal(out[known], clean[known])


def test_black_stays_neutral():
    image = np.array([[[0, 0, 0], [40, 10, 0], [0, 0, 90], [200, 180, 160]]], np.uint8)
    out = equalize(image, channel_axis=-1)
    assert np.ptp(out[0, 0]) == 0
    assert out[0, 0, 0] == np.rint(255 / 4)


@pytest.mark.parametrize("dtype", ["<i2", "<i4", "<f4", "<f8"])
def test_signed_colors(dtype):
    rng = np.random.default_rng(0)
    image = rng.integers(-100, 100, (20, 30, 3)).astype(dtype)
    out = equalize(image, channel_axis=-1)
    assert out.dtype == image.dtype
    order = np.argsort(image.astype(float), axis=-1)
    ordered = np.take_along_axis(out.astype(float), order, axis=-1)
    assert np.all(np.diff(ordered, axis=-1) >= -1)
    brighter = np.argsort(luminance(image), axis=None)
    assert np.all(np.diff(luminance(out).ravel()[brighter]) >= -1.5)
