"""Each method against its formula, written out level by level."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage import data

from helpers import naive
from helpers import strategies as some
from napari_histeq import (
    BiHistogram,
    Global,
    Specify,
    Weighted,
    compute_histogram,
    equalize,
    measures,
    transfer_function,
)
from napari_histeq.core import METHODS
from napari_histeq.core.methods import from_dict, options_of

REAL = {"moon": data.moon, "camera": data.camera, "page": data.page}
COUNTS = npst.arrays(np.int64, 256, elements=st.integers(1, 5000), fill=st.just(0)).filter(
    lambda counts: np.count_nonzero(counts) > 1
)


def image_of(counts, dtype=np.uint8):
    return np.repeat(np.arange(counts.size), counts).astype(dtype)


# Weighted


@given(COUNTS, st.floats(0.1, 4), st.floats(0.05, 1), st.floats(0, 1))
def test_weighted_is_its_formula(counts, power, upper, lower):
    curve = transfer_function(image_of(counts), Weighted(power, upper, lower))
    wanted = 255 * naive.weighted(counts, power, upper, lower)
    np.testing.assert_allclose(curve.evaluate(np.arange(256)), wanted, atol=1e-6)


@pytest.mark.parametrize("name", REAL)
def test_weighted_on_real_images(name):
    image = REAL[name]()
    wanted = naive.weighted(np.bincount(image.ravel(), minlength=256), 0.5, 0.5, 0.0256)
    np.testing.assert_array_equal(equalize(image, "weighted"), np.rint(255 * wanted)[image])


def test_weighted_gives_rare_levels_no_contrast():
    image = image_of(np.array([500, 1, 500] + [0] * 252 + [500]))
    out = equalize(image, Weighted(lower=0.5))
    assert np.unique(out).size == 3


# BiHistogram


@given(COUNTS, st.sampled_from(["mean", "median"]), st.integers(1, 4))
def test_bihistogram_is_its_formula(counts, split, levels):
    curve = transfer_function(image_of(counts), BiHistogram(split, levels))
    wanted = naive.bihistogram(counts, split, levels)
    np.testing.assert_allclose(curve.evaluate(np.arange(256)), wanted, atol=1e-9)


@given(COUNTS)
def test_min_error_finds_the_least_error(counts):
    image = image_of(counts)
    curve = transfer_function(image, BiHistogram("min_error"))
    wanted = naive.bihistogram(counts, "min_error", 1)
    mean = image.mean()
    errors = [abs(y[image].mean() - mean) for y in (curve.evaluate(np.arange(256)), wanted)]
    assert errors[0] == pytest.approx(errors[1], abs=1e-8)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("split", ["mean", "median", "min_error"])
@pytest.mark.parametrize("levels", [1, 2])
def test_bihistogram_on_real_images(name, split, levels):
    image = REAL[name]()
    table = np.rint(naive.bihistogram(np.bincount(image.ravel(), minlength=256), split, levels))
    np.testing.assert_array_equal(equalize(image, BiHistogram(split, levels)), table[image])


@pytest.mark.parametrize("split", ["mean", "median"])
def test_bihistogram_keeps_both_sides_on_their_side(split):
    image = data.camera()
    middle = int(np.floor(image.mean())) if split == "mean" else int(np.median(image))
    out = equalize(image, BiHistogram(split))
    assert out[image <= middle].max() == middle
    assert out[image > middle].min() > middle
    assert (out.min(), out.max()) == (out[image == 0].min(), 255)


@pytest.mark.parametrize("name", ["moon", "camera"])
def test_brightness_is_kept_best_by_min_error(name):
    image = REAL[name]()
    before = compute_histogram(image)

    def shift(method):
        return measures.ambe(before, compute_histogram(equalize(image, method)))

    least = shift(BiHistogram("min_error"))
    assert least <= min(shift(BiHistogram("mean")), shift(BiHistogram("median"))) + 0.5
    assert shift(BiHistogram("mean", levels=6)) < shift(BiHistogram("mean", levels=1))


def test_anchor_of_bbhe_and_dsihe():
    """The means that the package contrast-image gives for camera: it truncates, we round."""
    image = data.camera()
    assert equalize(image, BiHistogram("mean")).mean() == pytest.approx(146.4787, abs=1)
    assert equalize(image, BiHistogram("median")).mean() == pytest.approx(139.5843, abs=1)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("split", ["mean", "median", "min_error"])
def test_bihistogram_of_the_full_range_of_floats(split, dtype):
    most = np.finfo(dtype).max
    image = np.array([-most, -1, 0, 1, most], dtype)
    found = equalize(image, BiHistogram(split))
    assert np.all(np.diff(found) >= 0)
    assert np.isfinite(found).all()
    assert found[-1] == most


@pytest.mark.parametrize("split", ["mean", "median", "min_error"])
@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.int32, np.uint32, np.float32])
def test_bihistogram_of_other_dtypes_is_that_of_8_bit_in_scale(split, dtype):
    image = data.camera()
    wide = image.astype(dtype)
    wide.flat[:2] = 0, 255
    limits = {} if np.dtype(dtype).kind in "fi" else {"out_range": (0, 255)}
    out = equalize(wide, BiHistogram(split), **limits).astype(float)
    if np.dtype(dtype).kind == "u":  # their levels go up to the dtype's end before
        assert np.all((out >= 0) & (out <= 255))
    else:
        small = wide.astype(np.uint8)
        np.testing.assert_allclose(out, equalize(small, BiHistogram(split)), atol=1.51)


EVERY = ("u1", "<u2", ">i2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")


@pytest.mark.parametrize("dtype", EVERY)
@pytest.mark.parametrize(
    ("out_range", "wanted"),
    [
        ("image", [131.25, 162.5, 201.5, 240]),
        ((0, 255), [81.25, 162.5, 209, 255]),
        ((50, 241), [106.25, 162.5, 202, 241]),
        ((0, 50), None),
    ],
)
def test_split_is_an_intensity_whatever_the_range(dtype, out_range, wanted):
    image = np.repeat([100, 110, 200, 240], 2).astype(dtype)
    found = equalize(image, "bihistogram", out_range=out_range).astype(float)[::2]
    if wanted is None:  # no place for 162.5 in it
        assert np.all((np.diff(found) > 0) & (found[1:] <= 50))
    else:  # whole levels: the dark up to 162, the light from 163
        np.testing.assert_allclose(found, wanted, atol=0.76)


def test_split_of_colors_within_0_to_1_is_that_of_8_bit():
    image = data.astronaut()
    whole = equalize(image, "bihistogram", channel_axis=-1).mean()
    single = equalize(image / 255, "bihistogram", channel_axis=-1).mean()
    assert single * 255 == pytest.approx(whole, abs=1.5)


@given(COUNTS, st.sampled_from(["mean", "median", "min_error"]), st.integers(0, 200))
def test_no_pixel_changes_the_side_of_the_split(counts, split, low):
    image = image_of(counts)
    out = equalize(image, BiHistogram(split), out_range=(low, 255))
    levels = np.unique(image)
    moved = [out[image == level][0] for level in levels]
    assert np.all(np.diff(np.array(moved, int)) >= 0)
    assert min(moved) >= low
    if low == 0:
        # Somewhere there is a level that what is not above it stays below.
        sides = [max(moved[: i + 1]) <= levels[i + 1] for i in range(levels.size - 1)]
        assert any(sides)


# The weights of Global


@given(COUNTS, some.ordinary["power"], some.ordinary["plateau"])
def test_power_and_plateau_weigh_the_counts(counts, power, plateau):
    curve = transfer_function(image_of(counts), Global(power=power, plateau=plateau))
    cap = plateau * counts.sum() / np.count_nonzero(counts)
    weights = np.minimum(counts, cap) ** power
    wanted = 255 * weights.cumsum() / weights.sum()
    np.testing.assert_allclose(curve.evaluate(np.arange(256)), wanted, atol=1e-9)


def test_a_low_plateau_spreads_the_populated_levels_evenly():
    image = image_of(np.array([900, 0, 10, 0, 0, 300] + [0] * 250))
    np.testing.assert_array_equal(np.unique(equalize(image, Global(plateau=1e-6))), [85, 170, 255])


@pytest.mark.parametrize("method", [Global(power=0.5), Global(plateau=1.0), Weighted()], ids=repr)
def test_weights_of_floats_are_those_of_their_levels(method):
    """Adaptive bins are no levels: floats are weighed on even ones, as integers are."""
    rng = np.random.default_rng(0)
    image = np.concatenate([rng.normal(90, 9, 50_000), rng.uniform(0, 255.99, 50_000)])
    whole = image.clip(0, 255.99).astype(np.uint8)
    by_level = equalize(whole, method).astype(float)
    as_float = equalize(whole.astype(np.float32), method, out_range=(0, 255))
    # The even levels span all but 0.1 % at either end.
    np.testing.assert_allclose(as_float, by_level, atol=3)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize(
    "method", [Global(power=0.5), Global(plateau=1.0), Weighted(lower=0)], ids=repr
)
def test_gentler_options_are_gentler(name, method):
    """No two neighboring levels are torn apart as far as by the plain cdf."""
    image = REAL[name]()
    steepest = [np.diff(transfer_function(image, m).y).max() for m in (method, Global())]
    assert steepest[0] < steepest[1]


@given(some.images(dtypes=st.sampled_from(["u1", "<i2", "<f4", "<i4"])), some.methods())
@example(np.array([0.25, 0], np.float32), Global("midpoint"))
@example(np.array([0.25, 90], np.float32), Global("midpoint"))
def test_curves_span_the_range(image, method):
    finite = image[np.isfinite(image)]
    assume(np.unique(finite).size > 1)
    y = transfer_function(image, method, out_range=(10, 90)).evaluate(np.unique(finite))
    assert np.all((y >= 10 - 1e-9) & (y <= 90 + 1e-9))
    in_levels = image.dtype.kind in "ui" and image.dtype.itemsize <= 2
    convention = method.convention if isinstance(method, Global) else None
    to_the_end = isinstance(method, Weighted) or convention in ("cdf", "cdf_min")
    if to_the_end or (not in_levels and not isinstance(method, BiHistogram | Specify)):
        # "midpoint" keeps an end only where the image reaches it.
        assert y[-1] == pytest.approx(90) or (convention == "midpoint" and finite.max() < 90)
    if convention == "cdf_min":
        assert y[0] == pytest.approx(10)


# Options are data


@given(some.methods())
def test_a_record_makes_the_method_again(method):
    record = method.as_dict()
    assert from_dict(record) == method
    if np.isfinite(record.get("plateau", 0)):
        assert from_dict(json.loads(json.dumps(record))) == method
    assert hash(method) == hash(from_dict(record))


@pytest.mark.parametrize("kind", some.BARE, ids=lambda kind: kind.name)
def test_every_method_tells_its_options(kind):
    assert kind.summary.endswith(".")
    assert METHODS[kind.name] is kind
    found = options_of(kind)
    assert [f.name for f in found] == [f.name for f in dataclasses.fields(kind)]
    for field in found:
        assert field.option.help
        assert getattr(kind(), field.name) == field.default
        if field.choices:
            assert field.default in field.choices
        elif field.type in (int, float) and field.default is not None:
            assert field.option.admits(field.default)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(kind(), found[0].name, found[0].default)


@pytest.mark.parametrize("kind", some.CURVES)
def test_limits_of_options_are_kept(kind):
    for field in options_of(kind):
        option = field.option
        if field.name == "counts":
            continue  # test_specify.py
        for value in (option.le, option.ge):
            if value is not None:
                kind(**{field.name: field.type(value)})
        beyond = [] if option.gt is None else [option.gt]
        beyond += [] if option.le is None else [option.le + 1]
        beyond += [] if option.ge is None else [option.ge - 1]
        for value in beyond:
            with pytest.raises(ValueError, match=f"{field.name}=.*must be {option.limits}"):
                kind(**{field.name: field.type(value)})
        for wrong in (None, "x", True, *[[1]] * (field.name != "target")):  # or they are weights
            with pytest.raises((TypeError, ValueError), match=f"{field.name}="):
                kind(**{field.name: wrong})
