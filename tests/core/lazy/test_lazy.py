"""Images larger than memory: the same bits as in memory, whatever the chunks."""

import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import strategies as some
from helpers.effort import examples
from helpers.lazy_cases import image, random_chunks, same_bits
from napari_histeq import (
    Global,
    TransferFunction,
    compute_histogram,
    equalize,
)
from napari_histeq.core.lazy import planes as lazy_planes

DTYPES = ["bool", "u1", "u2", ">u2", "i1", "i2", "u4", "i4", "u8", "f2", "f4", ">f4", "f8"]
METHODS = [
    Global(),
    Global(convention="cdf_min"),
    Global(power=0.5, plateau=3.0),
    *(kind() for kind in some.CURVES),
]


SCHEDULERS = ["threads", "synchronous", "processes"]


@pytest.mark.parametrize("seed", range(50))
def test_fifty_random_chunkings(seed):
    rng = np.random.default_rng(seed)
    pixels = image(DTYPES[seed % len(DTYPES)], seed=seed)
    method = METHODS[seed % len(METHODS)]
    axes = [None, (1, 2), (0, 2), 1][seed % 4]
    mask = [None, rng.random(pixels.shape) > 0.3, rng.random((31, 40)) > 0.5][seed % 3]
    chunked = da.from_array(pixels, chunks=random_chunks(rng, pixels.shape))
    with dask.config.set(scheduler=SCHEDULERS[seed % 2]):
        got = equalize(chunked, method, mask=mask, axes=axes)
    same_bits(got, equalize(pixels, method, mask=mask, axes=axes))


@examples(15)
@given(
    dtype=st.sampled_from(DTYPES),
    shape=st.lists(st.integers(1, 12), min_size=1, max_size=4).map(tuple),
    seed=st.integers(0, 2**32 - 1),
    strength=st.sampled_from([0.0, 0.5, 1.0]),
    out_range=st.sampled_from(["auto", "image", "dtype"]),
)
def test_any_shape_and_chunks(dtype, shape, seed, strength, out_range):
    rng = np.random.default_rng(seed)
    pixels = image(dtype, shape, seed)
    if pixels.dtype.kind == "f":
        pixels[~np.isfinite(pixels)] = 1.0
    chunked = da.from_array(pixels, chunks=random_chunks(rng, shape))
    options = {"strength": strength, "out_range": out_range}
    same_bits(equalize(chunked, **options), equalize(pixels, **options))


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_plane_by_plane(dtype):
    pixels = image(dtype)
    chunked = da.from_array(pixels, chunks=(2, 10, 11))
    same_bits(equalize(chunked, axes=(1, 2)), equalize(pixels, axes=(1, 2)))


@pytest.mark.parametrize("axes", [(1, 2), (0, 2), (2,), (0,)])
@pytest.mark.parametrize("masked", [False, True])
def test_large_planes_are_counted_beforehand(axes, masked, monkeypatch):
    pixels = image("u2")
    mask = np.random.default_rng(1).random((6, 1, 40)) > 0.3 if masked else None
    monkeypatch.setattr(lazy_planes, "PLANE_BYTES", 1)
    got = equalize(da.from_array(pixels, chunks=(2, 10, 11)), mask=mask, axes=axes)
    same_bits(got, equalize(pixels, mask=mask, axes=axes))


@pytest.mark.crossed
@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f2", "f4"])
@pytest.mark.parametrize("channel_axis", [0, 1, -1])
@pytest.mark.parametrize("stack", [False, True])
def test_color(dtype, channel_axis, stack):
    colors = np.random.default_rng(0).random((5, 20, 21, 4)) * 200
    pixels = np.ascontiguousarray(np.moveaxis(colors.astype(dtype), -1, channel_axis))
    grid = [a for a in range(4) if a != channel_axis % 4]
    axes = tuple(grid[1:]) if stack else None
    mask = np.random.default_rng(1).random((20, 21)) > 0.3
    for seed in range(3):
        chunks = random_chunks(np.random.default_rng(seed), pixels.shape, most=3)
        options = {"channel_axis": channel_axis, "axes": axes, "mask": mask}
        got = equalize(da.from_array(pixels, chunks=chunks), **options)
        same_bits(got, equalize(pixels, **options))


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_every_scheduler(scheduler, dtype):
    pixels = image(dtype)
    chunked = da.from_array(pixels, chunks=(4, 16, 40))
    with dask.config.set(scheduler=scheduler):
        same_bits(equalize(chunked), equalize(pixels))


