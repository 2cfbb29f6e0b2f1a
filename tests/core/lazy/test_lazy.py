"""Images larger than memory: the same bits as in memory, whatever the chunks."""

import threading
import time

import dask
import dask.array as da
import h5py
import numpy as np
import pytest
import tensorstore
import xarray as xr
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import strategies as some
from helpers.lazy_cases import failing, image, random_chunks
from napari_histeq import (
    Global,
    TransferFunction,
    compute_histogram,
    equalize,
    transfer_function,
)
from napari_histeq.core import ChunkError, watching
from napari_histeq.core.arrays import as_lazy, is_lazy
from napari_histeq.core.lazy import engine

DTYPES = ["bool", "u1", "u2", ">u2", "i1", "i2", "u4", "i4", "u8", "f2", "f4", ">f4", "f8"]
METHODS = [
    Global(),
    Global(convention="cdf_min"),
    Global(power=0.5, plateau=3.0),
    *(kind() for kind in some.CURVES),
]
SCHEDULERS = ["threads", "synchronous", "processes"]


def same_bits(got, want):
    assert isinstance(got, da.Array)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    computed = got.compute(scheduler="synchronous")
    assert computed.dtype == want.dtype
    assert computed.tobytes() == want.tobytes()


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


@settings(deadline=None, max_examples=30)
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
    monkeypatch.setattr(engine, "PLANE_BYTES", 1)
    got = equalize(da.from_array(pixels, chunks=(2, 10, 11)), mask=mask, axes=axes)
    same_bits(got, equalize(pixels, mask=mask, axes=axes))


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


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
def test_a_chunk_that_can_not_be_read_is_named(scheduler):
    source = failing((40, 60), 20, (1, 2), OSError("the disk is on fire"))
    with dask.config.set(scheduler=scheduler), pytest.raises(ChunkError) as caught:
        equalize(source)
    assert caught.value.index == (1, 2)
    assert "chunk (1, 2) of the image" in str(caught.value)
    assert "the disk is on fire" in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)


def test_a_chunk_below_others_is_named_too():
    source = failing((40, 60), 20, (1, 2), OSError("gone")).rechunk((7, 60)).sum(axis=0)
    with pytest.raises(ChunkError, match=r"chunk \(1, 2\) of .*gone"):
        equalize(source)


def test_a_corrupt_zarr_chunk_is_named(tmp_path):
    stored = zarr.create_array(tmp_path / "a.zarr", data=image("u2", (40, 60)), chunks=(20, 20))
    (tmp_path / "a.zarr" / "c" / "1" / "2").write_bytes(b"not a chunk")
    with pytest.raises(ChunkError, match=r"chunk \(1, 2\) of the image"):
        equalize(stored)


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_progress_reaches_the_end(dtype):
    seen = []
    with watching(lambda done, total: seen.append((done, total))):
        equalize(da.from_array(image(dtype), chunks=(2, 16, 40)))
    assert seen[:6] == [(n, 6) for n in range(1, 7)]
    assert seen[-1] == (6, 6)


class StopRun(Exception):
    pass


def test_a_canceled_run_stops_and_leaves_nobody_at_work():
    started = []
    lock = threading.Lock()

    def slow(block):
        with lock:
            started.append(time.monotonic())
        time.sleep(0.01)
        return block

    source = da.zeros((100, 10), chunks=(1, 10), dtype="u1").map_blocks(slow, dtype="u1")

    def stop(done, total):
        if done == 3:
            raise StopRun

    with pytest.raises(StopRun), watching(stop):
        equalize(source)
    when = time.monotonic()
    time.sleep(0.05)
    assert 3 <= len(started) < 50
    assert all(t < when for t in started)


class Duck:
    """What a napari layer can hold, at least."""

    def __init__(self, pixels):
        self._pixels = pixels
        self.shape, self.dtype, self.ndim = pixels.shape, pixels.dtype, pixels.ndim

    def __getitem__(self, index):
        return self._pixels[index]


def zarr_array(folder, pixels):
    return zarr.create_array(folder / "a.zarr", data=pixels, chunks=(1, 20, 30))


def sharded_zarr(folder, pixels):
    return zarr.create_array(folder / "a.zarr", data=pixels, chunks=(1, 10, 10), shards=(2, 20, 20))


