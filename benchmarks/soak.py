"""Many runs, previews and panels in one viewer: what stays behind of them.

    make soak                         # 500 runs, 200 previews, 50 panels
    make soak ARGS="--minutes 6"      # as many of them as that takes, and a minute to begin with

After a warm-up each kind is done again and again, with all layers removed in between; then
resident memory, threads, widgets and connections are compared. What napari keeps by itself
for as many layers added and removed is measured first, and told apart. It fails if memory grew
by more than the limit beyond that, if threads stayed, if runs left more widgets than napari's own
layers do, or if objects of our own types (panels, runs, jobs, plots, widgets) stayed.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
import psutil
from heart import until
from npe2 import PluginManager
from qtpy.QtWidgets import QApplication

import napari_histeq
from napari_histeq.gui.background.runner import WORKING
from napari_histeq.gui.runs.run import _running

if TYPE_CHECKING:
    from collections.abc import Callable

PANEL = "Histogram equalization"
SHAPE = (1024, 1024)
MB = 1 << 20

#: How often each act is done at least before it is measured.
WARM = 10


@dataclass(frozen=True, slots=True)
class State:
    """What a process holds."""

    megabytes: float
    threads: int
    widgets: int
    ours: Counter[str]

    @classmethod
    def now(cls) -> State:
        settle()
        give_back()
        return cls(
            psutil.Process().memory_info().rss / MB,
            threading.active_count(),
            len(QApplication.allWidgets()),
            Counter(
                type(thing).__name__
                for thing in gc.get_objects()
                if str(type(thing).__module__).startswith("napari_histeq")
            ),
        )


def give_back() -> None:
    """Have the C library give freed memory back to the system: it keeps tens of MB, now more, now less."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def settle() -> None:
    for _ in range(3):
        spin(lambda: False, 0.05)
        gc.collect()


def spin(done: Callable[[], bool], patience: float = 120) -> None:
    """Let Qt work until something is done.

    In a loop of its own: `processEvents` deletes nothing that is to be deleted later, so that all
    widgets of each layer that was removed would stay.
    """
    until(done, patience)


def wait(done: Callable[[], bool], what: str) -> None:
    """Let Qt work until something is done; what is not done in two minutes never is."""
    spin(done)
    if not done():
        raise RuntimeError(f"waited in vain until {what}")


def idle() -> bool:
    return not _running and not any(t.name.startswith(WORKING) for t in threading.enumerate())


class Soak:
    """A viewer, and what is done in it."""

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._rng = np.random.default_rng(0)

    def image(self) -> np.ndarray:
        return self._rng.integers(0, 4096, SHAPE, dtype=np.uint16)

    def open(self) -> Any:
        _, panel = self._viewer.window.add_plugin_dock_widget("napari-histeq", PANEL)
        return panel

    def close(self, panel: Any) -> None:
        self._viewer.window.remove_dock_widget(panel.native)

    def layers(self) -> None:
        """What napari does by itself for the layers of one run."""
        for name in ("image", "image equalized"):
            self._viewer.add_image(self.image(), name=name)
        picture = np.zeros((1350, 2400, 4), np.uint8)
        levels = [picture[::step, ::step] for step in (1, 2, 4)]
        self._viewer.add_image(levels, name="image histogram", rgb=True)
        settle_briefly()
        self.clear()

    def run(self, panel: Any) -> None:
        self._viewer.add_image(self.image(), name="image")
        panel["run"].native.click()
        wait(lambda: len(self._viewer.layers) > 2 and idle(), "the result and its plot are there")
        self.clear()

    def clear(self) -> None:
        """Remove all layers, and let Qt paint: vispy crashes if one is added at once (napari 0.9)."""
        self._viewer.layers.clear()
        settle_briefly()

    def preview(self, panel: Any, method: str) -> None:
        """Switched on, changed a few times, and off."""
        panel["preview"].value = True
        panel["method"].value = method
        for strength in (0.25, 0.5, 1.0):
            panel["strength"].value = strength
            spin(lambda: False, 0.03)
        spin(idle)
        panel["preview"].value = False


