"""Chunks of a lazy array that are not what the array declares: named, and never counted."""

import pickle

import dask
import dask.array as da
import numpy as np
import pytest

from helpers.lazy_cases import image
from helpers.lies import LIES, Named, Scaled, lying, says
from napari_histeq import (
    TransferFunction,
    compute_histogram,
    equalize,
    equalize_multiscale,
    save_zarr,
    transfer_function,
)
from napari_histeq.core import ChunkError
from napari_histeq.core.lazy import planes as lazy_planes

PLACE = ((20, 40), (40, 60))


@pytest.mark.crossed
@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
@pytest.mark.parametrize("lie", LIES)
def test_counting_names_it(lie, scheduler):
    with dask.config.set(scheduler=scheduler), pytest.raises(ChunkError) as caught:
        equalize(lying(LIES[lie]))
    words = says(caught.value, (1, 2), PLACE)
    if lie not in ("masked", "a ragged list"):
        assert "declared as uint8 of shape (20, 20), but is " in words


ENTRIES = {
    "equalize": equalize,
    "midway": lambda a: equalize(a, "bihistogram"),
    "clahe": lambda a: equalize(a, "clahe"),
    "opencv": lambda a: equalize(a, "clahe", convention="opencv", clip_limit=0.1),
    "rows": lambda a: equalize(a, axes=(1,)).compute(),  # type: ignore[attr-defined]
    "clahe rows": lambda a: equalize(a, "clahe", axes=(1,), kernel_size=8).compute(),  # type: ignore[attr-defined]
    "histogram": compute_histogram,
    "of rows": lambda a: compute_histogram(a, axes=(1,)),
    "sample": lambda a: compute_histogram(a, max_samples=2000),
    "curve": transfer_function,
    "curve of a sample": lambda a: transfer_function(a, max_samples=2000),
    "applied": lambda a: TransferFunction.identity(0, 255).blend(1.0)(a).compute(),  # type: ignore[attr-defined]
    "bent": lambda a: TransferFunction(np.array([0, 255]), np.array([9.0, 90.0]))(a).compute(),  # type: ignore[attr-defined]
    "masked": lambda a: equalize(a, mask=np.ones(60, bool)),
    "pyramid": lambda a: equalize_multiscale([a, a[::2, ::2]]),
}


@pytest.mark.crossed
@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("lie", ["uint16", "float32", "shorter", "an axis less", "None"])
def test_every_way_in_names_it(entry, lie):
    with pytest.raises(ChunkError) as caught:
        ENTRIES[entry](lying(LIES[lie]))
    says(caught.value, (1, 2), PLACE)


@pytest.mark.crossed
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4", "f2", "f4", "f8"])
@pytest.mark.parametrize("real", ["u1", "u2", "i2", "u4", "u8", "f2", "f4", "f8"])
def test_every_pair_of_dtypes(dtype, real):
    source = lying(lambda b: b.astype(real), dtype=dtype)
    for how in ({}, {"method": "clahe"}, {"axes": (0,)}):
        if dtype == real:
            equalize(source, **how).compute()
            continue
        with pytest.raises(ChunkError, match=f"declared as {np.dtype(dtype)}.*is {np.dtype(real)}"):
            equalize(source, **how).compute()


@pytest.mark.parametrize("method", ["global", "clahe"])
def test_the_check_takes_no_task_of_its_own(method):
    """It rides on the tasks that count and that map: a task costs more than the check."""
    source, seen = da.from_array(image("u1", (40, 60)), chunks=20), []

    def get(graph, keys, **options):
        seen.append({key[0] for key in graph if isinstance(key, tuple)})
        return dask.get(graph, keys, **options)

    with dask.config.set(scheduler=get):
        result = equalize(source, method)
    names = set().union(*seen) | set(result.dask.layers)
    assert source.name in names
    assert not [name for name in names if name.startswith("checked-")]


@pytest.mark.parametrize("axes", [(1, 2), (0, 2)])
def test_planes_counted_beforehand_name_it(axes, monkeypatch):
    monkeypatch.setattr(lazy_planes, "PLANE_BYTES", 1)
    source = lying(LIES["uint16"], (1, 0, 1), shape=(4, 20, 40), chunks=(2, 20, 20))
    with pytest.raises(ChunkError) as caught:
        equalize(source, axes=axes)
    says(caught.value, (1, 0, 1), ((2, 4), (0, 20), (20, 40)))


@pytest.mark.parametrize("method", ["global", "clahe"])
@pytest.mark.parametrize("channel_axis", [0, -1])
def test_colors_name_it(method, channel_axis):
    shape, at = ((3, 20, 40), (2, 0, 1)) if channel_axis == 0 else ((20, 40, 3), (0, 1, 2))
    source = lying(LIES["uint16"], at, shape=shape, chunks=(1, 20, 20) if at[0] else (20, 20, 1))
    with pytest.raises(ChunkError) as caught:
        equalize(source, method, channel_axis=channel_axis).compute()
    assert caught.value.index == at


