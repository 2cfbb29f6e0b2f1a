"""Layers of any size, written as OME-Zarr."""

from napari_histeq.gui.saving.export import Export
from napari_histeq.gui.saving.writer import write_zarr
