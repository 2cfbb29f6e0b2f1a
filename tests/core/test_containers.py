"""The same picture in another container has the same curve, to half a level of the coarser one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage import data

from helpers import strategies as some
from napari_histeq import (
    BiHistogram,
    Clahe,
    Global,
    Weighted,
    equalize,
    transfer_function,
)
from napari_histeq.core.arrays.lattice import even_steps, steps_of

CAMERA = data.camera()
HEAVY = np.repeat(np.arange(8), [1, 1, 1, 80, 14, 1, 1, 1]).astype(np.uint8).reshape(10, 10)
PICTURES = {
    "whole range": CAMERA,
    "middle": CAMERA // 3 + np.uint8(60),
    "dark": CAMERA // 2,
    "a gap": np.where(CAMERA < 100, np.uint8(40), CAMERA),
    "saturated": CAMERA.clip(50, 180),
    "every third": CAMERA // 8 * np.uint8(3) + np.uint8(7),
    "few levels": HEAVY,
    "two levels": np.where(CAMERA < 100, np.uint8(40), np.uint8(200)),
    "two levels side by side": np.where(CAMERA < 60, np.uint8(13), np.uint8(14)),
    "moon": data.moon(),
}
METHODS = [
    *(Global(convention) for convention in some.CONVENTIONS),
    Global(power=0.5),
    Global(plateau=1.0),
    Global("midpoint", power=0.5),
    *(kind() for kind in some.CURVES if kind not in (Global, BiHistogram)),
    Weighted(lower=0.5),
    *(BiHistogram(split, n) for split in ("mean", "median", "min_error") for n in (1, 2)),
]
RANGES = ["dtype", "image", (30, 200)]
#: What one level of 8 bit is, and the dtype.
CONTAINERS = {"16 bit": (257, "u2"), "single": (1 / 255, "f4"), "double": (1 / 255, "f8")}


def in_container(picture, name):
    level, dtype = CONTAINERS[name]
    values = picture / 255 if level < 1 else picture.astype(np.int64) * level
    return values.astype(dtype), level


def scaled(out_range, level):
    return out_range if isinstance(out_range, str) else tuple(end * level for end in out_range)


@pytest.mark.parametrize("out_range", RANGES)
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_curves(method, name, out_range):
    picture = PICTURES[name]
    levels = np.unique(picture)
    curve = transfer_function(picture, method, out_range=out_range).evaluate(levels)
    for container in CONTAINERS:
        image, level = in_container(picture, container)
        at, _ = in_container(levels, container)
        found = transfer_function(image, method, out_range=scaled(out_range, level)).evaluate(at)
        # In 16 bit ImageJ's levels are those of 16 bit: in 8 bit they are rounded.
        rounds = container == "16 bit" and getattr(method, "convention", "") == "midpoint"
        assert np.abs(found / level - curve).max() <= (0.502 if rounds else 0.01)


@pytest.mark.crossed
@pytest.mark.parametrize("dtype", ["i2", "i4", "u4", "i8", "u8"])
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_curves_in_wider_integers(method, name, dtype):
    picture = PICTURES[name]
    levels = np.unique(picture)
    curve = transfer_function(picture, method).evaluate(levels)
    same = transfer_function(picture.astype(dtype), method, out_range=(0, 255))
    rounds = getattr(method, "convention", "") == "midpoint"
    assert np.abs(same.evaluate(levels.astype(dtype)) - curve).max() <= (0.502 if rounds else 0.01)


@pytest.mark.parametrize(
    ("level", "dtype", "out_range"),
    [
        (1, "i4", (-1000, 1000)),
        (1, "i8", (-(2**40), 300)),
        (1 / 255, "f4", (-1, 1)),
        (1 / 255, "f8", (-3, 0.9)),
    ],
)
def test_the_split_stays_where_it_is_in_a_range_beyond_8_bit(level, dtype, out_range):
    picture = PICTURES["middle"]
    split = np.array([int(picture.mean()) * level]).astype(dtype)
    curve = transfer_function(
        (picture * level).astype(dtype), BiHistogram("mean"), out_range=out_range
    )
    assert curve.evaluate(split) == pytest.approx(split, abs=0.01 * level)


@given(npst.arrays(np.uint8, npst.array_shapes(max_dims=2, max_side=9)), some.methods())
def test_curves_of_any_picture(picture, method):
    levels = np.unique(picture)
    curve = transfer_function(picture, method, out_range="dtype").evaluate(levels)
    if levels.size < 2:  # constant
        return
    for container in CONTAINERS:
        image, level = in_container(picture, container)
        at, _ = in_container(levels, container)
        found = transfer_function(image, method, out_range="dtype").evaluate(at)
        assert np.abs(found / level - curve).max() <= 0.502


@pytest.mark.crossed
@pytest.mark.parametrize("out_range", [*RANGES, (0, 255)])
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize(
    "options",
    [{}, {"clip_limit": 1}, {"kernel_size": 10, "clip_limit": 0.05}, {"nbins": 64}],
    ids=str,
)
def test_clahe(options, name, out_range):
    picture = PICTURES[name]
    wanted = equalize(picture, "clahe", out_range=out_range, **options).astype(float)
    for container in CONTAINERS:
        image, level = in_container(picture, container)
        found = equalize(image, "clahe", out_range=scaled(out_range, level), **options) / level
        # The curves of 8 bit are in parts of 65535.
        assert np.abs(found - wanted).max() <= 0.51 + 0.5 * (container == "16 bit") / 257


def half_of_a_step(values):
    """What rounding to half floats moves them by at most, in levels of 8 bit."""
    return 255 / 2 * np.spacing(np.abs(values).astype(np.float16)).astype(float)


@pytest.mark.crossed
@pytest.mark.parametrize("out_range", RANGES)
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("nbins", [None, 64, 100, 200])
@pytest.mark.parametrize("clip_limit", [0.01, 1])
def test_clahe_of_half_floats(clip_limit, nbins, name, out_range):
    """Half a level, as 8 bit is rounded, and half a step of their own: no slope enlarges that."""
    picture = PICTURES[name]
    how = {"clip_limit": clip_limit, "out_range": out_range, "nbins": nbins}
    wanted = equalize(picture, "clahe", **how).astype(float)
    how["out_range"] = scaled(out_range, 1 / 255)
    image = (picture / 255).astype("f2")
    found = equalize(image, "clahe", **how)
    bound = 0.502 + half_of_a_step(found)  # 8 bit: a curve is in parts of 65535
    if out_range == "image":  # whose ends are rounded, too
        bound = bound + half_of_a_step(np.array([image.min(), image.max()])).max()
    assert (np.abs(found.astype(float) * 255 - wanted) <= bound).all()


@pytest.mark.parametrize("nbins", [6, 26, 51, 64, 100, 200])
@pytest.mark.parametrize(("low", "span"), [(60, 126), (3, 100), (0, 255), (7, 248)])
def test_levels_between_two_knots_go_to_the_same_one(low, span, nbins):
    """With fewer knots than levels, half of the pixels at a level that lies amid two of them.

    How a container rounds decided about it, and moved other levels by up to 65 of 255.
    """
    noise = np.random.default_rng(0).integers(low, low + span + 1, (64, 64)).astype(np.uint8)
    place = np.arange(span + 1) * (nbins - 1) / span
    amid = np.abs(place - np.floor(place) - 0.5)
    how = {"kernel_size": 64, "nbins": nbins, "clip_limit": 1}
    for level in (low + np.argsort(amid, kind="stable")[:3]).tolist():
        picture = noise.copy()
        picture.flat[:2000] = level
        picture.flat[-2:] = low, low + span
        wanted = equalize(picture, "clahe", out_range=(0, 255), **how).astype(float)
        for container in CONTAINERS:
            image, unit = in_container(picture, container)
            found = equalize(image, "clahe", out_range=(0, 255 * unit), **how) / unit
            assert np.abs(found - wanted).max() <= 0.51
        found = equalize((picture / 255).astype("f2"), "clahe", out_range=(0, 1), **how)
        assert (np.abs(found.astype(float) * 255 - wanted) <= 0.502 + half_of_a_step(found)).all()


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f2", "f4", "f8", "i8"])
def test_clahe_takes_a_level_at_its_middle(dtype):
    """83 of 100 pixels are not above level 3, and 80 of them are at it: (42.5 / 99) * 255."""
    found = equalize(
        HEAVY.astype(dtype), Clahe(kernel_size=10, clip_limit=1),
        out_range=(0, 255 if dtype != "i1" else 127),
    )  # fmt: skip
    assert found[HEAVY == 3][0] == pytest.approx(109.47, abs=0.5)


@given(
    st.integers(1, 300), st.lists(st.floats(0, 1), min_size=3, max_size=30), st.floats(0.001, 1e6),
    st.floats(-1000, 1000), st.sampled_from(["f4", "f8"]),
)  # fmt: skip
def test_even_steps_are_found(steps, places, step, start, dtype):
    places = np.unique([0, 1, *places, 0.5])
    level = np.unique(np.rint(places * steps))
    values = (start + level * step).astype(dtype)
    rounding = np.finfo(dtype).eps * np.abs(values).max() / step
    if rounding > 0.01 or values.size != level.size:
        return
    found = even_steps(values, 300)
    assert found is not None
    assert found <= steps
    place = (values.astype(float) - values[0]) / (float(values[-1]) - values[0]) * found
    assert np.abs(place - np.rint(place)).max() <= 1 / 8


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_levels_of_8_bit_may_become_the_greatest_floats(method):
    most = np.finfo(np.float64).max
    levels = np.array([[0, 3, 3, 7, 90, 255, 255, 200]]) / 255
    for low, high in ((-most, most), (0.0, most), (-most, 0.0), (most / 2, most)):
        found = equalize(levels, method, out_range=(low, high)) / most
        wanted = equalize(levels * 0.37, method, out_range=(low, high)) / most
        np.testing.assert_allclose(found, wanted, atol=1 / 255)
        assert np.isfinite(found).all()


def test_noise_has_no_even_steps():
    values = np.sort(np.random.default_rng(0).random(200))
    assert even_steps(values, 255) is None
    assert even_steps(values.astype(np.float32), 255) is None


@pytest.mark.parametrize("dtype", ["u2", "i2", "i4", "u8", "i8", "f4"])
def test_steps_are_the_same_for_any_parts(dtype):
    rng = np.random.default_rng(0)
    image = (rng.integers(3, 40, 3000) * 6).astype(dtype)
    image[:1000] = image[0]
    none, whole = np.empty(0, np.uint8), steps_of(image.dtype, 255)
    whole.add(image, none)
    parts = [steps_of(image.dtype, 255) for _ in range(4)]
    for part, block in zip(parts, np.array_split(image, 4), strict=True):
        part.add(block, none)
    ends = int(image.min()), int(image.max())
    assert whole.between(*ends, 255) == sum(parts[1:], start=parts[0]).between(*ends, 255)
    assert whole.between(*ends, 255) == (ends[1] - ends[0]) // 6