def test_the_second_pass_names_it():
    """A file that is replaced between the two passes."""
    pixels = {"now": image("u1", (40, 60))}
    source = da.concatenate(
        [
            da.from_delayed(dask.delayed(lambda i: pixels["now"][i : i + 20])(i), (20, 60), "u1")
            for i in (0, 20)
        ]
    )
    results = [
        equalize(source), equalize(source, "clahe"), equalize(source, axes=(1,)),
        equalize(source, "clahe", convention="opencv"),
        *equalize_multiscale([source, source[:, ::2]], axes=(1,))[:1],
    ]  # fmt: skip
    for result in results:
        result.compute()
    for lie in ("uint16", "float32", "shorter", "an axis less", "None"):
        kept, pixels["now"] = pixels["now"], np.empty(0)
        pixels["now"] = Lie(kept, LIES[lie])
        for result in results:
            with pytest.raises(ChunkError) as caught:
                result.compute()
            assert caught.value.index in ((0, 0), (1, 0))
            assert "of the image at [" in str(caught.value)
        pixels["now"] = kept


class Lie:
    """Parts of an array, each turned into something else."""

    def __init__(self, pixels, lie):
        self._pixels, self._lie = pixels, lie

    def __getitem__(self, index):
        return self._lie(self._pixels[index])


@pytest.mark.parametrize("lie", ["uint16", "float32", "shorter", "an axis less", "None", "empty"])
def test_saving_names_it(lie, tmp_path):
    with pytest.raises(ChunkError) as caught:
        save_zarr(lying(LIES[lie]), tmp_path / "a.ome.zarr")
    says(caught.value, (1, 2), PLACE)


@pytest.mark.parametrize("real", ["u1", "f4", "u2"])
def test_a_mask_that_is_none_is_named(real):
    mask = da.ones((40, 60), chunks=20, dtype=bool).map_blocks(
        lambda b: b.astype(real), dtype=bool, meta=np.empty((0, 0), bool)
    )
    for method in ("global", "clahe"):
        with pytest.raises(
            ChunkError, match=r"of the mask at .*declared as bool.*is (u?int|float)"
        ):
            equalize(da.from_array(image("u1", (40, 60)), chunks=20), method, mask=mask).compute()


def test_a_level_of_a_pyramid_is_named():
    good = da.from_array(image("u1", (40, 60)), chunks=20)
    bad = lying(LIES["uint16"], (0, 1), shape=(20, 30), chunks=(20, 15))
    result = equalize_multiscale([good, bad])
    result[0].compute()
    with pytest.raises(
        ChunkError, match=r"chunk \(0, 1\) of level 1 of the image at \[0:20, 15:30\]"
    ):
        result[1].compute()


def test_a_proxy_that_reads_as_another_dtype():
    source = Scaled(image("i2", (40, 60)))
    with pytest.raises(ChunkError, match=r"declared as int16 .*is float32"):
        equalize(source)
    same = equalize(np.asarray(source))
    assert same.dtype == np.float32


@pytest.mark.parametrize("order", "<>")
def test_the_order_of_bytes_is_no_lie(order):
    pixels = image("u2", (40, 60))
    source = da.from_array(pixels, chunks=20).map_blocks(
        lambda b: b.astype(f"{order}u2"), dtype=">u2", meta=np.empty((0, 0), ">u2")
    )
    got = equalize(source)
    assert got.dtype == got.compute().dtype == np.dtype(">u2")
    assert np.array_equal(got.compute(), equalize(pixels))


def test_subclasses_of_arrays_are_arrays():
    pixels = image("u1", (40, 60))
    source = da.from_array(pixels, chunks=20).map_blocks(
        lambda b: b.view(Named), dtype="u1", meta=np.empty((0, 0), "u1")
    )
    assert np.array_equal(equalize(source).compute(), equalize(pixels))
    assert np.array_equal(equalize(pixels.view(Named)), equalize(pixels))


def test_a_reader_that_fails_is_named_as_the_users_chunk():
    def read(number):
        raise OSError("gone") if number else None

    parts = [da.from_delayed(dask.delayed(read)(i + 1), (20, 60), "u1") for i in range(2)]
    for function in (equalize, lambda a: compute_histogram(a, max_samples=10_000)):
        with pytest.raises(ChunkError) as caught:
            function(da.concatenate(parts))
        assert "OSError: gone" in str(caught.value)
        assert "of the image at [" in str(caught.value)


def test_the_error_travels():
    error = ChunkError("the image", (1, 2), "gone", PLACE)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.place == PLACE
    assert str(ChunkError("the image", (1,), "gone")) == (
        "chunk (1,) of the image could not be computed: gone"
    )
