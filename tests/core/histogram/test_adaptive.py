"""Adaptive bins: within 1/2048 of the empirical cdf, for any finite data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import strategies as some
from napari_histeq import compute_histogram, equalize, transfer_function
from napari_histeq.core.arrays.keys import finite_keys, keys_of, values_of

N = 30_000
BOUND = 1 / 2048


def spike_and_tail(rng):
    return np.where(rng.random(N) < 0.9, 0.0, rng.exponential(size=N))


def hot_pixel(rng):
    values = rng.normal(1, 0.01, N)
    values[N // 2] = 1e30
    return values


def clusters(rng):
    return np.where(rng.random(N) < 0.5, rng.random(N), 1e12 + rng.random(N))


def extremes(rng):
    values = rng.uniform(-1.0, 1.0, N)
    values[:5] = -1.7e308, 1.7e308, 0.0, -0.0, np.finfo(float).max
    values[5:9000] *= 1.7e308
    return values


def zeros(rng):
    return np.where(rng.random(N) < 0.5, 0.0, -0.0) + np.where(rng.random(N) < 0.1, 1.0, 0.0)


DISTRIBUTIONS = {
    "log-normal": lambda rng: rng.lognormal(0, 3, N),
    "hot pixel": hot_pixel,
    "negative": lambda rng: -rng.lognormal(0, 2, N),
    "subnormal": lambda rng: rng.integers(0, 5000, N) * 5e-324,
    "subnormal, single": lambda rng: rng.integers(-5000, 5000, N) * 1e-45,
    "spike and tail": spike_and_tail,
    "two clusters 1e12 apart": clusters,
    "extremes": extremes,
    "both zeros": zeros,
    "normal": lambda rng: rng.normal(size=N),
    "far from zero": lambda rng: 1e7 + rng.random(N),
    "all powers": lambda rng: 2.0 ** rng.uniform(-1000, 1000, N),
    "few values": lambda rng: rng.choice([-3.5, 0.1, 0.2, 7e9], N),
    "even": lambda rng: np.arange(N) / 7,
    "crossing zero": lambda rng: np.sinh(rng.normal(0, 30, N)),
}
INTEGERS = {
    "full range": lambda rng, info: rng.integers(info.min, info.max, N, info.dtype, endpoint=True),
    "clusters": lambda rng, info: (
        rng.choice(np.array([info.min, info.max - 2000], info.dtype), N)
        + rng.integers(0, 2000, N).astype(info.dtype)
    ),
    "narrow, far up": lambda rng, info: info.max - rng.integers(0, 3000, N).astype(info.dtype),
    "log-normal": lambda rng, info: rng.lognormal(8, 4, N).clip(0, info.max / 2).astype(info.dtype),
}


def float_cases():
    for name in DISTRIBUTIONS:
        for dtype in (np.float16, np.float32, np.float64):
            image = float_image(name, dtype)
            if np.unique(image[np.isfinite(image)]).size > 1:  # not one value in half precision
                yield pytest.param(name, dtype, id=f"{name}, {np.dtype(dtype)}")


def float_image(name, dtype):
    """The finite values of a distribution in a dtype, and a few that are not finite."""
    values = DISTRIBUTIONS[name](np.random.default_rng(5))
    with np.errstate(over="ignore"):
        image = values.astype(dtype)
    image[~np.isfinite(image)] = np.finfo(dtype).max
    image[7:9] = np.nan, -np.inf
    return image.reshape(100, -1)


def integer_cases():
    for name in INTEGERS:
        for dtype in (np.int32, np.uint32, np.int64, np.uint64):
            yield pytest.param(name, dtype, id=f"{name}, {np.dtype(dtype)}")


def integer_image(name, dtype):
    return INTEGERS[name](np.random.default_rng(6), np.iinfo(dtype)).reshape(100, -1)


def empirical_cdf(image, at):
    values = np.sort(image[np.isfinite(image)])
    return np.searchsorted(values, at, side="right") / values.size


def between(image):
    """Intensities within the image's range: its own, their neighbors, and all between."""
    values = np.unique(image[np.isfinite(image)])
    rng = np.random.default_rng(8)
    low, high = values[:-1], values[1:]
    part = rng.random(low.size)
    inner = (low * (1 - part) + high * part).astype(image.dtype)
    return np.unique(np.concatenate([values, np.clip(inner, values[0], values[-1])]))


