"""A cluster of two workers: the same bits, also when one of them is killed."""

import os
import signal
import time

import dask.array as da
import numpy as np
import pytest
import yaozarrs
import zarr

from helpers.lazy_cases import failing, image
from napari_histeq import equalize, save_zarr
from napari_histeq.core import ChunkError, watching
from napari_histeq.core.lazy import reduce

pytestmark = pytest.mark.whole

distributed = pytest.importorskip("distributed")


@pytest.fixture
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as found,
    ):
        yield found


@pytest.fixture(autouse=True)
def small_tallies(monkeypatch):
    monkeypatch.setattr(reduce, "TALLY_PIXELS", 1)


class KillOnce:
    """Kills a worker at a third of the way."""

    def __init__(self, client):
        self.victim = next(iter(client.run(os.getpid).values()))
        self.killed = False

    def __call__(self, done, total):
        if not self.killed and total // 3 <= done < total:
            os.kill(self.victim, signal.SIGKILL)
            self.killed = True


def slowly(block):
    time.sleep(0.02)
    return block


def slow_source(pixels, chunks):
    return da.from_array(pixels, chunks=chunks).map_blocks(slowly, dtype=pixels.dtype)


@pytest.mark.parametrize("dtype", ["u2", "f4"])
@pytest.mark.parametrize("axes", [None, (1, 2)])
def test_same_bits(client, dtype, axes):
    pixels = image(dtype)
    got = equalize(da.from_array(pixels, chunks=(2, 20, 20)), axes=axes)
    assert got.compute().tobytes() == equalize(pixels, axes=axes).tobytes()


def test_progress_and_cancel(client):
    seen = []
    with watching(lambda done, total: seen.append((done, total))):
        equalize(slow_source(image("u2", (40, 20)), 10))
    assert seen == sorted(seen)
    assert seen[-1] == (8, 8)

    def stop(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError), watching(stop):
        equalize(slow_source(image("u2", (400, 20)), 10))
    assert equalize(image("u1")).dtype == np.uint8


def test_a_chunk_that_can_not_be_read_is_named(client):
    with pytest.raises(ChunkError, match=r"chunk \(1, 2\) of the image .*OSError: gone"):
        equalize(failing((40, 60), 20, (1, 2), OSError("gone")))


@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_a_worker_killed_while_counting(client, dtype):
    pixels = image(dtype, (60, 31, 40))
    kill = KillOnce(client)
    with watching(kill):
        got = equalize(slow_source(pixels, (1, 31, 40)))
    assert kill.killed
    assert got.compute().tobytes() == equalize(pixels).tobytes()


def deadly(shape, chunks, at):
    """A dask array one of whose chunks kills the process that reads it."""

    def read(block, block_id=None):
        if block_id == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return block

    zeros = da.zeros(shape, chunks=chunks, dtype=np.uint8)
    return zeros.map_blocks(read, dtype=np.uint8, meta=np.empty((0, 0), np.uint8))


def test_a_chunk_that_no_worker_survives_is_named(client):
    client.cluster.scheduler.allowed_failures = 1
    # dask blames a task that was on both workers: the chunk's, or the function that all chunks share.
    words = r"^(chunk \(1, 2\) of )?the image .*worked on it died, for"
    with pytest.raises(ChunkError, match=words):
        equalize(deadly((40, 60), 20, (1, 2)))
    assert equalize(image("u1")).dtype == np.uint8


def test_a_worker_killed_while_saving(client, tmp_path):
    pixels = image("u2", (60, 32, 40))
    result = equalize(da.from_array(pixels, chunks=(2, 32, 40))).map_blocks(slowly, dtype="u2")
    kill = KillOnce(client)
    with watching(kill):
        path = save_zarr(result, tmp_path / "a.zarr", levels=2)
    assert kill.killed
    yaozarrs.validate_zarr_store(path)
    assert np.array_equal(zarr.open_group(path)["0"][...], equalize(pixels))
    save_zarr(equalize(pixels), tmp_path / "b.zarr", chunks=(2, 32, 40), levels=2)
    assert np.array_equal(
        zarr.open_group(path)["1"][...], zarr.open_group(tmp_path / "b.zarr")["1"][...]
    )
