"""Any option within its declared limits gives a result, whatever the image."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import strategies as some
from napari_histeq import Clahe, Global, Match, OpenCvClahe, Weighted, equalize
from napari_histeq.core.methods import options_of

TINY, HUGE = 5e-324, float(np.finfo(np.float64).max)
IMAGES = {
    dtype: (np.random.default_rng(0).random((20, 30)) * 100).astype(dtype)
    for dtype in ("u1", "i2", "u4", "i8", "f2", "f4", "f8")
} | {"two levels": np.array([[0, 255]], np.uint8), "two floats": np.array([[0.0, 1.0]])}


def in_order(image, found):
    """No intensity overtakes another one, and all are finite."""
    assert np.isfinite(found).all()
    order = np.argsort(image, axis=None, kind="stable")
    steps = np.diff(found.ravel()[order].astype(float))
    assert np.all(steps >= 0)


def same(found, wanted):
    """But for the last bits of sums, which decide where a tie is rounded to."""
    eps, tie = (0, 1) if found.dtype.kind != "f" else (4 * float(np.finfo(found.dtype).eps), 1e-9)
    np.testing.assert_allclose(found.astype(float), wanted.astype(float), rtol=eps, atol=tie)


def extremes(kind: Any):
    """Every method with every combination of the most extreme numbers it admits."""
    choices = []
    for field in options_of(kind):
        option = field.option
        ends = [TINY, 1e-310, 1e-20, HUGE, np.inf, option.ge, option.le]
        numbers = [v for v in ends if v is not None and option.admits(v)]
        whole = [int(v) for v in (option.ge, option.le) if v is not None]
        if field.name == "counts":
            numbers = [None, (TINY, 0.0), (HUGE, HUGE, 0.0)]
        several = field.type is float or field.name == "counts"
        choices.append(field.choices or (numbers if several else whole))
    names = [field.name for field in options_of(kind)]
    for values in itertools.product(*choices):
        options = dict(zip(names, values, strict=True))
        if "counts" not in options or (options["counts"] is None) == (
            options["target"] != "counts"
        ):
            yield kind(**options)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("kind", some.CURVES)
def test_extremes_of_curves(kind, name):
    for method in extremes(kind):
        in_order(IMAGES[name], equalize(IMAGES[name], method))


@pytest.mark.parametrize("cap", [TINY, 1e-310, 1e-200])
@pytest.mark.parametrize("convention", some.CONVENTIONS)
def test_least_plateau_makes_levels_weigh_the_same(convention, cap):
    for image in IMAGES.values():
        found = equalize(image, Global(convention, plateau=cap))
        same(found, equalize(image, Global(convention, plateau=2.0**-20)))


@pytest.mark.parametrize("cap", [TINY, 1e-310, 1e-200])
def test_least_cap_makes_levels_weigh_the_same(cap):
    for image in IMAGES.values():
        found = equalize(image, Weighted(upper=cap))
        same(found, equalize(image, Weighted(upper=2.0**-20)))


@pytest.mark.parametrize("alpha", [TINY, 1e-310, 1e-160, 1e-18, 1e-9])
def test_narrowest_exponential_is_uniform(alpha):
    image = IMAGES["f8"]
    found = equalize(image, Clahe(target="exponential", alpha=alpha, kernel_size=10))
    wanted = equalize(image, Clahe(kernel_size=10))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6 * np.ptp(image))


@pytest.mark.crossed
@pytest.mark.parametrize("limit", [TINY, 1e-20, 1e300, HUGE, np.inf])
@pytest.mark.parametrize("alpha", [TINY, 1e-310, 1e-160, 10.0])
@pytest.mark.parametrize("target", ["uniform", "rayleigh", "exponential"])
def test_extremes_of_clahe(target, alpha, limit):
    for image in IMAGES.values():
        method = Clahe(clip_limit=limit, alpha=alpha, target=target, kernel_size=image.shape)
        in_order(image, equalize(image, method))


@pytest.mark.parametrize("limit", [TINY, 1e-20, 1e300, HUGE, np.inf])
def test_extremes_of_opencv(limit):
    image = IMAGES["u1"]
    least, most = Clahe.opencv(1e-9), Clahe.opencv(0)
    found = equalize(image, OpenCvClahe(clip_limit=limit))
    np.testing.assert_array_equal(found, equalize(image, least if limit < 1 else most))


@given(some.images(), some.methods(), some.strengths)
def test_any_curve_method(image, method, strength):
    if np.isfinite(image).any():
        found = equalize(image, method, strength=strength)
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(image))


@given(some.images(), st.data(), some.strengths)
def test_any_clahe(image, data, strength):
    method = data.draw(some.clahes(image.shape))
    if np.isfinite(image).any():
        found = equalize(image, method, strength=strength)
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(image))


def test_the_limits_are_told_in_words():
    told = {kind: {f.name: f.option.limits for f in options_of(kind)} for kind in (Global, Match)}
    assert told[Global]["power"] == "> 0 and <= 1"
    assert told[Match]["landmarks"] == "empty, a number such as 7, or percentiles such as 1, 50, 99"
