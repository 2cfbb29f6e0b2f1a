"""The methods that are one curve, and what all methods have in common."""

from napari_histeq.core.methods.base import (
    GROUPS,
    METHODS,
    Fit,
    Mapping,
    Method,
    UnknownMethodError,
    from_dict,
)
from napari_histeq.core.methods.clipping import MOST_SATURATED, check_saturated, clips
from napari_histeq.core.methods.curves import BiHistogram, Global, Weighted
from napari_histeq.core.methods.matching import (
    PERCENTILES,
    SCALE,
    Exact,
    Match,
    Reference,
    ReferencePlanes,
    Specify,
    Standard,
    counted,
    counted_planes,
    counters,
    percentiles_of,
    without_empty_bins,
)
from napari_histeq.core.methods.neighbors import MOST_FRAMES, Neighbors, Quantiles, check_smooth
from napari_histeq.core.methods.options import Option, OptionField, options_of
from napari_histeq.core.methods.single import CurveMethod
from napari_histeq.core.methods.stretches import Asinh, Gamma, Log, Stretch

__all__ = [
    "GROUPS",
    "METHODS",
    "MOST_FRAMES",
    "MOST_SATURATED",
    "PERCENTILES",
    "SCALE",
    "Asinh",
    "BiHistogram",
    "CurveMethod",
    "Exact",
    "Fit",
    "Gamma",
    "Global",
    "Log",
    "Mapping",
    "Match",
    "Method",
    "Neighbors",
    "Option",
    "OptionField",
    "Quantiles",
    "Reference",
    "ReferencePlanes",
    "Specify",
    "Standard",
    "Stretch",
    "UnknownMethodError",
    "Weighted",
    "check_saturated",
    "check_smooth",
    "clips",
    "counted",
    "counted_planes",
    "counters",
    "from_dict",
    "options_of",
    "percentiles_of",
    "without_empty_bins",
]
