"""CurveMethod: a method that is a single curve for all pixels that share a histogram."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from napari_histeq.core.histogram import bins_of, count, saturated, saturated_rows
from napari_histeq.core.methods.base import Fit, Method
from napari_histeq.core.methods.eight_bit import are_of_8_bit, curve_of_8_bit
from napari_histeq.core.methods.options import options_of
from napari_histeq.core.transfer import CurvesRule, TransferFunction, between_knots

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Source
    from napari_histeq.core.histogram import Histogram, HistogramRows
    from napari_histeq.core.recipe import Recipe
    from napari_histeq.core.transfer import StackRule

    Floats = NDArray[np.float64]

#: Per cent of the pixels that may be clipped.
MOST_SATURATED = 50


class CurveMethod(Method):
    """A method that is a single curve for all pixels that share a histogram."""

    __slots__ = ()
    is_single_curve: ClassVar[bool] = True
    cost: ClassVar[str] = (
        "one pass to count and one to map, for any size. Common levels get the contrast, a "
        "background and its noise too"
    )
    caution: ClassVar[str] = (
        "preserve the rank order of measured intensities but are not proportional to them"
    )

    def counts_levels(self, dtype: np.dtype[Any]) -> bool:
        """Whether the curve depends on how many levels `dtype` has, beside how they are filled."""
        return True

    @property
    def along_rows(self) -> bool:
        """Whether `curve` works along the last axis, for many planes at once: see `HistogramRows`."""
        return False

    @abstractmethod
    def curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """What the levels of a 1-D histogram become, within `low` to `high`.

        Returns
        -------
        (nbins,) array of float64
            Not decreasing, not yet rounded.
        """

    def above(self, last: float, high: float) -> float:
        """What is above all that counts becomes: by default what the greatest level does, `last`."""
        return last

    def knots(self, histogram: Histogram, low: float, high: float) -> tuple[NDArray[Any], Floats]:
        """The curve's knots: intensities, increasing, and what they become.

        At the levels, and beyond them, where nothing counts: `low` below, and `above`.
        """
        y = curve_of_8_bit(self, histogram, low, high)
        return with_ends(histogram, y, low, self.above(float(y[-1]), high))

    def checked_curve(self, histogram: Histogram, low: float, high: float) -> Floats:
        """`curve`, or an error that names the class if what it returns is none."""
        found, size = self.curve(histogram, low, high), histogram.nbins
        said = f"{type(self).__name__}.curve returned"
        try:
            y = np.asarray(found, np.float64)
        except (TypeError, ValueError):
            raise TypeError(f"{said} {found!r}: it must be numbers, one for each level") from None
        if y.shape != (size,):
            raise ValueError(
                f"{said} an array of shape {y.shape}: it must be {(size,)}, a value for each level"
            )
        if not (y[1:] >= y[:-1]).all():
            raise ValueError(
                f"{said} values that decrease (or NaN): none may be less than the one before, "
                "say np.maximum.accumulate(y)"
            )
        if y[0] < low - near(low, high) or y[-1] > high + near(low, high):
            raise ValueError(
                f"{said} {y[0]:g} to {y[-1]:g}: it must be within {low:g} to {high:g}, "
                "say Interval(low, high).at(places)"
            )
        return y

    def placed(self, histogram: Histogram, recipe: Recipe) -> tuple[NDArray[Any], Floats]:
        """The curve's knots in the range of the output that is asked for."""
        low, high = (float(v) for v in recipe.limits(histogram.levels.dtype, histogram.range))
        return self.knots(histogram, low, high)

    def fit(self, source: Source, recipe: Recipe) -> Fit:
        """Count, and find the curve."""
        histogram = count(source)
        data = histogram.range if histogram.total else None
        return Fit(self.transfer_function(histogram, recipe), data)

    def fit_among(self, around: Histogram, source: Source, recipe: Recipe) -> Fit:
        """See `Method`: the curve is that of what is around, whatever is in the plane."""
        data = around.range if around.total else None
        return Fit(self.transfer_function(around, recipe), data)

    def stack_rule(self, dtype: np.dtype[Any], recipe: Recipe) -> StackRule | None:
        """See `Method`: where `curve` works along rows."""
        if not self.along_rows or bins_of(dtype) is None:
            return None
        return CurvesRule(partial(self._curves, recipe), recipe.strength)

    def _curves(self, recipe: Recipe, rows: HistogramRows) -> Floats:
        """What the levels of each row become; NaN: this plane has to be equalized by itself."""
        dtype = rows.levels.dtype
        ends: tuple[Any, Any] = recipe.limits(dtype, (0, 0))
        if recipe.is_by_image(dtype):
            ends = rows.range
        low, high = (np.float64(end) for end in ends)
        if recipe.saturated:
            rows = saturated_rows(rows, recipe.saturated)
        y = self.placed_rows(rows, recipe, low, high)
        if self.counts_levels(dtype):
            alone = are_of_8_bit(rows)
            y = np.where(alone[:, None], np.nan, y) if alone.any() else y
        return y

    def placed_rows(self, rows: HistogramRows, recipe: Recipe, low: Any, high: Any) -> Floats:
        """`curve`, for many planes; `low` and `high` are numbers, or columns of them.

        What `checked_curve` would refuse is NaN.
        """
        y = np.asarray(self.curve(cast("Histogram", rows), low, high), np.float64)
        if y.shape != rows.counts.shape:
            return np.full(rows.counts.shape, np.nan)
        beyond = (y[:, :1] < low - near(low, high)) | (y[:, -1:] > high + near(low, high))
        return np.where(beyond, np.nan, y) if beyond.any() else y

    def transfer_function(self, histogram: Histogram, recipe: Recipe) -> TransferFunction:
        """The curve of a 1-D histogram; the identity where there is nothing to spread."""
        dtype = histogram.levels.dtype
        if np.count_nonzero(histogram.counts) <= 1 or dtype.kind == "b":
            return TransferFunction.identity(*histogram.levels[[0, -1]])
        percent = recipe.saturated
        if percent:
            if recipe.out_range != "auto" or self.own_range is None:  # that of all pixels
                ends = recipe.limits(dtype, histogram.range)
                recipe = replace(recipe, out_range=ends)
            histogram = saturated(histogram, percent)
        return TransferFunction(*self.placed(histogram, recipe)).blend(recipe.strength)


