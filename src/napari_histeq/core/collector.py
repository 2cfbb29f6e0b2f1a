"""Python's garbage collector, kept from walking all that is alive, with the interpreter held."""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A graph of fewer tasks than this troubles nobody's collector.
MANY_TASKS = 1000

#: Who froze what was alive froze more objects than this; Python 3.12 itself begins with 375.
FROZEN = 2000

_spared = 0
_was_on = _freezes = False
_sparing = threading.Lock()


@contextmanager
def collector_spared(tasks: int) -> Iterator[None]:
    """Keep Python's collector quiet while a large graph is made, and let it look at little as it runs.

    The objects of 10,000 tasks set off full collections, each of which would walk all that the
    process holds with the interpreter locked: for a viewer a quarter of a second, again and again.
    So it is off until `graph_made`; from then on it leaves alone what is alive by then. What
    somebody else has frozen stays so.
    """
    global _spared, _was_on, _freezes  # noqa: PLW0603  (one collector for the process)
    if tasks < MANY_TASKS:
        yield
        return
    with _sparing:
        if not _spared:
            _was_on, _freezes = gc.isenabled(), not _is_frozen()
            gc.disable()
        _freeze()
        _spared += 1
    try:
        yield
    finally:
        with _sparing:
            _spared -= 1
            if not _spared:
                if _freezes:
                    gc.unfreeze()
                _resume()


def graph_made() -> None:
    """A graph begins to run: what becomes garbage from now on is collected."""
    with _sparing:
        if _spared:
            _freeze()
            _resume()


@contextmanager
def no_collection() -> Iterator[None]:
    """Make what will stay: then the garbage collector need not look at all there is.

    Loading a large library has it do so several times, for 0.1 to 0.5 s each with the interpreter
    held. Frozen and thawed what is new counts as old, and as looked at; nothing is kept from
    being collected later.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not _is_frozen():
            gc.freeze()
            gc.unfreeze()
        if collects:
            gc.enable()


def _is_frozen() -> bool:
    return gc.get_freeze_count() > FROZEN


def _freeze() -> None:
    if _freezes:
        gc.freeze()


def _resume() -> None:
    if _was_on:
        gc.enable()