def hdf5(folder, pixels):
    return h5py.File(folder / "a.h5", "w").create_dataset("a", data=pixels, chunks=(2, 20, 20))


def tensor_store(folder, pixels):
    zarr_array(folder, pixels)
    kvstore = {"driver": "file", "path": str(folder / "a.zarr")}
    return tensorstore.open({"driver": "zarr3", "kvstore": kvstore}).result()


@pytest.mark.parametrize(
    ("make", "chunk"),
    [
        (zarr_array, (1, 20, 30)),
        (sharded_zarr, (2, 20, 20)),
        (hdf5, (2, 20, 20)),
        (tensor_store, (1, 20, 30)),
        (lambda _, pixels: Duck(pixels), (6, 31, 40)),
    ],
)
def test_other_lazy_arrays_keep_their_chunks(make, chunk, tmp_path):
    pixels = image("u2")
    source = make(tmp_path, pixels)
    got = equalize(source)
    assert got.chunksize == chunk
    same_bits(got, equalize(pixels))
    same_bits(transfer_function(source)(source), equalize(pixels))


def test_many_tiny_storage_chunks_are_read_together(tmp_path):
    source = zarr.create_array(
        tmp_path / "a.zarr", shape=(300, 4000, 4000), chunks=(1, 50, 50), dtype="u2"
    )
    wrapped = as_lazy(source)
    assert wrapped.npartitions < 10_000
    assert all(c % s == 0 for c, s in zip(wrapped.chunksize, source.chunks, strict=True))


@pytest.mark.parametrize("chunks", [None, {"t": 2, "y": 10}])
def test_xarray_keeps_its_names(chunks):
    pixels = image("u2")
    coords = {"t": np.arange(6) * 0.5}
    named = xr.DataArray(pixels, dims=("t", "y", "x"), coords=coords, attrs={"a": 1}, name="cells")
    wanted = xr.DataArray([True, False, True, True, True, False], dims="t")
    source = named if chunks is None else named.chunk(chunks)
    got = equalize(source, mask=wanted, axes=("t", "x"))
    want = equalize(pixels, mask=wanted.data[:, None, None], axes=(0, 2))
    assert isinstance(got.data, np.ndarray if chunks is None else da.Array)
    xr.testing.assert_identical(got.compute(), named.copy(data=want))
    with pytest.raises(ValueError, match="axis 'q' is unknown"):
        equalize(source, axes="q")
    with pytest.raises(TypeError, match=r"axes holds 1.5.*integers"):
        equalize(source, axes=1.5)
    with pytest.raises(TypeError, match="Dataset"):
        equalize(source.to_dataset())
    curve = transfer_function(source)
    xr.testing.assert_identical(curve(source).compute(), named.copy(data=curve(pixels)))


def test_names_are_repeatable():
    chunked = da.from_array(image("f4"), chunks=10)
    assert equalize(chunked).name == equalize(chunked).name
    assert equalize(chunked).name != equalize(chunked, strength=0.5).name


def test_a_curve_is_applied_lazily():
    curve = TransferFunction(np.array([0, 255]), np.array([255.0, 255.0]))
    same_bits(curve(da.zeros((4, 4), dtype="u1")), np.full((4, 4), 255, "u1"))


def stored(pixels, chunks=(2, 20, 20)):
    """A tensorstore in memory, in chunks."""
    grid = {"name": "regular", "configuration": {"chunk_shape": chunks}}
    metadata = {"shape": pixels.shape, "data_type": pixels.dtype.name, "chunk_grid": grid}
    spec = {"driver": "zarr3", "kvstore": "memory://", "metadata": metadata}
    store = tensorstore.open(spec, create=True).result()
    store[...] = pixels
    return store


