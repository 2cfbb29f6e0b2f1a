"""How to equalize, checked: what `equalize` is asked beside the image and the mask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from napari_histeq.core.arrays import (
    check_besides_channels,
    check_option_names,
    check_strength,
    checked_axes,
    checked_out_range,
    outer_axes,
)
from napari_histeq.core.clahe import Clahe, check_tiles, without_thin_axes
from napari_histeq.core.histogram import output_limits
from napari_histeq.core.methods import METHODS, CurveMethod, Method, curve_of_8_bit, options_of
from napari_histeq.core.transfer import TransferFunction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram


@dataclass(frozen=True, slots=True)
class Settings:
    """What to do with an image that it was checked for."""

    method: Method
    outer: tuple[int, ...]
    axes: tuple[int, ...]
    out_range: str | tuple[float, float]
    strength: float

    def check_tiles(self, grid: tuple[int, ...], dtype: np.dtype[Any], masked: bool) -> None:
        """Refuse tiles that do not fit an image of the shape `grid` (without channels)."""
        if isinstance(self.method, Clahe):
            spanned = tuple(grid[axis] for axis in self.axes)
            check_tiles(self.method, spanned, dtype, masked, self.out_range)

    def layered(self, grid: tuple[int, ...]) -> Settings:
        """The same, with the axes along which tiles are one pixel thick as outer ones."""
        if not isinstance(self.method, Clahe):
            return self
        method, axes = without_thin_axes(self.method, self.axes, grid)
        return replace(self, method=method, axes=axes, outer=outer_axes(len(grid), axes))

    def limits(self, histogram: Histogram) -> tuple[float, float]:
        """The range of the output, for an image with this histogram."""
        return output_limits(self.out_range, histogram)

    def curve(self, histogram: Histogram) -> TransferFunction:
        """The transfer function of a 1-D histogram."""
        if histogram.populated.size <= 1 or histogram.levels.dtype.kind == "b":
            # Nothing to spread.
            ends = histogram.levels[[0, -1]]
            return TransferFunction.identity(*ends)
        assert isinstance(self.method, CurveMethod)
        low, high = self.limits(histogram)
        y = curve_of_8_bit(self.method, histogram, low, high)
        return _with_start(histogram, y, low).blend(self.strength)


def resolve_method(method: Method | str, options: dict[str, Any]) -> Method:
    """The method itself, given one or a name and options."""
    if isinstance(method, str):
        if method not in METHODS:
            raise ValueError(f"method {method!r} is unknown: use one of {sorted(METHODS)}")
        kind: Any = METHODS[method]
        check_option_names(options, [field.name for field in options_of(kind)], method)
        return cast("Method", kind(**options))
    if not isinstance(method, Method):
        raise TypeError(f"method is {method!r}: use a method such as Global(), or its name")
    if options:
        raise TypeError(
            f"{sorted(options)} cannot be set beside a method object: "
            f"set them in {type(method).__name__}(...)"
        )
    return method


def checked_settings(
    array: Any,
    method: Method,
    axes: int | Sequence[int] | None,
    out_range: str | tuple[float, float],
    strength: float,
    channel_axis: int | None = None,
) -> Settings:
    """Settings that fit `array` (anything with `ndim` and `dtype`), or an error.

    Their axes are those of the array without its channels.
    """
    shared = checked_axes(axes, array.ndim)
    ndim = array.ndim
    if channel_axis is not None:
        ndim -= 1
        shared = tuple(a - (a > channel_axis) for a in shared if a != channel_axis)
        check_besides_channels(shared, axes)
    outer = outer_axes(ndim, shared)
    return settings_for(array.dtype, method, outer, shared, out_range, strength)


def settings_for(
    dtype: np.dtype[Any],
    method: Method,
    outer: tuple[int, ...],
    axes: tuple[int, ...],
    out_range: str | tuple[float, float],
    strength: float,
) -> Settings:
    """Settings that fit a dtype, or an error."""
    limits = checked_out_range(out_range, dtype)
    check_strength(strength)
    return Settings(method, outer, axes, limits, strength)


def _with_start(histogram: Histogram, y: NDArray[np.float64], low: float) -> TransferFunction:
    """The curve through the levels, and up to them from where nothing is counted yet."""
    x, y = _with_gaps(histogram, y)
    start = histogram.bin_edges[:1].astype(x.dtype)
    if start[0] == x[0]:  # a first bin that is no wider than a level: just below it
        start = _below(start)
    if start[0] < x[0]:
        return TransferFunction(np.concatenate([start, x]), np.concatenate([[min(low, y[0])], y]))
    return TransferFunction(x, y)


def _with_gaps(
    histogram: Histogram, y: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The knots at the levels, and one where a gap starts: no pixel in it, so it is level."""
    x = histogram.levels
    if x.dtype.kind != "f" and x.dtype.itemsize <= 2:
        return x, y  # a bin per level
    starts = histogram.bin_edges[:-1].astype(x.dtype)
    rises = (histogram.counts[1:] == 0) & (y[1:] > y[:-1])
    gaps = np.flatnonzero(rises & (x[:-1] < starts[1:]) & (starts[1:] < x[1:])) + 1
    if not gaps.size:
        return x, y
    return np.insert(x, gaps, starts[gaps]), np.insert(y, gaps, y[gaps])


def _below(value: NDArray[Any]) -> NDArray[Any]:
    """The number next below, or the same where there is none."""
    if value.dtype.kind == "f":
        with np.errstate(over="ignore"):
            below = np.nextafter(value, np.array(-np.inf, value.dtype))
        return np.asarray(np.maximum(below, np.finfo(value.dtype).min))
    return np.asarray(value - (value > np.iinfo(value.dtype).min))
