"""The percentiles of each plane: numpy's where there are levels, the same bits for any chunks."""

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from helpers import strategies as some
from helpers.effort import examples
from helpers.lazy_cases import random_chunks
from napari_histeq import Global, equalize, plane_percentiles
from napari_histeq.core import color
from napari_histeq.core.lazy import planes as lazy_planes
from napari_histeq.core.verbs import PERCENTILES, percentiles_of_each

LEVELS = st.sampled_from(["u1", "i1", "<u2", ">u2", "<i2"])


def movie(dtype="u2", shape=(5, 3, 12, 9), seed=0):
    values = np.random.default_rng(seed).normal(100, 40, shape)
    return np.clip(values, 0, 200).astype(dtype)


@examples(40)
@given(data=st.data(), image=some.images(LEVELS.map(np.dtype)))
def test_of_levels_they_are_those_of_numpy(data, image):
    axes, mask = data.draw(some.axes(image.ndim)), data.draw(some.masks(image.shape))
    got = plane_percentiles(image, [0, 5, 50, 99, 100], mask=mask, axes=axes)
    spanned = tuple(range(image.ndim))[-2:] if axes is None else tuple(np.atleast_1d(axes))
    outer = [a for a in range(image.ndim) if a not in {b % image.ndim for b in spanned}]
    counted = np.broadcast_to(True if mask is None else mask, image.shape)
    flat = np.transpose(image, (*outer, *({*range(image.ndim)} - {*outer})))
    which = np.transpose(counted, (*outer, *({*range(image.ndim)} - {*outer})))
    assert got.shape == (*(image.shape[a] for a in outer), 5)
    assert got.dtype == np.float64
    for index in np.ndindex(got.shape[:-1]):
        values = flat[index][which[index]].astype(np.float64)
        wanted = np.percentile(values, [0, 5, 50, 99, 100]) if values.size else np.full(5, np.nan)
        np.testing.assert_allclose(got[index], wanted, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["f4", "f8", "u4", "i8"])
def test_of_others_no_more_than_one_in_2048_pixels_lies_between(dtype):
    image = movie(dtype, (4, 150, 170)) * np.array(1000, dtype)
    image[1, 0, :2] = np.inf if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    for plane, found in zip(image, plane_percentiles(image), strict=True):
        values = np.sort(plane[np.isfinite(plane)].ravel())
        ranks = [
            np.searchsorted(values, v, side) / values.size
            for v in found
            for side in ("left", "right")
        ]
        below, above = np.reshape(ranks, (-1, 2)).T
        wanted = np.array(PERCENTILES) / 100
        assert (below <= wanted + 1 / 2000).all()
        assert (above >= wanted - 1 / 2000).all()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("large", [False, True])
def test_the_same_bits_for_any_chunks(seed, large, monkeypatch):
    rng = np.random.default_rng(seed)
    image = movie(["u1", "u2", ">u2", "f4", "bool", "i4"][seed % 6], seed=seed)
    mask = [None, rng.random(image.shape) > 0.4, rng.random(image.shape[1:]) > 0.9][seed % 3]
    axes = [None, (1, 2, 3), (0, 2), -1][seed % 4]
    if large:
        monkeypatch.setattr(lazy_planes, "PLANE_BYTES", 1)
    lazy = da.from_array(image, chunks=random_chunks(rng, image.shape))
    got = plane_percentiles(lazy, mask=mask, axes=axes)
    np.testing.assert_array_equal(got, plane_percentiles(image, mask=mask, axes=axes))


@pytest.mark.parametrize("lazy", [False, True])
def test_of_colors_they_are_those_of_the_luminance(lazy):
    image = movie("u1", (4, 3, 12, 9))
    gray = color.luminance_of(np.moveaxis(image, 1, -1))
    given = da.from_array(image, chunks=(2, 1, 5, 9)) if lazy else image
    mask = np.random.default_rng(1).random(gray.shape) > 0.5
    got = plane_percentiles(given, mask=mask, channel_axis=1)
    np.testing.assert_array_equal(got, plane_percentiles(gray, mask=mask))


def test_a_plane_without_pixels_that_count_has_none():
    image = movie("f4")
    image[2, 1] = np.nan
    found = plane_percentiles(image)
    assert np.isnan(found[2, 1]).all()
    assert np.isfinite(np.delete(found, 2, 0)).all()


def test_axes_by_name():
    image = movie()
    named = xr.DataArray(image, dims=("t", "c", "y", "x"))
    got = plane_percentiles(named, axes=("y", "c", "x"))
    np.testing.assert_array_equal(got, plane_percentiles(image, axes=(1, 2, 3)))


def test_what_a_result_is_made_of_is_read_once():
    image, read = movie(), []

    def block(block_info=None):
        read.append(block_info[None]["chunk-location"])
        (t, _), *_ = block_info[None]["array-location"]
        return image[t : t + 1]

    chunks = ((1,) * 5, (3,), (12,), (9,))
    lazy = da.map_blocks(block, chunks=chunks, dtype=image.dtype, meta=image[:0])
    result = equalize(lazy, Global(), axes=(-2, -1))
    before, after = percentiles_of_each([lazy, result])
    assert sorted(read) == [(t, 0, 0, 0) for t in range(5)]
    np.testing.assert_array_equal(before, plane_percentiles(image))
    np.testing.assert_array_equal(after, plane_percentiles(equalize(image, axes=(-2, -1))))


@pytest.mark.parametrize("chunks", [None, (1, 3, 12, 9), (5, 1, 4, 9)])
def test_progress_rises_and_what_it_raises_stops_the_work(chunks):
    image = movie()
    given, told = image if chunks is None else da.from_array(image, chunks=chunks), []
    plane_percentiles(given, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0

    def stop(fraction):
        raise KeyError(fraction)

    with pytest.raises(KeyError):
        plane_percentiles(given, progress=stop)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"percentiles": [50, 20]}, "increasing"),
        ({"percentiles": []}, "increasing"),
        ({"percentiles": [np.nan]}, "increasing"),
        ({"percentiles": [-1, 50]}, "from 0 to 100"),
        ({"percentiles": [50, 100.5]}, "from 0 to 100"),
        ({"axes": 7}, "use -4 to 3"),
        ({"axes": 1, "channel_axis": 1}, "only the channel axis"),
        ({"mask": np.ones((2, 2), bool)}, "does not broadcast"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_cure(given, words):
    image = movie()
    with pytest.raises(ValueError, match=words):
        plane_percentiles(image, **given)
    with pytest.raises(ValueError, match=words):
        plane_percentiles(da.from_array(image), **given)


def test_the_input_is_left_alone():
    image = movie()
    image.flags.writeable = False
    plane_percentiles(image)
