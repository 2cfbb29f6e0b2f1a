"""The thread that has loops compiled for those who do not wait."""

from __future__ import annotations

import logging
import sys
import threading
import time
from typing import TYPE_CHECKING

from napari_histeq.core.kernels.compiling import known
from napari_histeq.core.kernels.compiling.helper import Helper

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    #: The name of a loop, and of each of its arguments the kind.
    Request = tuple[str, ...]

    Aside = Callable[[], AbstractContextManager[None]]

#: Seconds that thread and helper wait for more to do, before they go.
LINGER = 5.0

#: Seconds without a call of a loop after which nobody waits for a result; and the most seconds to
#: wait for that, as a large image is better off with the compiled loop.
QUIET, MOST_QUIET = 0.5, 3.0


class Background:
    """Has loops compiled one after the other, in a thread that is there while there is a need.

    Parameters
    ----------
    load : callable
        Loads a loop into this process: compiles it, if it is not in the cache.
    aside : callable
        Gives what each loading is done within: see `compiler.be_patient`.
    """

    def __init__(self, load: Callable[..., None], aside: Aside) -> None:
        self._load, self._aside = load, aside
        self._asked: dict[Request, None] = {}
        self._failed: set[Request] = set()
        self._changed = threading.Condition()
        self._works = False
        self._called = 0.0

    def ask(self, request: Request) -> None:
        """Have a loop loaded, soon."""
        self._called = time.monotonic()
        with self._changed:
            if request in self._asked or request in self._failed:
                return
            self._asked[request] = None
            if not self._works:
                self._works = True
                name = "napari-histeq-compiler"
                threading.Thread(target=self._work, name=name, daemon=True).start()
            self._changed.notify()

    def _work(self) -> None:
        with Helper() as helper:
            while (request := self._next()) is not None:
                if not known.is_cached(request):
                    helper.compile(request)
                self._let_finish()
                try:
                    with self._aside():
                        self._load(*request)
                except Exception:
                    # The twin goes on answering.
                    logging.getLogger(__name__).exception("%s could not be compiled", request[0])
                    self._failed.add(request)
                with self._changed:
                    del self._asked[request]

    def _let_finish(self) -> None:
        """Wait for the run that goes on, not too long: importing Numba would hold it up."""
        end = time.monotonic() + MOST_QUIET
        while "numba" not in sys.modules:
            left = min(self._called + QUIET, end) - time.monotonic()
            if left <= 0:
                break
            time.sleep(left)

    def _next(self) -> Request | None:
        with self._changed:
            if not self._asked:
                self._changed.wait(LINGER)
            for request in self._asked:
                return request
            self._works = False
            return None
