"""Stretches against their formulas, astropy's, and ImageJ's rule for saturated pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import astropy.visualization as astropy
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage import data

from helpers import naive
from helpers import strategies as some
from napari_histeq import (
    Asinh,
    Gamma,
    Log,
    Stretch,
    compute_histogram,
    equalize,
    transfer_function,
)
from napari_histeq.core.histogram import saturation_limits

CURVED = {
    Log(): astropy.LogStretch(1000),
    Log(a=5): astropy.LogStretch(5),
    Log(a=1e7): astropy.LogStretch(1e7),
    Asinh(): astropy.AsinhStretch(0.1),
    Asinh(a=0.001): astropy.AsinhStretch(0.001),
    Asinh(a=1): astropy.AsinhStretch(1),
    Gamma(): astropy.SqrtStretch(),
    Gamma(gamma=2): astropy.SquaredStretch(),
    Gamma(gamma=0.2): astropy.PowerStretch(0.2),
    Gamma(gamma=7.5): astropy.PowerStretch(7.5),
    Stretch(saturated=0): astropy.LinearStretch(),
}
RNG = np.random.default_rng(13)
NORMAL = RNG.normal(size=(200, 300))
FLOATS = {
    "normal": NORMAL,
    "log-normal": np.exp(2 * NORMAL),
    "hot": np.where(RNG.random(NORMAL.shape) < 0.001, 1e9, NORMAL),
    "pedestal": 1e4 + NORMAL,
    "uniform": RNG.random(NORMAL.shape),
}


def places(image):
    """By astropy's own interval."""
    return np.asarray(astropy.MinMaxInterval()(image.astype(np.float64)))


@pytest.mark.parametrize("method", CURVED, ids=repr)
@pytest.mark.parametrize("image", [data.camera(), data.moon(), data.page().astype("u2") * 11 + 5])
def test_integers_are_astropys(method, image):
    wanted = CURVED[method](places(image))
    found = transfer_function(image, method, out_range=(0, 100)).evaluate(image)
    np.testing.assert_allclose(found / 100, wanted, atol=1e-6)
    np.testing.assert_array_equal(
        equalize(image, method, out_range=(0, 100)), np.rint(found).astype(image.dtype)
    )


@pytest.mark.parametrize("method", CURVED, ids=repr)
@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_floats_are_astropys_between_the_knots_too(method, name, dtype):
    """To 1/4096 of the range whatever the bins, as `StretchMethod` promises."""
    with np.errstate(over="ignore"):
        image = FLOATS[name].astype(dtype)
    image = image[np.isfinite(image)]
    curve = transfer_function(image, method, out_range=(0, 1))
    error = np.abs(curve.evaluate(image) - CURVED[method](places(image))).max()
    assert error <= 1 / 4096
    found = equalize(image, method, out_range=(0, 1))
    rounding = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(found, curve.evaluate(image), atol=rounding)


@pytest.mark.parametrize("method", CURVED, ids=repr)
def test_floats_at_their_own_knots_are_the_formula(method):
    image = FLOATS["log-normal"].astype("f4")
    curve = transfer_function(image, method, out_range=(0, 1))
    place = (curve.x.astype(float) - float(image.min())) / (float(image.max()) - image.min())
    np.testing.assert_allclose(curve.y, CURVED[method](place), atol=1e-6)


@pytest.mark.parametrize("method", CURVED, ids=repr)
def test_few_floats_are_the_formula(method):
    image = data.camera() / np.float32(255)
    found = transfer_function(image, method, out_range=(0, 1)).evaluate(image)
    np.testing.assert_allclose(found, CURVED[method](places(image)), atol=1e-6)


@pytest.mark.parametrize("kind", [kind for kind in some.CURVES if kind.group == "stretch"])
@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_neighbors_of_64_bit_stay_apart(kind, dtype):
    start = int(np.iinfo(dtype).max) - 10
    image = np.array([start + i for i in range(10)], dtype)
    found = equalize(image, kind(), out_range=(0, 2**40))
    assert np.all(np.diff(found.astype(object)) >= 0)
    assert found[0] == 0
    assert found[-1] == 2**40
    assert np.unique(found).size == 10


@pytest.mark.parametrize("method", [*CURVED, Stretch(5)], ids=repr)
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_the_widest_floats_stay_finite(method, dtype):
    most = np.finfo(dtype).max
    image = np.array([-most, -most / 2, 0, most / 2, most], dtype)
    found = equalize(image, method)
    assert np.isfinite(found).all()
    assert np.all(np.diff(found / 2) >= 0)
    assert found[0] == -most
    assert found[-1] == most


