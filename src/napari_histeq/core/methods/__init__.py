"""The methods that are one curve, and what all methods have in common.

What is imported `as` itself is for methods of other people.
"""

from napari_histeq.core.methods.base import (
    GROUPS,
    METHODS,
    Mapping,
    Method,
    UnknownMethodError,
    from_dict,
)
from napari_histeq.core.methods.base import Fit as Fit
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
from napari_histeq.core.methods.options import Option as Option
from napari_histeq.core.methods.options import OptionField, options_of
from napari_histeq.core.methods.single import MOST_SATURATED, check_saturated, clips
from napari_histeq.core.methods.single import CurveMethod as CurveMethod
from napari_histeq.core.methods.stretches import Asinh, Gamma, Log, Stretch
