"""Errors and warnings of our own: what a caller may want to tell from others.

Warnings reach whoever asked for the work, in whatever thread it is done. Python's own go
through state of the whole process: two threads that catch them at the same time lose each
other's.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class ChunkError(RuntimeError):
    """A chunk could not be computed, or is not what was declared.

    Parameters
    ----------
    array : str
        What the chunk is one of.
    index : tuple of int
        Its place in the grid of chunks.
    cause : str
        The error, in words.
    place : tuple of (start, stop), optional
        Where in the array it lies, in pixels along each axis.
    """

    def __init__(
        self,
        array: str,
        index: tuple[int, ...],
        cause: str,
        place: tuple[tuple[int, int], ...] | None = None,
    ) -> None:
        super().__init__(array, index, cause, place)  # what pickle calls it with again
        self.array, self.index, self.cause, self.place = array, index, cause, place

    def __str__(self) -> str:
        spans = ", ".join(f"{start}:{stop}" for start, stop in self.place or ())
        at = f" at [{spans}]" if spans else ""
        chunk = f"chunk {self.index} of " if self.index else ""  # of whichever, or of the only one
        return f"{chunk}{self.array}{at} could not be computed: {self.cause}"


NOTHING_COUNTED = (
    "no pixel was counted (the mask is empty, or all counted pixels are NaN or infinite), "
    "so {what} returned unchanged"
)

_hearer: ContextVar[Callable[[str], object] | None] = ContextVar("hearer", default=None)


@contextmanager
def hearing(hearer: Callable[[str], object]) -> Iterator[None]:
    """Have `hearer(message)` called instead of `warnings.warn`, within this context."""
    token = _hearer.set(hearer)
    try:
        yield
    finally:
        _hearer.reset(token)


def warn(message: str, stacklevel: int = 1) -> None:
    """Warn the user; `stacklevel` is that of `warnings.warn` in the caller's place."""
    hearer = _hearer.get()
    if hearer is not None:
        hearer(message)
    else:
        warnings.warn(message, stacklevel=stacklevel + 1)


def warn_of_empty(found: Sequence[bool], stacklevel: int = 1) -> None:
    """Warn if there are planes without any pixel that counts; `found` has True for the others."""
    if not all(found):
        empty = len(found) - sum(found)
        what = f"{empty} of {len(found)} planes " + ("is" if empty == 1 else "are")
        what = "the image is" if len(found) == 1 else what
        warn(NOTHING_COUNTED.format(what=what), stacklevel + 1)
