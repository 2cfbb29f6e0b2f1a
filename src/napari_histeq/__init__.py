"""Histogram equalization for napari, and for any numpy or dask array."""