def near(low: Any, high: Any) -> Any:
    """How far a curve may go beyond its range: by the rounding of OpenCV's single precision, say."""
    return 1e-6 * high - 1e-6 * low


def with_ends(
    histogram: Histogram, y: Floats, low: float, high: float
) -> tuple[NDArray[Any], Floats]:
    """The knots at the levels, and one beyond each end: what lies there was not counted."""
    x, y = _with_gaps(histogram, y)
    start = start_of(histogram)
    if start[0] < x[0]:
        x, y = np.concatenate([start, x]), np.concatenate([[min(low, y[0])], y])
    end = next_to(x[-1:], up=True)
    if end[0] > x[-1] and high > y[-1]:
        x, y = np.concatenate([x, end]), np.concatenate([y, [high]])
    return x, y


def held(x: NDArray[Any], y: Floats, ends: tuple[Any, Any]) -> tuple[NDArray[Any], Floats]:
    """The knots of a curve that is level below and above the `ends`, intensities of its dtype."""
    found = np.union1d(x, np.array(ends, x.dtype))
    inside = np.clip(found, *ends).astype(np.float64)
    return found, between_knots(inside, x.astype(np.float64), y)


def start_of(histogram: Histogram) -> NDArray[Any]:
    """Where the first bin starts, or just below it if it is no wider than a level."""
    start = histogram.bin_edges[:1].astype(histogram.levels.dtype)
    return next_to(start, up=False) if start[0] == histogram.levels[0] else start


def gaps_of(histogram: Histogram) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """The bins without a pixel that are wider than a level, and where each of them starts."""
    x = histogram.levels
    starts = histogram.bin_edges[:-1].astype(x.dtype)
    wide = (histogram.counts[1:] == 0) & (x[:-1] < starts[1:]) & (starts[1:] < x[1:])
    gaps = np.flatnonzero(wide) + 1
    return gaps, starts[gaps]


def has_bin_per_level(histogram: Histogram) -> bool:
    """Whether the levels are all that a dtype of 8 or 16 bit has."""
    dtype = histogram.levels.dtype
    return dtype.kind != "f" and dtype.itemsize <= 2


def _with_gaps(
    histogram: Histogram, y: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The knots at the levels, and one where a gap starts: no pixel in it, so it is level."""
    x = histogram.levels
    if has_bin_per_level(histogram):
        return x, y
    gaps, starts = gaps_of(histogram)
    rises = y[gaps] > y[gaps - 1]
    gaps, starts = gaps[rises], starts[rises]
    if not gaps.size:
        return x, y
    return np.insert(x, gaps, starts), np.insert(y, gaps, y[gaps])


def next_to(value: NDArray[Any], *, up: bool) -> NDArray[Any]:
    """The number next above or below, or the same where there is none."""
    if value.dtype.kind == "f":
        info = np.finfo(value.dtype)
        with np.errstate(over="ignore"):
            found = np.nextafter(value, np.array(np.inf if up else -np.inf, value.dtype))
        return np.asarray(np.clip(found, info.min, info.max))
    limits = np.iinfo(value.dtype)
    return np.asarray(value + (value < limits.max) if up else value - (value > limits.min))


def clips(kind: type[Method] | None) -> bool:
    """Whether a kind of method has an option of its own for it: `Stretch` does."""
    known: Any = kind
    return known is not None and any(f.name == "saturated" for f in options_of(known))


def check_saturated(value: Any, method: Method) -> None:
    """Refuse what is no per cent, or does not go together with the method."""
    if value is None:
        return
    if not hasattr(value, "__float__") or isinstance(value, bool | str):
        raise TypeError(f"saturated is {value!r}: it must be a number (per cent of the pixels)")
    if math.isnan(value) or not 0 <= value <= MOST_SATURATED:
        raise ValueError(
            f"saturated is {value}: use 0 to {MOST_SATURATED} (per cent of the pixels in all)"
        )
    name = type(method).__name__
    if clips(type(method)):
        raise ValueError(
            f"saturated={value} cannot be set beside {name}, which has its own: "
            f"set it in {name}(saturated={value})"
        )
    if value and not method.is_single_curve:
        raise ValueError(
            f"saturated={value} clips the ends of one curve, and {name} is no single curve: "
            "leave saturated out"
        )
