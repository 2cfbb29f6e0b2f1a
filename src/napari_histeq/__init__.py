"""Histogram equalization for napari, and for any numpy or dask array."""

from napari_histeq.core import (
    Global,
    Histogram,
    TransferFunction,
    compute_histogram,
    equalize,
    transfer_function,
)

__all__ = [
    "Global",
    "Histogram",
    "TransferFunction",
    "compute_histogram",
    "equalize",
    "transfer_function",
]
