"""The main job from end to end, as a person does it: `make demo`.

Open the dark X-ray sample, choose Layers > Filter > Histogram equalization,
press the button, and look: the equalized image and its histogram stand beside
the source. With `--screenshot FILE` the window is saved and closed.
"""

from __future__ import annotations

import argparse
import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtGui import QAction
    from qtpy.QtWidgets import QMenu

PANEL = "Histogram equalization (napari-histeq)"


def main() -> None:
    """Run the demo; stay open, or save a picture of the window."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--screenshot", type=Path, help="save the window here, and close")
    target = parser.parse_args().screenshot
    os.environ.setdefault("NAPARI_HISTEQ_SETTINGS", "")  # the panel as it is at first
    viewer = napari.Viewer()
    viewer.window.resize(1500, 950)
    equalize_xray(viewer)
    if target is None:
        napari.run()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    settle(1)
    viewer.screenshot(str(target), canvas_only=False, flash=False)
    print(f"wrote {target}")
    viewer.close()


def equalize_xray(viewer: napari.Viewer) -> None:
    """Equalize the X-ray sample through the menu and the panel."""
    (source,) = viewer.open_sample("napari-histeq", "xray")
    menu_action(viewer.window.layers_menu, PANEL).trigger()
    panel: Any = viewer.window.dock_widgets[PANEL]
    panel["layer"].value = source
    panel["compare"].value = True
    panel["run"].native.click()
    for output in ("equalized", "histogram"):
        wait_for(partial(viewer.layers.__contains__, f"{source.name} {output}"))
    settle(1)


def menu_action(menu: QMenu, text: str) -> QAction:
    """Find the item `text` in `menu` and its submenus."""
    menu.aboutToShow.emit()  # napari fills and enables menus when they open
    for action in menu.actions():
        if action.menu() is not None:
            try:
                return menu_action(action.menu(), text)
            except LookupError:
                continue
        if action.text().replace("&", "") == text:
            return action
    msg = f"no menu item {text!r}"
    raise LookupError(msg)


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Keep the window alive until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            msg = f"nothing after {seconds} seconds"
            raise TimeoutError(msg)
        QApplication.processEvents()
        time.sleep(0.01)


def settle(seconds: float) -> None:
    """Let napari draw what it has in hand."""
    end = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() > end)


if __name__ == "__main__":
    main()
