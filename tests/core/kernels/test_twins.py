"""Each loop in plain numpy gives the bits of the compiled one, whatever the images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import strategies as some
from helpers.twins import DOORS, comparing
from napari_histeq import BiHistogram, Clahe, Exact, Global, Log, OpenCvClahe, Specify, equalize
from napari_histeq.core import gain_map
from napari_histeq.core.arrays import Distinct
from napari_histeq.core.kernels.twins.pieces import read_lines, write_lines

pytestmark = [
    pytest.mark.whole,
    pytest.mark.filterwarnings("ignore"),  # of images in which nothing counts: not of here
]

RUNS = npst.array_shapes(min_dims=1, max_dims=2, max_side=40)
PLANES = npst.array_shapes(min_dims=2, max_dims=3, min_side=2, max_side=12)
#: One of each kind and width.
KINDS = ("u1", "i1", "<u2", ">u2", "<u4", "<i8", "<u8", "<f2", ">f4", "<f8")


def both(image: Any, method: Any, **how: Any) -> None:
    with comparing() as called:
        try:
            equalize(image, method, **how)
        except ValueError:  # what is asked for is refused before any work
            assert not called


@given(some.jobs(), some.methods())
def test_curves(job, method):
    both(job.image, method, **job.options)


@given(some.jobs(some.images(shapes=RUNS, layouts=["C", "strided", "unaligned"])), st.data())
def test_runs(job, data):
    both(job.image, Global(), **job.options)


@given(st.data())
def test_clahe(data):
    image = data.draw(some.images(shapes=PLANES))
    job = data.draw(some.jobs(st.just(image)))
    both(image, data.draw(some.clahes(image.shape)), **job.options)


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize(
    ("target", "kernel"), [("uniform", None), ("rayleigh", 7), ("exponential", (64, 96))]
)
def test_clahe_of_more_pixels_than_a_piece(dtype, target, kernel):
    rng = np.random.default_rng(0)
    image = rng.gamma(2, 12, (170, 600)).clip(0, 120).astype(dtype)
    mask = rng.random(image.shape) < 0.8
    alpha = {"uniform": 0.4, "rayleigh": 0.3, "exponential": 2.0}[target]
    for masked in (None, mask):
        method = Clahe(kernel_size=kernel, target=target, alpha=alpha)
        both(image[::2], method, mask=None if masked is None else masked[::2])
        both(image, method, mask=masked, strength=0.7)


@pytest.mark.parametrize("dtype", KINDS)
def test_global_of_more_pixels_than_a_piece(dtype):
    rng = np.random.default_rng(0)
    image = rng.gamma(2, 3000, 600_000).clip(0, 120 if dtype[-1] == "1" else 30000).astype(dtype)
    few = rng.choice(image[:500], image.size)
    for each in (image, few, np.sort(image), few[:300_000].reshape(300, 1000)[:, ::2]):
        both(each, Global())
        both(each, Global(), mask=rng.random(each.shape) < 0.3)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("grid", [(8, 8), (3, 5), (1, 1)])
def test_opencv(dtype, grid):
    rng = np.random.default_rng(0)
    image = rng.gamma(2, 12, (170, 611)).clip(0, 255).astype(dtype)
    for limit in (0.0, 2.0, 40.0):
        both(image, OpenCvClahe(clip_limit=limit, tile_grid_size=grid))


@given(
    st.sampled_from(["u1", "u2", "<f4", "<f8"]).map(np.dtype),
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([3, 4])),
    st.data(),
)
def test_color(dtype, shape, data):
    elements = data.draw(some.element_pools(dtype))
    image = data.draw(npst.arrays(dtype, shape, elements=elements))
    method = data.draw(st.sampled_from([Global(), Clahe(kernel_size=3)]))
    range_ = data.draw(st.sampled_from(["auto", "dtype", "image"]))
    both(image, method, channel_axis=-1, out_range=range_)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_color_of_more_pixels_than_a_piece(dtype):
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 200, (300, 400, 3)).astype(dtype)
    image[rng.random(image.shape[:2]) < 0.1] = 0
    both(image, Global(), channel_axis=-1)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "f4"])
def test_gain_maps(dtype):
    image = np.random.default_rng(0).integers(0, 100, (13, 60, 50)).astype(dtype)
    for kernel in (None, (3, 2, 5)):
        with comparing() as called:
            gain_map(image, Clahe(kernel_size=kernel))
        assert called


def test_every_loop_has_been_compared():
    """The tests above reach them all: here once more, by few images."""
    rng = np.random.default_rng(0)
    image, color = rng.integers(0, 200, (60, 80)), rng.uniform(0, 200, (30, 40, 3))
    with comparing() as called:
        equalize(np.arange(40, dtype=np.uint8).reshape(5, 8) // 9, Exact())
        for side in (100, 400):  # few floats are sorted
            equalize(rng.normal(size=(side, side)))
        equalize(rng.normal(size=(100, 100)), axes=(1,))
        for dtype in ("u1", "i1", "u2", "f4"):
            for method in (Clahe(kernel_size=40), Clahe(kernel_size=4), Global()):
                equalize(image.astype(dtype), method)
                equalize(image.astype(dtype), method, mask=image < 100)
            equalize(image.astype(dtype), Global("pillow"), mask=image < 100)
            equalize(image.astype(dtype), Global(power=0.5), axes=(1,))
            for method in (Log(), BiHistogram(), Specify()):
                equalize(image.astype(dtype), method, axes=(1,), out_range="dtype")
            equalize(color.astype(dtype), channel_axis=-1)
        for dtype in ("u1", "u2"):
            equalize(image.astype(dtype), OpenCvClahe())
        # Rows that are long beside the number of levels go through the tiles one by one.
        wide = rng.integers(0, 200, (8, 4000))
        for dtype in ("u1", "u2"):
            equalize(wide.astype(dtype), Clahe(kernel_size=(8, 2000)))
        # What two threads found, together:
        one, other = Distinct(400), Distinct(400)
        for each, part in ((one, image[:40]), (other, image[20:])):
            each.add(part.astype("f4").reshape(-1), np.empty(0, "u1"))
        assert (one + other).held == np.unique(image).size
        few = Distinct(150)
        few.add(np.arange(100, dtype="f4"), np.empty(0, "u1"))
        assert (few + one).too_many
    assert called == set(DOORS)


@pytest.mark.parametrize("ordering", ["variational", "local_means"])
@pytest.mark.parametrize("dtype", KINDS)
def test_exact(dtype, ordering):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 9, (3, 170, 400)).astype(dtype)
    if image.dtype.kind == "f":
        image[rng.random(image.shape) < 0.01] = np.nan
    both(image, Exact(ordering), mask=rng.random(image.shape) < 0.7)
    both(image, Exact(ordering), axes=(1, 2))


def test_rows_of_levels_that_are_too_short_are_left():
    planes, mask = np.zeros((2, 9), np.uint16), np.empty((0, 0), np.uint8)
    for shape, done in (((2, 9), False), ((2, 10), True)):
        levels, counts, sizes = np.full(shape, 5, "u2"), np.full(shape, 5), np.full(2, 5)
        with comparing():
            found = DOORS["rows.count_shorts"](planes, mask, 0, levels, counts, sizes)
        assert found == done
        assert (sizes == (1 if done else 5)).all()


@pytest.mark.parametrize("rows", [[2, 9, 12], [9, 2, 12], [4, 4, 4], [1, 8, 15]])
def test_lines_are_read_and_written_wherever_rows_begin(rows):
    flat, starts = np.arange(30), np.array(rows, np.uint32)
    places = starts[:, None] + np.arange(2, 6)
    np.testing.assert_array_equal(read_lines(flat, starts, 2, 6), places)
    write_lines(flat, starts, 2, np.broadcast_to(-places[:1] + 1, places.shape))
    assert (flat[places[-1]] == 1 - places[0]).all()
    assert (np.delete(flat, places) == np.delete(np.arange(30), places)).all()
