"""TransferFunction: called, tabulated, inverted, blended, pushed forward."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import strategies as some
from napari_histeq import TransferFunction, compute_histogram, transfer_function

SHORT = ["u1", "i1", "<u2", "<i2"]
NATIVE = [d for d in some.REAL if d[0] != ">"]


def knots(most=12, low=-1e6, high=1e6, strict=False):
    """Monotone curves with a few knots."""
    numbers = st.floats(low, high, allow_subnormal=False)
    y_of = lambda n: st.lists(numbers, min_size=n, max_size=n, unique=strict)
    return (
        st.lists(numbers, min_size=2, max_size=most, unique=True)
        .flatmap(lambda x: st.tuples(st.just(sorted(x)), y_of(len(x)).map(sorted)))
        .map(lambda xy: TransferFunction(np.array(xy[0]), np.array(xy[1])))
    )


def of(image, method, **options):
    assume(np.isfinite(image).any())
    return transfer_function(image, method, **options)


# Called


@given(some.images(dtypes=st.sampled_from(SHORT)), some.methods(), st.floats(0, 1))
def test_call_is_look_up_in_the_table(image, method, strength):
    curve = of(image, method, strength=strength)
    table = curve.as_lut(image.dtype)
    info = np.iinfo(image.dtype)
    assert table.dtype == image.dtype
    assert table.shape == (1 << info.bits,)
    np.testing.assert_array_equal(curve(image), table[image.astype(int) - info.min])


@given(some.images(dtypes=st.sampled_from([*SHORT, "<i4", "<u4"])), some.methods(), st.floats(0, 1))
def test_call_is_evaluate_rounded(image, method, strength):
    curve = of(image, method, strength=strength)
    exact = curve.evaluate(image)
    assert np.all(np.abs(curve(image) - exact) <= 0.5 + 1e-12 * np.abs(exact).max())


@given(some.images(dtypes=st.sampled_from(some.FLOATS)), some.methods(), st.floats(0, 1))
def test_call_is_evaluate_for_floats(image, method, strength):
    curve = of(image, method, strength=strength)
    finite = np.isfinite(image)
    exact = curve.evaluate(image[finite])
    limits = np.finfo(image.dtype)
    np.testing.assert_allclose(
        curve(image)[finite].astype(float), exact,
        rtol=4 * float(limits.eps),
        atol=4 * float(limits.eps) * np.abs(exact).max() + float(limits.smallest_subnormal),
    )  # fmt: skip


@given(knots(), some.images(dtypes=st.sampled_from(["<f4", "<i4", "<u4"])))
def test_knots_between_the_numbers_of_a_dtype(curve, image):
    """Such as those of `Asinh`, which are float64, on float32: worked out in double precision."""
    image = image[np.isfinite(image)]
    assume(image.size)
    exact = curve.evaluate(image)
    if image.dtype.kind == "f":
        np.testing.assert_allclose(
            curve(image).astype(float), exact.astype(image.dtype).astype(float),
            rtol=float(np.finfo(image.dtype).eps),  # and where a curve goes through 0 it cancels
            atol=4 * float(np.finfo(float).eps) * np.abs(curve.y).max(),
        )  # fmt: skip
    else:
        held = exact.clip(np.iinfo(image.dtype).min, np.iinfo(image.dtype).max)
        assert np.all(np.abs(curve(image) - held) <= 0.5 + 1e-9 * np.abs(held))


@given(knots(), some.images(dtypes=st.sampled_from(NATIVE)))
@example(  # so close that the way beyond is infinitely many times as long
    TransferFunction(np.array([0, 2.2250738585072014e-308]), np.zeros(2)), np.zeros(1, np.uint8)
)
def test_any_curve_on_any_image(curve, image):
    """A curve made by hand need not fit the image: it holds its ends, and the dtype's."""
    if image.dtype == np.float16:
        curve = TransferFunction(curve.x / 20, curve.y / 20)
    out = curve(image)
    finite = np.isfinite(image)
    exact = np.interp(image[finite].astype(float), curve.x, curve.y)
    if image.dtype.kind == "f":
        close = 1e-3 if image.dtype == np.float16 else 1e-5
        np.testing.assert_allclose(out[finite], exact, rtol=close, atol=close * 1e6)
    else:
        info = np.iinfo(image.dtype)
        held = np.clip(exact, float(info.min), float(info.max))
        assert np.all(np.abs(out.ravel() - held) <= 0.5 + 1e-6)