def test_a_hot_pixel_may_be_left_out_by_percentiles_only():
    """What a mask leaves out is beyond the ends, and held at them."""
    image = np.append(np.linspace(0, 1, 1000), 1e9)
    counted = image < 2
    for method in (Log(), Asinh(), Gamma(), Stretch(0)):
        found = equalize(image, method, mask=counted, out_range=(0, 1))
        assert found[-1] == 1
        assert found[500] == pytest.approx(equalize(image[:-1], method, out_range=(0, 1))[500])


# Saturated pixels


@given(
    npst.arrays(np.uint8, npst.array_shapes(max_dims=2, max_side=40), elements=st.integers(0, 30)),
    st.one_of(st.just(0.35), st.floats(0, 50)),
)
def test_saturated_is_imagejs(image, saturated):
    low, high = naive.imagej_limits(np.bincount(image.ravel(), minlength=256), saturated)
    assert saturation_limits(compute_histogram(image), saturated) == (low, high)
    assume(np.unique(image).size > 1)
    if low == high:
        low, high = int(image.min()), int(image.max())
    wanted = np.clip((image.astype(float) - low) / (high - low), 0, 1) * 255
    found = transfer_function(image, Stretch(saturated)).evaluate(image)
    np.testing.assert_allclose(found, wanted, atol=1e-9)


@pytest.mark.parametrize("dtype", ["u2", "i4", "f4", "f8"])
@pytest.mark.parametrize("name", ["camera", "moon", "page"])
def test_saturated_is_imagejs_in_every_dtype(name, dtype):
    image = getattr(data, name)()
    wanted = naive.imagej_limits(np.bincount(image.ravel(), minlength=256), 0.35)
    assert saturation_limits(compute_histogram(image.astype(dtype)), 0.35) == wanted


@given(st.integers(2, 5000), st.floats(0, 50), st.sampled_from(["f4", "f8", "i8"]))
def test_no_more_pixels_are_clipped_than_asked_for(count, saturated, dtype):
    image = (np.random.default_rng(count).lognormal(size=count) * 1e6).astype(dtype)
    low, high = saturation_limits(compute_histogram(image), saturated)
    few, slack = int(count * saturated / 200), count / 2048 + 1
    assert np.count_nonzero(image < low) <= few + slack
    assert np.count_nonzero(image > high) <= few + slack
    assert np.count_nonzero(image <= low) >= few - slack
    assert np.count_nonzero(image >= high) >= few - slack


@pytest.mark.parametrize("saturated", [0.35, 2, 10])
def test_percentiles_are_astropys_where_levels_are_shared(saturated):
    """Between two pixels of one level there is nothing to interpolate."""
    image = np.repeat(np.arange(250, dtype=np.uint8), 400)
    ends = astropy.PercentileInterval(100 - saturated).get_limits(image)
    stretch = astropy.LinearStretch() + astropy.ManualInterval(*ends)
    found = transfer_function(image, Stretch(saturated)).evaluate(image)
    np.testing.assert_allclose(found / 255, stretch(image.astype(float)), atol=1e-6)


def test_a_background_that_is_nearly_all_of_the_image_is_not_clipped():
    image = np.zeros((100, 100), np.uint8)
    image[0, :5] = [10, 20, 30, 40, 50]
    np.testing.assert_array_equal(equalize(image, Stretch()), image / 50 * 255)


@pytest.mark.parametrize("straight", [Log(a=1e-300), Log(a=5e-324), Gamma(gamma=1)], ids=repr)
def test_the_straight_ones_are_a_linear_stretch(straight):
    image = data.moon()
    np.testing.assert_array_equal(equalize(image, straight), equalize(image, Stretch(0)))


@dataclass(frozen=True)
class _Rough(Gamma):
    """As if the powers of another system's library were off by their last bits."""

    name: ClassVar[Any] = None

    def stretched(self, places):
        return (places + np.resize([0.0, -1e-15], places.shape)).clip(0)


def test_the_order_is_kept_however_a_power_is_rounded():
    places = 1 + np.arange(100) * 2.0**-52
    assert (np.diff(_Rough().stretched(places)) < 0).any()
    found = equalize(np.concatenate([[0.0], places, [2.0]]), _Rough(), out_range=(0, 2))
    assert (np.diff(found) >= 0).all()
