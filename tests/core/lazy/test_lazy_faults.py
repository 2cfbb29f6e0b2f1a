"""Lazy runs: chunks that cannot be read, progress, and an end on request."""

import threading
import time

import dask
import dask.array as da
import pytest
import zarr

from helpers.lazy_cases import failing, image
from napari_histeq import equalize
from napari_histeq.core import ChunkError, watching


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
    told = [*dict.fromkeys(seen)]  # the same again, where a busy machine takes long
    assert [of for of in told if of[0]][:6] == [(n, 6) for n in range(1, 7)]
    assert seen[-1] == (6, 6)


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
def test_of_what_chunks_do_by_themselves_nothing_is_told(scheduler):
    """dask hands its threads the context of whoever asks, and with it who watches."""
    source = da.from_array(image("u1"), chunks=(2, 16, 40)).map_blocks(equalize)
    seen = []
    with dask.config.set(scheduler=scheduler), watching(lambda *of: seen.append(of)):
        equalize(source)
    assert seen == [(n, 6) for n in range(1, 7)]


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

    source = da.zeros((2000, 10), chunks=(1, 10), dtype="u1").map_blocks(slow, dtype="u1")

    def stop(done, total):
        if done == 3:
            raise StopRun

    with pytest.raises(StopRun), watching(stop):
        equalize(source)
    when = time.monotonic()
    time.sleep(0.05)
    assert 3 <= len(started) < 1000  # after seconds, were it not canceled
    assert all(t < when for t in started)
