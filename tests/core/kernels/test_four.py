"""What is done for four pixels at a time, told to the compiler, does what its loop in Python does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import numba
import numpy as np
import pytest

from napari_histeq import Clahe, TransferFunction, equalize
from napari_histeq.core import kernels
from napari_histeq.core.arrays import bits_of
from napari_histeq.core.kernels.compiling import compiler
from napari_histeq.core.kernels.four import along_four, between_four
from napari_histeq.core.kernels.keys import AT_ONCE
from napari_histeq.core.transfer.knots import knot_table

rng = np.random.default_rng(0)


@contextmanager
def without(helper, loop):
    """A loop compiled without what is told to the compiler instead of a helper."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(compiler._helpers, helper, lambda: None)
        compiler._helper.cache_clear()
        yield numba.njit(compiler._within_compiled(loop.loop.function))
    compiler._helper.cache_clear()


def twin_of(loop: Any) -> Any:
    """The same in plain numpy."""
    return loop.loop.twin


def _curve(dtype, between):
    """One whose knots lie where cells end; or `between`: anywhere, also within cells."""
    x = np.cumsum(rng.integers(1, 99, 300)) * (1 if between else 64)
    x = np.unique(x.astype(dtype))
    return TransferFunction(x, np.sort(rng.random(x.size)) * 1000)


@pytest.mark.parametrize("between", [False, True])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "u8"])
def test_pixels_are_mapped_four_at_a_time(dtype, between):
    """As in plain numpy, with pixels that lie in no cell, or are not finite, in the midst of some blocks."""
    curve = _curve(dtype, between)
    image = rng.integers(curve.x[0], curve.x[-1], 5 * AT_ONCE + 3, endpoint=True).astype(dtype)
    image[3 * AT_ONCE + 7 :: 500] = curve.x[-1] + 9
    if image.dtype.kind == "f":
        image += rng.random(image.size).astype(dtype)
        image[4 * AT_ONCE :: 300], image[4 * AT_ONCE + 2 :: 300] = np.nan, -np.inf
    table = knot_table(curve, image.dtype)
    out, expected = (np.empty(image.size, "f4" if dtype == "f4" else "f8") for _ in range(2))
    kernels.keys.interpolate(bits_of(image), image, *table, out)
    twin_of(kernels.keys.interpolate)(bits_of(image), image, *table, expected)
    np.testing.assert_array_equal(out, expected)
    if dtype == "f4":
        with without(along_four, kernels.keys.interpolate) as loop:
            out[:] = 0
            loop(bits_of(image), image, *table, out)
        np.testing.assert_array_equal(out, expected)


def test_python_alone_maps_four_too():
    lines = np.column_stack([np.arange(9.0), np.arange(9.0) * 2, np.full(9, 3.0), np.full(9, 20.0)])
    values, out = np.arange(8, dtype=np.float32) + 0.5, np.zeros(8, np.float32)
    places, cells = np.arange(8, dtype=np.uint32), np.array([0, 1, 2, 3, 4, 5, ~6, 7], np.int32)
    assert along_four(0, values, places, cells, lines, out)
    np.testing.assert_array_equal(out, [1.5, 3.5, 5.5, 7.5, 0, 0, 0, 0])
    assert not along_four(
        4, values, places, cells, lines, out
    )  # 6.5 may lie on either side of a knot


@pytest.mark.parametrize("dtype", ["u2", "f8"])
def test_mixing_four_at_a_time(dtype, monkeypatch):
    """Of all rows of tiles at once, with lines whose length is no multiple of four."""
    image, method = (rng.random((70, 203)) * 60000).astype(dtype), Clahe(kernel_size=(16, 190))
    kernel, called = kernels.mixing.mix_values_by_row, []
    monkeypatch.setattr(
        kernels.mixing, "mix_values_by_row", lambda *a: called.append(a) or kernel(*a)
    )
    found = equalize(image, method)
    with without(between_four, kernel) as loop:
        for arguments in called:
            out = np.zeros_like(arguments[2])
            loop(*arguments[:2], out, *arguments[3:])
            np.testing.assert_array_equal(out, arguments[2])
    assert called
    monkeypatch.setattr(kernels.mixing, "mix_values_by_row", twin_of(kernel))
    np.testing.assert_array_equal(equalize(image, method), found)


def call_along(start, values, places, cells, lines, out):
    return along_four(start, values, places, cells, lines, out)


def call_between(start, row, mix, rise, index, weight, part, mixed):
    return between_four(start, row, mix, rise, index, weight, part, mixed)


@pytest.mark.parametrize("dtype", ["i4", "u8", "f4", "f8"])
def test_along_four_as_told(dtype):
    """Compiled here and now, not read from a cache."""
    told: Any = numba.njit(compiler._within_compiled(call_along))
    lines = np.column_stack([np.arange(9.0), np.arange(9.0) * 2, np.full(9, 3.0), np.full(9, 20.0)])
    places, cells = np.arange(8, dtype=np.uint32), np.array([0, 1, 2, 3, 4, 5, ~6, 7], np.int32)
    values = (np.arange(8) + 0.5).astype(dtype)
    found, expected = (np.zeros(8, "f4" if dtype == "f4" else "f8") for _ in range(2))
    for start in (0, 4):
        arguments = (start, values, places, cells, lines)
        assert told(*arguments, found) == along_four(*arguments, expected) == (start == 0)
    np.testing.assert_array_equal(found, expected)


def test_between_four_as_told():
    """With whole numbers, as mixes are: whatever the processor fuses, the bits are the same."""
    told: Any = numba.njit(compiler._within_compiled(call_between))
    mix, rise = rng.integers(0, 1 << 30, (2, 512)).astype(float)
    index, weight = (
        rng.integers(0, 255, 40).astype(np.uint32),
        rng.integers(0, 99, 40).astype(float),
    )
    part, found, expected = rng.random(40), np.zeros(40), np.zeros(40)
    for start in range(0, 40, 4):
        arguments = (start, 7.0, mix, rise, index, weight, part)
        assert told(*arguments, found)
        assert between_four(*arguments, expected)
    np.testing.assert_array_equal(found, expected)
