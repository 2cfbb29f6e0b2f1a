"""Arrays in, arrays out; usable without napari."""

from napari_histeq.core.equalize import equalize, transfer_function
from napari_histeq.core.histogram import Histogram, compute_histogram
from napari_histeq.core.methods import METHODS, Global
from napari_histeq.core.transfer import TransferFunction

__all__ = [
    "METHODS",
    "Global",
    "Histogram",
    "TransferFunction",
    "compute_histogram",
    "equalize",
    "transfer_function",
]
