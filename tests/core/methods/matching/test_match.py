"""Match: against scikit-image where both are defined, and where users say that it fails there."""

from __future__ import annotations

import json
from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage import data
from skimage.exposure import match_histograms

from helpers import strategies as some
from napari_histeq import (
    Histogram,
    Match,
    Reference,
    compute_histogram,
    equalize,
    equalize_multiscale,
    transfer_function,
)
from napari_histeq.core.methods import from_dict

Array = np.ndarray[Any, Any]
CAMERA, MOON = data.camera(), data.moon()
LEVELS = npst.arrays(np.uint8, st.integers(1, 60))


def signed(image: Array) -> Array:
    """In a dtype that scikit-image matches to any other: unsigned ones it does not."""
    return image.astype(np.int64) if image.dtype.kind == "u" else image


# scikit-image


@given(LEVELS, LEVELS)
def test_of_8_bit_it_is_scikit_images(image: Array, reference: Array) -> None:
    assume(np.unique(image).size > 1)
    wanted = match_histograms(image, reference)
    curve = transfer_function(image, Match(reference))
    np.testing.assert_allclose(curve.evaluate(image), wanted, rtol=0, atol=1e-9)
    apart = np.abs(wanted % 1 - 0.5) > 1e-9  # ties may fall to either side
    found = equalize(image, Match(reference))
    np.testing.assert_array_equal(found[apart], np.rint(wanted)[apart])


@pytest.mark.parametrize("dtype", ["u2", "i2", "u4", "i8", "f4", "f8"])
@pytest.mark.parametrize("other", ["u1", "i2", "u8", "f4", "f8"])
def test_of_any_dtype_to_any_other(dtype: str, other: str) -> None:
    random = np.random.default_rng(5)
    image = random.integers(0, 900, (40, 50)).astype(dtype)
    reference = (random.gamma(2, 30, (30, 30)).clip(0, 250)).astype(other)
    wanted = match_histograms(signed(image), signed(reference))
    found = equalize(image, Match(reference))
    assert found.dtype == image.dtype
    whole = image.dtype.kind != "f"
    # Of 900 different floats each has a bin; scikit-image's are all exact.
    np.testing.assert_allclose(found, np.rint(wanted) if whole else wanted, rtol=1e-6, atol=whole)


def test_of_real_images() -> None:
    found = equalize(CAMERA, Match(MOON))
    np.testing.assert_array_equal(found, np.rint(match_histograms(CAMERA, MOON)))


def test_floats_without_levels_have_the_cdf_of_the_reference() -> None:
    random = np.random.default_rng(0)
    image, reference = random.normal(size=(300, 300)), random.gamma(2, 900, (200, 200))
    found = equalize(image, Match(reference))
    points = np.quantile(reference, np.linspace(0, 1, 500))
    cdfs = [np.searchsorted(np.sort(a, axis=None), points) / a.size for a in (found, reference)]
    assert np.abs(cdfs[0] - cdfs[1]).max() < 2 / 2048  # one bin of each


# What users of scikit-image report


def test_pixels_without_data_do_not_count_on_either_side() -> None:
    """scikit-image #1107, #4179, #7212: there the nodata of one image spoils the ranks."""
    plain = equalize(CAMERA, Match(MOON))
    image = np.vstack([CAMERA, np.zeros_like(CAMERA)])
    mask = np.arange(image.shape[0])[:, None] < CAMERA.shape[0]
    reference = np.hstack([MOON, np.full_like(MOON, 255)])
    within = np.arange(reference.shape[1]) < MOON.shape[1]
    method = Match.of(reference, mask=within)
    found = equalize(image, method, mask=mask)
    np.testing.assert_array_equal(found[: CAMERA.shape[0]], plain)
    by_histogram = Match(compute_histogram(reference, mask=within))
    assert by_histogram == method


def test_nan_is_no_data() -> None:
    image, reference = CAMERA.astype(np.float32), MOON.astype(np.float64)
    image[:50], reference[-30:] = np.nan, np.nan
    found = equalize(image, Match(reference))
    wanted = match_histograms(CAMERA[50:].astype(np.float32), MOON[:-30].astype(np.float64))
    assert np.isnan(found[:50]).all()
    np.testing.assert_allclose(found[50:], wanted, rtol=1e-5)


def test_masked_arrays_are_refused_with_the_cure() -> None:
    with pytest.raises(TypeError, match="masked array: pass"):
        Match(np.ma.masked_equal(MOON, 0))


