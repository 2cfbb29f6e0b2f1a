"""More threads: what they bring, a model of it, and what is serial."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np

from measured.paper import Page, best, ms, noise
from napari_histeq import compute_histogram, equalize, transfer_function
from napari_histeq.core.threads import for_each, thread_count

#: What is timed with a number of threads, in a process of its own.
THREADS = """
import os, sys, time
os.environ["NAPARI_HISTEQ_THREADS"] = sys.argv[1]
import numpy as np
from napari_histeq import Clahe, equalize
from napari_histeq.core.threads import for_each
rng = np.random.default_rng(0)
image = rng.integers(0, 65536, (4096, 4096), np.uint16)
small = rng.integers(0, 256, (8192, 8192), np.uint8)
floats = rng.lognormal(size=(4096, 4096)).astype(np.float32)
stack = image.reshape(1024, 128, 128)
copied = np.empty_like(image)
rows = [slice(i, i + 64) for i in range(0, 4096, 64)]
def least(work):
    work()
    found = []
    for _ in range(5):
        start = time.perf_counter(); work(); found.append(time.perf_counter() - start)
    return min(found)
print(
    least(lambda: equalize(small)),
    least(lambda: equalize(image)),
    least(lambda: equalize(floats)),
    least(lambda: equalize(image, Clahe())),
    least(lambda: equalize(stack, axes=(-2, -1))),
    least(lambda: for_each(lambda r: np.copyto(copied[r], image[r]), rows)),
)
"""

#: The works, and the bytes that each moves between memory and processor: read to be counted, read to
#: be mapped, the result written, fetched before that, and cleared by the system. Floats are
#: counted twice, planes are still in the cache when they are mapped.
WORKS = {
    "Global, uint8, 8192 x 8192": 5 * 8192**2,
    "Global, uint16, 4096 x 4096": 10 * 4096**2,
    "Global, float32, 4096 x 4096": 24 * 4096**2,
    "CLAHE, uint16, 4096 x 4096": 10 * 4096**2,
    "1,024 planes, uint16, 128 x 128": 8 * 4096**2,
    "a copy, uint16, 4096 x 4096": 6 * 4096**2,
}


def threads(page: Page) -> None:
    """What more threads bring, and the share that is serial."""
    most = thread_count()
    counts = sorted({n for n in (1, 2, 4, 8, 16, 32) if n <= most} | {most})
    found = {n: _with_threads(n) for n in counts}
    shown = counts[1:] if most > 2 else [2, 4, 8, 16]
    rows = []
    for place, (name, moved) in enumerate(WORKS.items()):
        one, two = found[1][place], found[min(2, most)][place]
        serial = min(max(2 * two - one, 0.0), two)
        pace = {n: WORKS["a copy, uint16, 4096 x 4096"] / found[n][-1] for n in counts}
        cells = [name, *(ms(found[n][place]) for n in counts)]
        for n in shown:
            bound = moved / pace[n] if n in pace else 0.0
            model = max(serial + (one - serial) / n, bound)
            measured = f"{one / found[n][place]:.1f}" if n in found else ""
            cells.append(f"{measured} ({one / model:.1f})")
        rows.append([*cells, f"{100 * serial / one:.0f} %"])
    page.say(
        "## Threads",
        "`NAPARI_HISTEQ_THREADS`, or as many as the process has cores, or a container's quota of processor time. "
        "All threads come from one pool, and the thread that asks works beside them; work that runs in a thread "
        "of dask stays in it, so that dask alone says how many there are.",
        "",
        "How many times as fast as one thread; in brackets what a model says: the time of one and of two threads gives what is serial "
        "(twice the second less the first), the rest is divided by the threads (Amdahl), and no work is quicker than its bytes "
        "at the pace that copying has with as many threads. Where the number of threads was not measured, memory is left out of the model.",
    )
    page.table(["work", *(_threads(n) for n in counts), *(f"x {n}" for n in shown), "serial"], rows)
    _serial(page)


def _threads(number: int) -> str:
    return f"{number} thread{'s' * (number > 1)}"


def _with_threads(number: int) -> list[float]:
    command = [sys.executable, "-c", THREADS, str(number)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(word) for word in run.stdout.split()]


def _serial(page: Page) -> None:
    """What one thread does in Python while the others wait, each part by itself."""
    image = noise("uint16", 4096)
    tiny = image[:64, :64].copy()
    histogram = compute_histogram(image)
    curve = transfer_function(histogram)
    parts: dict[str, Any] = {
        "all of a call (64 x 64 pixels: nearly no pixel's work)": partial(equalize, tiny),
        "the curve of 65,536 levels": partial(transfer_function, histogram),
        "its table": partial(curve.as_lut, np.uint16),
        "64 blocks given out, without any work": lambda: for_each(lambda _: None, range(64)),
    }
    times = best(parts, 20)
    whole = best({"": lambda: equalize(image)})[""]
    page.say("What is serial, in Python, of Global of uint16 with 4096 x 4096 pixels:")
    page.table(
        ["part", "time", f"share with {_threads(thread_count())}"],
        [[name, ms(t), f"{100 * t / whole:.1f} %"] for name, t in times.items()],
    )


def import_time(page: Page) -> None:
    """What importing takes beyond numpy."""
    script = (
        "import time, numpy; t = time.perf_counter(); import napari_histeq as n; n.equalize; "
        "print(time.perf_counter() - t)"
    )
    command = [sys.executable, "-c", script]
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}  # as installed
    runs = [
        subprocess.run(command, env=kept, capture_output=True, text=True, check=True)
        for _ in range(8)  # the first makes the bytecode
    ]
    least = min(float(run.stdout) for run in runs)
    page.say(f"`from napari_histeq import equalize` takes {1e3 * least:.0f} ms beyond numpy.")