def check_bins(image):
    """Sound bins: every pixel in its own, and no wide one too heavy."""
    histogram = compute_histogram(image)
    finite = np.sort(image[np.isfinite(image)])
    upper = np.searchsorted(finite, histogram.levels, side="right")
    np.testing.assert_array_equal(histogram.counts, np.diff(upper, prepend=0))
    assert histogram.total == finite.size
    assert histogram.range == (finite[0], finite[-1])
    ends = np.split(finite, upper[:-1])
    several = np.array([end.size > 0 and end[0] != end[-1] for end in ends])
    assert histogram.counts[several].max(initial=0) <= BOUND * finite.size


@pytest.mark.parametrize(("name", "dtype"), [*float_cases()])
def test_bins_of_floats(name, dtype):
    check_bins(float_image(name, dtype))


@pytest.mark.parametrize(("name", "dtype"), [*integer_cases()])
def test_bins_of_wide_integers(name, dtype):
    check_bins(integer_image(name, dtype))


@pytest.mark.parametrize(("name", "dtype"), [*float_cases()])
def test_curve_is_within_the_bound_of_the_empirical_cdf(name, dtype):
    image = float_image(name, dtype)
    curve = transfer_function(image, out_range=(0, 1))
    with np.errstate(over="ignore"):
        at = between(image)
    np.testing.assert_allclose(curve.evaluate(at), empirical_cdf(image, at), atol=BOUND, rtol=0)
    rounding = float(np.finfo(dtype).eps) / 2
    out = equalize(image, out_range=(0, 1))
    finite = np.isfinite(image)
    np.testing.assert_allclose(
        out[finite], empirical_cdf(image, image[finite]), atol=BOUND + rounding, rtol=0
    )


@pytest.mark.parametrize(("name", "dtype"), [*integer_cases()])
def test_curve_of_wide_integers_is_within_the_bound(name, dtype):
    image = integer_image(name, dtype)
    out = equalize(image, out_range=(0, 1_000_000))
    np.testing.assert_allclose(out / 1e6, empirical_cdf(image, image), atol=BOUND + 1e-6, rtol=0)
    order = np.argsort(image, axis=None)
    assert np.all(np.diff(out.ravel()[order]) >= 0)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(4097, 40_000),
    st.floats(0.05, 60),
    st.sampled_from([np.float32, np.float64]),
    st.floats(-1e6, 1e6),
)
def test_bound_holds_for_any_heap_of_floats(seed, size, spread, dtype, center):
    rng = np.random.default_rng(seed)
    with np.errstate(over="ignore"):
        values = (center + np.sinh(rng.normal(0, spread, size))).astype(dtype)
    image = np.clip(values, np.finfo(dtype).min, np.finfo(dtype).max)
    out = equalize(image, out_range=(0, 1))
    np.testing.assert_allclose(out, empirical_cdf(image, image), atol=BOUND + 1e-7, rtol=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_curve_is_flat_beyond_the_data(dtype):
    image = np.random.default_rng(0).normal(size=10_000).astype(dtype)
    mask = np.abs(image) < 1
    out = equalize(image, mask=mask, out_range=(0, 1))
    assert np.all(out[image > image[mask].max()] == 1)
    assert np.all(out[image < image[mask].min()] == 0)


@given(st.sampled_from([d for d in some.REAL if d[0] != ">"]), st.data())
def test_keys_are_in_order_and_lead_back(dtype, data):
    dtype = np.dtype(dtype)
    image = data.draw(some.images(dtypes=st.just(dtype), layouts=["C"])).ravel()
    finite = np.sort(image[np.isfinite(image)])
    keys = keys_of(finite)
    assert np.all(keys[1:] >= keys[:-1])
    np.testing.assert_array_equal(keys[1:] == keys[:-1], finite[1:] == finite[:-1])
    np.testing.assert_array_equal(values_of(keys, dtype), finite)
    low, high = finite_keys(dtype)
    assert np.all((keys >= low) & (keys <= high))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_no_bin_stands_between_the_number_below_zero_and_zero(dtype):
    below = np.nextafter(dtype(0), dtype(-1))
    image = np.array([below, 0, 0], dtype)
    histogram = compute_histogram(image)
    assert np.all(np.diff(histogram.levels) > 0)
    np.testing.assert_array_equal(equalize(image, strength=0.0), image)
    assert histogram.total == 3
