"""Writing OME-Zarr."""

from napari_histeq.core.zarr.saving import is_incomplete, save_zarr

__all__ = ["is_incomplete", "save_zarr"]
