"""Real viewers with the plugin in them, and how a person drives them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

os.environ.setdefault("NAPARI_STRICT_QT", "1")

import napari_histeq

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari
    from napari.layers import Image
    from numpy.typing import NDArray

MANIFEST = Path(napari_histeq.__file__).with_name("napari.yaml")
PANEL = "Histogram equalization (napari-histeq)"


#: What takes a moment on a quiet machine may take so many times as long on a busy one.
PATIENCE = 6


@pytest.fixture
def qtbot(qtbot: Any) -> Any:
    """pytest-qt's, and patient: no test may fail because the machine is busy."""
    until, signal = qtbot.waitUntil, qtbot.waitSignal

    def wait_until(callback: Callable[[], Any], *, timeout: int = 5000) -> None:
        until(callback, timeout=PATIENCE * timeout)

    def wait_signal(*signals: Any, timeout: int = 5000, **how: Any) -> Any:
        return signal(*signals, timeout=PATIENCE * timeout, **how)

    qtbot.waitUntil, qtbot.waitSignal = wait_until, wait_signal
    return qtbot


@pytest.fixture
def viewer(
    make_napari_viewer: Callable[..., napari.Viewer], npe2pm: Any
) -> Iterator[napari.Viewer]:
    """A viewer as a person has it: on the screen, with this plugin and no other."""
    with npe2pm.tmp_plugin(manifest=str(MANIFEST)):
        shown = make_napari_viewer(show=True)
        shown.window.resize(1300, 900)
        yield shown


@pytest.fixture
def panel(viewer: napari.Viewer) -> Any:
    """The panel, opened from the menu."""
    return open_panel(viewer)


@pytest.fixture
def run(panel: Any, qtbot: Any) -> Callable[..., None]:
    """Press the button, and wait for the end."""

    def press(target: Any = panel, expect: int | None = None) -> None:
        target["run"].native.click()
        qtbot.waitUntil(lambda: not target["cancel"].enabled, timeout=15_000)

    return press


def open_panel(viewer: napari.Viewer) -> Any:
    """Choose Layers > Filter > Histogram equalization."""
    menu_action(viewer.window.layers_menu, PANEL).trigger()
    return viewer.window.dock_widgets[PANEL]


def menu_action(menu: Any, text: str) -> Any:
    """Find the item `text` in `menu` and its submenus, as a person opens them."""
    menu.aboutToShow.emit()
    for action in menu.actions():
        if action.menu() is not None:
            try:
                return menu_action(action.menu(), text)
            except LookupError:
                continue
        if action.text().replace("&", "") == text:
            return action
    raise LookupError(f"no menu item {text!r}")


def textbook(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The procedure, as a book has it."""
    hist, _ = np.histogram(image, bins=256, range=(0, 256))
    pdf = hist / hist.sum()
    lut = np.rint(pdf.cumsum() * 255).astype(np.uint8)
    return lut[image]


def add_stack(viewer: napari.Viewer, **state: Any) -> Image:
    """A dark (Z, Y, X) stack of 16 bit, each plane darker than the one before."""
    rng = np.random.default_rng(7)
    planes = [rng.gamma(3, 60 / (z + 1), (40, 50)) for z in range(4)]
    return viewer.add_image(np.array(planes).astype(np.uint16), name="stack", **state)
