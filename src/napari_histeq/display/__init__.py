"""From a transfer function to a colormap, contrast limits and gamma: no pixel is touched."""

from napari_histeq.display.display import (
    DisplaySettings,
    display_layer,
    display_settings,
    in_words,
)
from napari_histeq.display.texels import load_solver
from napari_histeq.display.worn import result_look, show_on, take_off, taken_off, unlinked, wear

__all__ = [
    "DisplaySettings",
    "display_layer",
    "display_settings",
    "in_words",
    "load_solver",
    "result_look",
    "show_on",
    "take_off",
    "taken_off",
    "unlinked",
    "wear",
]