def settle_briefly() -> None:
    spin(lambda: False, 0.05)


def measured(
    words: str, times: int, patience: float, act: Callable[[int], None]
) -> tuple[State, int]:
    """The growth by some times of an act, and how many there were in so many seconds.

    Before that it is done a tenth as often to warm up, and at least ten times: by then the compiled
    loops are loaded, and the last eight curves kept.
    """
    began = time.monotonic()
    for number in range(max(times // 10, WARM)):
        act(number)
        if number + 1 >= WARM and time.monotonic() - began > patience / 4:
            break
    before = State.now()
    began = time.monotonic()
    for number in range(times):
        act(number)
        if time.monotonic() - began > patience:
            times = number + 1
            break
    seconds = time.monotonic() - began
    after = State.now()
    grown = State(
        after.megabytes - before.megabytes,
        after.threads - before.threads,
        after.widgets - before.widgets,
        after.ours - before.ours,  # those of which there are more
    )
    print(
        f"{words:>24} {times:5} times in {seconds:6.1f} s: "
        f"{grown.megabytes:+7.1f} MB ({before.megabytes:.0f} to {after.megabytes:.0f}), "
        f"{grown.threads:+d} threads ({after.threads}), {grown.widgets:+d} widgets, "
        f"{grown.ours.total():+d} objects of ours {dict(grown.ours) or ''}",
        flush=True,
    )
    return grown, times


def main() -> int:
    """Print what grew; 1 if it is too much."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, number in (("runs", 500), ("previews", 200), ("panels", 50), ("limit", 20)):
        words.add_argument(f"--{name}", type=int, default=number)
    words.add_argument("--minutes", type=float, default=1e6, help="for all together, about")
    asked = words.parse_args()
    seconds = 60 * asked.minutes
    os.environ["NAPARI_HISTEQ_SETTINGS"] = ""  # the panel as it is at first, with a plot
    plugins = PluginManager.instance()
    if "napari-histeq" not in plugins:  # it is not installed, but on the path
        plugins.register(str(Path(napari_histeq.__file__).with_name("napari.yaml")))
    viewer = napari.Viewer()
    soak = Soak(viewer)
    own, many = measured(
        "layers of napari alone", asked.runs, 0.15 * seconds, lambda _: soak.layers()
    )
    panel = soak.open()
    runs, count = measured("runs", asked.runs, 0.35 * seconds, lambda _: soak.run(panel))
    share = count / many  # of what napari keeps for as many layers
    viewer.add_image(soak.image(), name="image")

    def preview_both(_: int) -> None:
        for method in ("clahe", "global"):  # at the end always the rows of the same one
            soak.preview(panel, method)

    previews, _ = measured("previews", asked.previews, 0.15 * seconds, preview_both)
    soak.close(panel)

    def open_and_close(_: int) -> None:
        opened = soak.open()
        wait(lambda: opened.plotbox.shown is not None, "the plot is there")
        soak.close(opened)
        settle_briefly()

    panels, _ = measured("panels", asked.panels, 0.15 * seconds, open_and_close)
    viewer.layers.clear()
    beyond = max(runs.megabytes - share * own.megabytes, 0) + previews.megabytes + panels.megabytes
    threads = max(grown.threads for grown in (runs, previews, panels))
    widgets = max(runs.widgets - round(share * own.widgets), 0)
    ours = max(grown.ours.total() for grown in (runs, previews, panels))
    print(
        f"beyond napari's own: {beyond:+.1f} MB, {threads:+d} threads, "
        f"{widgets:+d} widgets of runs, {ours:+d} objects of ours"
    )
    viewer.close()
    return int(beyond > asked.limit or threads > 2 or widgets > 0 or ours > 0)


if __name__ == "__main__":
    sys.exit(main())
