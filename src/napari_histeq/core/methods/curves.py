"""The methods: one frozen dataclass each; its options are its fields.

A curve method turns a histogram into the values of a transfer function at the
histogram's levels. ``C`` is the inclusive cumulative count (or weight), ``N`` its
total, ``lo`` and ``hi`` the range of the output.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from napari_histeq.core.arrays import Interval
from napari_histeq.core.methods.options import Option
from napari_histeq.core.methods.single import CurveMethod
from napari_histeq.core.methods.split import scaled, split_curve

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram

    Floats = NDArray[np.float64]

#: Levels that stand in for those of an integer image where the bins are adaptive.
EVEN_LEVELS = 1024

#: A power of 2 that the least of options may be multiplied with, and still be precise.
_ENLARGED = 2.0**200

Convention = Literal["cdf", "cdf_min", "midpoint", "pillow"]


@dataclass(frozen=True, slots=True)
class Global(CurveMethod):
    """Histogram equalization: ``lo + C / N * (hi - lo)`` [1]_.

    Parameters
    ----------
    convention : {"cdf", "cdf_min", "midpoint", "pillow"}
        Which program's formula to use. ``"cdf"`` is the textbook's inclusive
        ``C / N``; ``"cdf_min"``, ``(C - C0) / (N - C0)`` with ``C0`` the count of the
        darkest level, sends that level to `lo` and equals OpenCV's ``equalizeHist``;
        ``"midpoint"`` takes the middle of each bin, as ImageJ does; ``"pillow"``
        excludes the bin itself, and equals Pillow's ``ImageOps.equalize``.
    power : float
        The counts are raised to this power first, > 0 and <= 1; 0.5, the square
        root, is ImageJ's default and gentler than 1.
    plateau : float
        The counts are capped at this multiple of the mean count of the populated
        levels first [2]_; infinity is no cap, less equalizes less.

    References
    ----------
    .. [1] R. C. Gonzalez and R. E. Woods, "Digital Image Processing", section 3.3.
    .. [2] V. E. Vickers, "Plateau equalization algorithm for real-time display of
       high-quality infrared imagery", Optical Engineering 35(7), 1996.
    """

    name: ClassVar[str] = "global"
    summary: ClassVar[str] = "Spreads intensities evenly: one curve for the whole image."

    convention: Annotated[
        Convention,
        Option("Which program's formula to use: textbook, OpenCV, ImageJ or Pillow", advanced=True),
    ] = "cdf"
    power: Annotated[
        float,
        Option(
            "Counts are raised to this power; 0.5 (square root) is gentler, as in ImageJ",
            gt=0,
            le=1,
        ),
    ] = 1.0
    plateau: Annotated[
        float,
        Option("Counts are capped at this multiple of the mean count; off: no cap", gt=0),
    ] = math.inf

    def counts_levels(self, dtype: np.dtype[Any]) -> bool:
        """See `CurveMethod`: the plain cdf does not ask for levels.

        Nor do weights and middles of integers, each level of which has its bin: ImageJ goes by these.
        """
        if self.convention == "pillow":
            return True
        weighed = self.power != 1.0 or not math.isinf(self.plateau)
        return dtype.kind == "f" and (weighed or self.convention == "midpoint")

    def curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """See `CurveMethod.curve`."""
        weights: NDArray[Any] = histogram.counts
        if self.power != 1.0 or not math.isinf(self.plateau):
            weights = reweighted(histogram, self._weigh)
        if self.convention == "cdf":
            return _cdf(weights, low, high)
        whole = histogram.nbins - 1 == high - low and _bin_per_level(histogram)
        if self.convention == "midpoint":
            return _midpoint(weights, low, high, whole, _reached(histogram, low, high))
        return _CONVENTIONS[self.convention](weights, low, high, whole)

    def above(self, last: float, high: float) -> float:
        """See `CurveMethod`: above the middle of the last bin there is its other half."""
        return high if self.convention == "midpoint" else last

    def _weigh(self, counts: NDArray[Any]) -> Floats:
        with np.errstate(over="ignore"):  # beyond the greatest number nothing is capped
            cap = self.plateau * counts.sum() / np.count_nonzero(counts)
        return np.asarray(np.minimum(counts, cap) ** self.power, np.float64)


@dataclass(frozen=True, slots=True)
class Weighted(CurveMethod):
    """Weighted and thresholded histogram equalization [1]_.

    The probability ``P`` of each level becomes ``((P - Pl) / (Pu - Pl)) ** r * Pu``
    within ``Pl`` to ``Pu = v * max(P)``, ``Pu`` above and 0 below; then the levels are
    equalized with these weights. Common levels cannot take all of the contrast,
    and rare ones (noise) get none.

    Parameters
    ----------
    power : float
        ``r``: below 1 it favors the rare levels, above 1 the frequent ones.
    upper : float
        ``v``: the cap as a fraction of the greatest probability.
    lower : float
        ``Pl`` as a multiple of the uniform probability 1 / levels. The paper's
        0.01 % is 0.0256 for 8 bit.

    References
    ----------
    .. [1] Q. Wang and R. K. Ward, "Fast image/video contrast enhancement based on
       weighted thresholded histogram equalization", IEEE Transactions on Consumer
       Electronics 53(2), 2007.
    """

    name: ClassVar[str] = "weighted"
    summary: ClassVar[str] = "Gentler: common levels are capped, rare ones ignored."
    cost: ClassVar[str] = "as Global; less contrast than it gives"

    power: Annotated[
        float, Option("Below 1 favors rare levels, above 1 common ones", gt=0, le=4)
    ] = 0.5
    upper: Annotated[
        float,
        Option("Cap, as a fraction of the most common level's count", label="Cap", gt=0, le=1),
    ] = 0.5
    lower: Annotated[
        float,
        Option(
            "Levels with fewer pixels than this multiple of the mean are ignored",
            label="Cutoff",
            ge=0,
            le=1,
            advanced=True,
        ),
    ] = 0.0256

    def curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """See `CurveMethod.curve`."""
        return _cdf(reweighted(histogram, self._weigh), low, high)

    def _weigh(self, counts: NDArray[Any]) -> Floats:
        # Enlarged, so that no cap gets lost below the least number; it changes no bit.
        probability = counts / counts.sum()
        probability *= _ENLARGED
        most, least = self.upper * probability.max(), self.lower / counts.size * _ENLARGED
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            weight = ((probability - least) / (most - least)) ** self.power * most
        weight = np.where(probability < least, 0.0, weight)
        return np.where(probability >= most, most, weight)


@dataclass(frozen=True, slots=True)
class BiHistogram(CurveMethod):
    """Equalization of parts of the histogram, each within its own bounds.

    The histogram is split at a level ``m``; the levels up to ``m`` are equalized
    within ``[lo, m]``, the others within ``[m + 1, hi]``: what is dark stays below ``m`` and
    what is light above it, which holds the brightness back, but does not fix it; only
    ``"min_error"`` looks for the least shift. `levels` > 1 splits the parts again, and so on.
    If `lo` to `hi` has no place for ``m``, the result of ``out_range="image"`` is scaled to it.

    Parameters
    ----------
    split : {"mean", "median", "min_error"}
        At the mean (BBHE [1]_; RMSHE [4]_ if repeated), at the median (DSIHE [2]_), or
        where the mean of the output comes nearest to that of the input
        (MMBEBHE [3]_).
    levels : int
        How often to split: ``2 ** levels`` parts, 1 to 8.

    References
    ----------
    .. [1] Y.-T. Kim, "Contrast enhancement using brightness preserving bi-histogram
       equalization", IEEE Transactions on Consumer Electronics 43(1), 1997.
    .. [2] Y. Wang, Q. Chen and B. Zhang, "Image enhancement based on equal area
       dualistic sub-image histogram equalization method", ibid. 45(1), 1999.
    .. [3] S.-D. Chen and A. R. Ramli, "Minimum mean brightness error bi-histogram
       equalization in contrast enhancement", ibid. 49(4), 2003.
    .. [4] S.-D. Chen and A. R. Ramli, "Contrast enhancement using recursive
       mean-separate histogram equalization", ibid. 49(4), 2003.
    """

    name: ClassVar[str] = "bihistogram"
    title: ClassVar[str] = "Bi-histogram"
    summary: ClassVar[str] = (
        "Keeps dark parts dark and light parts light: they are equalized separately."
    )
    cost: ClassVar[str] = "as Global; a jump of the contrast at each split"

    split: Annotated[
        Literal["mean", "median", "min_error"],
        Option("Where to split: at the mean, the median, or where brightness shifts least"),
    ] = "mean"
    levels: Annotated[
        int, Option("Splits: 1 gives 2 parts, 2 gives 4, ...", label="Splits", ge=1, le=8)
    ] = 1

    def curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """See `CurveMethod.curve`."""
        return split_curve(histogram, self.split, self.levels, low, high)


def reweighted(histogram: Histogram, weigh: Callable[[NDArray[Any]], Floats]) -> Floats:
    """Counts put through `weigh`, level by level.

    Adaptive bins are no levels (they hold about equally many pixels, whatever the
    image). For them `weigh` acts on `EVEN_LEVELS` equally wide levels, and each of these
    shares its weight out among its bins in proportion to their counts.
    """
    counts = histogram.counts
    if _bin_per_level(histogram):
        return _sized(weigh(counts))
    low, high = _bulk(histogram)
    place = Interval(low, high).place(histogram.bin_centers) * EVEN_LEVELS
    level = np.minimum(place, EVEN_LEVELS - 1).astype(np.intp)
    held = np.bincount(level, weights=counts, minlength=EVEN_LEVELS)
    share = np.divide(_sized(weigh(held)), held, out=np.zeros(EVEN_LEVELS), where=held > 0)
    return np.asarray(counts * share[level], np.float64)


def _sized(weights: Floats) -> Floats:
    """The same weights, the greatest from 0.5 to 1: so that none gets lost on being divided.

    They are multiplied with a power of 2, which changes no bit of what share each has.
    """
    power = -int(np.frexp(weights.max())[1])
    if abs(power) < 1000:  # a float itself, and a product is quicker
        return weights * 2.0**power
    return np.asarray(np.ldexp(weights, power), np.float64)


def _bin_per_level(histogram: Histogram) -> bool:
    return histogram.levels.dtype.kind in "iu" and bool(np.all(histogram.bin_widths == 1))


def _bulk(histogram: Histogram) -> tuple[float, float]:
    """The range of all but 0.1 % of the pixels at either end: no outlier stretches it."""
    first, last = np.searchsorted(histogram.cdf, [0.001, 0.999])
    low, high = float(histogram.bin_centers[first]), float(histogram.bin_centers[last])
    return (low, high) if high > low else (low, low + 1.0)


def _cdf(weights: NDArray[Any], low: float, high: float) -> Floats:
    # 8 bit: literally the procedure of the textbook, pdf before cdf: where C / N * 255
    # is a tie, the order of the operations decides how it is rounded. With more levels
    # the sum of so many rounded quotients would drift; there it is the exact C / N.
    if weights.size <= 256:
        return scaled((weights / weights.sum()).cumsum(), low, high)
    total = weights.cumsum()
    return scaled(total / total[-1], low, high)


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


_CONVENTIONS = {"cdf_min": _cdf_min, "pillow": _pillow}
