"""Curves of many planes made at once: the bits of each plane equalized by itself, by any method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import strategies as some
from helpers.twins import ONE_AT_A_TIME, comparing
from napari_histeq import (
    Asinh,
    BiHistogram,
    Gamma,
    Global,
    Log,
    Match,
    Specify,
    Stretch,
    Weighted,
    compute_histogram,
    equalize,
)
from napari_histeq.core import kernels
from napari_histeq.core.arrays import Interval
from napari_histeq.core.histogram import HistogramRows
from napari_histeq.core.methods import CurveMethod, base
from napari_histeq.core.transfer import rules

pytestmark = pytest.mark.filterwarnings("ignore:no pixel was counted")

DTYPES = ("u1", "i1", "<u2", ">i2")
REFERENCE = np.random.default_rng(1).gamma(2, 20, (30, 30)).astype("f4")
METHODS_ALONG_ROWS = (
    Stretch(),
    Stretch(30),
    Log(),
    Asinh(),
    Gamma(0.7),
    Weighted(),
    Weighted(lower=0.0),
    Global(power=0.5),
    Global(plateau=2.0),
    Match(REFERENCE),
    Specify(),
    Specify("gaussian", convention="textbook"),
    BiHistogram(),
    BiHistogram("median"),
)


def alone(image: Any, method: Any, **how: Any) -> Any:
    """All planes, each by itself."""
    kinds = (CurveMethod, Global)
    patches = [mock.patch.object(kind, "stack_rule", return_value=None) for kind in kinds]
    with ONE_AT_A_TIME, patches[0], patches[1]:
        return equalize(image, method, **how)


def check(image: Any, method: Any, **how: Any) -> None:
    found = equalize(image, method, axes=(-2, -1), **how)
    np.testing.assert_array_equal(found, alone(image, method, axes=(-2, -1), **how))


def stack_of(dtype: str, side: int) -> Any:
    """Planes of many levels, of few, of one, and of 8 bit in a wider dtype."""
    rng = np.random.default_rng(0)
    stack = rng.gamma(2, 2000, (6, side, side)).astype("i8") - 300
    stack[1] = stack[1] // 999
    stack[2] = 7
    stack[3] = stack[3] % 200 * 257
    stack[4] = abs(stack[4]) % 200
    kind = np.dtype(dtype)
    if kind.itemsize == 1:
        stack //= 64
    return stack.clip(np.iinfo(kind).min, np.iinfo(kind).max).astype(dtype)


@pytest.mark.parametrize("method", METHODS_ALONG_ROWS, ids=repr)
@pytest.mark.parametrize("dtype", DTYPES)
def test_planes_of_any_kind(dtype, method):
    image = stack_of(dtype, 40)
    mask = np.random.default_rng(0).random(image.shape) < 0.7
    mask[4] = False
    for how in (
        {},
        {"mask": mask},
        {"out_range": "image", "strength": 0.6},
        {"out_range": (3, 90), "mask": mask},
        {} if isinstance(method, Stretch) else {"saturated": 5.0, "mask": mask},
    ):
        check(image, method, **how)


@given(
    some.images(
        dtypes=st.sampled_from(DTYPES).map(np.dtype),
        shapes=npst.array_shapes(min_dims=3, max_dims=4, max_side=5),
    ),
    some.methods(),
    st.data(),
)
def test_planes_by_themselves(image, method, data):
    mask = data.draw(st.one_of(st.none(), npst.arrays(bool, image.shape)))
    out_range, strength = data.draw(some.out_ranges(image.dtype)), data.draw(some.strengths)
    check(image, method, mask=mask, out_range=out_range, strength=strength)


@pytest.mark.parametrize("dtype", DTYPES)
def test_loops_do_it_and_their_twins_the_same(dtype, monkeypatch):
    monkeypatch.setattr(rules, "CURVE_LEVELS", 700)
    image = stack_of(dtype, 30)[:3]
    kind = "bytes" if image.itemsize == 1 else "shorts"
    for method in METHODS_ALONG_ROWS:
        for how in ({}, {"mask": image % 3 > 0, "strength": 0.3}):
            with comparing() as called:
                equalize(image, method, axes=(-2, -1), out_range="dtype", **how)
            of_some = {f"rows.{name}" for name in ("search", "place", "at", "cumulate", "split")}
            assert called - of_some == {f"rows.count_{kind}", f"rows.map_{kind}"}


@pytest.mark.parametrize("method", METHODS_ALONG_ROWS, ids=repr)
def test_planes_of_more_and_of_fewer_levels(method):
    """A row that is filled up to the length of others: of its last level the pixels count."""
    image = np.random.default_rng(0).gamma(2, 900, (40, 50)).astype("u2")
    image[::3] //= 90
    found = equalize(image, method, axes=(1,), out_range=(5, 90))
    wanted = alone(image, method, axes=(1,), out_range=(5, 90))
    np.testing.assert_array_equal(found, wanted)


def test_rows_tell_what_the_histogram_of_each_plane_does():
    image = np.random.default_rng(0).integers(3, 90, (4, 20, 20)).astype("u1")
    many = compute_histogram(image, axes=(1, 2))
    rows = HistogramRows(many.counts, many.levels, 256)
    for plane in range(len(image)):
        one = many[plane]
        assert rows.total[plane] == one.total
        assert tuple(end[plane, 0] for end in rows.range) == one.range
        np.testing.assert_array_equal(rows.cdf[plane], one.cdf)
        np.testing.assert_array_equal(rows.places[plane], one.places)


@pytest.mark.parametrize("fault", ["decreases", "is NaN", "goes beyond", "has another shape"])
def test_a_wrong_curve_is_refused_as_that_of_one_plane(fault):
    with mock.patch.dict(base._known):

        @dataclass(frozen=True)
        class Wrong(CurveMethod):
            """Wrong."""

            name: ClassVar[str] = "wrong"
            along_rows: ClassVar[bool] = True

            def curve(self, histogram, low, high):
                y = Interval(low, high).at(histogram.places)
                if fault == "has another shape":
                    return y[..., :-1]
                wrong = {"decreases": -y, "is NaN": y * np.nan, "goes beyond": y + 1}
                return wrong[fault]

        image = stack_of("u1", 20)
        with pytest.raises(ValueError, match=r"Wrong.curve returned"):
            equalize(image, Wrong(), axes=(1, 2))


def test_conventions_of_programs_are_left_to_each_plane():
    assert Global("pillow").stack_rule(np.dtype("u1"), mock.Mock()) is None


@pytest.mark.parametrize("size", [1, 2, 3, 1000, 65536])
@pytest.mark.parametrize("power", [0.01, 1.0, 30.0])
def test_searching_is_numpys(size: int, power: float) -> None:
    """In tables that rise evenly, at once, or late: flat parts too."""
    rng = np.random.default_rng(0)
    table = np.round(np.linspace(0, 1, size) ** power, 3)
    values = np.concatenate([table[:500], rng.random(500), [0.0, 1.0, -0.1, 1.1]])[None]
    found = np.empty(values.shape, np.int64)
    kernels.rows.search(table, values, found)
    np.testing.assert_array_equal(found, np.searchsorted(table, values))


def test_values_of_more_levels_than_there_are_are_refused() -> None:
    planes, levels = np.zeros((1, 4), np.uint16), np.zeros((1, 2), np.uint16)
    door: Any = kernels.rows.map_shorts
    for loop in (door, door.loop.twin):
        how = (1.0, 0, np.empty_like(planes), np.empty(1, np.bool_))
        assert not loop(planes, levels, np.zeros((1, 3)), *how)
        assert loop(planes, levels, np.zeros((1, 2)), *how)
