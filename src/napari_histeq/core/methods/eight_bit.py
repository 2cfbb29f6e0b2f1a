"""A picture of 8 bit in a larger container: its curve is that of the 8 bit.

Some methods speak of levels: Weighted of the mean count of one, BiHistogram of the one next to
a split, programs of the steps they round to. The same picture times 257 in 16 bit, divided by
255, or as whole floats has the levels that it had, not those of its container.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_histeq.core.histogram import Histogram

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.histogram import HistogramRows
    from napari_histeq.core.methods.single import CurveMethod

    Floats = NDArray[np.float64]


class Levels(NamedTuple):
    """What stands for 8 bit: the histogram, the level of each bin, and how far levels are apart."""

    histogram: Histogram
    place: NDArray[np.intp]
    step: float


def curve_of_8_bit(method: CurveMethod, histogram: Histogram, low: float, high: float) -> Floats:
    """`CurveMethod.curve`, by the levels of 8 bit where the picture has no others."""
    found = levels_of(histogram) if method.counts_levels(histogram.levels.dtype) else None
    if found is None:
        return method.checked_curve(histogram, low, high)
    levels = [float(end) / found.step for end in (low, high)]
    if not np.isfinite(levels).all():  # ends near the greatest float
        return method.checked_curve(histogram, low, high)
    near = 255 * _eps(histogram.levels.dtype) + 1e-9
    ends = [_whole(level, near) for level in levels]
    y = method.checked_curve(found.histogram, *ends)
    return np.clip(y[found.place] * found.step, low, high)


def levels_of(histogram: Histogram) -> Levels | None:
    """The levels of 8 bit, if all pixels are at one of them."""
    step = _step(histogram)
    if step is None:
        return None
    if not 2 <= np.count_nonzero(histogram.counts) <= 256:
        return None
    used = histogram.populated
    near = histogram.levels.astype(np.float64) / step
    level = np.rint(near[used])
    off = np.abs(near[used] - level)
    if (np.diff(level) < 1).any():  # closer together than levels are
        return None
    if off.max() > 255 * _eps(histogram.levels.dtype) or level[0] < 0 or level[-1] > 255:
        return None
    counts = np.zeros(256, np.int64)
    counts[level.astype(np.intp)] = histogram.counts[used]
    place = np.clip(np.floor(near), 0, 255).astype(np.intp)
    place[used] = level
    whole = Histogram(counts, np.arange(257), np.arange(256, dtype=np.uint8))
    return Levels(whole, place, step)


def are_of_8_bit(rows: HistogramRows) -> NDArray[np.bool_]:
    """Of which rows `levels_of` finds the levels of 8 bit."""
    levels, held = rows.levels, rows.counts > 0
    found = held.sum(axis=-1) <= 256
    if levels.dtype.itemsize == 1 or not found.any():
        return np.zeros(len(held), np.bool_)
    if levels.dtype == np.uint16:
        fits = levels[found] % np.uint16(257) == 0
    else:
        fits = (levels[found] >= 0) & (levels[found] <= 255)
    found[found] = (fits | ~held[found]).all(axis=-1)
    return np.asarray(found)


def _step(histogram: Histogram) -> float | None:
    """How far the levels of 8 bit would lie apart."""
    dtype = histogram.levels.dtype
    if dtype == np.uint16:
        return 257.0
    if dtype.kind in "iu" and dtype.itemsize > 1:
        return 1.0
    if dtype.kind != "f" or np.count_nonzero(histogram.counts) > 256 or not histogram.is_exact:
        return None
    low, high = histogram.range
    return 1 / 255 if low >= 0 and high <= 1 else 1.0


def _eps(dtype: np.dtype[Any]) -> float:
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0


def _whole(number: float, near: float) -> float:
    """The whole number that rounding has moved it away from, if any."""
    nearest = float(np.rint(number))
    return nearest if abs(number - nearest) <= near else number
