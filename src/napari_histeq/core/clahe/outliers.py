"""Outliers: the few pixels that CLAHE's knots need not reach.

At either end up to one pixel in 10,000 (of 1,000 pixels or more: at least one) is set
apart. Those of them that lie further from the others than half of the span of these are
outliers. All is told by the pixels that count and their intensities, not by their order: so
that no chunk, flip or container changes it.

For example 9,999 pixels from 0 to 1000, and one hot one. One pixel at either end is set apart;
the others span 0 to 1000, so that beyond 1500 is an outlier, and the knots end at 1000:

>>> pixels = np.append(np.arange(9999) % 1001, 60000).astype(np.uint16)
>>> tails = Tails.empty(pixels.dtype, pixels.shape)
>>> tails.visit(pixels, None, (0,))
>>> tuple(map(int, tails.ends))
(0, 1000)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import native_run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_] | None
    Ends = tuple[Any, Any]

#: At either end one pixel of so many may be an outlier,
SHARE = 10_000
#: and of so many at least one.
FEW = 1_000
#: A pixel counts at the nearest knot; a little more, as its place is rounded.
HALF = 0.75
#: One pixel of so many is looked at to guess where the tails begin.
EVERY = 64


def allowance(pixels: int) -> int:
    """How many of so many pixels may be outliers at either end."""
    return max(pixels // SHARE, 1) if pixels >= FEW else 0


def counting_mask(block: NDArray[Any], mask: Mask) -> NDArray[np.bool_]:
    """Which pixels of a block count: finite ones, and of a mask."""
    finite: NDArray[np.bool_] = np.isfinite(block)
    return finite if mask is None else mask & finite


@dataclass
class Tails:
    """The least and the greatest values of some pixels, `most` of each, and how many there are."""

    most: int
    total: int
    least: NDArray[Any]
    greatest: NDArray[Any]

    @classmethod
    def empty(cls, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Tails:
        """Nothing yet, of an image of this dtype and shape."""
        none = np.empty(0, dtype.newbyteorder("="))
        return cls(allowance(math.prod(shape)) + 1, 0, none, none)

    def visit(self, block: NDArray[Any], mask: Mask, _: tuple[int, ...]) -> None:
        """Add a block."""
        if mask is None and block.dtype.kind in "iu":
            values = native_run(block)
        else:
            values = block[counting_mask(block, mask)].astype(self.least.dtype, copy=False)
        self.total += values.size
        self._add(values, values)

    def _add(self, low: NDArray[Any], high: NDArray[Any]) -> None:
        """Keep the least of `low`, the greatest of `high`, and of those that there are."""
        if self.least.size == self.most:
            low, high = low[low < self.least.max()], high[high > self.greatest.min()]
        self.least = _least(np.append(self.least, _few(low, self.most, False)), self.most)
        self.greatest = _greatest(np.append(self.greatest, _few(high, self.most, True)), self.most)

    def __add__(self, other: Tails) -> Tails:
        both = Tails(self.most, self.total + other.total, self.least, self.greatest)
        both._add(other.least, other.greatest)
        return both

    @property
    def ends(self) -> Ends:
        """The least and the greatest value that is no outlier."""
        least, greatest, spare = np.sort(self.least), np.sort(self.greatest), allowance(self.total)
        low, high = fence(least[spare], greatest[-1 - spare])
        return least[np.searchsorted(least, low)], greatest[
            np.searchsorted(greatest, high, side="right") - 1
        ]


def _least(values: NDArray[Any], most: int) -> NDArray[Any]:
    return values if values.size <= most else np.partition(values, most - 1)[:most].copy()


def _greatest(values: NDArray[Any], most: int) -> NDArray[Any]:
    return values if values.size <= most else np.partition(values, -most)[-most:].copy()


def _few(values: NDArray[Any], most: int, upper: bool) -> NDArray[Any]:
    """Those at one end, at least `most` of them, by the threshold that a sample suggests."""
    sample = values[::EVERY]
    near = min(4 * (most // EVERY) + 8, sample.size)
    if sample.size <= 2 * near:
        return values
    if upper:
        found = values[values >= _greatest(sample, near).min()]
    else:
        found = values[values <= _least(sample, near).max()]
    return found if found.size >= most else values


def fence(low: Any, high: Any) -> Ends:
    """Beyond what values are outliers, if the others reach from `low` to `high`: of their type."""
    if np.dtype(type(low)).kind in "iu":
        info, beyond = np.iinfo(type(low)), (int(high) - int(low)) // 2
        ends = max(int(low) - beyond, int(info.min)), min(int(high) + beyond, int(info.max))
        return type(low)(ends[0]), type(low)(ends[1])
    half = float(high) / 2 - float(low) / 2
    return np.float64(float(low) - half), np.float64(float(high) + half)


def ends_of_bins(
    counts: NDArray[Any], below: NDArray[Any], above: NDArray[Any], extremes: Ends
) -> Ends:
    """As `Tails.ends`, of pixels in bins that reach from `below` to `above`, and none is empty.

    Exact where each bin is one value; else to a bin, the nearer end of it.
    """
    first, last = _inner(counts, allowance(int(counts.sum())))
    if above[first] > below[last]:  # nearly all pixels are in one bin
        return extremes
    low, high = fence(above[first], below[last].astype(above.dtype)[()])
    least, greatest = extremes
    if least < low:
        least = below[np.searchsorted(below, low)]
    if greatest > high:
        greatest = above[np.searchsorted(above, high, side="right") - 1]
    return least, greatest


def _inner(counts: NDArray[Any], spare: int) -> tuple[int, int]:
    """The first and the last bin in which a pixel is that is not set apart."""
    first = np.searchsorted(counts.cumsum(), spare, side="right")
    last = np.searchsorted(counts[::-1].cumsum(), spare, side="right")
    return int(first), counts.size - 1 - int(last)


def shows_none(
    counts: NDArray[Any],
    below: NDArray[np.float64],
    above: NDArray[np.float64],
    spare: int,
    extremes: tuple[float, float],
) -> bool:
    """Whether counts of bins, which reach from `below` to `above`, are enough to say: no outliers.

    They may be more than there are pixels, if `spare` is as many times the allowance.
    """
    if counts.sum() <= spare:
        return spare == 0
    first, last = _inner(counts, spare)
    low, high = float(above[first]), float(below[last])  # at most so low, at least so high
    half = high / 2 - low / 2
    return half >= 0 and low - half <= extremes[0] and high + half >= extremes[1]


def knots_show_none(counts: NDArray[Any], shape: tuple[int, ...]) -> bool:
    """Whether the counts of all tiles of an image, at their knots, say: no outliers."""
    # Along each axis a pixel may straddle two tiles, and count in both.
    spare = allowance(math.prod(shape)) << len(shape)
    knots = np.arange(counts.size, dtype=np.float64)
    ends = 0.0, counts.size - 1.0
    return shows_none(counts, knots - HALF, knots + HALF, spare, ends)