ALL = tensorstore.d[:]
#: What is made of a tensorstore, and the same of a numpy array.
VIEWS = {
    "in memory": (tensorstore.array, lambda x: x),
    "in memory, joined": (
        lambda x: tensorstore.concat([tensorstore.array(x), stored(x)], axis=1),
        lambda x: np.concatenate([x, x], 1),
    ),
    "joined": (
        lambda x: tensorstore.concat([stored(x), stored(x)], axis=0),
        lambda x: np.concatenate([x, x]),
    ),
    "stacked": (
        lambda x: tensorstore.stack([stored(x), tensorstore.array(x)]),
        lambda x: np.stack([x, x]),
    ),
    "a part": (lambda x: stored(x)[1:4, 5:20], lambda x: x[1:4, 5:20]),
    "a part, thinned": (lambda x: stored(x)[:, 5:20:2, ::3], lambda x: x[:, 5:20:2, ::3]),
    "a new axis": (
        lambda x: stored(x)[:, tensorstore.newaxis, :, 1:9],
        lambda x: x[:, None, :, 1:9],
    ),
    "picked": (lambda x: stored(x)[:, [3, 1, 1]], lambda x: x[:, [3, 1, 1]]),
    "picked twice": (
        lambda x: stored(x).oindex[[0, 2], [1, 5]],
        lambda x: x[np.ix_([0, 2], [1, 5])],
    ),
    "points": (lambda x: stored(x).vindex[[0, 2], [1, 5]], lambda x: x[[0, 2], [1, 5]]),
    "ticked": (lambda x: stored(x)[np.arange(6) % 2 == 0], lambda x: x[::2]),
    "one plane": (lambda x: stored(x)[2], lambda x: x[2]),
    "moved": (lambda x: stored(x)[ALL.translate_to[100]], lambda x: x),
    "moved below 0": (lambda x: stored(x)[ALL.translate_to[-7]], lambda x: x),
    "reversed": (lambda x: stored(x)[tensorstore.d[0].stride[-1]], lambda x: x[::-1]),
    "transposed": (lambda x: stored(x).T, lambda x: x.T),
    "labeled": (lambda x: stored(x)[ALL.label["z", "y", "x"]], lambda x: x),
    "cast": (lambda x: tensorstore.cast(stored(x), tensorstore.float32), lambda x: x.astype("f4")),
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_tensorstore_has_the_pixels_of_numpy(view):
    pixels = image("u2")
    make, same = VIEWS[view]
    source, want = make(pixels), np.ascontiguousarray(same(pixels))
    for method in ("global", "clahe"):
        same_bits(equalize(source, method), equalize(want, method))
    mask = np.random.default_rng(0).random(want.shape) > 0.3
    same_bits(equalize(source, mask=tensorstore.array(mask)), equalize(want, mask=mask))
    for read in (compute_histogram(source), compute_histogram(source, max_samples=100)):
        assert read.total in (want.size, 100)


def opened_xarray(folder, pixels, chunks):
    """A DataArray that xarray has opened, and not read."""
    named = xr.DataArray(pixels, dims=("t", "y", "x"), name="a")
    named.to_dataset().to_zarr(folder / "a.zarr", encoding={"a": {"chunks": (1, 20, 20)}})
    return xr.open_zarr(folder / "a.zarr", chunks=chunks)["a"]


@pytest.mark.parametrize("chunks", [None, {}])
@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_what_xarray_has_opened_is_lazy(chunks, tmp_path):
    pixels = image("u2")
    source = opened_xarray(tmp_path, pixels, chunks)
    for part, want in ((source, pixels), (source[1:3], pixels[1:3]), (source.isel(t=2), pixels[2])):
        assert is_lazy(part)
        got = equalize(part)
        assert as_lazy(part).chunksize == (1, 20, 20)[-want.ndim :]
        assert is_lazy(got)
        assert not part.variable._in_memory  # it has not been read as a whole
        assert np.array_equal(got.compute().data, equalize(want))
    assert not is_lazy(source.load())


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.zeros(3), False), (np.float64(1), False), ([1, 2], False), (3, False),
        (np.ma.zeros(3), False), (da.zeros(3), True), (xr.DataArray(np.zeros(3)), False),
        (xr.DataArray(da.zeros(3)), True), (xr.Variable("x", np.zeros(3)), False),
        (tensorstore.array(np.zeros(3)), True), (Duck(np.zeros(3)), True),
        (xr.DataArray(np.zeros(3)).to_dataset(name="a"), False),
    ],
)  # fmt: skip
def test_whether_it_is_lazy(array, expected):
    assert is_lazy(array) == expected
