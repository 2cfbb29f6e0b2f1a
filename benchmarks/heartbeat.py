"""Where the event loop is held: gaps between beats of a timer, and the calls that made them.

In one session, on an image of 4 Mpx: napari adds the layers of a run by itself, then a first run
from the menu, a panel that opens, and a run from it; each is watched until a second after it.
Nothing is removed in between: with software OpenGL vispy may end the process then.

    make heartbeat                       # half a minute
    make heartbeat ARGS="--longer 50"    # tell the gaps of more than 50 ms
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from first_click import add_alone, image_of
from heart import Heart, until

if TYPE_CHECKING:
    from collections.abc import Callable


def watched(what: str, act: Callable[[], None], done: Callable[[], bool], longer: float) -> None:
    """Do something, and tell which gaps there were until a second after it was done."""
    with Heart() as heart:
        act()
        until(done, 120.0)
        until(lambda: False, 1.0)
    gaps = heart.gaps(longer)
    print(
        f"{what}: {len(gaps)} gaps over {1e3 * longer:.0f} ms, the longest {1e3 * heart.longest:.0f} ms"
    )
    for gap in gaps:
        print(f"    {1e3 * gap.length:5.0f} ms at {gap.start:5.2f} s: {gap.held}", flush=True)


def main() -> None:
    """Watch, and print."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--longer", type=float, default=100.0, help="milliseconds")
    words.add_argument("--dtype", default="uint16")
    asked = words.parse_args()
    os.environ["NAPARI_HISTEQ_SETTINGS"] = ""  # the panel as it is at first
    import napari

    viewer: Any = napari.Viewer()
    image = image_of(asked.dtype)
    source = viewer.add_image(image, name="image")
    until(lambda: False, 2.0)
    longer = asked.longer / 1e3

    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    watched("nothing happens", lambda: None, lambda: True, longer)
    for _ in range(2):
        watched("napari alone", lambda: add_alone(viewer, source), lambda: True, longer)

    def from_menu() -> None:
        from napari_histeq.gui import commands

        commands.equalize(viewer)

    def has_plot(before: int) -> bool:
        return len(viewer.layers) == before + 2

    for name in ("first run, from the menu", "second run"):
        watched(name, from_menu, partial(has_plot, len(viewer.layers)), longer)
    panels: list[Any] = []

    def open_panel() -> None:
        from napari_histeq.gui.panel import EqualizePanel

        panels.append(EqualizePanel(viewer))
        viewer.window.add_dock_widget(panels[0])

    watched("the panel opens", open_panel, lambda: panels[0].plotbox.shown is not None, longer)
    for name in ("first run from the panel", "second run from the panel"):
        press = panels[0]["run"].native.click
        watched(name, press, partial(has_plot, len(viewer.layers)), longer)
    os._exit(0)


if __name__ == "__main__":
    main()
