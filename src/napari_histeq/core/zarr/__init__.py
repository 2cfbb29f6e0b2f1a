"""Writing OME-Zarr."""

from napari_histeq.core.zarr.folder import is_incomplete
from napari_histeq.core.zarr.saving import save_zarr
