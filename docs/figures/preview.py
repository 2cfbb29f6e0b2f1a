"""Film the live preview: a real window in which the panel's controls move.

`python docs/figures/preview.py` writes docs/images/preview.webp (without a screen: within xvfb-run).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
from PIL import Image
from qtpy.QtWidgets import QPushButton

sys.path.append(str(Path(__file__).parents[1]))
from demo import PANEL, menu_action, settle  # beside this folder

if TYPE_CHECKING:
    from collections.abc import Iterator

FILM = Path(__file__).parents[1] / "images" / "preview.webp"
#: Milliseconds a picture stays; pixels of the film's width.
MOVING, RESTING, WIDTH = 90, 1400, 900


def main() -> None:
    """Write the film."""
    viewer = napari.Viewer()
    viewer.window.resize(1360, 980)
    viewer.open_sample("napari-histeq", "xray")
    menu_action(viewer.window.layers_menu, PANEL).trigger()
    settle(3)
    pictures, times = [], []
    for milliseconds in scenes(viewer.window.dock_widgets[PANEL]):
        pictures.append(picture_of(viewer))
        times.append(milliseconds)
    first, *others = pictures
    first.save(
        FILM, save_all=True, append_images=others, duration=times, loop=0, quality=60, method=6
    )
    print(f"wrote {FILM}: {len(pictures)} pictures, {FILM.stat().st_size / 1e6:.2f} MB")
    viewer.close()


def scenes(panel: Any) -> Iterator[int]:
    """Move the controls; for how long to show what is there now."""
    yield RESTING
    for heading in panel.native.findChildren(QPushButton, "histeq_fold"):
        if "Output" in heading.text():
            heading.click()  # there is the strength
    panel["strength"].value = 0
    panel["preview"].value = True
    settle(3)
    for strength in np.linspace(0, 1, 16).tolist():
        panel["strength"].value = round(strength, 2)
        settle(1)
        yield MOVING
    yield RESTING
    panel["method"].value = "clahe"
    settle(4)
    yield RESTING
    for limit in np.geomspace(0.01, 0.05, 10).tolist():
        panel["clip_limit"].value = round(limit, 3)
        settle(2)
        yield MOVING
    yield RESTING
    panel["preview"].value = False
    settle(2)
    yield RESTING


def picture_of(viewer: napari.Viewer) -> Image.Image:
    """The whole window, smaller."""
    shown = Image.fromarray(viewer.screenshot(canvas_only=False, flash=False)[..., :3])
    size = (WIDTH, round(shown.height * WIDTH / shown.width))
    return shown.resize(size, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
