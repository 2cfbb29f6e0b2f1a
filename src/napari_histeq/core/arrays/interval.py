"""Interval: a range of intensities, and the places in it; nothing overflows, nothing gets lost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: The greatest float64.
MOST = float(np.finfo(np.float64).max)
#: Differences smaller than this are scaled up before they are divided by.
TINY = 1e-280


@dataclass(frozen=True, slots=True)
class Interval:
    """The intensities from `low` to `high`.

    Parameters
    ----------
    low, high : int or float
        Finite, `low` not above `high`. Of integers all bits count, up to 64. Or columns of an
        interval for each row: integers of up to 16 bit, and `low` below `high`.

    Examples
    --------
    >>> Interval(50, 250).place([0, 50, 100, 300])
    array([0.  , 0.  , 0.25, 1.  ])
    >>> Interval(50, 250).at([0.0, 0.25, 1.0])
    array([ 50., 100., 250.])
    """

    low: Any
    high: Any

    def place(self, intensities: ArrayLike) -> Floats:
        """Where intensities lie, from 0 (`low`, and what is below) to 1 (`high`, and above).

        Parameters
        ----------
        intensities : array
            Integers that no float64 holds are told apart all the same, if the ends are integers.

        Returns
        -------
        array of float64
            In the order of the intensities. All 0 if the interval is a single intensity.
        """
        values = np.asarray(intensities)
        if isinstance(self.low, np.ndarray):
            return self._place_rows(values)
        if not self.low < self.high:
            return np.zeros(values.shape)
        if values.dtype.kind in "iu" and _is_whole(self.low) and _is_whole(self.high):
            return self._place_integers(values)
        # Halves do not overflow where the whole would; denormals are scaled up, exactly.
        low, high = float(self.low), float(self.high)
        scale = 0.5 if math.isinf(high - low) else 2.0**700 if high - low < TINY else 1.0
        with np.errstate(over="ignore", invalid="ignore"):
            held = np.clip(values.astype(np.float64), low, high)
            part = (held * scale - low * scale) / (high * scale - low * scale)
        return np.asarray(np.clip(part, 0.0, 1.0))

    def _place_rows(self, values: NDArray[Any]) -> Floats:
        """Of integers in rows, each with an interval of its own."""
        from napari_histeq.core import kernels

        low, high = (end.astype(np.float64).reshape(-1) for end in (self.low, self.high))
        if values.ndim == 1:
            values = np.broadcast_to(values, (low.size, values.size))
        places = np.empty(values.shape)
        kernels.rows.place(np.ascontiguousarray(values), low, high, places)
        return places

    def _place_integers(self, values: NDArray[Any]) -> Floats:
        """Of integers, whose differences are exact."""
        low, high = int(self.low), int(self.high)
        info = np.iinfo(values.dtype)
        held = np.clip(values, max(low, info.min), min(high, info.max))
        return np.asarray(above(held, low).astype(np.float64) / float(high - low))

    def at(self, places: ArrayLike) -> Floats:
        """The intensities at places from 0 to 1: in order, and never beyond the ends."""
        part, low, high = np.asarray(places, np.float64), self.low, self.high
        if not isinstance(low, np.ndarray):
            low, high = float(low), float(high)
            if math.isinf(high - low):
                return 2.0 * Interval(low / 2, high / 2).at(part)
        if part.ndim == 2:
            return self._at_rows(part)
        # In this form rounding keeps the order.
        found = np.asarray((high - low) * np.clip(part, 0.0, 1.0))
        found += low
        return np.asarray(np.minimum(found, high))

    def _at_rows(self, places: Floats) -> Floats:
        """In rows, which may have an interval each of its own."""
        from napari_histeq.core import kernels

        low, high = (np.empty(len(places)) for _ in range(2))
        low[:], high[:] = np.ravel(self.low), np.ravel(self.high)
        values = np.empty(places.shape)
        kernels.rows.at(np.ascontiguousarray(places), low, high, values)
        return values

    def even(self, parts: int) -> Floats:
        """The `parts` + 1 edges of parts of equal width, increasing.

        An interval that is too narrow for so many different edges is widened on both sides.
        """
        low, high = float(self.low), float(self.high)
        finest = math.ulp(max(abs(low), abs(high)))
        if high - low < parts * finest:  # a single intensity, say
            half = max(parts * finest, 0.5 if high - low <= finest else 0.0)
            low, high = max(low - half, -MOST), min(high + half, MOST)
        steps = np.arange(parts + 1)
        if math.isinf((high - low) * parts):
            halves = low / 2 + (high / 2 - low / 2) * (steps / parts)
            edges = 2.0 * np.minimum(halves, high / 2)  # rounding may have gone beyond
        else:
            edges = low + (high - low) * steps / parts  # integers exactly
        edges[-1] = high
        return np.asarray(edges, np.float64)


def above(values: NDArray[Any], low: Any) -> NDArray[np.uint64]:
    """How far integers lie above `low`, exactly: the arithmetic of their bits wraps around."""
    return values.astype(np.uint64, copy=False) - np.uint64(int(low) % (1 << 64))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer)
