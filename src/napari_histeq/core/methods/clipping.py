"""Clipping: a few per cent of the pixels become the ends of the range of the output."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from napari_histeq.core.methods.options import options_of

if TYPE_CHECKING:
    from napari_histeq.core.methods.base import Method

#: Per cent of the pixels that may be clipped.
MOST_SATURATED = 50


def clips(kind: type[Method] | None) -> bool:
    """Whether a kind of method has an option of its own for it: `Stretch` does."""
    known: Any = kind
    return known is not None and any(f.name == "saturated" for f in options_of(known))


def check_saturated(value: Any, method: Method) -> None:
    """Refuse what is no per cent, or does not go together with the method."""
    if value is None:
        return
    if not hasattr(value, "__float__") or isinstance(value, bool | str):
        raise TypeError(f"saturated is {value!r}: it must be a number (per cent of the pixels)")
    if math.isnan(value) or not 0 <= value <= MOST_SATURATED:
        raise ValueError(
            f"saturated is {value}: use 0 to {MOST_SATURATED} (per cent of the pixels in all)"
        )
    name = type(method).__name__
    if clips(type(method)):
        raise ValueError(
            f"saturated={value} cannot be set beside {name}, which has its own: "
            f"set it in {name}(saturated={value})"
        )
    if value and not method.is_single_curve:
        raise ValueError(
            f"saturated={value} clips the ends of one curve, and {name} is no single curve: "
            "leave saturated out"
        )
