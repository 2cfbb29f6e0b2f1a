"""OME-Zarr stores: right to the bit when finished, and never finished when not."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from itertools import pairwise

import dask
import dask.array as da
import numpy as np
import pytest
import xarray as xr
import yaozarrs
import zarr
from hypothesis import given
from hypothesis import strategies as st

from helpers.effort import examples
from helpers.lazy_cases import failing, image
from napari_histeq import equalize, save_zarr
from napari_histeq.core import ChunkError, watching
from napari_histeq.core.zarr.folder import is_incomplete
from napari_histeq.core.zarr.pyramid import halve, pyramid_factors


class StopRun(Exception):
    pass


def levels_of(path):
    group = zarr.open_group(path, mode="r")
    return [group[str(n)][...] for n in range(len(list(group.array_keys())))]


def scales(path):
    attributes = json.loads((path / "zarr.json").read_text())["attributes"]
    datasets = attributes["ome"]["multiscales"][0]["datasets"]
    return [d["coordinateTransformations"][0]["scale"] for d in datasets]


@pytest.mark.parametrize("scheduler", ["threads", "synchronous", "processes"])
def test_a_store_holds_the_image_and_its_pyramid(tmp_path, scheduler):
    pixels = image("u2", (10, 101, 130))
    with dask.config.set(scheduler=scheduler):
        path = save_zarr(
            da.from_array(pixels, chunks=(3, 32, 33)),
            tmp_path / "cells.ome.zarr",
            scale=(2.0, 0.5, 0.5),
            units="micrometer",
        )
    assert path == tmp_path / "cells.ome.zarr"
    yaozarrs.validate_zarr_store(path)
    levels = levels_of(path)
    assert levels[0].tobytes() == pixels.tobytes()
    assert [level.shape for level in levels] == [
        (10, 101, 130), (10, 51, 65), (10, 26, 33), (5, 13, 17), (3, 7, 9)
    ]  # fmt: skip
    for fine, coarse in pairwise(levels):
        whole = halve(fine, pyramid_factors(fine.shape, coarse.shape))
        assert np.array_equal(whole, coarse)
    assert scales(path)[2:4] == [[2.0, 2.0, 2.0], [4.0, 4.0, 4.0]]


@examples(40)
@given(
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple),
    dtype=st.sampled_from(["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "bool"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_halving_is_the_mean(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        pixels = rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    else:
        pixels = (rng.random(shape) * 2).astype(dtype)
    got = halve(pixels, (2,) * len(shape))
    for index in np.ndindex(got.shape):
        place = tuple(slice(2 * i, 2 * i + 2) for i in index)
        mean = sum(map(int if dtype.kind in "iub" else float, pixels[place].flat))
        size = pixels[place].size
        want = (2 * mean + size) // (2 * size) if dtype.kind in "iub" else mean / size
        assert got[index] == dtype.type(want)


def test_the_default_name_and_attributes(tmp_path):
    path = save_zarr(image("f4", (20, 30)), tmp_path / "a.ome.zarr", attributes={"by": "me"})
    attributes = json.loads((path / "zarr.json").read_text())["attributes"]
    assert attributes["napari_histeq"] == {"by": "me"}
    assert attributes["ome"]["multiscales"][0]["name"] == "a"
    assert attributes["ome"]["version"] == "0.5"


def test_axes_are_put_in_order(tmp_path):
    colors = image("u1", (20, 30, 3))
    path = save_zarr(colors, tmp_path / "a.zarr", axes="yxc", scale=(2.0, 3.0, 1.0))
    yaozarrs.validate_zarr_store(path)
    assert np.array_equal(levels_of(path)[0], np.moveaxis(colors, -1, 0))
    assert scales(path)[0] == [1.0, 2.0, 3.0]


def test_xarray_names_the_axes(tmp_path):
    named = xr.DataArray(image("u1", (3, 20, 30)), dims=("t", "y", "x"))
    path = save_zarr(named, tmp_path / "a.zarr", units=("second", None, None))
    (multiscale,) = yaozarrs.validate_zarr_store(path).attrs["ome"]["multiscales"]
    assert [a["name"] for a in multiscale["axes"]] == ["t", "y", "x"]
    assert multiscale["axes"][0]["unit"] == "second"


def test_given_levels_are_written_as_they_are(tmp_path):
    levels = [image("u2", (40, 60)), image("u2", (20, 30), 1), image("u2", (10, 15), 2)]
    path = save_zarr([da.from_array(a, chunks=16) for a in levels], tmp_path / "a.zarr")
    yaozarrs.validate_zarr_store(path)
    for got, want in zip(levels_of(path), levels, strict=True):
        assert np.array_equal(got, want)
    assert scales(path) == [[1, 1], [2, 2], [4, 4]]


def test_one_level_and_given_chunks(tmp_path):
    path = save_zarr(image("u2", (40, 60)), tmp_path / "a.zarr", levels=1, chunks=(10, 20))
    (stored,) = (a for _, a in zarr.open_group(path).arrays())
    assert stored.chunks == (10, 20)


def test_progress_reaches_the_end(tmp_path):
    seen = []
    with watching(lambda done, total: seen.append((done, total))):
        save_zarr(da.zeros((40, 40), chunks=10, dtype="u1"), tmp_path / "a.zarr", levels=2)
    assert [of for of in dict.fromkeys(seen) if of[0]] == [(n, 20) for n in range(1, 21)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"axes": "qyx"}, "axes is 'qyx'"),
        ({"axes": "yx"}, "axes is 'yx'"),
        ({"scale": (1.0, 1.0)}, "scale has 2 entries"),
        ({"levels": 0}, "levels is 0"),
        ({"chunks": (0, 1, 1)}, "chunks is"),
        ({"if_exists": "maybe"}, "if_exists is 'maybe'"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, arguments, says):
    with pytest.raises(ValueError, match=says):
        save_zarr(image("u1", (3, 20, 30)), tmp_path / "a.zarr", **arguments)
    assert not (tmp_path / "a.zarr").exists()


def test_four_axes_are_not_guessed(tmp_path):
    with pytest.raises(ValueError, match="name each axis"):
        save_zarr(image("u1", (2, 3, 20, 30)), tmp_path / "a.zarr")


def test_what_exists_is_not_overwritten_unasked(tmp_path):
    pixels = image("u1", (20, 30))
    path = save_zarr(pixels, tmp_path / "a.zarr")
    with pytest.raises(FileExistsError, match="if_exists='overwrite'"):
        save_zarr(pixels, path)
    with pytest.raises(FileExistsError, match="nothing to resume"):
        save_zarr(pixels, path, if_exists="resume")
    save_zarr(255 - pixels, path, if_exists="overwrite")
    assert np.array_equal(levels_of(path)[0], 255 - pixels)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(FileExistsError, match="no Zarr store"):
        save_zarr(pixels, tmp_path / "mine", if_exists="overwrite")


def assert_unfinished(path):
    assert is_incomplete(path)
    with pytest.raises(ValueError, match="Unable to determine OME-Zarr version"):
        yaozarrs.validate_zarr_store(path)


def test_a_canceled_store_says_so_and_is_resumed(tmp_path):
    pixels, path = image("u2", (60, 100)), tmp_path / "a.zarr"
    chunked = da.from_array(pixels, chunks=10)

    def stop(done, total):
        if done == 30:
            raise StopRun

    save_zarr(chunked, tmp_path / "b.zarr")
    with pytest.raises(StopRun), watching(stop):
        save_zarr(chunked, path)
    assert_unfinished(path)
    with pytest.raises(FileExistsError, match="if_exists='resume'"):
        save_zarr(chunked, path)
    with pytest.raises(ValueError, match="another image"):
        save_zarr(chunked + 1, path, if_exists="resume")
    with pytest.raises(ValueError, match="other options"):
        save_zarr(chunked, path, levels=1, if_exists="resume")
    (path / "0" / "c" / f"7.{'0f' * 16}.partial").write_bytes(b"half a chunk")
    save_zarr(chunked, path, if_exists="resume")
    assert not is_incomplete(path)
    assert not list(path.rglob("*.partial"))
    for got, want in zip(levels_of(path), levels_of(tmp_path / "b.zarr"), strict=True):
        assert np.array_equal(got, want)


def test_blocks_that_are_there_are_not_computed_again(tmp_path):
    computed, path = [], tmp_path / "a.zarr"

    def read(block, block_id=None):
        computed.append(block_id)
        if block_id == (0, 1) and not path.with_suffix(".fixed").exists():
            raise OSError("gone")
        return block

    meta = np.empty((0, 0), np.uint8)
    source = da.zeros((40, 40), chunks=10, dtype="u1").map_blocks(read, meta=meta)
    with dask.config.set(scheduler="synchronous"):
        with pytest.raises(ChunkError, match=r"chunk \(0, 1\) of the image"):
            save_zarr(source, path)
        assert_unfinished(path)
        chunks = path / "0" / "c"
        written = {tuple(map(int, p.relative_to(chunks).parts)) for p in chunks.glob("*/*")}
        path.with_suffix(".fixed").touch()
        computed.clear()
        save_zarr(source, path, if_exists="resume")
    # One is computed again: to see that the store holds this image.
    assert written
    assert len(written & set(computed)) == 1
    yaozarrs.validate_zarr_store(path)


def test_a_failing_source_leaves_it_unfinished(tmp_path):
    source = failing((40, 60), 20, (1, 2), OSError("gone"))
    with pytest.raises(ChunkError, match=r"chunk \(1, 2\) of the image .*gone"):
        save_zarr(source, tmp_path / "a.zarr")
    assert_unfinished(tmp_path / "a.zarr")


def run(code, *arguments):
    script = textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_full_disk_is_named_and_leaves_it_unfinished(tmp_path):
    # No file may grow beyond 4 kB: the kernel itself refuses to write the chunks.
    process = run(
        """
        import atexit, resource, sys, numpy as np, dask.array as da
        from napari_histeq import save_zarr
        noise = da.random.default_rng(0).integers(0, 2**16, (200, 200), chunks=100, dtype="u2")
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, -1))
        atexit.register(resource.setrlimit, resource.RLIMIT_FSIZE, (-1, -1))
        save_zarr(noise, sys.argv[1])
        """,
        tmp_path / "a.zarr",
    )
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "ChunkError: chunk (" in errors
    assert "of a.zarr/0 could not be computed: OSError: [Errno 27] File too large" in errors
    assert_unfinished(tmp_path / "a.zarr")


def test_a_killed_process_leaves_it_unfinished_and_resumable(tmp_path):
    path = tmp_path / "a.zarr"
    process = run(
        """
        import sys, time, dask.array as da
        from napari_histeq import save_zarr
        noise = da.random.default_rng(0).integers(0, 2**16, (400, 400), chunks=20, dtype="u2")
        save_zarr(noise.map_blocks(lambda b: (time.sleep(0.02), b)[1], dtype="u2"), sys.argv[1])
        """,
        path,
    )
    until = time.monotonic() + 100
    while len(list((path / "0").glob("c/*/*"))) < 40:
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert_unfinished(path)
    noise = da.random.default_rng(0).integers(0, 2**16, (400, 400), chunks=20, dtype="u2")
    save_zarr(noise, path, if_exists="resume")
    assert np.array_equal(levels_of(path)[0], noise.compute())
    yaozarrs.validate_zarr_store(path)


def test_a_lazy_result_streams_to_disk(tmp_path):
    pixels = image("u2", (40, 50, 60))
    stored = zarr.create_array(tmp_path / "in.zarr", data=pixels, chunks=(10, 20, 20))
    path = save_zarr(equalize(stored), tmp_path / "out.zarr")
    assert np.array_equal(levels_of(path)[0], equalize(pixels))
