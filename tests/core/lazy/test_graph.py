"""A graph that is made, and run: whose fault it is when a task fails, and what a worker tells of a step."""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace
from typing import Any

import dask.array as da
import numpy as np
import pytest
from dask._task_spec import Task, TaskRef
from dask.local import get_sync

from napari_histeq.core import ChunkError, watching
from napari_histeq.core.arrays import Declared
from napari_histeq.core.collector import MANY_TASKS
from napari_histeq.core.lazy import graph as graphs
from napari_histeq.core.lazy.graph import _deadly, graph_of, run_graph
from napari_histeq.core.lazy.reduce import ChunkSource
from napari_histeq.core.lazy.steps import STEP, step_done


def many_chunks() -> Any:
    return da.zeros((MANY_TASKS, 2), chunks=(1, 2), dtype=np.uint8) + 1


@pytest.mark.parametrize("watched", [False, True])
def test_the_graph_of_many_chunks_is_dasks_own(watched: bool) -> None:
    image = many_chunks()
    with watching((lambda *_: None) if watched else None):
        found = graph_of(image, image > 0)
    assert len(get_sync(found, [key for (key,) in image.__dask_keys__()])) == MANY_TASKS


@pytest.mark.parametrize("error", [InterruptedError, TimeoutError])
def test_it_is_asked_while_dask_plans(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a plan that nobody wants; and what goes wrong in one is told."""
    gate, ended, asked = threading.Event(), threading.Event(), list[tuple[int, int]]()

    def slow(*_: Any) -> None:
        assert gate.wait(60)
        ended.set()
        raise error("planned badly")

    def stop(*told: int) -> None:
        asked.append(told)
        if len(asked) == 3:
            raise InterruptedError("stopped")

    monkeypatch.setattr(graphs, "optimize", slow)
    with pytest.raises(InterruptedError, match="stopped"), watching(stop):
        graph_of(many_chunks())
    assert len(asked) == 3
    assert not ended.is_set()
    gate.set()
    assert ended.wait(60)
    with pytest.raises(error, match="planned badly"), watching(lambda *_: None):
        graph_of(many_chunks())


def broken(*_: Any) -> None:
    raise ZeroDivisionError("mine")


def failing(name: str) -> dict[Any, Any]:
    key = (name, 0)
    return {key: Task(key, broken)}


def test_a_fault_of_our_own_is_of_no_chunk() -> None:
    name = f"{STEP}-counted"
    with pytest.raises(ZeroDivisionError, match="mine"):
        run_graph(failing(name), [(name, 0)], {})


def test_of_what_nobody_has_named_the_error_tells_the_name() -> None:
    with pytest.raises(ChunkError, match=r"chunk \(0,\) of read-1 .*ZeroDivisionError: mine"):
        run_graph(failing("read-1"), [("read-1", 0)], {})


def test_the_chunk_that_workers_died_of_is_what_our_step_needs() -> None:
    step, read = (f"{STEP}-counted", 3), ("read-1", 3)
    graph = {step: Task(step, broken, TaskRef(read))}
    known = {"read-1": Declared("the image")}
    assert "chunk (3,) of the image" in str(_deadly(step, graph, known))
    assert "chunk (3,) of the image" in str(_deadly(read, graph, known))
    assert f"of {step[0]}" not in str(_deadly(step, graph, known))


def test_where_what_all_chunks_share_is_blamed_no_chunk_is_named() -> None:
    known = {"read-1": Declared("the image", np.dtype("u1"), ((2, 2), (3,)))}
    said = str(_deadly("work-1", {"work-1": Task("work-1", broken)}, known))
    assert said.startswith("the image could not be computed: each worker")
    assert str(_deadly("work-1", {}, {})).startswith("work-1 could not be computed")


def test_a_step_is_told_where_there_is_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    worker = SimpleNamespace(log_event=lambda *event: told.append(event))
    monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(get_worker=lambda: worker))
    step_done("a", (1, 2))
    assert told == [("a", [1, 2])]

    def no_worker() -> None:
        raise ValueError("No worker found")

    monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(get_worker=no_worker))
    step_done("a", (1, 3))
    assert len(told) == 1


@pytest.mark.parametrize(("channels", "axes"), [(True, None), (False, None), (False, (1, 2))])
def test_the_shape_of_a_source_is_that_of_its_planes(channels: bool, axes: Any) -> None:
    source = ChunkSource(da.zeros((1, 6, 3), np.uint8), None, channels, axes)
    assert source.shape == ((6, 3) if axes else (1, 6) if channels else (1, 6, 3))
