"""Many chunks are run in pieces, so that dask does not plan for seconds before it does anything."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest
import zarr
from dask._task_spec import DataNode, Task, TaskRef
from dask.callbacks import Callback
from dask.local import get_sync

from napari_histeq import compute_histogram, save_zarr
from napari_histeq.core import ChunkError, watching
from napari_histeq.core.lazy import pieces
from napari_histeq.core.threads import for_each, in_place

if TYPE_CHECKING:
    from pathlib import Path

MANY = 2 * pieces.PIECE + 88
META = np.empty((0, 0), np.uint8)


class Started(Callback):
    """How many tasks dask was given, each time."""

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[int] = []

    def _start(self, dsk: Any) -> None:
        self.tasks.append(len(dsk))


def rows() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (MANY, 3), np.uint8)


def test_pieces_have_the_same_counts() -> None:
    with Started() as started:
        found = compute_histogram(da.from_array(rows(), chunks=(1, 3)))
    assert np.array_equal(found.counts, np.bincount(rows().ravel(), minlength=256))
    assert len(started.tasks) == 3
    assert max(started.tasks) < 2 * pieces.PIECE + 8


def test_what_two_tasks_wait_for_is_done_once_and_before_both() -> None:
    done: Counter[str] = Counter()

    def add(name: str, *given: int) -> int:
        done[name] += 1
        return sum(given) % 1009

    graph: dict[Any, Any] = {"0": DataNode("0", 1), "1": DataNode("1", 1)}
    for i in range(2, MANY):  # each is asked for by the next two
        near, far = TaskRef(str(i - 1)), TaskRef(str(i - 2))
        graph[str(i)] = Task(str(i), add, str(i), near, far)
    keys = [str(MANY - 1), "5", "0", str(MANY - 1)]
    found = pieces.run_in_pieces(get_sync, graph, keys)
    assert set(done.values()) == {1}
    assert len(done) == MANY - 2
    assert found == [*get_sync(graph, keys)]


def test_what_several_chunks_need_is_still_done_once() -> None:
    done: Counter[int] = Counter()

    def read(block: Any, block_info: Any = None) -> Any:
        done[block_info[0]["chunk-location"][0]] += 1
        return block

    stored = da.from_array(rows(), chunks=(3, 3)).map_blocks(read, dtype=np.uint8, meta=META)
    with Started() as started:
        found = compute_histogram(stored.rechunk((1, 3)))
    assert found.total == 3 * MANY
    assert set(done.values()) == {1}
    assert len(started.tasks) > 1


def test_a_pyramid_is_saved_branch_by_branch(tmp_path: Path) -> None:
    """All hangs on its last block: nothing is computed twice, nor kept longer than it is needed."""
    image = np.random.default_rng(0).integers(0, 256, (256, 256), np.uint8)
    done: Counter[tuple[int, ...]] = Counter()
    held: list[int] = []

    def read(block: Any, block_info: Any = None) -> Any:
        done[block_info[0]["chunk-location"]] += 1
        return block

    class Given(Started):
        """How many results of before dask was given, too."""

        def _start(self, dsk: Any) -> None:
            super()._start(dsk)
            held.append(sum(isinstance(node, DataNode) for node in dsk.values()))

    lazy = da.from_array(image, chunks=8).map_blocks(read, dtype=np.uint8, meta=META)
    with Given() as given:
        path = save_zarr(lazy, tmp_path / "a.ome.zarr")
    assert len(done) == 1024
    assert set(done.values()) == {1}
    assert len(given.tasks) > 3
    assert max(given.tasks) < 2 * pieces.PIECE
    assert max(held) < 32
    np.testing.assert_array_equal(zarr.open_array(path / "0", mode="r")[:], image)
    (last,) = zarr.open_array(path / "5", mode="r")[:1, :1].ravel()
    assert abs(int(last) - image[:32, :32].mean()) <= 5


def test_a_chunk_in_a_later_piece_is_named() -> None:
    def fail(block: Any, block_info: Any = None) -> Any:
        if block_info[0]["chunk-location"][0] == MANY - 2:
            raise OSError("gone")
        return block

    image = da.zeros((MANY, 2), chunks=(1, 2), dtype=np.uint8).map_blocks(
        fail, dtype=np.uint8, meta=META
    )
    with pytest.raises(ChunkError, match=rf"chunk \({MANY - 2}, 0\) of the image .*gone"):
        compute_histogram(image)


def test_it_can_be_stopped_between_two_steps() -> None:
    """A step that takes long to come, of many parts, is not waited for."""
    reads: list[int] = []

    def slow(block: Any) -> Any:
        reads.append(len(reads))
        time.sleep(0.02)
        return block

    parts = da.zeros((400, 2), chunks=(1, 2), dtype=np.uint8).map_blocks(
        slow, dtype=np.uint8, meta=META
    )

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError), watching(stop):
        compute_histogram(parts.rechunk((400, 2)))
    assert len(reads) < 400


def test_a_chunk_is_left_in_the_midst() -> None:
    """One of many blocks, which takes long: neither asking nor stopping waits for its end."""
    asked, worked = threading.Event(), list[int]()

    def work(number: int) -> None:
        if number:
            asked.wait(60)
        worked.append(number)
        time.sleep(0.01)

    def long(block: Any) -> Any:
        with in_place():
            for_each(work, range(500))
        return block

    def stop(done: int, total: int) -> None:
        if worked:
            asked.set()
            raise InterruptedError

    image = da.zeros((1, 3), chunks=(1, 3), dtype=np.uint8).map_blocks(
        long, dtype=np.uint8, meta=META
    )
    with pytest.raises(InterruptedError), watching(stop):
        compute_histogram(image)
    assert len(worked) < 500
