"""Small planes of floats are equalized in one call of a compiled loop: to the bits of the usual way."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import strategies as some
from helpers.twins import comparing
from napari_histeq import Global, equalize
from napari_histeq.core.histogram import FEW_PIXELS
from napari_histeq.core.transfer import FloatsRule

pytestmark = pytest.mark.filterwarnings("ignore:no pixel was counted")

FLOATS = ("f4", "f8")
#: As many planes as are worth a loop of their own.
MANY = FloatsRule(True, 0.0, 1.0).least
BIG = {"f4": 3.4e38, "f8": 1.79e308}

KINDS: dict[str, Any] = {
    "log-normal": lambda rng, size: rng.lognormal(0, 2, size),
    "both signs": lambda rng, size: np.sinh(rng.normal(0, 5, size)),
    "around zero": lambda rng, size: rng.choice([5e-324, -5e-324, 0.0, -0.0, 1e-45, -1e-45], size),
    "no zero": lambda rng, size: rng.choice([-1.0, 1.0], size) * rng.uniform(1, 2, size),
    "a background": lambda rng, size: np.where(rng.random(size) < 0.7, 1.0, rng.random(size)),
    "few levels": lambda rng, size: rng.integers(0, 300, size) / 8,
    "many levels": lambda rng, size: rng.integers(-1500, 1500, size) / 8,
    "one far away": lambda rng, size: np.append(3e38, rng.normal(1, 0.01, size - 1)),
    "one value": lambda rng, size: np.full(size, 0.1),
    "nothing": lambda rng, size: np.full(size, np.nan),
}


def check(image: Any, **how: Any) -> None:
    found = equalize(image, **how)
    with mock.patch.object(Global, "stack_rule", return_value=None):
        wanted = equalize(image, **how)
    np.testing.assert_array_equal(found, wanted)
    assert found.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("size", [2, 30, 1500, 4095, 4096, 9000])
def test_planes_become_what_each_becomes_alone(size: int, dtype: str) -> None:
    rng = np.random.default_rng(size)
    stack = np.stack([kind(rng, size) for kind in [*KINDS.values()] * 2]).astype(dtype)
    stack[0, 1], stack[1, -1], stack[2, 0] = np.nan, np.inf, -np.inf
    mask = rng.random(stack.shape) < 0.6
    mask[3] = False
    for how in (
        {},
        {"mask": mask},
        {"out_range": (-1000, 5)},
        {"out_range": "dtype", "mask": mask},
        {"out_range": (-BIG[dtype], BIG[dtype])},  # so wide that a plane is done by itself
    ):
        check(stack, axes=(1,), **how)


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_ends_of_what_floats_can_be(dtype: str) -> None:
    rng, most, one = np.random.default_rng(0), np.finfo(dtype).max, np.dtype(dtype).type(1)
    for row in ([-most, most, 0], [-most, most, -1], [most, 1, 2], [-most, -1, -2], [0, one / 3]):
        image = np.tile(np.array(row, dtype), (MANY, 1))
        check(image, axes=(1,))
        check(image, axes=(1,), out_range=(0, 1))
    check((rng.uniform(-1, 1, (MANY, 5000)) * float(most)).astype(dtype), axes=(1,))


@given(
    some.images(
        dtypes=st.sampled_from(("<f4", ">f4", "<f8", ">f8")).map(np.dtype),
        shapes=npst.array_shapes(min_dims=2, max_dims=3, max_side=6),
    ),
    st.data(),
)
def test_any_planes_and_the_same_by_the_twin(image: Any, data: Any) -> None:
    image = np.repeat(image, MANY, axis=0)
    mask = data.draw(st.one_of(st.none(), npst.arrays(bool, image.shape)))
    how: Any = {"axes": (-1,), "mask": mask, "out_range": data.draw(some.out_ranges(image.dtype))}
    check(image, **how)
    with comparing() as called:
        equalize(image, **how)
    assert "floats.equalize_floats" in called


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_twin_of_larger_planes(dtype: str) -> None:
    rng = np.random.default_rng(0)
    for kind in KINDS.values():
        with comparing():
            equalize(kind(rng, 4500 * MANY).astype(dtype).reshape(MANY, 4500), axes=(1,))


def test_large_and_few_planes_other_options_and_colors_go_the_usual_way() -> None:
    image = np.random.default_rng(0).normal(size=(MANY, 99)).astype("f4")
    large = np.zeros((MANY, FEW_PIXELS + 1), "f4")
    large[:, 0] = 1
    for ours, planes, how in (
        (True, image, {}),
        (False, large, {}),
        (False, image[1:], {}),
        (False, image, {"strength": 0.5}),
        (False, image, {"method": Global(convention="cdf_min")}),
        (False, image, {"method": Global(power=0.5)}),
        (False, image.reshape(MANY, 33, 3), {"channel_axis": -1}),
    ):
        with comparing() as called:
            equalize(planes, axes=(1,), **how)
        assert ("floats.equalize_floats" in called) == ours, how
