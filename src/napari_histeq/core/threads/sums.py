"""What each thread adds up by itself, and the sum of it all."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from napari_histeq.core.threads.pool import for_each, thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

#: Numbers that a thread adds at once: fewer are not worth handing over.
ADDED_AT_ONCE = 1 << 16

T = TypeVar("T")


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
