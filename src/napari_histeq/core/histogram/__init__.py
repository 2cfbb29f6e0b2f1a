"""Counting pixels, and what the counts say."""

from napari_histeq.core.histogram.bins import float_bins
from napari_histeq.core.histogram.counting import bins_of, count, counts_on, counts_up_to
from napari_histeq.core.histogram.density import cells_of, shares, spacing, spread
from napari_histeq.core.histogram.few import FEW_PIXELS
from napari_histeq.core.histogram.histogram import Histogram, cdf_distance
from napari_histeq.core.histogram.percentiles import (
    clipped_range,
    saturated,
    saturated_rows,
    saturation_limits,
)
from napari_histeq.core.histogram.rows import HistogramRows
from napari_histeq.core.histogram.sampling import sample_counted, sample_of_array
