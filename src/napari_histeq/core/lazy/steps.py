"""The tasks of a graph that count as steps: told as they are done, and where a run may be stopped."""

from __future__ import annotations

import sys
import time
import uuid
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from dask.callbacks import Callback

from napari_histeq.core.collector import MANY_TASKS, graph_made
from napari_histeq.core.threads import current_watcher, reminder, watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Watcher = Callable[[int, int], None]

T = TypeVar("T")

#: Seconds between looks at a cluster's progress, and after which a watcher is asked, though no step is
#: done, whether the work shall go on.
PATIENCE = 0.1

#: So few tasks take no time, and after each of so many it is looked whether it is time to ask.
FEW_TASKS = 64

STEP = "napari-histeq-step"


def step_name() -> str:
    """A new name for the keys of tasks that are steps."""
    return f"{STEP}-{uuid.uuid4().hex}"


def place_of(key: Any) -> tuple[str, tuple[int, ...]]:
    """Of the key of a task, the array's name and the chunk's index."""
    if isinstance(key, tuple):
        return str(key[0]), tuple(i for i in key[1:] if isinstance(i, int))
    return str(key), ()


def looking(things: Sequence[T]) -> Iterator[T]:
    """Each of them; of many, a watcher is asked now and then whether the work shall go on."""
    watcher = current_watcher()
    if watcher is None or len(things) < FEW_TASKS:
        yield from things
        return
    watcher(0, len(things))
    ask = reminder(watcher, 0, len(things))
    for number, thing in enumerate(things, 1):
        yield thing
        if number % MANY_TASKS == 0:
            watcher(0, len(things))
        elif number % FEW_TASKS == 0:
            ask()


class Steps(Callback):  # type: ignore[misc]
    """Tells of tasks that are done, in the thread that runs the graph."""

    def __init__(self, steps: int, tell: Watcher | None) -> None:
        super().__init__()
        self._steps, self._done, self._tell = steps, 0, tell
        self._told = time.monotonic()

    def _start_state(self, *_: Any) -> None:
        graph_made()

    def _posttask(self, key: Any, *_: Any) -> None:
        if self._tell is None or not self._steps:
            return
        step = place_of(key)[0].startswith(STEP)
        self._done += step
        now = time.monotonic()
        if step or now - self._told > PATIENCE:
            self._told = now
            self._tell(self._done, self._steps)


def looked_after(
    run: Callable[[], T], steps: int, watcher: Watcher, stop: Callable[[], object]
) -> T:
    """Have another thread run a graph, and tell the watcher in this one; if it raises, `stop()`.

    dask waits for its tasks where it is called, however long one takes: nobody could be asked.
    """
    from concurrent.futures import ThreadPoolExecutor

    done: SimpleQueue[int | None] = SimpleQueue()

    def work() -> T:
        try:
            with watching(None), Steps(steps, lambda number, _: done.put(number)):
                return run()
        finally:
            done.put(None)

    with ThreadPoolExecutor(1, thread_name_prefix="napari-histeq-graph") as thread:
        ran = thread.submit(copy_context().run, work)
        try:
            number: int | None = 0
            while number is not None:
                with suppress(Empty):
                    number = done.get(timeout=PATIENCE)
                if number is not None:
                    watcher(number, steps)
        except BaseException:
            stop()
            raise
        return ran.result()


def step_done(name: str, index: tuple[int, ...]) -> None:
    """Tell the client of a cluster that a step is done (elsewhere, dask tells by itself)."""
    distributed = sys.modules.get("distributed")  # a worker of a cluster has imported it
    if distributed is None:
        return
    try:
        worker = distributed.get_worker()
    except ValueError:  # not on a worker
        return
    worker.log_event(name, list(index))
