"""One-click commands on the active image layer, with the defaults."""

from __future__ import annotations

from pathlib import Path

import napari.viewer
from napari.utils.notifications import show_warning
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_histeq import layers
from napari_histeq.core import Clahe
from napari_histeq.core.kernels import be_patient
from napari_histeq.core.recipe import Recipe
from napari_histeq.gui.export import Export
from napari_histeq.gui.job import Run
from napari_histeq.gui.work import Choice
from napari_histeq.layers import file_name

#: The widget's name in the manifest, which is also that of its dock.
PANEL = "Histogram equalization"


def enhance(viewer: napari.viewer.Viewer) -> None:
    """Open the panel: for who looks for it by what it does, not by its name."""
    dock, _ = viewer.window.add_plugin_dock_widget("napari-histeq", PANEL)
    dock.show()
    dock.raise_()


def equalize(viewer: napari.viewer.Viewer) -> None:
    """Equalize the active image layer: adds the result and its histogram."""
    _run(viewer, Choice())


def clahe(viewer: napari.viewer.Viewer) -> None:
    """Equalize the active image layer locally: adds the result and its histogram."""
    _run(viewer, Choice(Recipe(Clahe())))


def equalize_display(viewer: napari.viewer.Viewer) -> None:
    """Show the active image layer equalized: adds a layer that shares its data."""
    _run(viewer, Choice(display=True, plot=False))


def histogram(viewer: napari.viewer.Viewer) -> None:
    """Add a plot of the active image layer's histogram."""
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
    active = viewer.layers.selection.active
    if not layers.is_source(active):
        show_warning(f"{layers.why_not(active)}: select an image layer first.")
        return
    be_patient()
    Run(viewer, active, choice).start()
