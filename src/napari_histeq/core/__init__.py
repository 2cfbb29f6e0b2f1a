"""Arrays in, arrays out; usable without napari."""

from napari_histeq.core import measures
from napari_histeq.core.arrays import watching
from napari_histeq.core.clahe import Clahe, clip_limit_from, gain_map
from napari_histeq.core.equalize import equalize, transfer_function
from napari_histeq.core.errors import ChunkError
from napari_histeq.core.histogram import Histogram, compute_histogram
from napari_histeq.core.methods import METHODS, BiHistogram, Global, Weighted
from napari_histeq.core.multiscale import cdf_distance, equalize_multiscale
from napari_histeq.core.transfer import TransferFunction

__all__ = [
    "METHODS",
    "BiHistogram",
    "ChunkError",
    "Clahe",
    "Global",
    "Histogram",
    "TransferFunction",
    "Weighted",
    "cdf_distance",
    "clip_limit_from",
    "compute_histogram",
    "equalize",
    "equalize_multiscale",
    "gain_map",
    "measures",
    "transfer_function",
    "watching",
]