def test_a_constant_image_has_no_order_and_stays() -> None:
    image = np.full((9, 9), 7, np.uint8)
    np.testing.assert_array_equal(equalize(image, Match(MOON)), image)
    np.testing.assert_array_equal(equalize(CAMERA, Match(image)), np.full_like(CAMERA, 7))


# Its laws


@given(some.images(), some.matches(), some.strengths)
def test_order_is_kept_and_the_input_untouched(image: Array, method: Any, strength: float) -> None:
    assume(np.isfinite(image).any())
    before = image.copy()
    found = equalize(image, method, strength=strength, out_range="image")
    np.testing.assert_array_equal(image, before)
    finite = np.isfinite(image)
    np.testing.assert_array_equal(np.isfinite(found), finite)
    order = np.argsort(image[finite], kind="stable")
    steps = np.diff(found[finite][order].astype(np.longdouble))
    assert (steps >= 0).all()
    if strength == 1.0:  # below it, the sum of both parts is rounded
        low, high = float(image[finite].min()), float(image[finite].max())
        # The limits of 64-bit integers are known to double precision.
        slack = 0 if image.dtype.kind == "f" else max(abs(low), abs(high)) // 2**53
        result = found[finite].astype(float)
        assert np.all((result >= low - slack) & (result <= high + slack))


@given(some.images())
def test_matched_to_itself_it_is_itself(image: Array) -> None:
    assume(np.isfinite(image).any() and image.dtype.itemsize <= 4)
    most = float(np.abs(image[np.isfinite(image)].astype(float)).max())
    near = most * float(np.finfo(image.dtype).eps) if image.dtype.kind == "f" else 0
    np.testing.assert_allclose(equalize(image, Match(image)), image, rtol=0, atol=near)


