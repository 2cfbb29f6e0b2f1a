"""Ctrl-C at any moment of some work, as the system sends it: to the main thread.

``python -m helpers.interrupting NAME FOLDER`` does so with one kind of work, in a process of its
own: a signal that comes a moment too late must not end the tests.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
import dask.array as da
import numpy as np

from napari_histeq import compute_histogram, equalize, save_zarr
from napari_histeq.core.collector import FROZEN
from napari_histeq.core.threads import pool
from napari_histeq.core.zarr.folder import is_incomplete

if TYPE_CHECKING:
    from collections.abc import Callable

#: Where in the work, as a part of the time that it takes.
MOMENTS = np.linspace(0.02, 0.98, 7)

IMAGE = np.random.default_rng(0).gamma(2.0, 2000.0, (2000, 2500)).astype(np.uint16)
FLOATS = IMAGE[:1000].astype(np.float32)
LAZY = da.from_array(IMAGE, chunks=250)

WORK: dict[str, Callable[[], Any]] = {
    "global": lambda: equalize(IMAGE),
    "float": lambda: equalize(FLOATS),
    "clahe": lambda: equalize(IMAGE, "clahe"),
    "planes": lambda: equalize(IMAGE.reshape(50, 40, 2500), axes=(1, 2)),
    "histogram": lambda: compute_histogram(FLOATS).counts,
    "chunks, counted": lambda: equalize(LAZY),
    "chunks, mapped": equalize(LAZY).compute,
    "chunks, planes": equalize(LAZY, axes=(1,)).compute,
}


def interrupted(work: Callable[[], Any], delay: float) -> bool:
    """Do something, press Ctrl-C after so many seconds; whether it was still at work then."""
    inside, lost = True, list[Any]()
    timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
    sys.unraisablehook = lost.append  # what comes in the midst of a destructor is lost: by Python
    try:
        timer.start()
        work()
        inside = False
        timer.join()
        while not lost:
            time.sleep(0.01)
    except KeyboardInterrupt:
        return inside
    except RuntimeError as error:  # Python's own, where a Condition takes its lock back just then
        if "unlocked lock" not in str(error) or not isinstance(
            error.__context__, KeyboardInterrupt
        ):
            raise
        return inside
    return False


def check(name: str) -> None:
    """The same bits afterwards, whenever it was interrupted."""
    work, hits = WORK[name], 0
    wanted = np.asarray(work())
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    for moment in MOMENTS:
        hits += interrupted(work, moment * seconds)
        assert gc.get_freeze_count() <= FROZEN  # the collector looks at everything again
        np.testing.assert_array_equal(np.asarray(work()), wanted)
    assert hits, "none of them came in time"


def check_blocks() -> None:
    """Nobody is at work afterwards, however many blocks there are; not on those handed over just then."""
    done, one, hits = [0], threading.Lock(), 0

    def count(_: int) -> None:
        with one:
            done[0] += 1

    start = time.perf_counter()
    pool.for_each(count, range(20_000))
    seconds = time.perf_counter() - start
    # On a busy machine a signal may come late: so all over the work, and several times.
    for delay in np.tile(np.linspace(0.02, 0.9, 6), 5) * seconds:
        hits += interrupted(lambda: pool.for_each(count, range(20_000)), delay)
        before = done[0]
        time.sleep(0.02)
        assert done[0] == before
    assert hits, "none of them came in time"


def check_save(folder: Path) -> None:
    """It never looks finished, and can be gone on with."""
    start, hits = time.perf_counter(), 0
    save_zarr(LAZY, folder / "whole.zarr")
    seconds = time.perf_counter() - start
    for number, moment in enumerate(MOMENTS):
        path = folder / f"{number}.zarr"
        if interrupted(partial(save_zarr, LAZY, path), moment * seconds):
            hits += 1
        begun = path.exists() and any(path.iterdir())
        if not begun or is_incomplete(path):
            save_zarr(LAZY, path, if_exists="resume" if begun else "error")
        np.testing.assert_array_equal(da.from_zarr(path / "0").compute(), IMAGE)
        assert not is_incomplete(path)
        assert not [p for p in path.rglob("*") if p.suffix in (".lock", ".partial")]
    assert hits, "none of them came in time"


def check_compiling(delay: str) -> None:
    """With an empty cache: half made, or with a Numba half imported, it would not work any more."""
    image = np.arange(60_000, dtype="u2").reshape(200, 300)
    assert interrupted(lambda: equalize(image), float(delay))
    found = equalize(image)
    assert (found.dtype, found.max()) == (image.dtype, 65535)


def start_all_threads() -> None:
    """Python's executor does not know a thread in whose start Ctrl-C came, and waits for it at the end."""
    all_there = threading.Barrier(pool.thread_count() + 1)
    for _ in range(pool.thread_count()):
        pool._pool().submit(all_there.wait)
    all_there.wait()


if __name__ == "__main__":
    name, given = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs behind a shell ignores it
    start_all_threads()
    if name in WORK:
        with dask.config.set(scheduler=given):
            check(name)
    elif name == "blocks":
        check_blocks()
    elif name == "save":
        check_save(Path(given))
    else:
        check_compiling(given)
