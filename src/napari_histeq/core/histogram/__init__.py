"""Counting pixels, and what the counts say."""

from napari_histeq.core.histogram.counting import NO_MASK, ArraySource, Source, T, count
from napari_histeq.core.histogram.density import cells_of, shares, spacing, spread
from napari_histeq.core.histogram.histogram import (
    Histogram,
    compute_histogram,
    linear_edges,
    output_limits,
)

__all__ = [
    "NO_MASK",
    "ArraySource",
    "Histogram",
    "Source",
    "T",
    "cells_of",
    "compute_histogram",
    "count",
    "linear_edges",
    "output_limits",
    "shares",
    "spacing",
    "spread",
]
