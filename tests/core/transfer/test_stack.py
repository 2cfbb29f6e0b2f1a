"""Many planes in few calls: the bits of each plane equalized by itself, however they lie in memory."""

from __future__ import annotations

import itertools
import warnings
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import strategies as some
from helpers.twins import ONE_AT_A_TIME, comparing
from napari_histeq import Global, equalize
from napari_histeq.core.threads import watching
from napari_histeq.core.threads.pool import THREADS
from napari_histeq.core.transfer import stack

pytestmark = pytest.mark.filterwarnings("ignore:no pixel was counted")

DTYPES = ("u1", "i1", "<u2", ">u2", "<i2", ">i2")
LOOPS = {"planes.equalize_bytes", "planes.equalize_shorts"}


def one_by_one(image: Any, axes: tuple[int, ...], method: Any, mask: Any = None, **how: Any) -> Any:
    """Each plane as an image of its own, which no loop for stacks sees: it is told of no rule."""
    with ONE_AT_A_TIME, mock.patch.object(Global, "stack_rule", return_value=None):
        return _one_by_one(image, axes, method, mask, **how)


def _one_by_one(image: Any, axes: tuple[int, ...], method: Any, mask: Any, **how: Any) -> Any:
    outer = tuple(axis for axis in range(image.ndim) if axis not in axes)
    out = np.empty_like(image)
    for index in itertools.product(*(range(image.shape[axis]) for axis in outer)):
        where: list[Any] = [slice(None)] * image.ndim
        for axis, place in zip(outer, index, strict=True):
            where[axis] = place
        counted = None if mask is None else mask[tuple(where)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out[tuple(where)] = equalize(image[tuple(where)], method, mask=counted, **how)
    return out


def check(image: Any, axes: tuple[int, ...], method: Any = Global(), **how: Any) -> None:  # noqa: B008
    wanted = one_by_one(image, axes, method, **how)
    found = equalize(image, method, axes=axes, **how)
    assert found.dtype == image.dtype
    np.testing.assert_array_equal(found, wanted)


@given(
    some.images(
        dtypes=st.sampled_from(DTYPES).map(np.dtype),
        shapes=npst.array_shapes(min_dims=2, max_dims=4, max_side=5),
    ),
    st.data(),
)
def test_planes_by_themselves(image, data):
    ndim = image.ndim
    axes = data.draw(st.sampled_from([*itertools.combinations(range(ndim), ndim - 1), (ndim - 1,)]))
    method = Global(data.draw(st.sampled_from(some.CONVENTIONS)))
    mask = data.draw(st.one_of(st.none(), npst.arrays(bool, image.shape)))
    check(
        image, axes, method, mask=mask,
        strength=data.draw(some.strengths), out_range=data.draw(some.out_ranges(image.dtype)),
    )  # fmt: skip


@pytest.mark.parametrize("convention", ["cdf", "cdf_min"])
@pytest.mark.parametrize("out_range", ["auto", "image", "dtype", (3, 90)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_planes_of_many_and_of_few_levels(dtype, out_range, convention):
    """Fewer pixels than levels, and more; words that are filled, and pixels left over."""
    rng = np.random.default_rng(0)
    for side in (61, 260):
        stack = rng.gamma(2, 2000, (3, side, side)).astype("i8")
        stack[1] = stack[1] // 999 - 4
        stack[2, :side] = 7  # one level, whose plane is to stay
        image = (stack % 256 if np.dtype(dtype).itemsize == 1 else stack % 65536).astype(dtype)
        mask = rng.random(image.shape) < 0.7
        mask[2] = False
        for masked, strength in ((None, 1.0), (mask, 1.0), (mask, 0.6)):
            how = {"mask": masked, "strength": strength, "out_range": out_range}
            check(image, (1, 2), Global(convention), **how)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_loop_does_it_and_its_twin_the_same(dtype):
    image = np.random.default_rng(0).normal(50, 20, (2, 3, 40, 30)).clip(0, 100).astype(dtype)
    mask = image % 3 > 0
    for how in ({}, {"mask": mask}, {"strength": 0.3}, {"out_range": "image"}):
        for convention in ("cdf", "cdf_min"):
            with comparing() as called:
                equalize(image, Global(convention), axes=(-2, -1), **how)
            assert called <= LOOPS
            assert called


@pytest.mark.parametrize("axes", [(1, 2), (0, 2), (0, 1), (2,), (0,)])
def test_any_axes_in_any_memory_order(axes):
    image = np.random.default_rng(0).integers(0, 3000, (6, 7, 8)).astype("u2")
    for order in itertools.permutations(range(3)):
        laid = np.ascontiguousarray(image.transpose(order)).transpose(np.argsort(order))
        check(laid, axes)
        check(laid[::-1, :, ::2], axes)


def test_a_mask_that_is_broadcast():
    image = np.random.default_rng(0).integers(0, 3000, (2, 3, 8, 9)).astype("u2")
    mask = image[0, 0] > 1000
    wanted = one_by_one(image, (2, 3), Global(), mask=np.broadcast_to(mask, image.shape))
    np.testing.assert_array_equal(equalize(image, axes=(2, 3), mask=mask), wanted)


def test_which_planes_were_empty_is_said():
    image = np.random.default_rng(0).integers(0, 200, (5, 8, 9)).astype("u1")
    mask = np.ones(image.shape, bool)
    mask[1:3] = False
    with pytest.warns(UserWarning, match="2 of 5 planes"):
        found = equalize(image, axes=(1, 2), mask=mask)
    np.testing.assert_array_equal(found[1:3], image[1:3])


def test_it_is_told_of_and_stopped_between_calls(monkeypatch):
    monkeypatch.setattr(stack, "CALL_PIXELS", 200)
    image = np.random.default_rng(0).integers(0, 200, (9, 10, 10)).astype("u1")
    told: list[tuple[int, int]] = []
    with watching(lambda *of: told.append(of)):
        equalize(image, axes=(1, 2))
    numbers = {done for done, _ in told if done}
    assert told[-1] == (len(numbers), len(numbers))
    assert len(numbers) >= 5

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), watching(stop):
        equalize(image, axes=(1, 2))


def test_few_large_planes_are_left_to_all_threads(monkeypatch):
    monkeypatch.setenv(THREADS, "4")
    monkeypatch.setattr("napari_histeq.core.arrays.planes.BLOCK_PIXELS", 50)
    image = np.random.default_rng(0).integers(0, 200, (3, 10, 10)).astype("u1")
    with comparing() as called:  # which has one thread: then many are planes from two on
        equalize(image, axes=(1, 2))
    assert called <= LOOPS
    monkeypatch.setattr("napari_histeq.core.arrays.planes.thread_count", lambda: 4)
    with comparing() as called:
        equalize(image, axes=(1, 2))
    assert not called & LOOPS
    check(image, (1, 2))


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_small_image_is_a_stack_of_one(dtype):
    image = np.random.default_rng(0).integers(0, 100, (30, 41)).astype(dtype)
    mask = image > 20
    for laid in (image, np.asfortranarray(image), image[::-1, ::2]):
        for counted in (None, mask[: laid.shape[0], : laid.shape[1]]):
            with comparing() as called:
                equalize(laid, mask=counted)
            assert called <= LOOPS
            check(laid, (0, 1), mask=counted)
