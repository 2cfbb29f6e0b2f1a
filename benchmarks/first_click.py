"""The first click of a new user: from "Equalize histogram" to the result on the screen.

Each run is a process of its own: napari with an image of 4 Mpx, and then a click:

- "equalize", "clahe": the command from the menu;
- "panel": the panel's button, when the panel has been open for a moment;
- "demo": the same at once after the panel opened, on the X-ray of the demo, with the original
  beside the result.

"cold" means that neither Numba nor matplotlib has anything in its cache, as after an installation;
"warm" a later session. What is told is when the result was painted, and when its plot was added,
which is drawn when the result is seen. "busy" is the processor time of napari's process until the
result, "GUI" that of its main thread: on a machine that others use too these are the better
numbers. "gap" is the longest between two beats of a timer of 5 ms, until three quarters of a
second after the plot. "napari alone" is what napari takes for adding such layers.

    make first-click                        # about 7 minutes; the table of docs/reliability.md
    make first-click ARGS="--rounds 1 --click equalize"

``compiled`` waits for the compiler, as all did before there were loops in plain numpy.
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
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 2048

#: Seconds to go on beating after the plot: what was put off must not hold the loop either.
AFTER = 0.75

#: What is clicked, on which dtype, with which loops.
ROWS = (
    ("napari", "uint16", "auto"),
    ("equalize", "uint16", "auto"),
    ("equalize", "uint16", "compiled"),
    ("equalize", "float32", "auto"),
    ("clahe", "uint16", "auto"),
    ("panel", "uint16", "auto"),
    ("demo", "uint8", "auto"),
)

Numbers = dict[str, float]


def image_of(dtype: str) -> Any:
    """Skewed, as micrographs are."""
    bright = np.random.default_rng(0).gamma(2, 3000, (SIDE, SIDE))
    if dtype == "uint8":
        return (bright / 100).clip(0, 255).astype(dtype)
    return bright.clip(0, 65535).astype(dtype)


# ---- one process ----


class Clock:
    """The time and the processor time since it was made; the latter of the GUI thread too."""

    def __init__(self) -> None:
        self._start = self._now()

    def __call__(self) -> tuple[float, ...]:
        return tuple(now - start for now, start in zip(self._now(), self._start, strict=True))

    def _now(self) -> tuple[float, ...]:
        return time.perf_counter(), time.process_time(), time.thread_time()


def child(click: str, dtype: str) -> None:
    """One process: prints its numbers."""
    import napari
    from heart import Heart, until

    viewer = napari.Viewer()
    if click == "demo":
        from napari_histeq.samples.samples import xray

        source = viewer.add_image(xray()[0][0], name="image")
    else:
        source = viewer.add_image(image_of(dtype), name="image")
    until(lambda: False, 1.0)  # napari's own first painting
    panel = opened(viewer, click == "panel") if click in ("panel", "demo") else None
    painted: list[tuple[float, ...]] = []
    canvas = viewer.window._qt_viewer.canvas._scene_canvas
    with Heart() as heart:
        until(lambda: False, 0.1)
        clock = Clock()
        canvas.events.draw.connect(
            lambda _: painted.append(clock()) if len(viewer.layers) > 1 else None, position="last"
        )
        if click == "napari":
            add_alone(viewer, source)
        elif panel is not None:
            panel["compare"].value = click == "demo"
            panel["run"].native.click()
        else:
            from napari_histeq.gui import commands

            getattr(commands, click)(viewer)
        until(lambda: painted, 120.0)
        until(lambda: len(viewer.layers) >= (4 if click == "demo" else 3), 120.0)
        plotted, _, _ = clock()
        until(lambda: False, AFTER)
    seconds, busy, gui = painted[0]
    found = {"result": seconds, "busy": busy, "gui": gui, "plot": plotted, "gap": heart.longest}
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)  # the end of napari is not measured


def opened(viewer: Any, looked_at: bool) -> Any:
    """The panel; and as it is when a person has looked at it for a moment."""
    from heart import until

    from napari_histeq.gui.panel import EqualizePanel

    panel = EqualizePanel(viewer)
    viewer.window.add_dock_widget(panel)
    if looked_at:
        drawn: list[bool] = []
        panel.plotbox.drawn.connect(lambda: drawn.append(True))
        until(lambda: drawn, 60.0)
        until(lambda: False, 1.0)
    return panel


def add_alone(viewer: Any, source: Any) -> None:
    """The layers that a run adds: an image of the same kind, and a picture of a plot."""
    viewer.add_image(source.data.copy(), name="another", blending="additive")
    viewer.add_image(np.full((900, 1400, 4), 200, np.uint8), rgb=True, name="plot")


# ---- many ----


def measure(click: str, dtype: str, loops: str, caches: Path) -> Numbers:
    """The numbers of one process, with these caches."""
    environment = os.environ | {
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        "MPLCONFIGDIR": str(caches / "matplotlib"),
        "NAPARI_CONFIG": str(caches / "napari.yaml"),
        "NAPARI_HISTEQ_LOOPS": loops,
        "NAPARI_HISTEQ_SETTINGS": "",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    done = subprocess.run(
        [sys.executable, __file__, "--child", click, dtype],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if done.returncode or not done.stdout.startswith("{"):
        raise SystemExit(done.stderr)
    found: Numbers = json.loads(done.stdout)
    return found


def line(name: str, runs: list[Numbers]) -> str:
    """The medians of some runs, as a line of a table."""
    mid = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    least = min(run["result"] for run in runs)
    return (
        f"| {name} | {mid['result']:.2f} | {least:.2f} | {mid['busy']:.2f} | {mid['gui']:.2f} "
        f"| {mid['plot']:.2f} | {1e3 * mid['gap']:.0f} |"
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--click", nargs="+", default=sorted({row[0] for row in ROWS}))
    parser.add_argument("--child", nargs=2)
    chosen = parser.parse_args()
    if chosen.child:
        child(*chosen.child)
        return
    began = time.monotonic()
    rows = [row for row in ROWS if row[0] in chosen.click]
    runs: dict[tuple[str, str, str, str], list[Numbers]] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as caches:
        measure("equalize", "uint16", "numpy", Path(caches))  # compiles our modules to bytecode
    for _ in range(chosen.rounds):  # in turns: the machine may change meanwhile
        for row in rows:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as caches:
                for when in ("cold", "warm") if row[0] != "napari" else ("alone",):
                    runs.setdefault((*row, when), []).append(measure(*row, Path(caches)))
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, median of {chosen.rounds}, "
        f"{time.monotonic() - began:.0f} s in all\n\n"
        "| click | result after, s | least | busy, s | GUI, s | plot after, s | gap, ms |\n"
        "|---|---|---|---|---|---|---|"
    )
    for (click, dtype, loops, when), each in runs.items():
        with_which = "" if loops == "auto" else f", {loops}"
        print(line(f"{click}, {dtype}{with_which}, {when}", each))


if __name__ == "__main__":
    main()