def test_curve_with_one_knot_is_constant_within_and_shifts_with_slope():
    flat = TransferFunction(np.array([5.0]), np.array([7.0]))
    np.testing.assert_array_equal(flat(np.array([1.0, 5.0, 9.0])), 7)
    shift = TransferFunction(np.array([5.0]), np.array([7.0]), end_slope=1.0)
    np.testing.assert_array_equal(shift(np.array([1.0, 5.0, 9.0])), [3, 7, 11])


def test_beyond_the_ends_the_slope_goes_on():
    curve = TransferFunction(np.array([0, 10]), np.array([0.0, 20.0]), end_slope=0.5)
    np.testing.assert_allclose(curve.evaluate([-4, 5, 14]), [-2, 10, 22])
    np.testing.assert_allclose(curve(np.array([-4.0, 5.0, 14.0])), [-2, 10, 22])
    np.testing.assert_array_equal(curve(np.array([-4, 5, 14], np.int32)), [-2, 10, 22])
    assert curve.evaluate(5) == 10


def test_integers_round_half_to_even_and_stay_in_the_dtype():
    curve = TransferFunction(np.array([0, 4]), np.array([-1.0, 300.0]))
    assert curve(np.array([0, 4], np.uint8)).tolist() == [0, 255]
    halves = TransferFunction(np.array([0, 3]), np.array([0.5, 3.5]))
    for dtype in (np.uint8, np.int16, np.int32, np.int64):
        assert halves(np.arange(4, dtype=dtype)).tolist() == [0, 2, 2, 4]


def test_nan_stays():
    curve = TransferFunction(np.array([0.0, 1.0]), np.array([5.0, 6.0]))
    for dtype in (np.float16, np.float32, np.float64):
        out = curve(np.array([np.nan, np.inf, -np.inf, 0.5], dtype))
        np.testing.assert_array_equal(out, [np.nan, np.inf, -np.inf, 5.5])


def test_bool():
    swap = TransferFunction(np.array([False, True]), np.array([1.0, 1.0]))
    assert swap(np.array([False, True])).tolist() == [True, True]
    assert swap.as_lut(bool).tolist() == [True, True]


# Identity, blend, inverse


@given(some.images())
def test_identity_changes_nothing(image):
    finite = image[np.isfinite(image)]
    assume(finite.size)
    identity = TransferFunction.identity(finite.min(), finite.max())
    assert identity.is_identity
    np.testing.assert_array_equal(identity(image), image)
    assert not np.shares_memory(identity(image), image)


@given(knots(), st.floats(0, 1), npst.arrays(float, 9, elements=st.floats(-2e6, 2e6)))
def test_blend_is_linear(curve, strength, where):
    blended = curve.blend(strength).evaluate(where)
    wanted = (1 - strength) * where + strength * curve.evaluate(where)
    np.testing.assert_allclose(blended, wanted, atol=1e-6, rtol=1e-9)


@given(knots())
def test_blend_ends(curve):
    assert curve.blend(1.0) is curve
    assert curve.blend(0.0).is_identity


@given(knots(strict=True))
def test_strictly_increasing_curve_has_an_inverse(curve):
    back = curve.inverse()
    np.testing.assert_allclose(back.evaluate(curve.y), curve.x, rtol=1e-9, atol=1e-9)
    again = back.inverse()
    np.testing.assert_array_equal(again.x, curve.x)
    np.testing.assert_array_equal(again.y, curve.y)


@given(some.images(dtypes=st.sampled_from(["u1", "<u2", "<f8"])), some.methods())
def test_merged_levels_return_to_the_least_of_them(image, method):
    finite = image[np.isfinite(image)].astype(float)
    assume(np.unique(finite).size > 1)
    curve = transfer_function(image, method, out_range=(0, 200))
    back = curve.inverse()
    for end in (0, -1):
        least = curve.x[curve.y == curve.y[end]][0].astype(float)
        np.testing.assert_allclose(back.evaluate(curve.y[[end]]), [least])
    # Once round the circle, one more round changes nothing.
    once = back.evaluate(curve.evaluate(finite))
    scale = np.abs(curve.evaluate(finite)).max()
    np.testing.assert_allclose(
        curve.evaluate(once), curve.evaluate(finite), atol=1e-6 * scale, rtol=1e-6
    )


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "i8", "f2", "f4", "f8"])
def test_an_intensity_that_occurs_comes_back_as_itself(dtype):
    """As in astropy's HistEqStretch; not as the next one, before which the curve is level too."""
    values = np.array([0, 10, 25, 50, 50, 70, 100], dtype)
    curve = transfer_function(values)
    np.testing.assert_array_equal(curve.inverse().evaluate(curve.evaluate(values)), values)
    if np.dtype(dtype).kind == "f":
        values = values / np.array(7, dtype)
        curve = transfer_function(values)
        back = curve.inverse()(curve(values))
        np.testing.assert_allclose(back, values, rtol=8 * float(np.finfo(dtype).eps), atol=1e-12)


