"""Few pixels are counted and mapped in a quicker way, to the same bits as many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import strategies as some
from helpers.twins import comparing
from napari_histeq import TransferFunction, compute_histogram, transfer_function
from napari_histeq.core import kernels
from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.histogram.adaptive import bins_of_many
from napari_histeq.core.histogram.bins import FINENESS
from napari_histeq.core.histogram.few import FEW_PIXELS, are_few, bins_of_few
from napari_histeq.core.transfer.apply import FEW_HALVES, mapper

FLOATS = ("f2", "f4", "f8")
WIDE = (*FLOATS, "u4", "i4", "u8", "i8")
#: Sizes at which what a cell may hold changes, and one at which it holds several pixels.
SIZES = (FINENESS - 1, FINENESS, 2 * FINENESS - 1, 2 * FINENESS, 20_000)

#: Of a dtype that holds them all.
ROW: dict[str, Any] = {
    "nothing": lambda _, size: np.full(size, np.nan),
    "one value": lambda rng, size: np.full(size, 0.1),
    "two zeros": lambda rng, size: rng.choice([0.0, -0.0], size),
    "around zero": lambda rng, size: rng.choice([5e-324, -5e-324, 0.0, -0.0, 1e-45, -1e-45], size),
    "denormals": lambda rng, size: rng.integers(-3000, 3000, size) * 1e-7,
    "log-normal": lambda rng, size: rng.lognormal(0, 2, size),
    "both signs": lambda rng, size: np.sinh(rng.normal(0, 5, size)),
    "a background": lambda rng, size: np.where(rng.random(size) < 0.7, 1.0, rng.random(size)),
    "few levels": lambda rng, size: rng.integers(0, 1500, size) / 8,
    "one far away": lambda rng, size: np.append(6e4, rng.normal(1, 0.01, size - 1)),
    "clusters": lambda rng, size: rng.choice([1.0, 3e4], size) + rng.random(size),
}


def row(name: str, dtype: str, size: int) -> Any:
    """Some pixels, a few of which do not count."""
    with np.errstate(over="ignore"):
        values = ROW[name](np.random.default_rng(size), size).astype(dtype)
    values[size // 2 :: 997] = np.nan
    values[[7, 8]] = np.inf, -np.inf
    return values


def check_same(image: Any, mask: Any = None) -> None:
    source = ArraySource(image, mask)
    found, wanted = bins_of_few(source), bins_of_many(source)
    for name in ("counts", "bin_edges", "levels"):
        mine, theirs = getattr(found, name), getattr(wanted, name)
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)
        assert mine.tobytes() == theirs.tobytes()  # signs of zeros, too


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ROW)
def test_bins_are_those_of_the_tree(name: str, dtype: str) -> None:
    for size in SIZES:
        image = row(name, dtype, size)
        check_same(image)
        check_same(image, np.random.default_rng(0).random(size) < 0.6)


@pytest.mark.parametrize("dtype", ["u4", "i4", "u8", "i8"])
def test_bins_of_integers_are_those_of_the_tree(dtype: str) -> None:
    rng, info = np.random.default_rng(0), np.iinfo(dtype)
    for size in SIZES:
        even = rng.integers(info.min, info.max, size, dtype, endpoint=True)
        near = (info.max - rng.integers(0, 3000, size).astype(dtype)).astype(dtype)
        for image in (even, near, np.where(even % 3 == 0, near, even)):
            check_same(image)
            check_same(image, even % 2 == 0)


@given(st.data())
def test_bins_of_anything_are_those_of_the_tree(data: Any) -> None:
    """And each loop gives them as its twin in numpy does."""
    dtype = np.dtype(data.draw(st.sampled_from(WIDE)))
    image = data.draw(some.images(st.just(dtype), some.shapes))
    mask = data.draw(st.one_of(st.none(), npst.arrays(bool, image.shape)))
    many = np.tile(image.ravel(), data.draw(st.sampled_from([1, FINENESS])))
    with comparing():
        check_same(image, mask)
        check_same(many)


class InTwo:
    """A source that is swept by two, half each."""

    is_at_hand = False

    def __init__(self, image: Any) -> None:
        self.image, self.shape, self.dtype = image, image.shape, image.dtype

    def sweep(self, start: Any, visit: Any) -> Any:
        tallies = [start(), start()]
        for tally, part in zip(tallies, np.array_split(self.image, 2), strict=True):
            visit(tally, part, None, (0,))
        return tallies[0] + tallies[1]


@pytest.mark.parametrize("dtype", FLOATS)
def test_bins_of_what_two_have_swept(dtype: str) -> None:
    image = row("both signs", dtype, 5000)
    source: Any = InTwo(image)
    wanted = bins_of_few(ArraySource(image))
    for found in (bins_of_few(source), bins_of_many(source)):
        np.testing.assert_array_equal(found.counts, wanted.counts)
        np.testing.assert_array_equal(found.levels, wanted.levels)


def test_loops_refuse_what_there_is_no_room_for() -> None:
    keys, none = np.arange(9, dtype=np.uint32), np.empty(0, np.uint64)
    how = (0, 12, 0, 20, 4, 4, np.uint64(0))
    doors: Any = kernels.cells
    for loop in (doors.bins_of_sorted, doors.bins_of_sorted.loop.twin):
        for some_keys, room in ((keys, 8), (keys[:0], 9)):
            bins = [np.empty((2, room), kind) for kind in ("u8", "u8", "i8")]
            assert loop(some_keys, *how, *bins) == 0
    bins = [np.empty((2, 0), kind) for kind in ("u8", "u8", "i8")]
    for loop in (doors.join, doors.join.loop.twin):
        assert loop(none, none, none.astype(np.int64), 4, 4, np.uint64(0), *bins) == 0


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ROW)
def test_small_tables_map_as_large_ones(name: str, dtype: str) -> None:
    image = row(name if name != "nothing" else "one value", dtype, 5000)
    usual = transfer_function(image, out_range=(-1, 2))
    steep = TransferFunction(np.array([-1, 0.3, 0.5]).astype(dtype), np.array([0, 9.0, 9.0]), 0.5)
    for curve in (usual, steep, usual.blend(0.3)):
        wanted = np.empty_like(image)
        mapper(curve, image.dtype)(image, wanted)
        for few in (1, 64, 1 << 13, FEW_PIXELS):
            found = np.empty_like(image)
            mapper(curve, image.dtype, few)(image, found)
            assert found.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("dtype", FLOATS)
def test_as_many_pixels_as_are_few_and_one_more(dtype: str) -> None:
    """Where one way ends, the other takes over, with the same law."""
    most = FEW_PIXELS if dtype != "f2" else 1 << 14
    image = np.random.default_rng(0).normal(size=most + 1).astype(dtype)
    assert are_few(ArraySource(image[:-1]))
    assert not are_few(ArraySource(image))
    for part in (image[:-1], image):
        assert compute_histogram(part).total == part.size
        check_same(part)
    assert FEW_HALVES < FEW_PIXELS
