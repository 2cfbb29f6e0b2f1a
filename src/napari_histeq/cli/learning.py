"""A standard learned from what many files have in common, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_histeq.batch import Refused
from napari_histeq.core import Standard

if TYPE_CHECKING:
    from collections.abc import Sequence


def learned(
    histograms: Sequence[Any], percentiles: tuple[float, ...], scale: tuple[float, ...], units: str
) -> str:
    """The JSON text of the standard, or a refusal in words."""
    if len(scale) != 2:
        raise Refused(f"--scale has {len(scale)} numbers: give two, such as 0,100")
    try:
        low, high = scale
        found = Standard.learn(histograms, percentiles, scale=(low, high), units=units)
    except ValueError as error:
        raise Refused(str(error)) from None
    return found.to_json() + "\n"
