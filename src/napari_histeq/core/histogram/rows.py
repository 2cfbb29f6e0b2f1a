"""The histograms of many planes, a row each: what a curve is made of, for all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HistogramRows:
    """The histograms of several planes of integers of 8 or 16 bit, as far as a method asks.

    It has the attributes of a `Histogram` that a curve is made of, for each row: what is one
    number of a histogram is a column here, so that arithmetic along the last axis is the same
    for one histogram and for many.

    Parameters
    ----------
    counts : (planes, n) array of int64
        Pixels at each level; at least two levels of each row have any.
    levels : (planes, n) or (n,) array of an integer dtype of 8 or 16 bit
        The levels that pixels are at, not decreasing; others may be left out. A row with fewer levels
        than another repeats its last one, with no pixel; what becomes of these is not asked.
    nbins : int
        How many levels the dtype has.
    """

    counts: NDArray[np.int64]
    levels: NDArray[Any]
    nbins: int

    @property
    def total(self) -> NDArray[np.int64]:
        """Pixels of each plane, a column."""
        return np.asarray(self.counts.sum(axis=-1, keepdims=True))

    @property
    def cdf(self) -> Floats:
        """Fraction of the pixels not above each level."""
        return np.asarray(self.counts.cumsum(axis=-1) / self.total, np.float64)

    @property
    def range(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """The least and the greatest intensity of each plane that is counted, two columns."""
        held = self.counts != 0
        first = held.argmax(axis=-1)
        last = held.shape[-1] - 1 - held[:, ::-1].argmax(axis=-1)
        return self.levels_at(first), self.levels_at(last)

    @property
    def places(self) -> Floats:
        """Where the levels lie between the least (0) and the greatest (1) intensity counted."""
        return Interval(*self.range).place(self.levels)

    def levels_at(self, column: NDArray[np.intp]) -> NDArray[Any]:
        """One level of each row, as a column."""
        if self.levels.ndim == 1:
            return self.levels[column][:, None]
        return self.levels[np.arange(column.size), column][:, None]
