"""What is alive is not walked while a graph of many tasks runs, or a library is loaded."""

from __future__ import annotations

import gc
import weakref
from contextlib import nullcontext
from typing import Any

import dask.array as da
import numpy as np
import pytest

from napari_histeq import compute_histogram
from napari_histeq.core import ChunkError, collector


@pytest.fixture(autouse=True)
def _nothing_is_frozen() -> None:
    """Tests of the GUI that ran before, in the same process, froze what is imported."""
    gc.unfreeze()


@pytest.mark.parametrize(("chunks", "spared"), [(4, False), (collector.MANY_TASKS + 8, True)])
def test_many_chunks_spare_what_is_alive_already(chunks: int, spared: bool) -> None:
    before, seen = gc.get_freeze_count(), []

    def block(block_info=None):
        chunk = block_info[None]["chunk-location"][0]
        if chunk % 200 == 0:  # counting them walks them all: a million after tests of the GUI
            seen.append(gc.get_freeze_count() > before)
        return np.full((1, 2, 2), chunk % 200, np.uint8)

    meta = np.empty((0, 0, 0), np.uint8)
    image = da.map_blocks(block, chunks=((1,) * chunks, (2,), (2,)), dtype=np.uint8, meta=meta)
    assert compute_histogram(image).total == 4 * chunks
    assert set(seen) == {spared}
    assert gc.get_freeze_count() == before


def test_it_ends_with_an_error_too() -> None:
    before = gc.get_freeze_count()

    def broken(block):
        raise OSError("gone")

    image = da.zeros((collector.MANY_TASKS, 2), chunks=(1, 2), dtype=np.uint8)
    with pytest.raises(ChunkError, match="gone"):
        compute_histogram(image.map_blocks(broken, dtype=np.uint8, meta=np.empty((0, 0), "u1")))
    assert gc.get_freeze_count() == before


def test_one_inside_another_ends_with_the_outer() -> None:
    before = gc.get_freeze_count()
    with collector.collector_spared(collector.MANY_TASKS):
        with collector.collector_spared(collector.MANY_TASKS):
            pass
        assert gc.get_freeze_count() > before
    assert gc.get_freeze_count() == before


def test_it_is_off_while_a_graph_is_made_and_no_longer() -> None:
    with collector.collector_spared(collector.MANY_TASKS):
        assert not gc.isenabled()
        collector.graph_made()
        assert gc.isenabled()
    gc.disable()
    try:
        with collector.collector_spared(collector.MANY_TASKS):
            collector.graph_made()
            assert not gc.isenabled()  # somebody else wants it off
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("error", [False, True])
def test_it_is_on_again_after_a_run(error: bool) -> None:
    def block(block):
        if error:
            raise OSError("gone")
        return block

    image = da.zeros((collector.MANY_TASKS, 2), chunks=(1, 2), dtype=np.uint8)
    image = image.map_blocks(block, dtype=np.uint8, meta=np.empty((0, 0), "u1"))
    with pytest.raises(ChunkError) if error else nullcontext():
        assert compute_histogram(image).total == image.size
    assert gc.isenabled()


def test_what_somebody_froze_stays_so() -> None:
    gc.freeze()
    count = gc.get_freeze_count()
    with collector.collector_spared(collector.MANY_TASKS):
        collector.graph_made()
        assert gc.isenabled()
    assert gc.get_freeze_count() == count > collector.FROZEN


class Thing:
    """In a circle: only the collector finds it."""

    def __init__(self) -> None:
        self.own = self


def test_what_is_loaded_is_not_looked_at_and_can_be_collected(monkeypatch: Any) -> None:
    monkeypatch.setattr(gc, "get_freeze_count", lambda: 375)  # as Python 3.12 begins
    runs: list[dict[str, Any]] = []

    def note(phase: str, info: dict[str, Any]) -> None:
        runs.append(info) if phase == "start" else None

    gc.callbacks.append(note)
    try:
        with collector.no_collection():
            kept = [Thing() for _ in range(200_000)]
            assert not gc.isenabled()
        assert gc.isenabled()
        assert not [info for info in runs if info["generation"] == 2]
    finally:
        gc.callbacks.remove(note)
    last = weakref.ref(kept[-1])
    kept.clear()
    gc.collect()
    assert last() is None


def test_what_somebody_froze_or_switched_off_stays_so_beside_a_library() -> None:
    gc.freeze()
    gc.disable()
    try:
        count = gc.get_freeze_count()
        with collector.no_collection():
            pass
        assert not gc.isenabled()
        assert gc.get_freeze_count() == count > collector.FROZEN
    finally:
        gc.enable()
