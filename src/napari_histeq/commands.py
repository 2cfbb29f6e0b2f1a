"""One-click commands on the active image layer, with the defaults."""

from __future__ import annotations

import napari.viewer
from napari.utils.notifications import show_warning

from napari_histeq import jobs, layers


def equalize(viewer: napari.viewer.Viewer) -> None:
    """Equalize the active image layer: adds the result and its histogram."""
    _run(viewer, jobs.Choice())


def equalize_display(viewer: napari.viewer.Viewer) -> None:
    """Show the active image layer equalized: adds a layer that shares its data."""
    _run(viewer, jobs.Choice(display=True, plot=False))


def histogram(viewer: napari.viewer.Viewer) -> None:
    """Add a plot of the active image layer's histogram."""
    _run(viewer, jobs.Choice(image=False))


def _run(viewer: napari.viewer.Viewer, choice: jobs.Choice) -> None:
    active = viewer.layers.selection.active
    if not layers.is_source(active):
        show_warning(f"{layers.why_not(active)}: select an image layer first.")
        return
    jobs.Run(viewer, active, choice).start()
