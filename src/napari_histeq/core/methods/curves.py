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

from napari_histeq.core.histogram import bins_of
from napari_histeq.core.methods.options import Option
from napari_histeq.core.methods.single import CurveMethod
from napari_histeq.core.methods.split import split_curve, split_rows
from napari_histeq.core.methods.weights import Convention, added_up, reweighted
from napari_histeq.core.transfer import CompiledRule, FloatsRule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram, HistogramRows
    from napari_histeq.core.recipe import Recipe
    from napari_histeq.core.transfer import StackRule

    Floats = NDArray[np.float64]

#: A power of 2 that the least of options may be multiplied with, and still be precise.
_ENLARGED = 2.0**200


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
        return added_up(self.convention, weights, histogram, low, high)

    def stack_rule(self, dtype: np.dtype[Any], recipe: Recipe) -> StackRule | None:
        """See `Method`: of the two plain conventions a compiled one."""
        plain = self.convention in ("cdf", "cdf_min") and self.power == 1.0
        plain = plain and math.isinf(self.plateau) and not recipe.saturated
        if not plain or (dtype.kind != "f" and bins_of(dtype) is None):
            return CurveMethod.stack_rule(self, dtype, recipe)
        low, high = recipe.limits(dtype, (0, 0))
        by_min, by_image = self.convention == "cdf_min", recipe.is_by_image(dtype)
        if dtype.kind == "f":
            usual = not by_min and recipe.strength == 1.0 and dtype.itemsize > 2
            return FloatsRule(by_image, float(low), float(high)) if usual else None
        return CompiledRule(by_min, by_image, float(low), float(high), float(recipe.strength))

    @property
    def along_rows(self) -> bool:
        """See `CurveMethod`: the textbook's convention is."""
        return self.convention == "cdf"

    def above(self, last: float, high: float) -> float:
        """See `CurveMethod`: above the middle of the last bin there is its other half."""
        return high if self.convention == "midpoint" else last

    def _weigh(self, counts: NDArray[Any], _: int) -> Floats:
        total = counts.sum(axis=-1, keepdims=True)
        with np.errstate(over="ignore"):  # beyond the greatest number nothing is capped
            cap = self.plateau * total / np.count_nonzero(counts, axis=-1, keepdims=True)
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

    @property
    def along_rows(self) -> bool:
        """See `CurveMethod`."""
        return True

    def curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """See `CurveMethod.curve`."""
        weights = reweighted(histogram, self._weigh)
        return added_up("cdf", weights, histogram, low, high)

    def _weigh(self, counts: NDArray[Any], nbins: int) -> Floats:
        # Enlarged, so that no cap gets lost below the least number; it changes no bit.
        probability = counts / counts.sum(axis=-1, keepdims=True)
        probability *= _ENLARGED
        most = self.upper * probability.max(axis=-1, keepdims=True)
        least = self.lower / nbins * _ENLARGED
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            weight: Floats = probability - least
            weight /= most - least
            weight **= self.power
            weight *= most
        np.copyto(weight, 0.0, where=probability < least)
        np.copyto(weight, most, where=probability >= most)
        return weight


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

    @property
    def along_rows(self) -> bool:
        """See `CurveMethod`: split once where no split has to be tried."""
        return self.levels == 1 and self.split != "min_error"

    def placed_rows(self, rows: HistogramRows, recipe: Recipe, low: Any, high: Any) -> Floats:  # noqa: ARG002
        """See `CurveMethod`."""
        return split_rows(rows, self.split, low, high)

    def curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """See `CurveMethod.curve`."""
        return split_curve(histogram, self.split, self.levels, low, high)
