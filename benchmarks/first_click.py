"""The first click of a new user: from "Equalize histogram" to the result on the screen.

Each run is a process of its own: napari with an image of 4 Mpx, and then the command from the
menu ("equalize", "clahe"), or the panel's button when the panel has been open for a moment. "cold"
means that neither Numba nor matplotlib has anything in its cache, as after an installation; "warm"
a later session. The result and its plot are timed apart: the plot is drawn when the result is seen. A timer of 5 ms is the heartbeat of the event loop: how
late its beats come is told for us, and for napari adding the same layers by itself. "busy" is
the processor time of napari's process: on a machine that others use too it is the better number.

    make first-click ARGS="--rounds 5 --loops auto compiled"

``--loops compiled`` waits for the compiler, as all did before there were loops in plain numpy.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

DTYPES = ("uint8", "uint16", "float32")
METHODS = ("equalize", "clahe", "panel")
SIDE = 2048
#: Seconds to go on beating after the result: what was put off must not hold the loop either.
AFTER = 3.0
#: Milliseconds a beat may be late.
BAR = 100.0


def image_of(dtype: str) -> Any:
    """Skewed, as micrographs are."""
    bright = np.random.default_rng(0).gamma(2, 3000, (SIDE, SIDE))
    if dtype == "uint8":
        return (bright / 100).clip(0, 255).astype(dtype)
    return bright.clip(0, 65535).astype(dtype)


def child(what: str, dtype: str) -> None:
    """One process: `what` is a command, or "napari" for layers that napari adds by itself."""
    import napari
    from qtpy.QtCore import QTimer
    from qtpy.QtWidgets import QApplication

    viewer = napari.Viewer()
    source = viewer.add_image(image_of(dtype), name="image")
    app = QApplication.instance()
    until(app, lambda: False, 1.0)  # napari's own first painting
    panel = opened(viewer, app) if what == "panel" else None
    beats: list[float] = []
    heart = QTimer()
    heart.setInterval(5)
    heart.timeout.connect(lambda: beats.append(time.perf_counter()))
    heart.start()
    until(app, lambda: len(beats) > 20, 5.0)
    beats.clear()
    start, busy = time.perf_counter(), time.process_time()
    if what == "napari":
        add_alone(viewer, source, app)
    else:
        if panel is not None:
            panel["run"].native.click()
        else:
            from napari_histeq.gui import commands

            getattr(commands, what)(viewer)
        until(app, lambda: len(viewer.layers) > 1, 120.0)
        app.processEvents()
    took, busy_then = time.perf_counter() - start, time.process_time() - busy
    until(app, lambda: len(viewer.layers) == 3, 120.0)
    app.processEvents()
    seen, busy = time.perf_counter() - start, time.process_time() - busy
    until(app, lambda: False, AFTER)
    late = np.diff([start, *beats]) * 1e3
    found = {"result": took, "result cpu": busy_then, "seen": seen, "cpu": busy}
    found |= {"gap": float(late.max()), "gaps": int((late > BAR).sum())}
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)  # the end of napari is not measured


def opened(viewer: Any, app: Any) -> Any:
    """The panel, as it is when a person has looked at it."""
    from napari_histeq.gui.panel import EqualizePanel

    panel = EqualizePanel(viewer)
    viewer.window.add_dock_widget(panel)
    drawn: list[bool] = []
    panel.plotbox.drawn.connect(lambda: drawn.append(True))
    until(app, lambda: drawn, 60.0)
    until(app, lambda: False, 2.0)
    return panel


def add_alone(viewer: Any, source: Any, app: Any) -> None:
    """The layers that a run adds: an image of the same kind, and a picture of a plot."""
    viewer.add_image(source.data.copy(), name="another", blending="additive")
    viewer.add_image(np.full((900, 1400, 4), 200, np.uint8), rgb=True, name="plot")
    app.processEvents()


def until(app: Any, done: Any, seconds: float) -> None:
    """Let Qt work until something is so; the loop wakes up by itself, for the heart beats."""
    from qtpy.QtCore import QEventLoop, QTimer

    loop, end = QEventLoop(), time.perf_counter() + seconds
    look = QTimer()
    look.timeout.connect(lambda: (done() or time.perf_counter() > end) and loop.quit())
    look.start(5)
    loop.exec()


def measure(what: str, dtype: str, loops: str, caches: Path) -> dict[str, float]:
    """One process, with these caches."""
    environment = os.environ | {
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        "MPLCONFIGDIR": str(caches / "matplotlib"),
        "NAPARI_CONFIG": str(caches / "napari.yaml"),
        "NAPARI_HISTEQ_LOOPS": loops,
    }
    done = subprocess.run(
        [sys.executable, __file__, "--child", what, dtype],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if done.returncode or not done.stdout.startswith("{"):
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def line(name: str, runs: list[dict[str, float]]) -> str:
    """The medians of some runs."""
    mid = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    least = min(run["result"] for run in runs)
    return (
        f"{name:<36} result after {mid['result']:6.2f} s (least {least:5.2f}), busy "
        f"{mid['result cpu']:5.2f} s; its plot too after {mid['seen']:6.2f} s, busy {mid['cpu']:5.2f} s;"
        f"   longest gap {mid['gap']:5.0f} ms, beats over {BAR:.0f} ms late: {mid['gaps']:.0f}"
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dtypes", nargs="+", default=DTYPES)
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--loops", nargs="+", default=["auto", "compiled"])
    parser.add_argument("--child", nargs=2)
    chosen = parser.parse_args()
    if chosen.child:
        child(*chosen.child)
        return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {chosen.rounds} rounds")
    for dtype in chosen.dtypes:
        runs = []
        for _ in range(chosen.rounds):
            with tempfile.TemporaryDirectory() as caches:
                runs.append(measure("napari", dtype, "auto", Path(caches)))
        print(line(f"{dtype}, napari by itself", runs), flush=True)
    for dtype, method in product(chosen.dtypes, chosen.methods):
        cold: dict[str, list[dict[str, float]]] = {loops: [] for loops in chosen.loops}
        warm: dict[str, list[dict[str, float]]] = {loops: [] for loops in chosen.loops}
        for _, loops in product(range(chosen.rounds), chosen.loops):  # in turns
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as caches:
                cold[loops].append(measure(method, dtype, loops, Path(caches)))
                warm[loops].append(measure(method, dtype, loops, Path(caches)))
        for loops in chosen.loops:
            print(line(f"{dtype}, {method}, {loops}, cold", cold[loops]), flush=True)
            print(line(f"{dtype}, {method}, {loops}, warm", warm[loops]), flush=True)


if __name__ == "__main__":
    main()
