"""Clipped pixels: the ends of the range take them, and the curve is that of the others."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import strategies as some
from napari_histeq import (
    Clahe,
    Exact,
    Gamma,
    Global,
    Match,
    Specify,
    Standard,
    Stretch,
    Weighted,
    compute_histogram,
    equalize,
    equalize_labels,
    equalize_multiscale,
    equalize_together,
    transfer_function,
)
from napari_histeq.core.histogram import saturated, saturation_limits

RNG = np.random.default_rng(0)
IMAGE = RNG.gamma(2, 20, (60, 70)).clip(0, 255).astype(np.uint8)
REFERENCE = RNG.normal(120, 30, (40, 40)).clip(0, 255).astype(np.uint8)
KINDS = [kind for kind in some.CURVES if kind is not Stretch]
METHODS = [*(kind() for kind in KINDS), Global("midpoint"), Global("pillow"), Match(REFERENCE)]


def clipped(image: Any, percent: float) -> Any:
    """The pixels between the limits of ImageJ."""
    low, high = saturation_limits(compute_histogram(image), percent)
    return (image >= low) & (image <= high)


@pytest.mark.parametrize("method", METHODS)
@given(
    npst.arrays(np.uint8, npst.array_shapes(max_dims=2, max_side=40), elements=st.integers(0, 30)),
    st.floats(0, 50),
)
def test_what_is_clipped_does_not_count(method, image, percent):
    """The same as a mask of the others, in numbers: to the bit."""
    inside = clipped(image, percent)
    assume(np.unique(image[inside]).size > 1)
    for ends in ("auto", (10, 200)):
        wanted = equalize(image, method, mask=inside, out_range=ends)
        found = equalize(image, method, saturated=percent, out_range=ends)
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "i8", "f2", "f4", "f8"])
@pytest.mark.parametrize("percent", [0.35, 5, 50])
def test_a_line_between_the_limits_is_stretch(dtype, percent):
    image = (RNG.lognormal(3, 0.7, (200, 200)) * 1.7).clip(0, 250).astype(dtype)
    for ends in ("auto", (0, 100)):
        wanted = equalize(image, Stretch(percent), out_range=ends).astype(float)
        found = equalize(image, Gamma(1.0), saturated=percent, out_range=ends).astype(float)
        np.testing.assert_allclose(found, wanted, atol=1 if dtype[0] in "iu" else 2e-2)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["u2", "i4", "f4", "f8"])
def test_no_more_are_clipped_than_asked_for_and_they_become_the_ends(method, dtype):
    image = (RNG.gamma(2, 900, 30_000) * 7).astype(dtype)
    found = equalize(image, method, saturated=10, out_range=(0, 255)).astype(float)
    order = np.argsort(image, kind="stable")
    slack = image.size // 1024
    few = image.size // 20
    assert (np.diff(found[order]) >= 0).all()
    dark, light = found[order[: few - slack]], found[order[-few + slack :]]
    assert dark.max() == found.min()
    assert light.min() == found.max()
    if dtype[0] == "f" and not isinstance(method, Weighted | Specify):
        assert np.count_nonzero(found == found.min()) <= few + slack
        assert np.count_nonzero(found == found.max()) <= few + slack


def test_in_numbers():
    """Of 100 pixels, 1 per level: 10 % are 5 at each end, and 90 share the range."""
    image = np.arange(100, dtype=np.uint8)
    found = equalize(image, Global(), saturated=10, out_range=(0, 90))
    assert found.tolist() == [0] * 5 + list(range(1, 91)) + [90] * 5


@pytest.mark.parametrize("landmarks", [3, (5.0, 50.0, 95.0), Standard((10.0, 90.0), (50.0, 90.0))])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f4"])
def test_by_landmarks_nothing_goes_on_beyond_the_limits(landmarks, dtype):
    image = IMAGE.astype(dtype)
    method = Match(landmarks) if isinstance(landmarks, Standard) else Match(REFERENCE, landmarks)
    low, high = saturation_limits(compute_histogram(image), 4)
    found = equalize(image, method, saturated=4)
    np.testing.assert_array_equal(
        found, equalize(image.clip(low, high), method, mask=(image >= low) & (image <= high))
    )
    assert np.unique(found[image < low]).size == np.unique(found[image > high]).size == 1


@pytest.mark.parametrize("method", [Global(), Gamma(), Match(REFERENCE), Weighted()])
def test_in_every_way_to_ask(method):
    """Lazily, plane by plane, colors, pyramids, several images, labels, inside, halfway."""
    stack = np.stack([IMAGE, IMAGE // 2, 255 - IMAGE])
    how: dict[str, Any] = {"saturated": 6, "axes": (1, 2), "strength": 0.7}
    found = equalize(stack, method, **how)
    lazy = da.from_array(stack, chunks=(1, 25, 33))
    np.testing.assert_array_equal(equalize(lazy, method, **how).compute(), found)
    np.testing.assert_array_equal(equalize_multiscale([lazy], method, **how)[0].compute(), found)
    for plane, own in zip(stack, found, strict=True):
        np.testing.assert_array_equal(equalize(plane, method, saturated=6, strength=0.7), own)
    whole = equalize(stack, method, saturated=6)
    curve = transfer_function(stack, method, saturated=6)
    np.testing.assert_array_equal(curve(stack), whole)
    for own, plane in zip(equalize_together(list(stack), method, saturated=6), whole, strict=True):
        np.testing.assert_array_equal(own, plane)
    mask = stack[0] > 20
    inside = equalize(IMAGE, method, mask=mask, saturated=6, inside=True)
    np.testing.assert_array_equal(
        equalize_labels(IMAGE, mask.astype(int), method, saturated=6), inside
    )
    colors = RNG.integers(0, 200, (20, 30, 3), np.uint8)
    plain, strong = (equalize(colors, method, channel_axis=-1, saturated=p) for p in (None, 40))
    assert (plain != strong).any()


def test_none_and_nothing_change_no_bit():
    for method in METHODS:
        for percent in (None, 0, 0.0):
            np.testing.assert_array_equal(
                equalize(IMAGE, method, saturated=percent), equalize(IMAGE, method)
            )


def test_of_stretch_it_is_its_own():
    for percent in (0, 3.0):
        wanted = equalize(IMAGE, Stretch(percent))
        np.testing.assert_array_equal(equalize(IMAGE, "stretch", saturated=percent), wanted)
    with pytest.raises(ValueError, match=r"set it in Stretch\(saturated=3\)"):
        equalize(IMAGE, Stretch(), saturated=3)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [(-1, ValueError), (51, ValueError), (np.nan, ValueError), ("1", TypeError), (True, TypeError)],
)
def test_what_is_no_per_cent(wrong, error):
    with pytest.raises(error, match="saturated is"):
        equalize(IMAGE, saturated=wrong)


@pytest.mark.parametrize("method", [Clahe(), Exact()])
def test_no_single_curve(method):
    with pytest.raises(ValueError, match="leave saturated out"):
        equalize(IMAGE, method, saturated=1)


def test_a_background_of_nearly_all():
    """As with Stretch: if nothing lies between the limits, nothing is clipped."""
    image = np.zeros(1000, np.uint8)
    image[:5] = 1, 2, 3, 4, 5
    np.testing.assert_array_equal(equalize(image, saturated=10), equalize(image))


def test_where_nearly_all_is_background_nothing_is_clipped() -> None:
    histogram = compute_histogram(np.repeat(np.array([0, 9], np.uint8), [997, 3]))
    assert saturated(histogram, 2.0) is histogram
    assert saturated(histogram, 0.1) is not histogram
    assert saturated(histogram, 0) is histogram
    empty = compute_histogram(np.full(9, np.nan))
    assert saturated(empty, 2.0) is empty
