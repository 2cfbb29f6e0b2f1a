"""What running a graph of many tasks does to the rest of the process."""

from __future__ import annotations

import gc
from contextlib import nullcontext

import dask.array as da
import numpy as np
import pytest

from napari_histeq import compute_histogram
from napari_histeq.core import ChunkError
from napari_histeq.core.lazy import collector


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
