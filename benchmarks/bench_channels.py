"""Thirty channels of 2048 x 2048 uint16, all selected: how long until the results are on the screen.

Display only, each on its own: the bars are 1 s to the screen, and the event loop never held for more than
50 ms. One histogram for all, new layers: 3 s. Beside them, in the same session, napari adds as many
layers by itself; and what of the time the processor took for the GUI thread is told: without a graphics
card that is mostly the drawing of the layers.

    python benchmarks/bench_channels.py [--channels 30] [--rounds 2]
"""

from __future__ import annotations

import argparse
import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from heart import Heart, until

if TYPE_CHECKING:
    from collections.abc import Callable

os.environ["NAPARI_HISTEQ_SETTINGS"] = ""  # not what the panel was set to before

SIDE = 2048
#: Gaps of the heartbeat that are told one by one, in seconds.
LONG = 0.05


def channels(count: int) -> np.ndarray:
    """Channels like micrographs: dim, with noise, each of another brightness."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE]
    noise = rng.normal(0, 60, (SIDE, SIDE))
    made = np.empty((count, SIDE, SIDE), np.uint16)
    for number in range(count):
        signal = 800 + 100 * number + 500 * np.sin(x / (40 + number)) * np.cos(y / 70)
        made[number] = (signal + np.roll(noise, 17 * number, 1)).clip(0, 65535)
    return made


def timed(what: str, act: Callable[[], object], done: Callable[[], bool]) -> float:
    """Do something, and tell when it was done and painted, and where the event loop was held."""
    process, thread = time.process_time(), time.thread_time()
    with Heart() as heart:
        start = time.perf_counter()
        act()
        until(done, 120.0)
        until(lambda: False, 0.0)  # painted
        took = time.perf_counter() - start
        process, thread = time.process_time() - process, time.thread_time() - thread
        until(lambda: False, 1.0)
    gaps = heart.gaps(LONG)
    print(
        f"{what:<48} {took:5.2f} s ({process:5.2f} s of the processor, {thread:5.2f} s of the GUI thread); "
        f"longest gap {1e3 * heart.longest:4.0f} ms, {len(gaps)} over {1e3 * LONG:.0f} ms",
        flush=True,
    )
    for gap in sorted(gaps, key=lambda g: -g.length)[:3]:
        print(f"    {1e3 * gap.length:5.0f} ms at {gap.start:5.2f} s: {gap.held}", flush=True)
    return took


class Session:
    """A viewer with channels and the panel.

    Parameters
    ----------
    count : int
        Of the channels.
    """

    def __init__(self, count: int) -> None:
        import napari

        from napari_histeq.gui.panel import EqualizePanel

        self.pixels = channels(count)
        self.viewer: Any = napari.Viewer()
        self.sources = self.viewer.add_image(self.pixels, channel_axis=0)
        panel = self.panel = EqualizePanel(self.viewer)
        self.viewer.window.add_dock_widget(panel)
        panel["plot"].value = False
        self.viewer.layers.selection = set(self.sources)
        until(lambda: panel.plotbox.shown is not None and bool(panel.plotbox.shown.parts), 200.0)
        until(lambda: False, 2.0)

    def made(self) -> list[Any]:
        """The results."""
        return [la for la in self.viewer.layers if "napari_histeq" in la.metadata]

    def clear(self) -> None:
        """As before."""
        for layer in [la for la in self.viewer.layers if la not in self.sources]:
            self.viewer.layers.remove(layer)
        for layer in self.sources:
            layer.visible = True
        self.viewer.layers.selection = set(self.sources)
        until(lambda: False, 1.0)

    def alone(self) -> None:
        """Have napari add as many layers by itself, one after the other, each of its own."""
        from napari.layers import Image

        for source in self.sources:
            layer = Image(source.data, colormap=source.colormap, blending="additive")
            source.visible = False
            self.viewer.layers.append(layer)
            until(lambda: True, 1.0)

    def run(self, output: str, together: str) -> None:
        """Press the button."""
        self.panel["output"].value, self.panel["together"].value = output, together
        self.panel["run"].native.click()

    def check(self) -> None:
        """Refuse to time what has not the bits of all channels joined to one."""
        from napari_histeq import equalize_together

        for layer, wanted in zip(self.made(), equalize_together([*self.pixels]), strict=True):
            assert np.array_equal(layer.data, wanted)


def main() -> None:
    """Time, and print."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--channels", type=int, default=30)
    words.add_argument("--rounds", type=int, default=2)
    asked = words.parse_args()
    session = Session(asked.channels)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {asked.channels} channels")

    def all_there() -> bool:
        return len(session.made()) == int(asked.channels)

    apart, together = "each on its own", "one histogram for all"
    for _ in range(asked.rounds):
        timed("napari adds as many layers by itself", session.alone, lambda: True)
        session.clear()
        display = partial(session.run, "display only", apart)
        timed("display only, each on its own (bar 1 s)", display, all_there)
        session.clear()
        new = partial(session.run, "new layer", together)
        timed("new layers, one histogram for all (bar 3 s)", new, all_there)
        session.check()
        session.clear()
    os._exit(0)


if __name__ == "__main__":
    main()
