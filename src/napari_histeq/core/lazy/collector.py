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
_was_on = False
_sparing = threading.Lock()


@contextmanager
def collector_spared(tasks: int) -> Iterator[None]:
    """Keep Python's collector quiet while a large graph is made, and let it look at little as it runs.

    The objects of 10,000 tasks set off full collections, each of which would walk all that the
    process holds with the interpreter locked: for a viewer a quarter of a second, again and again.
    So it is off until `graph_made`; from then on it leaves alone what is alive by then.
    """
    global _spared, _was_on  # noqa: PLW0603  (one collector for the process)
    if tasks < MANY_TASKS:
        yield
        return
    with _sparing:
        if not _spared:
            _was_on = gc.isenabled()
            gc.disable()
        gc.freeze()
        _spared += 1
    try:
        yield
    finally:
        with _sparing:
            _spared -= 1
            if not _spared:
                gc.unfreeze()
                _resume()


def graph_made() -> None:
    """A graph begins to run: what becomes garbage from now on is collected."""
    with _sparing:
        if _spared:
            gc.freeze()
            _resume()


def _resume() -> None:
    if _was_on:
        gc.enable()
