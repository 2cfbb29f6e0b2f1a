"""Chunks that are not as declared, wherever a part of a lazy image is read for itself alone."""

from __future__ import annotations

import dask
import dask.array as da
import numpy as np
import pytest
import xarray
import zarr

from helpers.lazy_cases import failing, image, stored
from helpers.lies import LIES, Scaled, lying, says
from napari_histeq import (
    Match,
    Standard,
    compute_histogram,
    equalize,
    equalize_labels,
    equalize_multiscale,
    equalize_together,
    plane_percentiles,
    suggest_clahe,
)
from napari_histeq.core import ChunkError
from napari_histeq.core.reading import read_part
from napari_histeq.core.verbs import count_together, source_of

SHAPE, CHUNKS, AT = (4, 40, 60), (1, 20, 20), (2, 1, 2)
PLACE = ((2, 3), (20, 40), (40, 60))
MASK = np.arange(60) > 5
LABELS = np.broadcast_to(np.arange(60) // 20, SHAPE[1:]).astype("u1")
OTHER = image("u1", SHAPE, 1)

#: All that reads planes, or parts of an image, when they are asked for; and what is new since
#: `test_chunks` was written.
ENTRIES = {
    "planes": lambda a: equalize(a, axes=(1, 2))[2].compute(),
    "planes by clahe": lambda a: equalize(a, "clahe", axes=(1, 2))[2].compute(),
    "planes that know their neighbors": lambda a: equalize(a, axes=(1, 2), smooth=1)[2].compute(),
    "planes without the clipped": lambda a: equalize(a, axes=(1, 2), saturated=2)[2].compute(),
    "planes of a pyramid": lambda a: equalize_multiscale([a, a[:, ::2, ::2]], axes=(1, 2))[1][
        2
    ].compute(),
    "a coarse level": lambda a: equalize_multiscale(
        [da.zeros((4, 80, 120), chunks=40, dtype="u1"), a]
    )[1].compute(),
    "only inside": lambda a: equalize(a, mask=MASK, inside=True, axes=(1, 2))[2].compute(),
    "with a soft edge": (
        lambda a: equalize(a, mask=MASK, inside=True, feather=2, axes=(1, 2))[2].compute()
    ),
    "labels": lambda a: equalize_labels(a, LABELS).compute(),  # type: ignore[attr-defined]
    "labels of planes": lambda a: equalize_labels(a, LABELS, axes=(1, 2))[2].compute(),
    "histograms of planes": lambda a: compute_histogram(a, axes=(1, 2)),
    "bins of planes": lambda a: compute_histogram(a, axes=(1, 2), nbins=7),
    "sample": lambda a: compute_histogram(a, max_samples=4000),
    "percentiles of planes": plane_percentiles,
    "percentiles of rows": lambda a: plane_percentiles(a, axes=(2,)),
    "one histogram": lambda a: equalize_together([a, OTHER]),
    "counted as one": lambda a: count_together([source_of(OTHER), source_of(a)]),
    "a reference": lambda a: equalize(OTHER, Match(a)),
    "one of several references": lambda a: Standard.learn([OTHER, a]),
    "suggested": suggest_clahe,
    "all of it": lambda a: read_part(a, ()),
    "a plane": lambda a: read_part(a, (2,)),
    "every other pixel": lambda a: read_part(a, (slice(1, 4), slice(10, 30, 2), slice(50, 55))),
}


@pytest.fixture
def source():
    return lambda lie: lying(lie, AT, shape=SHAPE, chunks=CHUNKS)


@pytest.mark.crossed
@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("lie", ["uint16", "float32", "shorter", "longer", "an axis less", "None"])
def test_it_is_named(entry, lie, source):
    with pytest.raises(ChunkError) as caught:
        ENTRIES[entry](source(LIES[lie]))
    words = str(caught.value)
    level = "level 1 of " if entry == "a coarse level" else ""
    assert caught.value.index == AT
    assert caught.value.place == PLACE
    assert f"of {level}the image at [2:3, 20:40, 40:60]" in words
    assert "declared as uint8 of shape (1, 20, 20), but is " in words


@pytest.mark.parametrize(
    "entry", [name for name in ENTRIES if name.startswith(("a plane", "every"))]
)
def test_what_is_not_read_is_no_matter(entry):
    elsewhere = lying(LIES["uint16"], (0, 0, 0), shape=SHAPE, chunks=CHUNKS)
    pixels = image("u1", SHAPE)
    np.testing.assert_array_equal(ENTRIES[entry](elsewhere), ENTRIES[entry](pixels))


@pytest.mark.parametrize(
    "kind", ["numpy", "dask", "zarr", "xarray", "tensorstore", "read by index"]
)
@pytest.mark.parametrize("key", [(), (2,), (3, ..., slice(None, None, 3)), np.s_[1:3, 5, 7:]])
def test_a_part_has_the_same_pixels(kind, key):
    pixels = image("u2", SHAPE)
    made = {
        "numpy": lambda: pixels,
        "dask": lambda: da.from_array(pixels, chunks=CHUNKS),
        "zarr": lambda: zarr.array(pixels, chunks=CHUNKS),
        "xarray": lambda: xarray.DataArray(da.from_array(pixels, chunks=CHUNKS)),
        "tensorstore": lambda: stored(pixels, (2, 20, 20)),
        "read by index": lambda: Scaled(pixels),
    }[kind]()
    if kind == "read by index":
        with pytest.raises(ChunkError, match=r"declared as uint16 .*is float"):
            read_part(made, key)
        return
    found = read_part(made, key)
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, pixels[key])


def test_a_part_is_read_and_no_more():
    read = []

    def note(block, block_id=None):
        read.append(block_id)
        return block

    meta = np.empty((0, 0, 0), "u1")
    noted = da.zeros(SHAPE, chunks=CHUNKS, dtype="u1").map_blocks(note, dtype="u1", meta=meta)
    read_part(noted, (2, slice(25, 30)))
    assert sorted(read) == [(2, 1, 0), (2, 1, 1), (2, 1, 2)]


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
@pytest.mark.parametrize(
    "entry", ["histograms of planes", "percentiles of planes", "sample", "a plane"]
)
def test_a_reader_that_fails_is_named_too(entry, scheduler):
    source = failing(SHAPE, CHUNKS, AT, OSError("gone"))
    with dask.config.set(scheduler=scheduler), pytest.raises(ChunkError) as caught:
        ENTRIES[entry](source)
    assert "OSError: gone" in says(caught.value, AT, PLACE)
