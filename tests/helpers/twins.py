"""Every loop run twice, compiled and in plain numpy, and the bits of all that it wrote compared."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core import kernels
from napari_histeq.core.kernels.compiling.compiler import Loop, kind_of, load
from napari_histeq.core.kernels.door import Door
from napari_histeq.core.threads.pool import THREADS

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = (
    "levels",
    "cells",
    "clahe",
    "color",
    "floats",
    "keys",
    "lattice",
    "mixing",
    "opencv",
    "ordering",
    "patches",
    "planes",
    "rows",
)
DOORS = {
    f"{module}.{name}": value
    for module in MODULES
    for name, value in vars(getattr(kernels, module)).items()
    if isinstance(value, Door)
}

#: For who puts another method in the place of one of ours, which is one for the process. Of tests in several
#: threads the last to leave would leave that of the first: then lines that two threads write are compared.
ONE_AT_A_TIME = threading.RLock()


@contextmanager
def comparing() -> Iterator[set[str]]:
    """Within, every call of a loop compares the two; yields the names of those that were called."""
    with ONE_AT_A_TIME:
        yield from _comparing()


def _comparing() -> Iterator[set[str]]:
    called: set[str] = set()
    real, threads = Loop.choose, os.environ.get(THREADS)

    def choose(self: Loop, _: tuple[Any, ...]) -> tuple[Any, bool]:
        called.add(self.name)
        return lambda *given: _both(self, given), False

    forget()
    # Lines have other blocks' pixels between them, which another thread might be writing.
    os.environ[THREADS] = "1"
    Loop.choose = choose  # type: ignore[assignment, method-assign]
    try:
        yield called
    finally:
        Loop.choose = real  # type: ignore[method-assign]
        del os.environ[THREADS]
        if threads is not None:
            os.environ[THREADS] = threads
        forget()


def forget() -> None:
    """Have all loops chosen anew."""
    for door in DOORS.values():
        door._known.clear()


def _both(loop: Loop, given: tuple[Any, ...]) -> Any:
    mine = [a.copy() if isinstance(a, np.ndarray) and a.flags.writeable else a for a in given]
    found = loop.twin(*mine)
    wanted = load(loop.function, kind_of(given))(*given)
    _same(loop, found, wanted)
    tables = loop.name in ("lattice.count_distinct", "lattice.add_distinct")
    if tables:
        given, mine = tuple(_tables(given, wanted)), _tables(mine, wanted)
    if loop.name == "cells.sorted_keys":  # behind the keys there is nothing
        given, mine = (*given[:-1], given[-1][:wanted]), [*mine[:-1], mine[-1][:wanted]]
    room = {"opencv.opencv_mix": 1}.get(loop.name, 0)  # its last argument is room to work in
    for a, b in zip(given[: len(given) - room], mine, strict=not room):
        _same(loop, b, a)
    return wanted


def _tables(arguments: Any, held: int) -> list[Any]:
    """An open table in the order of its keys; if it was too small, what is in it is nothing."""
    most, _, keys, counts = arguments[-4:]
    used = np.flatnonzero(counts)
    order = used[np.argsort(keys[used])]
    return [] if held > most else [keys[order], counts[order]]


def _same(loop: Loop, found: Any, wanted: Any) -> None:
    if isinstance(wanted, np.ndarray):
        assert found.dtype == wanted.dtype
        assert found.shape == wanted.shape
    if np.asarray(found).tobytes() != np.asarray(wanted).tobytes():
        np.testing.assert_array_equal(found, wanted, err_msg=loop.name)
        raise AssertionError(f"{loop.name}: a zero has another sign, or a NaN other bits")
