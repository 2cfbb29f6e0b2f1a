"""Matching: what gives an image the histogram of another, of many, or one that is asked for."""

from napari_histeq.core.methods.matching.exact import Exact
from napari_histeq.core.methods.matching.match import Match
from napari_histeq.core.methods.matching.planes import ReferencePlanes
from napari_histeq.core.methods.matching.quantiles import percentiles_of
from napari_histeq.core.methods.matching.reference import (
    Reference,
    counted,
    counted_planes,
    counters,
    without_empty_bins,
)
from napari_histeq.core.methods.matching.specify import Specify
from napari_histeq.core.methods.matching.standard import PERCENTILES, SCALE, Standard
