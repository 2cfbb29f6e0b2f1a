"""From counts to curves: levels weighed, and added up as one program or the other does it.

``C`` is the inclusive cumulative weight, ``N`` its total, ``lo`` and ``hi`` the range of the output.
What is done along the last axis is done for the histograms of many planes, too (`HistogramRows`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_histeq.core.arrays import Interval
from napari_histeq.core.histogram import HistogramRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram

    Floats = NDArray[np.float64]

Convention = Literal["cdf", "cdf_min", "midpoint", "pillow"]

#: Levels that stand in for those of an integer image where the bins are adaptive.
EVEN_LEVELS = 1024


def scaled(fractions: Floats, low: float, high: float) -> Floats:
    """Fractions from 0 to 1 put between `low` and `high`: in order, and never beyond."""
    return Interval(low, high).at(fractions)


def reweighted(
    histogram: Histogram | HistogramRows, weigh: Callable[[NDArray[Any], int], Floats]
) -> Floats:
    """Counts put through `weigh`, level by level; it is told how many levels there are.

    Adaptive bins are no levels (they hold about equally many pixels, whatever the
    image). For them `weigh` acts on `EVEN_LEVELS` equally wide levels, and each of these
    shares its weight out among its bins in proportion to their counts.
    """
    counts = histogram.counts
    if isinstance(histogram, HistogramRows) or _bin_per_level(histogram):
        return _sized(weigh(counts, histogram.nbins))
    low, high = _bulk(histogram)
    place = Interval(low, high).place(histogram.bin_centers) * EVEN_LEVELS
    level = np.minimum(place, EVEN_LEVELS - 1).astype(np.intp)
    held = np.bincount(level, weights=counts, minlength=EVEN_LEVELS)
    share = np.divide(
        _sized(weigh(held, EVEN_LEVELS)), held, out=np.zeros(EVEN_LEVELS), where=held > 0
    )
    return np.asarray(counts * share[level], np.float64)


def _sized(weights: Floats) -> Floats:
    """The same weights, the greatest from 0.5 to 1: so that none gets lost on being divided.

    They are multiplied with a power of 2, which changes no bit of what share each has.
    """
    power = -np.frexp(weights.max(axis=-1, keepdims=True))[1]
    if (abs(power) < 1000).all():  # a float itself, and a product is quicker
        return np.asarray(weights * 2.0**power)
    return np.asarray(np.ldexp(weights, power), np.float64)


def _bin_per_level(histogram: Histogram) -> bool:
    return histogram.levels.dtype.kind in "iu" and bool(np.all(histogram.bin_widths == 1))


def _bulk(histogram: Histogram) -> tuple[float, float]:
    """The range of all but 0.1 % of the pixels at either end: no outlier stretches it."""
    first, last = np.searchsorted(histogram.cdf, [0.001, 0.999])
    low, high = float(histogram.bin_centers[first]), float(histogram.bin_centers[last])
    return (low, high) if high > low else (low, low + 1.0)


def added_up(
    convention: Convention, weights: NDArray[Any], histogram: Histogram | HistogramRows, low: float,
    high: float,
) -> Floats:  # fmt: skip
    """The curve of the weights of a histogram's bins, at its levels, by a convention of `Global`.

    Of many planes only ``"cdf"``.
    """
    if convention == "cdf":
        return _cdf(weights, histogram.nbins, low, high)
    assert not isinstance(histogram, HistogramRows)
    whole = histogram.nbins - 1 == high - low and _bin_per_level(histogram)
    if convention == "midpoint":
        return _midpoint(weights, low, high, whole, _reached(histogram, low, high))
    return (_cdf_min if convention == "cdf_min" else _pillow)(weights, low, high, whole)


def _cdf(weights: NDArray[Any], nbins: int, low: float, high: float) -> Floats:
    # 8 bit: literally the procedure of the textbook, pdf before cdf: where C / N * 255
    # is a tie, the order of the operations decides how it is rounded. With more levels
    # the sum of so many rounded quotients would drift; there it is the exact C / N.
    if nbins <= 256:
        total = weights.sum(axis=-1, keepdims=True)
        return scaled((weights / total).cumsum(axis=-1), low, high)
    done = _added(weights)
    return scaled(done / done[..., -1:], low, high)


def _added(weights: NDArray[Any]) -> NDArray[Any]:
    """Cumulative weights; of many planes by a compiled loop, which adds several up at a time."""
    if weights.ndim != 2 or weights.dtype != np.float64:
        return weights.cumsum(axis=-1)
    from napari_histeq.core import kernels

    done = np.empty(weights.shape)
    kernels.rows.cumulate(np.ascontiguousarray(weights), done)
    return done


# The other conventions. Where the levels are `whole` (integers, as many as the range of the
# output has) they are those of the program that a convention is named after, and so is the
# arithmetic.


def _cdf_min(weights: NDArray[Any], low: float, high: float, whole: bool) -> Floats:
    first = int(np.flatnonzero(weights)[0])
    above = weights.cumsum() - weights[first]
    above[:first] = 0
    if whole and weights.size == 256:
        # OpenCV's single precision, for the same bits.
        scale = np.float32(255) / np.float32(above[-1])
        y = np.asarray(low + above.astype(np.float32) * scale, np.float64)
        return np.where(above == above[-1], high, y)  # of floats white would be 0.99999994
    return scaled(above / above[-1], low, high)


def _reached(histogram: Histogram, low: float, high: float) -> tuple[bool, bool]:
    """Whether the intensities reach down to `low` and up to `high`: these ends are kept then."""
    least, most = (float(end) for end in histogram.range)
    return least <= low, most >= high


def _midpoint(
    weights: NDArray[Any], low: float, high: float, whole: bool, pinned: tuple[bool, bool]
) -> Floats:
    first, last = np.flatnonzero(weights)[[0, -1]]
    halves = np.repeat(weights, 2)  # of each bin its two halves; of ends that are kept, one
    halves[2 * first] *= not pinned[0]
    halves[2 * last + 1] *= not pinned[1]
    middle = halves.cumsum()[::2]
    total = halves.sum()
    if not whole:
        return scaled(middle / total, low, high)
    # ImageJ's own levels, added up in its order: it rounds a tie up.
    twice = halves[::2] + halves[1::2]
    scale = (high - low) / twice.cumsum()[-1]
    return np.asarray(low + np.floor(middle * scale + 0.5), np.float64)


def _pillow(weights: NDArray[Any], low: float, high: float, whole: bool) -> Floats:
    before = np.append(weights[:1] * 0, weights[:-1].cumsum())
    last = int(np.flatnonzero(weights)[-1])
    span = high - low
    if weights.dtype.kind != "i" or not (whole and weights.size == 256):
        return scaled(np.minimum(before / before[last], 1.0), low, high)
    step = int(before[last] // span)
    if step == 0:  # too few pixels for a step of one: Pillow leaves such an image alone
        return np.arange(weights.size, dtype=np.float64) + low
    return np.asarray(low + np.minimum(span, (step // 2 + before) // step), np.float64)
