"""Lazy arrays of every kind: zarr, HDF5, tensorstore, xarray, and what quacks like one."""

import dask.array as da
import h5py
import numpy as np
import pytest
import tensorstore
import xarray as xr
import zarr

from helpers.lazy_cases import image, same_bits, stored
from napari_histeq import compute_histogram, equalize, equalize_labels, transfer_function
from napari_histeq.core.arrays import as_lazy, is_lazy


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


@pytest.mark.parametrize("method", ["global", "clahe", "opencv_clahe"])
def test_chunks_of_which_an_index_left_nothing(method):
    pixels, labels = image("u1", (60, 40)), image("u1", (60, 40), seed=1) // 40 + 1
    keep = np.arange(60) // 20 != 1
    cut, names = (
        da.from_array(a, chunks=20)[da.from_array(keep, chunks=20)].compute_chunk_sizes()
        for a in (pixels, labels)
    )
    assert 0 in cut.chunks[0]
    same_bits(equalize(cut, method), equalize(pixels[keep], method))
    if method == "global":
        for source in (cut, da.from_array(pixels[keep], chunks=40)):
            each = equalize_labels(source, names)
            same_bits(each, equalize_labels(pixels[keep], labels[keep]))