@pytest.mark.parametrize("size", [100, 4000, 20_000])
def test_real_numbers_come_back(size):
    """Beyond 4096 pixels some share a bin, whose ends are as exact as the curve: 1/2048."""
    values = np.sort(np.random.default_rng(0).normal(size=size))
    curve = transfer_function(values)
    back = curve.inverse()(curve(values))
    shift = np.searchsorted(values, back * (1 - 1e-12 * np.sign(back))) - np.arange(size)
    assert np.abs(shift).max() <= (0 if size <= 4096 else size / 2048)


def test_inverse_counts_the_levels_lost():
    curve = transfer_function(np.array([1, 1, 2, 9], np.uint8))
    assert curve.x.size - curve.inverse().x.size == 256 - 4


# Pushed forward


@given(some.images(dtypes=st.sampled_from(SHORT)), some.methods(), st.floats(0, 1))
def test_pushed_histogram_is_that_of_the_mapped_image(image, method, strength):
    curve = transfer_function(image, method, strength=strength)
    pushed = curve.push(compute_histogram(image))
    wanted = compute_histogram(curve(image))
    np.testing.assert_array_equal(pushed.counts, wanted.counts)
    np.testing.assert_array_equal(pushed.bin_edges, wanted.bin_edges)


@given(
    some.images(dtypes=st.sampled_from(["<i4", "<u4", "<i8", "<u8"])),
    some.methods(),
    st.floats(0, 1),
)
def test_pushed_histogram_of_wide_integers(image, method, strength):
    curve = transfer_function(image, method, strength=strength)
    pushed = curve.push(compute_histogram(image))
    values, counts = np.unique(curve(image), return_counts=True)
    np.testing.assert_array_equal(pushed.levels[pushed.populated], values)
    np.testing.assert_array_equal(pushed.counts[pushed.populated], counts)


@given(st.integers(0, 2**32 - 1), some.methods(), st.floats(0, 1))
def test_pushed_adaptive_bins_keep_their_pixels(seed, method, strength):
    image = np.random.default_rng(seed).lognormal(size=6000)
    curve = transfer_function(image, method, strength=strength)
    histogram = compute_histogram(image)
    pushed = curve.push(histogram)
    assert pushed.total == histogram.total
    mapped = np.sort(curve(image))
    at = np.nextafter(pushed.levels, np.inf)  # evaluate and call may differ by a rounding
    true = np.searchsorted(mapped, at + 1e-9 * np.abs(at), side="right") / image.size
    assert np.all(true >= pushed.cdf - 1e-12)


# Made by hand


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([0, 0], [0, 1], "x does not increase.*sort"),
        ([1, 0], [0, 1], "x does not increase"),
        ([0, 1], [1, 0], "y decreases.*order"),
        ([0, 1], [0, np.nan], "NaN"),
        ([0, np.nan], [0, 1], "x does not increase"),
        ([0, np.inf], [0, 1], "infinite or NaN.*finite"),
        ([0], [np.nan], "infinite or NaN"),
        ([0, 1], [0, 1, 2], r"\(2,\).*\(3,\)"),
        ([], [], r"\(0,\)"),
        ([[0, 1]], [[0, 1]], r"1-D"),
    ],
)
def test_knots_that_make_no_curve(x, y, message):
    with pytest.raises(ValueError, match=message):
        TransferFunction(np.array(x), np.array(y))


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.uint64, complex])
def test_no_table_for_many_levels(dtype):
    curve = TransferFunction(np.array([0, 1]), np.array([0, 1]))
    with pytest.raises(TypeError, match=f"{np.dtype(dtype)}.*call the transfer function"):
        curve.as_lut(dtype)


def test_it_is_frozen():
    curve = TransferFunction(np.array([0, 1]), np.array([0, 1]))
    for array in (curve.x, curve.y):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9


@pytest.mark.parametrize("strength", [-0.1, 1.1, np.nan])
def test_blend_refuses(strength):
    curve = TransferFunction(np.array([0, 1]), np.array([0, 2]))
    with pytest.raises(ValueError, match=f"strength is {strength}"):
        curve.blend(strength)
