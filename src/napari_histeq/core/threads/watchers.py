"""Who watches work and may stop it: told after each block, asked while a block takes long."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from queue import SimpleQueue

    Watcher = Callable[[int, int], None] | None
    Ask = Callable[[], object] | None
    #: The thread that watches, and who is told.
    Watched = tuple[int, Callable[[int, int], None]] | None

T = TypeVar("T")

#: Seconds after which a watcher is asked whether the work shall go on, though no block is done.
PATIENCE = 0.05

_watcher: ContextVar[Watched] = ContextVar("watcher", default=None)
_asked = threading.local()


class Stopped(BaseException):
    """Raised amid work that nobody waits for any more; no ``except Exception`` holds it up."""


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Have `watcher(done, total)` called after each block, in the caller's thread; None: nobody.

    It is called with the same numbers again where a block takes long. What it raises stops the work: that is how a run is canceled.
    Of what other threads do nothing is told, even if they got a copy of this context, as dask's do,
    and all of Python 3.14t.
    """
    token = _watcher.set(None if watcher is None else (threading.get_ident(), watcher))
    try:
        yield
    finally:
        _watcher.reset(token)


def current_watcher() -> Callable[[int, int], None] | None:
    """What `watching` has set in this context and in this thread, if anything."""
    thread, watcher = _watcher.get() or (0, None)
    return watcher if thread == threading.get_ident() else None


@contextmanager
def asking(ask: Callable[[], object] | None) -> Iterator[None]:
    """Have `ask()` called after each block of work within work: what it raises stops that."""
    before, _asked.ask = current_ask(), ask
    try:
        yield
    finally:
        _asked.ask = before


def current_ask() -> Ask:
    """What `asking` has set in this thread, if anything."""
    return getattr(_asked, "ask", None)


def reminder(watcher: Callable[[int, int], None], done: int, total: int) -> Callable[[], None]:
    """What tells a watcher once more, every now and then, how many are done: it may say stop."""
    told = time.monotonic()

    def ask() -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= PATIENCE:
            told = now
            watcher(done, total)

    return ask


def next_of(ended: SimpleQueue[T], ask: Ask) -> T:
    """What comes next; whoever is to be asked is asked meanwhile."""
    from queue import Empty  # late: it brings much along

    while ask is not None:
        try:
            return ended.get(timeout=PATIENCE)
        except Empty:
            ask()
    return ended.get()


def left_if_stopped(call: Callable[[], T]) -> T:
    """What a long call of a library returns, which nothing can stop.

    Where somebody may stop the work, the call gets a thread of its own: once nobody waits
    for it any more it is left to itself, and what it returns is thrown away. So it must
    write nowhere but into what it returns.
    """
    watcher = current_watcher()
    ask = current_ask() if watcher is None else reminder(watcher, 0, 1)
    if ask is None:
        return call()
    from concurrent.futures import wait

    made = on_its_own(call, "napari-histeq-call")
    while not wait([made], PATIENCE).done:
        ask()
    return made.result()


def on_its_own(call: Callable[[], T], name: str, *, daemon: bool = False) -> Future[T]:
    """What a thread of that name, made for this one call, will return or raise."""
    from concurrent.futures import Future  # late: it brings much along

    made: Future[T] = Future()

    def work() -> None:
        try:
            made.set_result(call())
        except BaseException as error:  # noqa: BLE001  (raised where it is waited for)
            made.set_exception(error)

    threading.Thread(target=work, name=name, daemon=daemon).start()
    return made