@pytest.mark.parametrize("landmarks", [None, 5, (2.0, 50.0, 98.0)])
def test_lazily_and_plane_by_plane(landmarks: Any) -> None:
    stack = np.stack([CAMERA, CAMERA.T // 2, 255 - CAMERA])[:, :200, :300]
    method = Match(da.from_array(MOON, chunks=100), landmarks)
    assert method == Match(MOON, landmarks)
    lazy = da.from_array(stack, chunks=(1, 70, 90))
    full = equalize(stack, method, axes=(1, 2))
    for how in ({}, {"axes": (1, 2)}, {"mask": stack[0] > 9}):
        wanted = equalize(stack, method, **how)
        np.testing.assert_array_equal(equalize(lazy, method, **how).compute(), wanted)
    for plane, alone in zip(stack, full, strict=True):
        np.testing.assert_array_equal(equalize(plane, method), alone)
    levels = equalize_multiscale([lazy, lazy[:, ::2, ::2]], method)
    np.testing.assert_array_equal(levels[1].compute(), equalize(stack, method)[:, ::2, ::2])


def test_colors_by_their_luminance() -> None:
    image, reference = data.astronaut(), data.coffee()
    method = Match.of(reference, channel_axis=-1)
    moved = Match.of(da.from_array(np.moveaxis(reference, -1, 0), chunks=99), channel_axis=0)
    assert moved == method
    found = equalize(image, method, channel_axis=-1)
    means = [float((a @ [0.2126, 0.7152, 0.0722]).mean()) for a in (found, reference)]
    assert means[0] == pytest.approx(means[1], abs=1)


# Landmarks


def test_as_many_landmarks_as_levels_are_the_full_matching() -> None:
    found = equalize(CAMERA, Match(MOON, 256))
    np.testing.assert_array_equal(found, equalize(CAMERA, Match(MOON)))


@pytest.mark.parametrize("landmarks", [1, 7, (0, 10, 50, 90, 100), (5, 95)])
def test_landmarks_are_met_and_the_curve_is_linear_between(landmarks: Any) -> None:
    image = CAMERA.astype(np.float64)
    spread = np.linspace(0, 100, landmarks + 2) if isinstance(landmarks, int) else landmarks
    x, y = np.percentile(image, spread), np.percentile(MOON, spread)
    curve = transfer_function(image, Match(MOON, landmarks))
    inside = np.linspace(x[0], x[-1], 77)
    levels = np.unique(image)
    levels = levels[(levels >= x[0]) & (levels <= x[-1])]
    np.testing.assert_allclose(curve.evaluate(levels), np.interp(levels, x, y), atol=1e-9)
    assert curve.evaluate(inside).min() >= y[0] - 1e-9


def test_few_landmarks_do_not_comb() -> None:
    full, few = (transfer_function(CAMERA, Match(MOON, n)).y for n in (None, 3))
    assert np.diff(few).max() < np.diff(full).max() / 2


# The range of the output


def test_the_range_is_the_references_own_or_what_is_asked_for() -> None:
    reference = MOON.astype(np.uint16) * 100
    wide = CAMERA.astype(np.uint16)
    assert equalize(wide, Match(reference)).max() == reference.max()
    assert equalize(CAMERA, Match(reference)).max() == 255  # all that it holds
    stretched = equalize(CAMERA, Match(reference), out_range=(10, 90))
    least, most = reference.min(), reference.max()
    wanted = match_histograms(signed(CAMERA), (reference - least) / (most - least) * 80 + 10)
    np.testing.assert_allclose(stretched, wanted, atol=0.5 + 1e-9)
    assert (stretched.max(), stretched.min() >= 10) == (90, True)


def test_a_reference_in_another_unit_is_told_not_crushed() -> None:
    with pytest.raises(ValueError, match=r"intensities from 0 to 1, .* uint8 holds 2: give an out"):
        equalize(CAMERA, Match(MOON / 255))
    by_dtype = equalize(CAMERA, Match(MOON / 255), out_range="dtype")
    np.testing.assert_array_equal(by_dtype, equalize(CAMERA, Match(MOON), out_range="dtype"))


# What it is given


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: equalize(CAMERA, "match"), TypeError, "reference is missing: give the image"),
        (lambda: Match("moon.tif"), TypeError, "reference='moon.tif' is no image"),
        (lambda: Match(3), TypeError, "reference=3 is no image"),
        (lambda: Match(np.full((3, 3), np.nan)), ValueError, "reference has no pixel that counts"),
        (lambda: Match.of(MOON, mask=MOON < 0), ValueError, "has no pixel that counts"),
        (lambda: Match(compute_histogram(MOON, axes=0)), ValueError, "choose one, say histogram"),
        (lambda: Match(MOON * 1j), TypeError, "dtype complex128"),
        (lambda: Match(MOON, 0), ValueError, "landmarks=0 is out of range: it must be >= 1"),
        (lambda: Match(MOON, (50, 10)), ValueError, "out of order"),
        (lambda: Match(MOON, (50,)), ValueError, "two or more percentiles"),
        (lambda: Match(MOON, (-1, 50)), ValueError, "from 0 to 100"),
        (lambda: Match(MOON, "7"), ValueError, "give two or more"),
        (lambda: Match(MOON, True), TypeError, "are not percentiles"),
    ],
)
def test_bad_input_is_told(wrong: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        wrong()


@pytest.mark.parametrize(
    "reference",
    [MOON, MOON > 99, np.array([0.1, 5e-324, -3e300]), np.array([2**63, 2**64 - 1], np.uint64)],
)
@pytest.mark.parametrize("landmarks", [None, 3, (1.5, 90)])
def test_a_record_gives_the_same_method(reference: Array, landmarks: Any) -> None:
    method = Match(reference, landmarks)
    again = from_dict(method.as_dict())
    assert again == method
    assert hash(again) == hash(method)


@given(some.images())
def test_a_reference_is_written_exactly(image: Array) -> None:
    assume(np.isfinite(image).any())
    reference = Reference(compute_histogram(image), "a name")
    again = Reference.from_json(reference.to_json())
    assert again == reference
    for mine, other in zip(reference.histogram.range, again.histogram.range, strict=True):
        assert mine.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"counts": [0]}, "above 0"),
        ({"counts": [1, 2]}, "one count and one start"),
        ({"name": 3}, "name is 3"),
    ],
)
def test_a_damaged_reference_is_refused(changes: Any, words: str) -> None:
    fields = json.loads(Reference(Histogram(np.array([5]), np.arange(2))).to_json())
    for name, value in changes.items():
        fields[name] = value if name == "name" else fields[name] | {"values": value}
    with pytest.raises(ValueError, match=words):
        Reference.from_json(json.dumps(fields))


def test_it_is_counted_when_it_is_asked_for_and_once() -> None:
    calls = []

    def count() -> Histogram:
        calls.append(1)
        return compute_histogram(MOON)

    method = Match(Reference.later(count))
    assert (method.is_ready, calls) == (False, [])
    before = hash(method)
    method.prepare()
    assert (method.is_ready, calls, hash(method)) == (True, [1], before)
    assert method == Match(MOON)
    np.testing.assert_array_equal(equalize(CAMERA, method), equalize(CAMERA, Match(MOON)))
    assert calls == [1]
