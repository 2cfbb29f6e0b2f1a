"""Labels of a lazy image: each chunk is read for all of them at once."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import CancelledError, Future
from queue import SimpleQueue
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest

from napari_histeq import (
    Clahe,
    Global,
    Match,
    equalize,
    equalize_labels,
)
from napari_histeq.core.lazy import side_by_side
from napari_histeq.core.threads import watching

RNG = np.random.default_rng(8)
SHAPE, CHUNK = (60, 80), 20
LABELS = (np.arange(60)[:, None] // 7 * 12 + np.arange(80) // 7).astype(np.int32)
LABELS[:3] = 0
METHODS = [Global(), Clahe(), Match(np.arange(90.0), 7)]


class Read:
    """An image that counts how often each of its chunks is read."""

    def __init__(self, pixels: Any) -> None:
        self.times: Counter[Any] = Counter()
        self._pixels, self._lock = pixels, threading.Lock()

    def lazy(self) -> da.Array:
        return da.map_blocks(
            self._block, chunks=tuple(da.core.normalize_chunks(CHUNK, self._pixels.shape)),
            dtype=self._pixels.dtype, meta=self._pixels[(slice(0),) * self._pixels.ndim],
        )  # fmt: skip

    def _block(self, block_info: Any = None) -> Any:
        where = tuple(slice(*span) for span in block_info[None]["array-location"])
        with self._lock:
            self.times[where[0].start, where[1].start] += 1
        return self._pixels[where]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_each_chunk_is_read_as_often_as_for_one_label(method: Any, dtype: str) -> None:
    """No label's fit sweeps more often than the only label of an image does."""
    pixels = RNG.gamma(2, 40, SHAPE).astype(dtype)
    read = Read(pixels)
    result = equalize_labels(read.lazy(), LABELS, method)
    often = max(read.times.values())
    alone = 0
    for label in (40, 77):
        one = Read(pixels)
        equalize_labels(one.lazy(), np.where(label == LABELS, LABELS, 0), method)
        alone = max(alone, *one.times.values())
    assert len(np.unique(LABELS)) > 90
    assert often <= alone
    assert result.compute().tobytes() == equalize_labels(pixels, LABELS, method).tobytes()


def test_chunks_without_a_label_are_not_read() -> None:
    labels = np.zeros(SHAPE, int)
    labels[5:9, 30:50] = 1
    read = Read(RNG.integers(0, 99, SHAPE).astype(np.uint8))
    equalize_labels(read.lazy(), labels)
    assert {*read.times} == {(0, 20), (0, 40)}


@pytest.mark.parametrize("method", [Global(), Clahe()], ids=lambda m: m.name)
def test_planes_in_one_chunk_are_read_once_for_all(method: Any) -> None:
    stack = RNG.integers(0, 99, (4, 40, 40)).astype(np.uint8)
    labels = np.stack([np.roll(LABELS[:40, :40] // 3, k, 1) for k in range(4)])
    times: list[Any] = []

    def seen(block: Any) -> Any:
        times.append(block.shape)
        return block

    lazy = da.from_array(stack, chunks=(4, 40, 40)).map_blocks(seen, dtype="u1", meta=stack[:0])
    found = equalize_labels(lazy, labels, method, axes=(1, 2))
    several = len(times)
    times.clear()
    one = np.where(labels == 5, 5, 0) * (np.arange(4) == 0)[:, None, None]
    equalize_labels(lazy, one, method, axes=(1, 2))
    assert several == len(times)
    np.testing.assert_array_equal(
        found.compute(), equalize_labels(stack, labels, method, axes=(1, 2))
    )


def test_in_groups_where_there_are_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "MOST", 7)
    pixels = RNG.integers(0, 5000, SHAPE).astype(np.uint16)
    found = equalize_labels(da.from_array(pixels, chunks=17), LABELS, feather=1)
    np.testing.assert_array_equal(found, equalize_labels(pixels, LABELS, feather=1))


@pytest.mark.parametrize("scheduler", ["synchronous", "processes"])
def test_on_other_schedulers(scheduler: str) -> None:
    pixels, labels = RNG.integers(0, 99, SHAPE).astype(np.uint8), LABELS // 30
    lazy = da.from_array(pixels, chunks=40)
    with dask.config.set(scheduler=scheduler):
        found = equalize_labels(lazy, labels).compute()
    assert found.tobytes() == equalize_labels(pixels, labels).tobytes()


def test_an_error_in_a_chunk_ends_all_of_them() -> None:
    def broken(block: Any) -> Any:
        raise OSError("disk gone")

    lazy = da.from_array(RNG.random(SHAPE), chunks=20)
    before = threading.active_count()
    with pytest.raises(Exception, match="disk gone"):
        equalize_labels(lazy.map_blocks(broken, dtype=float, meta=np.zeros((0, 0))), LABELS)
    assert threading.active_count() <= before + 4  # dask's own


def test_progress_is_told_in_the_calling_thread_and_can_stop_it() -> None:
    lazy = da.from_array(RNG.integers(0, 99, SHAPE).astype(np.uint8), chunks=20)
    seen: list[Any] = []

    def watch(done: int, total: int) -> None:
        seen.append((threading.current_thread(), done / total))

    with watching(watch):
        equalize(lazy, mask=LABELS, each_label=True)
    assert {thread for thread, _ in seen} == {threading.current_thread()}
    assert seen[-1][1] == 1

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with watching(stop), pytest.raises(KeyboardInterrupt):
        equalize(lazy, mask=LABELS, each_label=True)


def test_who_asks_after_an_error_is_told_too() -> None:
    """Threads that still count when the sweep for others fails must not wait for ever."""
    asked: SimpleQueue[Any] = SimpleQueue()
    ones = [side_by_side._Asked(None, None, None, Future()) for _ in range(3)]
    for each in (*ones[:2], ones[2], None, None):
        asked.put(each)

    def broken(_: Any) -> list[Any]:
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        side_by_side._serve(asked, 2, broken)
    for each in ones:
        with pytest.raises(CancelledError):
            each.answer.result(0)
    assert asked.empty()
