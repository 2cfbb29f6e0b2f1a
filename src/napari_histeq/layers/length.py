"""The size of CLAHE's tiles as a length: 20 µm on every axis of an anisotropic stack."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pint

from napari_histeq import layers
from napari_histeq.core.clahe import kernel_from_physical
from napari_histeq.layers.region import affine_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"

#: What people write after a number of pixels. To pint, "px" is a length, that of style sheets.
_PIXELS = re.compile(r"(?<=[\d.])\s*(?:px|pix|pixel|pel|vx|vox|voxel)s?\b\.?", re.IGNORECASE)


def without_pixels(text: str) -> str:
    """A text without the words for pixels: "20 px" is 20, and "8, 64 pixels" 8, 64."""
    return _PIXELS.sub("", text)


@dataclass(frozen=True, slots=True)
class Length:
    """A length with its unit.

    Attributes
    ----------
    size : float
        How many of the unit.
    unit : str
        The unit's name or symbol: "µm", "um", "millimeter".
    """

    size: float
    unit: str

    def __str__(self) -> str:
        return f"{self.size:g} {self.unit}"

    @classmethod
    def parsed(cls, text: str) -> Length | None:
        """The length that a text says, "20 µm" say; None if it says none."""
        found = re.fullmatch(rf"({_NUMBER})\s*([^\W\d_]+)", text.strip())
        return cls(float(found[1]), found[2]) if found else None


def kernel_of(layer: Image, length: Length, axes: Sequence[str | int] | None) -> tuple[int, ...]:
    """The tile that has a length on every axis it spans, in pixels.

    Parameters
    ----------
    layer : Image
        Whose scale and units tell the size of a pixel.
    length : Length
        What the tile shall measure.
    axes : sequence of str or int, optional
        The axes that the tiles span; None for all.

    Returns
    -------
    tuple of int
        At least 1 and at most the whole image on each axis.

    Raises
    ------
    ValueError
        If the unit is unknown, or is no length the layer's units can be compared with.
    """
    _check_length(length)
    spanned = (None if axes is None else layers.axis_numbers(layer, axes)) or range(layer.ndim)
    shape = layers.pixels_of(layer).shape
    kernel: list[int] = []
    for axis in spanned:
        size = _pixel_size(layer, axis, length)
        kernel += kernel_from_physical(length.size, (size,), (shape[axis],))
    return tuple(kernel)


def _pixel_size(layer: Image, axis: int, length: Length) -> float:
    """How long a pixel is along an axis of the data, in the unit of `length`.

    A rotated axis runs along several axes of the world.
    """
    step = affine_of(layer)[0][:, axis]
    return math.hypot(*(step[i] * _factor(layer, int(i), length) for i in np.flatnonzero(step)))


def _factor(layer: Image, axis: int, length: Length) -> float:
    """What one of the layer's units is in the unit of `length`, on an axis of the world."""
    unit, registry = layer.units[axis], _registry()
    try:
        return float(registry.Quantity(1.0, unit).to(length.unit).magnitude)
    except (pint.errors.PintError, AttributeError):
        raise ValueError(
            f"a tile of {length} cannot be told in pixels: axis {layer.axis_labels[axis]!r} of "
            f"“{layer.name}” is in {unit}; set the layer's units, or give pixels"
        ) from None


def _check_length(length: Length) -> None:
    registry = _registry()
    try:
        is_length = registry.Unit(length.unit).is_compatible_with("meter")
    except (pint.errors.PintError, AttributeError):
        is_length = False
    if not is_length:
        raise ValueError(
            f"a tile of {length} cannot be told in pixels: {length.unit!r} is no unit of length; "
            "give a length such as 20 µm, or give pixels: 20"
        )


def _registry() -> Any:
    return pint.get_application_registry()  # type: ignore[no-untyped-call]
