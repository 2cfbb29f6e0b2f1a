"""Running a dask graph: watched, cancellable, and with errors that name the chunk.

Imported late, on being handed a dask array. Whatever scheduler is active is used:
threads, the synchronous one, or a cluster through a `dask.distributed.Client`.
"""

from __future__ import annotations

import itertools
import os
import pickle
import threading
import time
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

import cloudpickle
import dask
import dask.array as da
from dask import threaded
from dask._task_spec import Alias, DataNode, Task, TaskRef, convert_legacy_graph
from dask.array.optimization import optimize
from dask.base import get_scheduler
from dask.core import flatten, reverse_dict
from dask.highlevelgraph import HighLevelGraph
from dask.local import get_sync
from dask.system import CPU_COUNT

from napari_histeq.core.arrays import Declared
from napari_histeq.core.collector import MANY_TASKS, graph_made
from napari_histeq.core.errors import ChunkError
from napari_histeq.core.lazy.cluster import DIED
from napari_histeq.core.lazy.pieces import run_in_pieces
from napari_histeq.core.lazy.steps import (
    PATIENCE,
    STEP,
    Steps,
    looked_after,
    looking,
    place_of,
)
from napari_histeq.core.threads import (
    Stopped,
    asking,
    current_watcher,
    left_if_stopped,
    watching,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Graph = dict[Any, Any]
    Known = dict[str, Declared]

if hasattr(os, "register_at_fork"):
    # As `threads.pool` does with its own: dask's pool has no threads in a forked process.
    os.register_at_fork(after_in_child=partial(setattr, threaded, "default_pool", None))

#: Parts of a sum that are added up by one task.
BRANCHES = 8


class Gate:
    """Who is at work in this process; once shut, nobody enters."""

    def __init__(self) -> None:
        self._inside = 0
        self._shut = False
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self.ask()
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def ask(self) -> None:
        """What those inside ask after each block: whether the run was stopped."""
        if self._shut:
            raise Stopped

    def close(self) -> None:
        """Let nobody in any more, and have those inside stop."""
        self._shut = True

    def shut(self) -> None:
        """Close, and wait until all are out."""
        self.close()
        with self._changed:
            self._changed.wait_for(lambda: not self._inside)

    def __reduce__(self) -> tuple[Any, ...]:
        return Gate, ()  # another process has its own


class _Guarded:
    """A task of a graph that tells which chunk it is when it fails."""

    def __init__(self, node: Any, gate: Gate, known: Known) -> None:
        self._node, self._gate = node, gate
        name, self._index = place_of(node.key)
        self._array = known.get(name, Declared(name))
        self._names = tuple(node.dependencies)

    @property
    def names(self) -> tuple[Any, ...]:
        """The keys of what the task needs."""
        return self._names

    def __call__(self, *values: Any) -> Any:
        with self._gate, asking(self._gate.ask), watching(None):
            try:
                return self._node(dict(zip(self._names, values, strict=True)))
            except ChunkError:
                raise
            except Exception as error:  # whatever a reader raises; it goes on
                if STEP in self._array.words:  # a fault of our own: of no chunk
                    raise
                cause = f"{type(error).__name__}: {error}"
                raise self._array.error(self._index, cause) from error


def run_graph(graph: Graph, keys: list[Any], known: Known) -> list[Any]:
    """Compute the `keys` of a graph; tell the watcher of `core.threads` after each step.

    Steps are the tasks with a `step_name`, which call `step_done` at their end. Errors of
    others are `ChunkError`; `known` says what the arrays with some names are called there.
    """
    gate = Gate()
    tasks = convert_legacy_graph(graph)
    guarded = {key: _guard(tasks[key], gate, known) for key in looking([*tasks])}
    steps = sum(place_of(key)[0].startswith(STEP) for key in guarded)
    get = scheduler()
    client = getattr(get, "__self__", None)
    try:
        if client is not None and hasattr(client, "subscribe_topic"):
            return _on_cluster(client, guarded, keys, steps, known)
        return _in_process(get, guarded, keys, steps, gate)
    except ChunkError as error:
        raise _of_known(error, tasks, known) from error.__cause__
    finally:
        # After an error or a cancel nothing may still be writing when we return.
        gate.shut()


def _of_known(error: ChunkError, tasks: Graph, known: Known) -> ChunkError:
    """The same error, of the chunk of a known array that needed what failed."""
    failed = [key for key in tasks if place_of(key) == (error.array, error.index)]
    if not failed or error.array in known:
        return error
    users = reverse_dict({key: task.dependencies for key, task in tasks.items()})
    index = f"chunk {error.index} of {error.array}: " if error.index else ""
    seen: set[Any] = set(failed)
    while failed:
        key = failed.pop(0)
        name, at = place_of(key)
        if name in known:
            return known[name].error(at, f"{index}{error.cause}")
        above = users[key] - seen
        seen |= above
        failed += above
    return error


def _guard(node: Any, gate: Gate, known: Known) -> Any:
    if isinstance(node, Alias | DataNode):
        return node
    work = _Guarded(node, gate, known)
    return Task(node.key, work, *map(TaskRef, work.names))


def scheduler() -> Callable[..., Any]:
    """The `get` function of the active scheduler; threads by default."""
    found: Callable[..., Any] = get_scheduler() or threaded.get
    return found


def shares_memory() -> bool:
    """Whether the tasks see this process's objects themselves, and each just once."""
    return scheduler() in (threaded.get, get_sync)


def _in_process(get: Any, graph: Graph, keys: list[Any], steps: int, gate: Gate) -> list[Any]:
    watcher = current_watcher()
    if watcher is not None and steps and get is threaded.get:
        # Not more threads than dask takes when it is asked by the main thread.
        get = partial(get, num_workers=dask.config.get("num_workers", None) or CPU_COUNT)
        return looked_after(partial(run_in_pieces, get, graph, keys), steps, watcher, gate.close)
    with Steps(steps, watcher):
        return run_in_pieces(get, graph, keys) if shares_memory() else list(get(graph, keys))


def _on_cluster(client: Any, graph: Graph, keys: list[Any], steps: int, known: Known) -> list[Any]:
    from distributed import KilledWorker

    watcher, done = current_watcher(), set()
    topics = {n for n in {place_of(key)[0] for key in graph} if n.startswith(STEP)}
    for topic in topics:
        client.subscribe_topic(topic, lambda event: done.add(tuple(event[1])))
    futures = client.get(graph, keys, sync=False)
    graph_made()
    try:
        while not all(f.done() for f in futures):
            if watcher is not None and steps:
                watcher(min(len(done), steps), steps)
            time.sleep(PATIENCE)
        results: list[Any] = client.gather(futures)
    except KilledWorker as error:
        raise _deadly(error.task, graph, known) from error
    finally:
        client.cancel(futures)
        for topic in topics:
            client.unsubscribe_topic(topic)
    if watcher is not None:
        watcher(steps, steps)
    return results


def _deadly(key: Any, graph: Graph, known: Known) -> ChunkError:
    """Of the chunk that workers died of; for one of our steps that is what it needs."""
    if place_of(key)[0].startswith(STEP) and place_of(key)[0] not in known:
        key = next((k for k in graph[key].dependencies if place_of(k)[0] in known), key)
    name, index = place_of(key)
    cause = f"{DIED}, or make chunks smaller"
    if name in known:
        return known[name].error(index, cause)
    # What all chunks share was on those workers just then, and is blamed: which chunk it was is not told.
    words = next((array.words for array in known.values()), name)
    return ChunkError(words, (), cause)


class Packed:
    """A function that travels compressed: what counts floats holds large, nearly empty tables."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *values: Any) -> Any:
        """Call the function."""
        return self.function(*values)

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpack, (zlib.compress(cloudpickle.dumps(self.function), 1),)


def _unpack(packed: bytes) -> Packed:
    return Packed(pickle.loads(zlib.decompress(packed)))


def graph_of(*arrays: Any) -> Graph:
    """The graph of some arrays, optimized as one: what several of them need is done once.

    dask makes the tasks of 10,000 chunks in half a second, and hears of nobody meanwhile.
    """
    whole = HighLevelGraph.merge(*(array.__dask_graph__() for array in arrays))
    keys = [*flatten(array.__dask_keys__() for array in arrays)]
    plan = partial(optimize, whole, keys)
    return dict(left_if_stopped(plan) if len(keys) >= MANY_TASKS else plan())


def called(graph: Graph, image: Any, words: str) -> Known:
    """What to call an array in errors: by its own name, and by that of its fused tasks."""
    declared = Declared(words, image.dtype, image.chunks)
    first = graph.get((image.name, *(0,) * image.ndim))
    fused = {place_of(first.target)[0]: declared} if isinstance(first, Alias) else {}
    return fused | {image.name: declared}


def blocks_of(image: Any) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """The index of every chunk, and where it lies."""
    grid = itertools.product(*(range(n) for n in image.numblocks))
    return zip(grid, da.core.slices_from_chunks(image.chunks), strict=True)


def tree_sum(graph: Graph, keys: list[Any], name: str) -> Any:
    """Add tasks to a graph that sum `keys` up; the key of the sum."""
    level = 0
    while len(keys) > 1 or not level:
        groups = [keys[i : i + BRANCHES] for i in range(0, len(keys), BRANCHES)]
        level += 1
        keys = [(name, level, i) for i in range(len(groups))]
        for key, group in zip(keys, groups, strict=True):
            graph[key] = Task(key, _sum_up, *map(TaskRef, group))
    return keys[0]


def _sum_up(first: Any, *rest: Any) -> Any:
    return sum(rest, start=first)
