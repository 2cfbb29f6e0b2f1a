"""Python's garbage collector, kept from walking all that is alive while a large graph is run."""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A graph of fewer tasks than this troubles nobody's collector.
MANY_TASKS = 1000

_spared = 0
_sparing = threading.Lock()


@contextmanager
def collector_spared(tasks: int) -> Iterator[None]:
    """Have Python's collector leave alone what is alive already, while a large graph is made and run.

    The objects of 10,000 tasks set off full collections, each of which would walk all that the
    process holds with the interpreter locked: for a viewer a quarter of a second, again and again.
    """
    global _spared  # noqa: PLW0603  (one collector for the process)
    if tasks < MANY_TASKS:
        yield
        return
    with _sparing:
        if not _spared:
            gc.freeze()
        _spared += 1
    try:
        yield
    finally:
        with _sparing:
            _spared -= 1
            if not _spared:
                gc.unfreeze()