def test_a_lazy_mask_with_other_chunks():
    pixels = image("f4")
    mask = np.random.default_rng(1).random(pixels.shape) > 0.4
    got = equalize(da.from_array(pixels, chunks=7), mask=da.from_array(mask, chunks=5))
    same_bits(got, equalize(pixels, mask=mask))


@pytest.mark.crossed
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4", "f4", "f8"])
@pytest.mark.parametrize("axes", [None, (1, 2), (0, 2)])
def test_histograms(dtype, axes):
    pixels, mask = image(dtype), np.random.default_rng(1).random((6, 31, 40)) > 0.4
    chunked = da.from_array(pixels, chunks=(4, 10, 11))
    for nbins in (None, 20):
        want = compute_histogram(pixels, nbins=nbins, mask=mask, axes=axes)
        got = compute_histogram(chunked, nbins=nbins, mask=mask, axes=axes)
        for name in ("counts", "bin_edges", "levels"):
            assert np.array_equal(getattr(got, name), getattr(want, name))


def test_the_second_pass_waits_until_asked():
    reads = []

    def read(block, block_id=None):
        reads.append(block_id)
        return block

    meta = np.empty((0, 0), np.uint8)
    source = da.from_array(image("u1", (40, 40)), chunks=10).map_blocks(read, meta=meta)
    result = equalize(source)
    assert len(reads) == 16
    reads.clear()
    result[:10, :10].compute()
    assert reads == [(0, 0)]


def test_planes_are_counted_when_asked_for():
    reads = []

    def read(block, block_id=None):
        reads.append(block_id)
        return block

    meta = np.empty((0, 0, 0), np.uint8)
    source = da.from_array(image("u1"), chunks=(1, 31, 40)).map_blocks(read, meta=meta)
    result = equalize(source, axes=(1, 2))
    assert reads == []
    result[3].compute()
    assert reads == [(3, 0, 0)]


def test_unknown_chunks_are_refused():
    chunked = da.from_array(image("u1", (50,)), chunks=10)
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        equalize(chunked[chunked > 5])


@pytest.mark.parametrize(
    ("array", "error", "says"),
    [
        (da.zeros((3, 3), dtype=complex), TypeError, "complex128"),
        (da.zeros((0, 3), dtype="u1"), ValueError, "empty"),
        (da.zeros((), dtype="u1"), ValueError, "0-dimensional"),
        (da.ma.masked_equal(da.zeros((3, 3), dtype="u1"), 1), TypeError, "getmaskarray"),
    ],
)
def test_what_can_not_be_equalized_is_refused(array, error, says):
    with pytest.raises(error, match=says):
        equalize(array)


class Levels(tuple):  # noqa: SLOT001
    """A pyramid that shows its finest level's shape and dtype, as napari's does."""

    shape = property(lambda self: self[0].shape)
    dtype = property(lambda self: self[0].dtype)


@pytest.mark.parametrize("function", [equalize, compute_histogram])
def test_a_pyramid_is_no_image(function):
    levels = Levels([np.zeros((8, 8), "u1"), np.zeros((4, 4), "u1")])
    with pytest.raises(TypeError, match=r"pyramid of 2 levels.*equalize_multiscale"):
        function(levels)


def test_a_mask_that_does_not_fit_is_refused():
    chunked = da.zeros((4, 6), dtype="u1")
    with pytest.raises(ValueError, match="does not broadcast"):
        equalize(chunked, mask=np.ones((5, 6), bool))
    with pytest.raises(TypeError, match="must be bool"):
        equalize(chunked, mask=da.ones((4, 6)))


def test_nothing_counted_warns():
    pixels = image("u2")
    with pytest.warns(UserWarning, match="no pixel was counted"):
        got = equalize(da.from_array(pixels, chunks=9), mask=np.zeros((40,), bool))
    same_bits(got, pixels)


def test_a_curve_is_applied_lazily():
    curve = TransferFunction(np.array([0, 255]), np.array([255.0, 255.0]))
    same_bits(curve(da.zeros((4, 4), dtype="u1")), np.full((4, 4), 255, "u1"))
