"""The methods that are one curve, and what all methods have in common."""

from napari_histeq.core.methods.base import Method, Option, OptionField, from_dict, options_of
from napari_histeq.core.methods.curves import METHODS, BiHistogram, CurveMethod, Global, Weighted
from napari_histeq.core.methods.eight_bit import curve_of_8_bit

__all__ = [
    "METHODS",
    "BiHistogram",
    "CurveMethod",
    "Global",
    "Method",
    "Option",
    "OptionField",
    "Weighted",
    "curve_of_8_bit",
    "from_dict",
    "options_of",
]
