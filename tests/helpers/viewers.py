"""How a person drives napari: menus, the panel, and a stack to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import napari_histeq
from helpers.menus import menu_of

if TYPE_CHECKING:
    import napari
    from napari.layers import Image

MANIFEST = Path(napari_histeq.__file__).with_name("napari.yaml")
PANEL = "Histogram equalization (napari-histeq)"


def open_panel(viewer: napari.Viewer) -> Any:
    """Choose Layers > Filter > Histogram equalization."""
    menu_action(viewer.window.layers_menu, PANEL).trigger()
    return viewer.window.dock_widgets[PANEL]


def menu_action(menu: Any, text: str) -> Any:
    """Find the item `text` in `menu` and its submenus, as a person opens them."""
    menu.aboutToShow.emit()
    for action in menu.actions():
        if (inner := menu_of(action)) is not None:
            try:
                return menu_action(inner, text)
            except LookupError:
                continue
        if action.text().replace("&", "") == text:
            return action
    raise LookupError(f"no menu item {text!r}")


def add_stack(viewer: napari.Viewer, **state: Any) -> Image:
    """A dark (Z, Y, X) stack of 16 bit, each plane darker than the one before."""
    rng = np.random.default_rng(7)
    planes = [rng.gamma(3, 60 / (z + 1), (40, 50)) for z in range(4)]
    return viewer.add_image(np.array(planes).astype(np.uint16), name="stack", **state)


def camera_of(viewer: Any) -> Any:
    """The camera; before napari 0.9 the viewer itself had it."""
    return getattr(viewer, "scene", viewer).camera


def canvas_size(viewer: Any) -> tuple[int, int]:
    """The height and width of the canvas, in pixels."""
    canvas: Any = getattr(viewer, "canvas", None)
    size: tuple[int, int] = viewer._canvas_size if canvas is None else canvas.size
    return size


def see_all(viewer: napari.Viewer) -> None:
    """Zoom out: napari fits the view to the canvas before its own docks make that narrower."""
    camera_of(viewer).zoom /= 3


def names(viewer: napari.Viewer) -> list[str]:
    return [layer.name for layer in viewer.layers]


def idle() -> bool:
    """Whether no run is under way."""
    from napari_histeq.gui.runs.run import _running  # late: it brings Qt

    return not _running


def state_of(viewer: Any) -> Any:
    """All that a person could see of a viewer."""
    states = []
    for layer in viewer.layers:
        state = layer.as_layer_data_tuple()[1]
        colormap = state.pop("colormap", None)
        states.append((state, str(colormap), tuple(layer.contrast_limits_range)))
    active = viewer.layers.selection.active
    chosen = sorted(layer.name for layer in viewer.layers.selection)
    return (
        states,
        active and active.name,
        chosen,
        camera_of(viewer).zoom,
        viewer.dims.current_step,
    )


def screen(viewer: Any) -> Any:
    return viewer.export_figure(scale_factor=1, flash=False).astype(int)


def visible(viewer: Any) -> list[str]:
    """The names of the layers that are shown."""
    return [layer.name for layer in viewer.layers if layer.visible]
