"""The methods that are one curve, and what all methods have in common."""

from napari_histeq.core.methods.base import (
    METHODS,
    Fit,
    Mapping,
    Method,
    Option,
    OptionField,
    from_dict,
    options_of,
)
from napari_histeq.core.methods.curves import BiHistogram, Global, Weighted
from napari_histeq.core.methods.single import CurveMethod

__all__ = [
    "METHODS",
    "BiHistogram",
    "CurveMethod",
    "Fit",
    "Global",
    "Mapping",
    "Method",
    "Option",
    "OptionField",
    "Weighted",
    "from_dict",
    "options_of",
]
