"""Arrays cut into blocks, and the one thread pool that works through them.

Kernels want contiguous 1-D runs in native byte order; users bring Fortran
order, big-endian files, memory maps and strided views. This room turns the
second into the first, a block at a time, so that nothing is ever copied whole.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache, partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from napari_histeq.core.arrays.processors import processors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor
    from queue import SimpleQueue

    from numpy.typing import NDArray

    Watcher = Callable[[int, int], None] | None
    #: The thread that watches, and who is told.
    Watched = tuple[int, Callable[[int, int], None]] | None

#: Pixels per block: small enough to stay responsive to a cancel, large enough
#: that handing a block to a thread costs nothing beside the work on it.
BLOCK_PIXELS = 1 << 21

#: Bytes per block where there are pixels enough for all threads: starting a block costs
#: more than it seems, in caches and in memory that is touched for the first time.
BLOCK_BYTES = 1 << 23

#: The environment variable that says how many threads to use.
THREADS = "NAPARI_HISTEQ_THREADS"

#: Seconds after which a watcher is asked whether the work shall go on, though no block is done.
PATIENCE = 0.05

#: Numbers that a thread adds at once: fewer are not worth handing over.
ADDED_AT_ONCE = 1 << 16

Region = tuple[slice, ...]
T = TypeVar("T")

_watcher: ContextVar[Watched] = ContextVar("watcher", default=None)
_inside = threading.local()
_making = threading.Lock()


class Stopped(BaseException):
    """Raised amid work that nobody waits for any more; no ``except Exception`` holds it up."""


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


@contextmanager
def asking(ask: Callable[[], object] | None) -> Iterator[None]:
    """Have `ask()` called after each block of work within work: what it raises stops that."""
    before, _inside.ask = getattr(_inside, "ask", None), ask
    try:
        yield
    finally:
        _inside.ask = before


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
    ask = getattr(_inside, "ask", None)
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
    outer = getattr(_inside, "ask", None)
    try:
        for _ in range(min(len(items), thread_count()) - 1):
            helpers.append(_pool().submit(share, partial(_go_on, stop)))  # noqa: PERF401  (Ctrl-C loses none of them)
        for done in range(1, len(items) + 1):
            ask = outer if watcher is None else reminder(watcher, done - 1, len(items))
            if ended.empty():
                share(ask, 1)
            error = _next(ended, ask)
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


def _next(
    ended: SimpleQueue[BaseException | None], ask: Callable[[], None] | None
) -> BaseException | None:
    """What comes next, and whoever watches is asked meanwhile."""
    from queue import Empty

    while ask is not None:
        try:
            return ended.get(timeout=PATIENCE)
        except Empty:
            ask()
    return ended.get()


def _share(
    work: Callable[[Any], object],
    todo: deque[Any],
    ended: SimpleQueue[BaseException | None],
    ask: Callable[[], None] | None,
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


class PerThread(Generic[T]):
    """A thing for each thread to add to, and the sum of them all."""

    def __init__(self, start: Callable[[], T]) -> None:
        self._start = start
        self._things: dict[int, T] = {}

    def mine(self) -> T:
        """The calling thread's own."""
        thread = threading.get_ident()
        if thread not in self._things:
            self._things[thread] = self._start()
        return self._things[thread]

    def sum(self) -> T:
        """All together; the first of them has it."""
        first, *rest = self._things.values()
        if isinstance(first, np.ndarray):
            add_arrays(first, rest)  # type: ignore[arg-type]
            return first
        if hasattr(first, "add_all"):
            first.add_all(rest)
            return first
        return sum(rest, start=first)  # type: ignore[call-overload, no-any-return]


def add_arrays(total: NDArray[Any], others: Sequence[NDArray[Any]]) -> None:
    """Add contiguous arrays of one shape to the first, each thread a part where they are large."""
    if not others:
        return
    total, others = total.reshape(-1), [other.reshape(-1) for other in others]
    step = max(-(-total.size // thread_count()), ADDED_AT_ONCE)

    def work(start: int) -> None:
        part = total[start : start + step]
        for other in others:
            part += other[start : start + step]

    for_each(work, range(0, total.size, step), watched=False)


def memory_order(image: NDArray[Any]) -> tuple[int, ...]:
    """The axes from the slowest to the fastest in memory."""
    steps = image.strides
    return tuple(sorted(range(image.ndim), key=lambda axis: -abs(steps[axis])))


def regions(shape: tuple[int, ...], pixels: int = BLOCK_PIXELS) -> list[Region]:
    """Cut `shape` into regions of at most `pixels`, whole along the last axes."""
    if math.prod(shape) <= pixels:
        return [(slice(None),) * len(shape)]
    inner = math.prod(shape[1:])
    if inner > pixels:
        tails = regions(shape[1:], pixels)
        return [(slice(i, i + 1), *tail) for i in range(shape[0]) for tail in tails]
    step = max(pixels // max(inner, 1), 1)
    rest = (slice(None),) * (len(shape) - 1)
    return [(slice(i, min(i + step, shape[0])), *rest) for i in range(0, shape[0], step)]


def block_size(image: NDArray[Any]) -> int:
    """Pixels per block for a simple pass over an image, several blocks for each thread."""
    if image.size <= BLOCK_PIXELS:  # one of many planes: not worth asking for the threads
        return BLOCK_PIXELS
    # Fewer make too much of the tables of counts that each block has; floats are more work a pixel.
    least = BLOCK_PIXELS // (2 if image.dtype.itemsize <= 2 else 4)
    most = max(BLOCK_BYTES // image.dtype.itemsize, BLOCK_PIXELS)
    return min(max(image.size // (4 * thread_count()), least), most)


def flat_views(*arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """The same arrays, axes in the memory order of the first, 1-D where all can be.

    Counting and looking up do not care where a pixel lies, so Fortran order,
    transposed views and C order all become one long run.
    """
    if all(a.flags.c_contiguous for a in arrays):
        return tuple(a.reshape(-1) for a in arrays)
    order = memory_order(arrays[0])
    ordered = tuple(a.transpose(order) for a in arrays)
    if all(a.flags.c_contiguous for a in ordered):
        return tuple(a.reshape(-1) for a in ordered)
    return ordered


def native_run(block: NDArray[Any]) -> NDArray[Any]:
    """The block as a contiguous 1-D run in native byte order (a view when it is one)."""
    return np.ascontiguousarray(block, dtype=block.dtype.newbyteorder("=")).reshape(-1)
