"""A page as it grows, the clock, and the images that are timed."""

from __future__ import annotations

import ctypes
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from skimage import data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: The load for each processor up to which a machine is taken for idle.
IDLE = 0.75

#: The environment variable that says how many threads we use.
THREADS = "NAPARI_HISTEQ_THREADS"

rng = np.random.default_rng(0)


@dataclass
class Page:
    """The page, as it grows; `size` is the side of most images."""

    size: int
    lines: list[str] = field(default_factory=list)

    def say(self, *text: str) -> None:
        self.lines += [*text, ""]

    def table(self, head: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
        head = list(head)
        self.lines += [_row(head), _row(["---"] * len(head)), *map(_row, rows), ""]


def _row(cells: Iterable[Any]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def ms(seconds: float) -> str:
    """As text."""
    return f"{1e3 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"


def ns(seconds: float, pixels: int) -> str:
    """For each pixel, as text."""
    return f"{1e9 * seconds / pixels:.2f}"


def best(works: dict[str, Any], rounds: int = 5) -> dict[str, float]:
    """The least seconds of each, in turns; a name that ends with a star runs once only."""
    times = dict.fromkeys(works, np.inf)
    for name, work in works.items():
        if not name.endswith("*"):
            work()  # compiles
    for turn in range(rounds):
        for name, work in works.items():
            if turn == 0 or not name.endswith("*"):
                start = time.perf_counter()
                work()
                times[name] = min(times[name], time.perf_counter() - start)
    return times


@contextmanager
def one_thread() -> Iterator[None]:
    """Have OpenCV and us work in one thread each."""
    before, threads = os.environ.get(THREADS), cv2.getNumThreads()
    os.environ[THREADS] = "1"
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
        os.environ.pop(THREADS)
        if before is not None:
            os.environ[THREADS] = before


def module(name: str) -> Any:
    """A peer, if it is installed."""
    try:
        return import_module(name)
    except (ImportError, OSError):
        return None


def is_idle() -> bool:
    """Whether little else runs on the machine."""
    return os.getloadavg()[0] <= IDLE * (os.cpu_count() or 1)


def natural(dtype: str, size: int) -> Any:
    """A photograph with fine noise: all levels of 16 bit."""
    picture = cv2.resize(data.camera(), (size, size), interpolation=cv2.INTER_CUBIC) / 255.0
    noisy = np.clip(picture + rng.normal(0, 0.02, picture.shape), 0, 1)
    return (noisy * np.iinfo(dtype).max).astype(dtype)


def moon(dtype: str, size: int) -> Any:
    """A photograph of few levels, in long runs of equal pixels, laid side by side."""
    picture = data.moon()
    times = -(-size // picture.shape[0])
    return np.tile(picture, (times, times))[:size, :size].astype(dtype) * (
        np.iinfo(dtype).max // 255
    )


def faint(dtype: str, size: int) -> Any:
    """Gamma-distributed, as much of microscopy is: mostly dark, 12 bit of 16."""
    scale = 20 if dtype == "uint8" else 500
    most = 255 if dtype == "uint8" else 4095
    return rng.gamma(2, scale, (size, size)).clip(0, most).astype(dtype)


def cells(dtype: str, size: int) -> Any:
    """The same where cells are, and nothing around them: a background that was taken off, or masked."""
    coarse = rng.random((max(size // 128, 2),) * 2)
    inside = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC) > 0.7
    return np.where(inside, faint(dtype, size), 0).astype(dtype)


def noise(dtype: str, size: int) -> Any:
    """Every level equally often, in no order: the worst for a cache."""
    return rng.integers(0, np.iinfo(dtype).max + 1, (size, size), dtype)


def peak_beyond(work: Callable[[], Any]) -> float | None:
    """Megabytes that a work takes at its peak beside its input and its result; None if not told.

    By the kernel's own record, which only Linux lets a process set back.
    """
    try:
        work()  # compiles, and starts the threads
        # What was freed goes back to the system; else it would be there before, and be taken again.
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        start = _memory("VmRSS")
        out = work()
        return float(max(_memory("VmHWM") - start - out.nbytes / 2**20, 0.0))
    except (AttributeError, OSError, StopIteration):
        return None


def _memory(name: str) -> float:
    with Path("/proc/self/status").open(encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(name))
