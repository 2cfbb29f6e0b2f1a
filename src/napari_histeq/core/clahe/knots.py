"""The knots of CLAHE: the intensities at which tiles are counted, and between which curves are lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import NEAR, above, is_wide

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Knots:
    """The intensities at which tiles are counted: `size` of them, evenly from `low` to `high`.

    A pixel counts at the nearest one. Integers with fewer levels than bins have a knot at
    each; 8 bit is counted level by level, and binned later. If the levels of the picture are
    known, they lie on even `steps` between, but for the rounding of floats.
    """

    low: Any
    high: Any
    size: int
    dtype: np.dtype[Any]
    steps: int | None = None

    @property
    def counted(self) -> int:
        """How many counts a tile has."""
        return 256 if self.dtype.itemsize == 1 else self.size

    @property
    def numbers(self) -> NDArray[np.float64]:
        """What the kernels need to place a value: low, unit, scale, top."""
        low, high = float(self.low), float(self.high)
        if is_wide(self.dtype):
            low, high = 0.0, float(int(self.high) - int(self.low))
        # A unit in which neither the span nor its inverse overflows.
        quarter = math.frexp(high / 4 - low / 4)[1]
        unit = 1.0 if abs(quarter) < 960 else 2.0 ** -min(max(quarter, -1000), 1000)
        top = float(self.size - 1)
        return np.array([low * unit, unit, top / (high * unit - low * unit), top])

    @property
    def share_levels(self) -> bool:
        """Whether there are fewer knots than levels: some of these may lie just between two knots."""
        return self.steps is not None and self.steps >= self.size and self.dtype.itemsize > 1

    def places(self, block: NDArray[Any]) -> NDArray[np.float64]:
        """How many steps pixels lie above the lowest level: whole numbers, but for what is no level."""
        assert self.steps is not None
        low, unit, scale, top = self.numbers
        if is_wide(self.dtype):  # what does not count may lie below
            block = above(np.maximum(block, self.low), self.low)
        with np.errstate(all="ignore"):
            place = np.asarray((block.astype(np.float64) * unit - low) * (scale / top) * self.steps)
            nearest = np.rint(place).clip(0, self.steps)
            return np.where(np.abs(place - nearest) <= NEAR, nearest, place)

    def levels(self, block: NDArray[Any]) -> NDArray[np.float32]:
        """Half floats as the levels that they were rounded from; others stay what they are."""
        assert self.steps is not None
        place = self.places(block)
        with np.errstate(invalid="ignore"):
            whole = (place == np.rint(place)) & (place >= 0) & (place <= self.steps)
            values = float(self.low) + place * ((float(self.high) - float(self.low)) / self.steps)
        return np.where(whole, values, block).astype(np.float32)

    @property
    def are_bytes(self) -> bool:
        """Whether they are the levels of uint8, in order: each lies where it is counted."""
        return self.dtype == np.uint8 and self.size == 256

    @property
    def bytes(self) -> NDArray[np.float64]:
        """Where each byte lies among the knots."""
        return _bytes_of(self)


@lru_cache(16)  # asked for each row of tiles
def _bytes_of(knots: Knots) -> NDArray[np.float64]:
    levels = np.arange(256, dtype=np.uint8).view(knots.dtype).astype(np.float64)
    low, unit, scale, top = knots.numbers
    places = np.asarray(np.clip((levels * unit - low) * scale, 0.0, top))
    places.flags.writeable = False
    return places


def knots_for(
    low: Any, high: Any, nbins: int, dtype: np.dtype[Any], steps: int | None = None
) -> Knots:
    """The knots for an image whose counted pixels reach from `low` to `high`.

    If they lie on even `steps` between, fewer than `nbins`, there is a knot at each; by
    default those of integers are 1.
    """
    between = steps
    if between is None:
        between = int(high) - int(low) if dtype.kind in "iu" else nbins
    return Knots(low, high, min(nbins, between + 1), dtype.newbyteorder("="), steps)
