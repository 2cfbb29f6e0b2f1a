"""One-click commands on the active image layer, with the defaults."""

from __future__ import annotations

import napari.viewer
from napari.utils.notifications import show_warning

from napari_histeq import jobs, layers
from napari_histeq.work import Choice


def equalize(viewer: napari.viewer.Viewer) -> None:
    """Equalize the active image layer: adds the result and its histogram."""
    _run(viewer, Choice())


def histogram(viewer: napari.viewer.Viewer) -> None:
    """Add a plot of the active image layer's histogram."""
    _run(viewer, Choice(image=False))


def _run(viewer: napari.viewer.Viewer, choice: Choice) -> None:
    active = viewer.layers.selection.active
    if not layers.is_source(active):
        show_warning(f"{layers.why_not(active)}: select an image layer first.")
        return
    jobs.Run(viewer, active, choice).start()
