"""One-click commands on the selected image layers, with the defaults."""

from __future__ import annotations

from pathlib import Path

import napari.viewer
from napari.utils.notifications import show_warning
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_histeq import layers
from napari_histeq.core import Clahe
from napari_histeq.core.kernels import be_patient
from napari_histeq.core.recipe import Recipe
from napari_histeq.gui.background import aside
from napari_histeq.gui.runs import (
    Choice,
    Run,
    Several,
    goes_on,
    left_out,
    why_no_curve,
    with_others,
)
from napari_histeq.gui.saving import Export
from napari_histeq.layers import file_name

#: The widget's name in the manifest, which is also that of its dock.
PANEL = "Histogram equalization"


def enhance(viewer: napari.viewer.Viewer) -> None:
    """Open the panel: for who looks for it by what it does, not by its name."""
    dock, _ = viewer.window.add_plugin_dock_widget("napari-histeq", PANEL)
    dock.show()
    dock.raise_()


def equalize(viewer: napari.viewer.Viewer) -> None:
    """Equalize the selected image layers: adds the results and their histogram."""
    _run(viewer, Choice())


def clahe(viewer: napari.viewer.Viewer) -> None:
    """Equalize the selected image layers locally: adds the results and their histogram."""
    _run(viewer, Choice(Recipe(Clahe())))


def equalize_display(viewer: napari.viewer.Viewer) -> None:
    """Show the selected image layers equalized: adds layers that share their data."""
    _run(viewer, Choice(display=True, plot=False))


def histogram(viewer: napari.viewer.Viewer) -> None:
    """Add a plot of the selected image layers' histogram."""
    _run(viewer, Choice(image=False))


def save_zarr(viewer: napari.viewer.Viewer) -> None:
    """Write the active layer, which was equalized, to an OME-Zarr store."""
    active = viewer.layers.selection.active
    if active is None or layers.kind_of(active) != layers.IMAGE:
        show_warning("Select a layer that was equalized: run Equalize histogram first.")
        return
    path = _ask_for_path(active.name)
    if path is not None:
        Export(active, path).start()


def _ask_for_path(name: str) -> Path | None:
    answer, _ = QFileDialog.getSaveFileName(
        QApplication.activeWindow(),
        "Save equalized as OME-Zarr",
        file_name(name, ".ome.zarr"),
        "OME-Zarr (*.ome.zarr *.zarr)",
        options=QFileDialog.Option.DontConfirmOverwrite,  # nothing is overwritten
    )
    if not answer:
        return None
    return Path(answer if answer.endswith(".zarr") else f"{answer}.ome.zarr")


def _run(viewer: napari.viewer.Viewer, choice: Choice) -> None:
    viewer = getattr(viewer, "__wrapped__", viewer)  # napari's is for public names only
    selected = [layer for layer in viewer.layers if layer in viewer.layers.selection]
    images = [layer for layer in selected if layers.is_source(layer)]
    if not images:
        why = layers.why_not(selected[0] if selected else None)
        show_warning(f"{why} Select an image layer first.")
        return
    be_patient(aside)
    first = images[0]
    if choice.display:  # rather one that can be displayed so than a refusal
        first = next((image for image in images if not why_no_curve(image)), first)
    images.remove(first)
    choice = with_others(Several((first, *images)), choice)
    if goes_on(viewer, first, choice):
        show_warning(f"“{layers.short(first.name)}” is being equalized so already.")
        return
    words = left_out(selected, first, choice) if images else ""
    if words:
        show_warning(words)
    Run(viewer, first, choice).start()
