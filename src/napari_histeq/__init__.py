"""Histogram equalization for napari, and for any numpy or dask array."""

from napari_histeq.core import (
    BiHistogram,
    Global,
    Histogram,
    TransferFunction,
    Weighted,
    compute_histogram,
    equalize,
    measures,
    transfer_function,
)

__all__ = [
    "BiHistogram",
    "Global",
    "Histogram",
    "TransferFunction",
    "Weighted",
    "compute_histogram",
    "equalize",
    "measures",
    "transfer_function",
]
