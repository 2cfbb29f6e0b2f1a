"""The one thread pool, and how work on many items is shared by its threads and the caller."""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import contextmanager, suppress
from functools import cache, partial
from itertools import repeat
from typing import TYPE_CHECKING, Any

from napari_histeq.core.threads.processors import processors
from napari_histeq.core.threads.watchers import (
    Stopped,
    asking,
    current_ask,
    current_watcher,
    next_of,
    reminder,
    watching,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor
    from queue import SimpleQueue

    from napari_histeq.core.threads.watchers import Ask, Watcher

#: The environment variable that says how many threads to use.
THREADS = "NAPARI_HISTEQ_THREADS"

_inside = threading.local()
_making = threading.Lock()


def thread_count() -> int:
    """Threads that work: ``NAPARI_HISTEQ_THREADS``, or one per processor that is ours.

    Raises
    ------
    ValueError
        If that variable is anything but a whole number (0, like nothing: one per processor).
    """
    wanted = os.environ.get(THREADS, "").strip() or "0"
    if not (wanted.isascii() and wanted.isdigit()):
        raise ValueError(
            f"the environment variable {THREADS} is {wanted!r}: set it to a whole number of "
            "threads, or unset it to have one per processor"
        )
    return int(wanted) or processors()


@cache
def _made_pool() -> ThreadPoolExecutor:
    # One pool for the process, whoever asks: numba's own `parallel=True` aborts
    # the process when two Python threads enter its default threading layer.
    from concurrent.futures import ThreadPoolExecutor  # late: it brings logging along

    return ThreadPoolExecutor(thread_count(), thread_name_prefix="napari-histeq")


def _pool() -> ThreadPoolExecutor:
    with _making:  # `cache` alone has two threads that ask at once make two
        return _made_pool()


def _forked() -> None:
    """A forked process has the pool's object, but none of its threads: it makes a pool of its own."""
    global _making  # noqa: PLW0603  (another thread may have held it)
    _making = threading.Lock()
    _made_pool.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


@contextmanager
def in_place() -> Iterator[None]:
    """Have `for_each` work in the calling thread: it is a worker of another pool.

    Of several at work at once none tells how far it is: whoever gives out the work does.
    """
    before = getattr(_inside, "pool", False)
    _inside.pool = True
    try:
        with watching(None):
            yield
    finally:
        _inside.pool = before


def for_each(
    work: Callable[[Any], object],
    items: Sequence[Any],
    *,
    watched: bool = True,
    in_turn: bool = False,
) -> None:
    """Do `work(item)` for every item on the shared pool, and wait.

    Called from inside the pool it runs in place: a worker that waited for
    workers could wait for ever. What is not `watched` is no step of what `watching` watches.
    `in_turn`: each after the one before, in the calling thread.
    """
    inside = getattr(_inside, "pool", False)
    watcher = current_watcher() if watched and not inside else None
    if in_turn or len(items) <= 1 or inside or thread_count() == 1:
        _in_place(work, items, watcher)
    else:
        _on_pool(work, items, watcher)


def _in_place(work: Callable[[Any], object], items: Sequence[Any], watcher: Watcher) -> None:
    ask = current_ask()
    for done, item in enumerate(items, 1):
        work(item)
        if watcher is not None:
            watcher(done, len(items))
        elif ask is not None:
            ask()


def _on_pool(work: Callable[[Any], object], items: Sequence[Any], watcher: Watcher) -> None:
    """The caller works too: on a busy machine a while may pass until another thread gets to run."""
    from concurrent.futures import wait  # late: both bring much along
    from queue import SimpleQueue

    todo, ended, stop = deque(items), SimpleQueue[BaseException | None](), threading.Event()
    share = partial(_share, work, todo, ended)
    helpers: list[Future[None]] = []
    outer = current_ask()
    try:
        for _ in range(min(len(items), thread_count()) - 1):
            helpers.append(_pool().submit(share, partial(_go_on, stop)))  # noqa: PERF401  (Ctrl-C loses none of them)
        for done in range(1, len(items) + 1):
            ask = outer if watcher is None else reminder(watcher, done - 1, len(items))
            if ended.empty():
                share(ask, 1)
            error = next_of(ended, ask)
            if error is not None:
                raise error
            if watcher is not None:
                watcher(done, len(items))
            elif outer is not None:
                outer()
    finally:
        # After an error, a cancel or Ctrl-C nothing may still be writing when we return.
        stop.set()
        todo.clear()
        for helper in helpers:
            helper.cancel()
        wait(helpers)


def _go_on(stop: threading.Event) -> None:
    if stop.is_set():
        raise Stopped


def _share(
    work: Callable[[Any], object],
    todo: deque[Any],
    ended: SimpleQueue[BaseException | None],
    ask: Ask,
    most: int | None = None,
) -> None:
    """Do what is left to do, or at most so many items of it; and of each, say that it ended."""
    with in_place(), asking(ask), suppress(IndexError):
        for _ in repeat(None) if most is None else repeat(None, most):
            item = todo.popleft()
            ended.put(_error_of(work, item))


def _error_of(work: Callable[[Any], object], item: Any) -> BaseException | None:
    try:
        work(item)
    except BaseException as error:  # noqa: BLE001  (for the caller to raise)
        return error
    return None
