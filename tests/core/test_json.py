"""Histogram and TransferFunction as JSON: exact to the bit, validated, nothing evaluated."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import strategies as some
from napari_histeq import Global, Histogram, TransferFunction, compute_histogram, transfer_function
from napari_histeq.core.arrays import coding

Array = np.ndarray[Any, Any]


def same_bits(first: Array, second: Array) -> None:
    assert first.dtype.newbyteorder("=") == second.dtype
    assert first.astype(second.dtype).tobytes() == second.tobytes()


def histogram_again(histogram: Histogram) -> None:
    again = Histogram.from_json(histogram.to_json())
    for name in ("counts", "bin_edges", "levels"):
        same_bits(getattr(histogram, name), getattr(again, name))
    np.testing.assert_equal(again.cdf_error, histogram.cdf_error)


def curve_again(curve: TransferFunction) -> None:
    again = TransferFunction.from_json(curve.to_json())
    same_bits(curve.x, again.x)
    same_bits(curve.y, again.y)
    assert again.end_slope == curve.end_slope


@given(some.images(dtypes=st.sampled_from([d for d in some.REAL if d[-1] != "2"])))
def test_any_image(image: Array) -> None:
    histogram = compute_histogram(image)
    histogram_again(histogram)
    if histogram.total:
        curve_again(transfer_function(histogram, Global(power=0.3)))


@pytest.mark.parametrize("dtype", ["u2", "i2", "f2", ">u2"])
def test_16_bit(dtype: str) -> None:
    image = np.random.default_rng(0).integers(0, 9000, (30, 40)).astype(dtype)
    histogram_again(compute_histogram(image))
    curve_again(transfer_function(image))


@given(some.images(dtypes=st.sampled_from([d for d in some.REAL if d[-1] != "2"])))
def test_numbers_written_piece_by_piece_are_the_same_text(image: Array) -> None:
    histogram = compute_histogram(image)
    with mock.patch.object(coding, "PIECE", 3):
        text = histogram.to_json()
    assert text == histogram.to_json() == json.dumps(json.loads(text))


@pytest.mark.parametrize(
    "image",
    [
        np.array([[0, 5e-324, 1e-310, -5e-324]]),
        np.array([[-1, 0, 1]]) * np.finfo(np.float64).max,
        np.array([[0, 2**64 - 1, 2**64 - 2]], np.uint64),
        np.array([[-(2**63), 2**63 - 1, -(2**63) + 1]], np.int64),
        np.array([[0.1, -0.0, 1 / 3]], np.float32),
        np.array([[True, False]]),
    ],
)
def test_extremes(image: Array) -> None:
    histogram_again(compute_histogram(image))
    curve_again(transfer_function(image, out_range="image"))


def test_planes_and_samples() -> None:
    image = np.random.default_rng(0).integers(0, 200, (3, 40, 50)).astype(np.uint8)
    histogram_again(compute_histogram(image, axes=(1, 2)))
    histogram_again(compute_histogram(image, max_samples=50))
    unknown = Histogram(np.ones(2), np.arange(3), cdf_error=np.nan)
    histogram_again(unknown)


def test_what_a_script_may_write_by_hand() -> None:
    text = """{"napari_histeq": "TransferFunction", "version": 1,
        "x": {"dtype": "uint8", "values": [0, 255]},
        "y": {"dtype": "float64", "values": [255, 255.5]}}"""
    curve = TransferFunction.from_json(text)
    np.testing.assert_array_equal(curve.evaluate([0, 255]), [255, 255.5])


def changed(value: Any, **changes: Any) -> str:
    return json.dumps({k: v for k, v in (json.loads(value.to_json()) | changes).items() if v != ""})


def array(values: Any, dtype: str = "float64") -> dict[str, Any]:
    return {"dtype": dtype, "values": values}


CURVE = TransferFunction(np.array([0, 1, 5], np.uint8), np.array([0.0, 2.0, 3.0]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON of a TransferFunction"),
        ("[" * 100_000, "no JSON"),
        ("[1, 2]", "it does not say"),
        (compute_histogram(np.eye(3)).to_json(), 'it does not say "napari_histeq": "Transfer'),
        (changed(CURVE, version=2), "version 2, and this program reads version 1"),
        (changed(CURVE, y=""), "y is missing"),
        (changed(CURVE, z=1), "'z' is unknown"),
        (changed(CURVE, y=array([0, 1, float("nan")])), "NaN is no number of JSON"),
        (changed(CURVE, y=array([0, 3, 2])), "y decreases"),
        (changed(CURVE, y=array([0, 1])), "one length"),
        (changed(CURVE, y=[0, 1, 2]), "y is damaged: an array has a dtype"),
        (changed(CURVE, y=array([0, 1, "2"])), "not a list of float64 numbers"),
        (changed(CURVE, y=array([0, 1, True])), "not a list of float64 numbers"),
        (changed(CURVE, y=array([[0], [1, 2]])), "not a list of float64 numbers"),
        (changed(CURVE, y=array([0, 1, 10**400])), "a number does not fit float64"),
        (changed(CURVE, x=array([0, 1, 256], "uint8")), "a number does not fit uint8"),
        (changed(CURVE, x=array([0, 1, 2.5], "uint8")), "not a list of uint8 numbers"),
        (changed(CURVE, x=array([0, 1, 2], "object")), "x has dtype 'object'"),
        (changed(CURVE, x=array([], "uint8")), "not a list"),
        (changed(CURVE, end_slope=-1), "end_slope is -1"),
        (changed(CURVE, end_slope="1"), "end_slope is '1'"),
    ],
)
def test_a_damaged_curve_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TransferFunction.from_json(text)


HISTOGRAM = Histogram(np.array([1, 2]), np.arange(3))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (changed(HISTOGRAM, counts=array([1, -2], "int64")), "not negative"),
        (changed(HISTOGRAM, counts=array([1.0, 2.0])), "they must be int64"),
        (changed(HISTOGRAM, levels=array([1, 0], "int64")), "they must not decrease"),
        (changed(HISTOGRAM, levels=array([1], "int64")), "one for each bin"),
        (changed(HISTOGRAM, bin_edges=array([2, 1, 0], "int64")), "bin_edges decrease"),
        (changed(HISTOGRAM, cdf_error=2), "cdf_error is 2"),
    ],
)
def test_a_damaged_histogram_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Histogram.from_json(text)


def test_only_a_text_is_read() -> None:
    with pytest.raises(TypeError, match="takes a text, not dict"):
        TransferFunction.from_json({"x": 1})
