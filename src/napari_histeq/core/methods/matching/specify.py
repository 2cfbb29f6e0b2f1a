"""Specify: the histogram of a distribution, or one that is given in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from napari_histeq.core.arrays import Interval, checked_out_range, output_limits
from napari_histeq.core.histogram import Histogram
from napari_histeq.core.methods.base import Method
from napari_histeq.core.methods.matching.reference import counted
from napari_histeq.core.methods.matching.target import (
    MOST_LEVELS,
    AlphaOption,
    CountsOption,
    MeanOption,
    SigmaOption,
    Target,
    TargetOption,
    check_counts,
    settle_target,
    target_of,
)
from napari_histeq.core.methods.options import Option
from napari_histeq.core.methods.single import CurveMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Image
    from napari_histeq.core.methods.matching.target import TargetName
    from napari_histeq.core.recipe import Recipe
    from napari_histeq.core.transfer import StackRule

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Specify(CurveMethod):
    """Histogram specification: the histogram comes as near to a target as one curve can bring it.

    The target lies over the range of the output, which is `out_range` in the image's own units;
    with ``t`` a place in it, 0 at the low end and 1 at the high one. A level becomes the one below
    which the target has as much as the image has below the middle of the level's pixels: ``F(new)
    = (C - h / 2) / N``, with ``C`` its cumulative count, ``h`` its count and ``F`` the target's cdf.
    No other curve that keeps the order comes nearer: the greatest distance of the cdf of the
    result to that of the target is at most half the share of the most frequent level
    (`distance_to_target`).

    Parameters
    ----------
    target : {"uniform", "gaussian", "rayleigh", "exponential", "counts"}, or weights
        The shape. Weights, such as ``(1, 2, 1)``, are put into `counts`.
    mean, sigma : float
        Center and standard deviation of the gaussian, as parts of the output range: with
        ``out_range=(-1000, 1000)``, 0.5 and 0.1 are 0 and 200. It is cut off at both ends.
    alpha : float
        Rayleigh: its density is ``t exp(-t^2 / (2 alpha^2))``, with the top at ``t = alpha``.
        Exponential: ``exp(-alpha t)``. Both are cut off at 1; they are those of MATLAB's
        ``adapthisteq`` and of `Clahe`.
    counts : tuple of float, optional
        Weights of equal parts of the output range, two or more, of any sum: one for each level of
        the output, say, or fewer.
    convention : {"midpoint", "textbook"}
        ``"midpoint"`` is the rule above. ``"textbook"`` gives a level the one whose ``F`` is nearest
        to ``C / N``, the least one of several [1]_. It may be up to twice as far from the target.

    References
    ----------
    .. [1] R. C. Gonzalez and R. E. Woods, "Digital Image Processing", section 3.3: histogram
       matching (specification).
    """

    name: ClassVar[str] = "specify"
    group: ClassVar[str] = "match"
    summary: ClassVar[str] = "Gives the histogram a shape: uniform, gaussian, or your own numbers."

    cost: ClassVar[str] = "as Global; a level of many pixels stays one, so that peaks remain"

    target: TargetOption = "uniform"
    mean: MeanOption = 0.5
    sigma: SigmaOption = 0.2
    alpha: AlphaOption = 0.4
    counts: CountsOption = None
    convention: Annotated[
        Literal["midpoint", "textbook"],
        Option(
            "midpoint comes nearest to the target; textbook is the rule of Gonzalez and Woods",
            advanced=True,
        ),
    ] = "midpoint"

    if TYPE_CHECKING:  # it takes weights as the target, too

        def __init__(
            self,
            target: TargetName | Sequence[float] = "uniform",
            mean: float = 0.5,
            sigma: float = 0.2,
            alpha: float = 0.4,
            counts: Sequence[float] | None = None,
            convention: Literal["midpoint", "textbook"] = "midpoint",
        ) -> None: ...

    def __post_init__(self) -> None:
        settle_target(self)
        Method.__post_init__(self)
        check_counts(self)

    @property
    def along_rows(self) -> bool:
        """See `CurveMethod`."""
        return True

    def stack_rule(self, dtype: np.dtype[Any], recipe: Recipe) -> StackRule | None:
        """See `Method`: where the range of the output is that of all planes."""
        return None if recipe.is_by_image(dtype) else CurveMethod.stack_rule(self, dtype, recipe)

    def curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """See `CurveMethod.curve`."""
        target, done = target_of(self), histogram.counts.cumsum(axis=-1)
        textbook = self.convention == "textbook"
        fractions = (2 * done - (0 if textbook else histogram.counts)) / (2 * done[..., -1:])
        levels = _levels(histogram, low, high)
        if levels is None:
            places = np.maximum.accumulate(target.quantile(fractions), axis=-1)
            return Interval(low, high).at(places)
        reached = target.up_to_levels(levels)
        found = _first_not_below(reached, fractions)
        return np.asarray(low + (_nearest(reached, fractions, found) if textbook else found))

    def distance_to_target(
        self,
        result: Image | Histogram,
        out_range: str | tuple[float, float] = "auto",
        mask: Image | None = None,
    ) -> float:
        """The greatest difference of a result's cdf to that of the target, from 0 to 1.

        This is the Kolmogorov-Smirnov distance. Right after ``equalize(image, method)`` it is at
        most half the share of the image's most frequent level, by the convention ``"midpoint"``.

        Parameters
        ----------
        result : array or Histogram
            What `equalize` returned, in memory or lazy, or its histogram.
        out_range : str or (lo, hi)
            The range of the output, as `equalize` was told. Of results that are not unsigned integers
            it has to be two numbers or ``"dtype"``: they may not reach their range's ends.
        mask : array of bool, optional
            True where a pixel counts.

        Raises
        ------
        ValueError
            If no pixel counts, or if the range is not told.
        """
        histogram = result if isinstance(result, Histogram) else counted(result, mask)
        if not histogram.total:
            raise ValueError("result has no pixel that counts: it has no distance to a target")
        dtype = histogram.levels.dtype
        if out_range == "image" or (out_range == "auto" and dtype.kind not in "ub"):
            raise ValueError(
                f"out_range={out_range!r} does not tell where the target of {dtype} ends: give the "
                "two numbers that the result was made for"
            )
        limits = output_limits(checked_out_range(out_range, dtype), dtype, histogram.range)
        return _distance(target_of(self), histogram, *(float(end) for end in limits))


def _levels(histogram: Histogram, low: float, high: float) -> int | None:
    """How many levels the output has, if it is whole numbers and not too many."""
    whole = histogram.levels.dtype.kind in "iu" and low.is_integer() and high.is_integer()
    return int(high - low) + 1 if whole and high - low < MOST_LEVELS else None


def _first_not_below(reached: Floats, fractions: Floats) -> NDArray[np.intp]:
    """The first of the levels that reaches each fraction; of many planes by a compiled loop."""
    if fractions.ndim == 1:
        return np.searchsorted(reached, fractions)
    from napari_histeq.core import kernels

    found = np.empty(fractions.shape, np.int64)
    kernels.rows.search(reached, fractions, found)
    return found


def _nearest(reached: Floats, fractions: Floats, above: NDArray[np.intp]) -> NDArray[np.intp]:
    """The level at which the target is nearest to each fraction; the least of several."""
    below = np.maximum(above - 1, 0)
    nearer = np.where(fractions - reached[below] <= reached[above] - fractions, below, above)
    return np.searchsorted(reached, reached[nearer])


def _distance(target: Target, histogram: Histogram, low: float, high: float) -> float:
    used, levels = histogram.populated, _levels(histogram, low, high)
    done = np.concatenate([[0.0], histogram.cdf])
    start, last = (
        edge[used].astype(np.float64) for edge in (histogram.bin_edges[:-1], histogram.levels)
    )
    if levels is None:
        below, upto = (target.cdf(Interval(low, high).place(edge)) for edge in (start, last))
    else:
        reached = np.concatenate([[0.0], target.up_to_levels(levels)])
        below, upto = (
            reached[np.clip(edge - low + beyond, 0, levels).astype(np.intp)]
            for edge, beyond in ((start, 0), (last, 1))
        )
    return float(max(np.abs(done[used] - below).max(), np.abs(done[used + 1] - upto).max()))
