"""Bi-histogram equalization: where to split, and the curve of the parts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_histeq.core.histogram import Histogram, output_limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def curve(histogram: Histogram, rule: str, depth: int, low: float, high: float) -> Floats:
    """See `methods.BiHistogram`: each part equalized between its own least and greatest level."""
    place, extent = _places(histogram)
    lower = np.append(0.0, place[1:] if _per_level(histogram) else place[:-1])
    place[-1] = extent
    y = np.empty(histogram.nbins)
    counts = histogram.counts.astype(np.float64)
    for first, last in _parts(counts, lower, place, rule, depth):
        held = counts[first : last + 1].cumsum()
        share = held / held[-1] if held[-1] else np.zeros_like(held)
        y[first : last + 1] = lower[first] + (place[last] - lower[first]) * share
    y = np.minimum(np.maximum.accumulate(y), extent)
    return np.minimum(low + y, high) if high - low == extent else scaled(y / extent, low, high)


def _places(histogram: Histogram) -> tuple[Floats, float]:
    """How far above the least level each one lies, and how far the greatest does.

    In levels for integers, whose differences are exact at any size; in parts of the range
    for floats, where no difference may overflow.
    """
    levels = histogram.levels
    if levels.dtype.kind in "iu":
        unsigned, full = levels.dtype.kind == "u", np.iinfo(levels.dtype).max
        least, most = (0, full) if unsigned else (int(v) for v in histogram.range)
        above = np.maximum(levels, least).astype(np.uint64) - np.array(least).astype(np.uint64)
        return np.minimum(above.astype(np.float64), most - least), float(most - least)
    start, stop = output_limits("auto", histogram)
    shrink = 0.5 if np.isinf(stop - start) else 1.0
    above = levels.astype(np.float64) * shrink - start * shrink
    return np.clip(above / (stop * shrink - start * shrink), 0.0, 1.0), 1.0


def _per_level(histogram: Histogram) -> bool:
    return bool(np.all(histogram.bin_widths == 1))


def _parts(
    counts: Floats, lower: Floats, upper: Floats, rule: str, depth: int
) -> list[tuple[int, int]]:
    """The first and last bin of each part."""
    parts = [(0, counts.size - 1)]
    for _ in range(depth):
        halves = []
        for first, last in parts:
            part = slice(first, last + 1)
            if np.count_nonzero(counts[part]) < 2:  # nothing left to tell apart
                halves.append((first, last))
                continue
            middle = first + _RULES[rule](counts[part], lower[part], upper[part])
            halves += [(first, middle), (middle + 1, last)]
        parts = halves
    return parts


def _mean(counts: Floats, _lower: Floats, upper: Floats) -> int:
    """The last bin that is not above the mean; both halves keep at least one bin."""
    mean = float(counts @ upper / counts.sum())
    return min(max(int(np.searchsorted(upper, mean, side="right")) - 1, 0), counts.size - 2)


def _median(counts: Floats, _lower: Floats, _upper: Floats) -> int:
    held = counts.cumsum()
    return min(int(np.searchsorted(held, held[-1] / 2)), counts.size - 2)


def _min_error(counts: Floats, lower: Floats, upper: Floats) -> int:
    """The split whose output has the mean nearest to the input's, all splits tried."""
    p = counts / counts.sum()
    c = p.cumsum()
    a = (p * c).cumsum()
    below, above = c[:-1], np.maximum(1.0 - c[:-1], 1e-300)
    dark = lower[0] * below + (upper[:-1] - lower[0]) * a[:-1] / np.maximum(below, 1e-300)
    rest = np.maximum(a[-1] - a[:-1] - below * above, 0.0)
    light = lower[1:] * above + (upper[-1] - lower[1:]) * rest / above
    return int(np.argmin(np.abs(dark + light - float(p @ upper))))


_RULES = {"mean": _mean, "median": _median, "min_error": _min_error}


def scaled(fractions: Floats, low: float, high: float) -> Floats:
    """Fractions from 0 to 1 put between `low` and `high`: in order, and never beyond."""
    fractions = np.minimum(fractions, 1.0)
    # In this form rounding keeps the order; halves do not overflow where the whole would.
    if math.isinf(high - low):
        return 2.0 * scaled(fractions, low / 2, high / 2)
    return np.minimum(low + (high - low) * fractions, high)
