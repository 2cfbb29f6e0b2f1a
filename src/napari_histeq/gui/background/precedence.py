"""What a person has asked for comes first: what only prepares for later waits meanwhile."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_histeq.core.collector import no_collection

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds that it waits at most: a long run is better off with all prepared.
MOST = 3.0

#: Seconds for which a thread may keep the interpreter to itself while others wait for it. By Python's own
#: 5 ms a plot that is drawn beside two busy threads waits for most of half a second, 5 ms each time.
TURN = 0.001

_first: dict[Precedence, float] = {}
_free = threading.Event()
_free.set()

_turns = threading.Lock()
_taking_turns, _turn_before = 0, 0.0


class Precedence:
    """That of something a person waits for: from `begin` to `end`, on the GUI thread."""

    def begin(self) -> None:
        """Somebody waits from now on."""
        _first[self] = time.monotonic()
        _free.clear()

    def end(self) -> None:
        """Nobody waits for it any more."""
        _first.pop(self, None)
        if not _first:
            _free.set()


def give_way() -> None:
    """Wait until nobody waits for anything else, or has done so for long; on any other thread.

    Two threads share one interpreter: whoever imports a library in the one holds up the other.
    """
    began = max([*_first.values()], default=0.0)
    _free.wait(max(0.0, began + MOST - time.monotonic()))


@contextmanager
def short_turns() -> Iterator[None]:
    """Work beside the GUI thread, which gets its turn soon."""
    global _taking_turns, _turn_before  # noqa: PLW0603  (one interpreter for all threads)
    with _turns:
        if not _taking_turns:
            _turn_before = sys.getswitchinterval()
            sys.setswitchinterval(min(TURN, _turn_before))
        _taking_turns += 1
    try:
        yield
    finally:
        with _turns:
            _taking_turns -= 1
            if not _taking_turns:
                sys.setswitchinterval(_turn_before)


@contextmanager
def aside() -> Iterator[None]:
    """What only prepares, such as loading a library."""
    give_way()
    with no_collection():
        yield
