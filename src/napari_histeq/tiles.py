"""The size of CLAHE's tiles as a length: 20 µm on every axis of an anisotropic stack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pint

from napari_histeq import layers
from napari_histeq.core._tiles import kernel_from_physical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image


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
        found = re.fullmatch(r"([\d.]+(?:[eE][-+]?\d+)?)\s*([^\W\d_]+)", text.strip())
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
    spanned = (None if axes is None else layers.axis_numbers(layer, axes)) or range(layer.ndim)
    shape = layers.pixels_of(layer).shape
    kernel: list[int] = []
    for axis in spanned:
        size = _in_units_of(layer, axis, length)
        kernel += kernel_from_physical(size, (layer.scale[axis],), (shape[axis],))
    return tuple(kernel)


def _in_units_of(layer: Image, axis: int, length: Length) -> float:
    unit = layer.units[axis]
    try:
        registry: Any = pint.get_application_registry()  # type: ignore[no-untyped-call]
        wanted = registry.Quantity(length.size, length.unit)
        return float(wanted.to(unit).magnitude)
    except (pint.errors.PintError, AttributeError):
        raise ValueError(
            f"a tile of {length} cannot be told in pixels: axis {layer.axis_labels[axis]!r} of "
            f"“{layer.name}” is in {unit}; set the layer's units, or give pixels"
        ) from None
