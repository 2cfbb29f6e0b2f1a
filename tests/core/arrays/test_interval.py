"""Interval: laws of places, for any ends that float64 or 64-bit integers hold."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from napari_histeq.core.arrays import Interval

FLOATS = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True)
INTEGERS = st.one_of(
    st.integers(-(1 << 63), (1 << 63) - 1).map(np.int64),
    st.integers(0, (1 << 64) - 1).map(np.uint64),
)
LEAST, MOST = 5e-324, float(np.finfo(float).max)


def ends_of(values: Any) -> Any:
    return st.tuples(values, values).map(sorted).filter(lambda ends: ends[0] < ends[1])


@given(ends_of(FLOATS), st.lists(FLOATS, min_size=1, max_size=20))
@example([-MOST, MOST], [0.0, -MOST, MOST, LEAST])
@example([0.0, LEAST], [0.0, LEAST])
@example([1.0, np.nextafter(1.0, 2.0)], [1.0, 2.0])
def test_places_are_the_exact_ones(ends: list[float], values: list[float]) -> None:
    low, high = map(Fraction, ends)
    found = Interval(*ends).place(values)
    for value, place in zip(values, found, strict=True):
        exact = min(max((Fraction(value) - low) / (high - low), 0), 1)
        assert float(exact) == pytest.approx(place, rel=1e-12, abs=1e-15)
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(found[order]) >= 0)


@given(st.integers(-(1 << 63), (1 << 63) - 2), st.integers(1, 1 << 62), st.integers(0, 1 << 62))
def test_neighboring_integers_of_64_bit_are_told_apart(low: int, span: int, step: int) -> None:
    high = min(low + span, (1 << 63) - 1)
    values = np.array([min(low + step, high), high], np.int64)
    exact = [float(Fraction(int(v) - low, high - low)) for v in values]
    np.testing.assert_allclose(Interval(low, high).place(values), exact, rtol=1e-15)


def test_neighbors_near_the_greatest_of_64_bit() -> None:
    top = (1 << 64) - 1
    near = np.array([top - 2, top - 1, top], np.uint64)
    np.testing.assert_array_equal(Interval(top - 2, top).place(near), [0.0, 0.5, 1.0])


@given(ends_of(st.one_of(FLOATS, INTEGERS.map(float))), st.lists(st.floats(0, 1), min_size=1))
def test_what_lies_at_a_place_is_within_and_in_order(ends: list[Any], places: list[float]) -> None:
    found = Interval(*ends).at(places)
    assert np.all((found >= ends[0]) & (found <= ends[1]))
    inorder = found[np.argsort(places, kind="stable")]
    assert np.all(inorder[1:] >= inorder[:-1])
    np.testing.assert_array_equal(Interval(*ends).at([0.0]), [ends[0]])


@given(ends_of(FLOATS), st.integers(1, 300))
@example([0.0, LEAST], 256)
@example([-MOST, MOST], 7)
@example(ends=[-5.366977852076182e299, 1.7976931348623157e308], parts=1)
@example(ends=[-4.9896007738367995e292, 1.7976931348623153e308], parts=1)
def test_even_edges_increase_and_span_the_interval(ends: list[float], parts: int) -> None:
    edges = Interval(*ends).even(parts)
    assert edges.size == parts + 1
    assert np.all(edges[1:] > edges[:-1])  # a difference may overflow
    assert np.isfinite(edges).all()
    assert edges[0] <= ends[0]
    assert edges[-1] >= ends[1]


@pytest.mark.parametrize("value", [0, 7, -3.5, 1e300, MOST, LEAST])
def test_a_single_intensity(value: float) -> None:
    one = Interval(value, value)
    np.testing.assert_array_equal(one.place([value, value]), [0.0, 0.0])
    np.testing.assert_array_equal(one.at([0.0, 1.0]), [value, value])
    assert np.all(np.diff(one.even(16)) > 0)
