"""napari's own "Save Selected Layers...": an image layer as OME-Zarr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari import current_viewer
from napari.layers import Layer
from qtpy.QtCore import QCoreApplication, QEventLoop

from napari_histeq.core.extras import brought_by
from napari_histeq.gui.saving.export import Export, zarr_arguments

if TYPE_CHECKING:
    from napari.layers import Image


def write_zarr(path: str, layers: list[tuple[Any, dict[str, Any], str]]) -> list[str]:
    """Write one image layer, lazy and of any size: the writer that napari.yaml names.

    napari waits for what a writer returns. Its window goes on meanwhile, with the progress and
    the button to cancel of *Save equalized as OME-Zarr...*, in a loop of Qt of its own.

    Parameters
    ----------
    path : str
        The store; it may be there already only if it is an incomplete one of this image.
    layers : list of (data, state, type)
        One image layer, as `Layer.as_layer_data_tuple` has it.

    Returns
    -------
    list of str
        The path, or nothing if a person canceled.

    Raises
    ------
    ValueError
        If there is more than an image.
    OSError
        If it could not be written: why.
    """
    if len(layers) != 1:
        raise ValueError("OME-Zarr holds images and no surfaces: select the image layer alone.")
    layer = _layer_of(*layers[0])
    if QCoreApplication.instance() is None:  # a script without a window
        with brought_by("lazy"):
            from napari_histeq.core.zarr import save_zarr

        save_zarr(path=path, **zarr_arguments(layer))
        return [path]
    how = _shown(layer, path)
    if how not in ("done", "canceled"):
        raise OSError(how)
    return [path] if how == "done" else []


def _layer_of(data: Any, state: dict[str, Any], kind: str) -> Image:
    """The viewer's own, if it is there: to make one computes a plane of it, on this thread."""
    viewer = current_viewer()
    for layer in () if viewer is None else viewer.layers:
        if layer.data is data and layer.name == state.get("name"):
            return layer
    return Layer.create(data, state, kind)


def _shown(layer: Image, path: str) -> str:
    """Write it while the window lives; how it ended."""
    loop = QEventLoop()
    ends: list[str] = []
    export = Export(layer, Path(path), tells=False)
    export.ended.connect(ends.append)
    export.ended.connect(loop.quit)
    export.start()
    if not ends:  # refused at once, it has ended already
        loop.exec()
    return ends[0]
