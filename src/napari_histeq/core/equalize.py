"""equalize(): the single place where the kind of a job is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from napari_histeq.core import _adaptive, _apply, _planes, _validate, color, named
from napari_histeq.core._counting import ArraySource, count
from napari_histeq.core._options import Method, options_of
from napari_histeq.core._planes import Plane
from napari_histeq.core._warn import warn
from napari_histeq.core.clahe import Clahe
from napari_histeq.core.color import LuminanceSource
from napari_histeq.core.histogram import Histogram, compute_histogram, output_limits
from napari_histeq.core.methods import METHODS, CurveMethod, Global
from napari_histeq.core.transfer import TransferFunction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

NOTHING_COUNTED = (
    "no pixel was counted (the mask is empty, or all counted pixels are NaN or infinite), "
    "so {what} is returned unchanged"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to equalize, checked: what `equalize` was asked beside the image and the mask."""

    method: Method
    outer: tuple[int, ...]
    axes: tuple[int, ...]
    out_range: str | tuple[float, float]
    strength: float

    def check_tiles(self, grid: tuple[int, ...], dtype: np.dtype[Any], masked: bool) -> None:
        """Refuse tiles that do not fit an image of the shape `grid` (without channels)."""
        if isinstance(self.method, Clahe):
            spanned = tuple(grid[axis] for axis in self.axes)
            _adaptive.check(self.method, spanned, dtype, masked, self.out_range)

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
        y = self.method.curve(histogram, low, high)
        return _with_start(histogram, y, low).blend(self.strength)


def equalize(
    image: ArrayLike,
    method: Method | str = Global(),  # noqa: B008  (frozen)
    *,
    mask: ArrayLike | None = None,
    axes: int | Sequence[int] | None = None,
    channel_axis: int | None = None,
    out_range: str | tuple[float, float] = "auto",
    strength: float = 1.0,
    **options: Any,
) -> Any:
    """Equalize the histogram of an image.

    Parameters
    ----------
    image : (...) array of a real dtype
        bool, integers or floats of up to 64 bit, any number of axes. It is never
        written to. NaN and infinities are not counted and stay in their places.
        Arrays larger than memory (dask, zarr, h5py, tensorstore) are counted chunk by
        chunk; an xarray DataArray keeps its names, and its axes may be called by them.
    method : Method or str
        How: `Global()`, ... or a method's name, whose options may follow as keywords:
        ``equalize(image, "global", convention="cdf_min")``.
    mask : array of bool, broadcastable to `image`, optional
        True where a pixel counts. It limits the statistics; the curve applies
        everywhere.
    axes : int or sequence of int, optional
        The axes that share one histogram. None: the whole array. ``(-2, -1)``
        equalizes every plane of a stack on its own.
    channel_axis : int, optional
        The axis of RGB or RGBA channels. They are equalized by one curve, that of
        their luminance, and keep their hue; alpha is left alone.
    out_range : {"auto", "dtype", "image"} or (float, float)
        The range of the output: the dtype's full range (0 to 1 for floats), the
        least and greatest intensity counted, or two numbers. ``"auto"`` is
        ``"dtype"`` for unsigned integers and ``"image"`` for the others.
    strength : float
        0 returns the input, 1 equalizes fully; linear in the curve between.
    **options
        The fields of the method, if `method` is a name.

    Returns
    -------
    array
        Same shape and dtype: new memory for numpy, a lazy dask array for what is lazy.
        It has the same bits for any chunks. Planes that fit in memory (`axes`) are
        counted when they are asked for, everything else beforehand.

    Raises
    ------
    TypeError, ValueError
        For arguments that do not fit; the message names the value and the cure.
        Nothing has been done by then.

    Warns
    -----
    UserWarning
        If no pixel counts; the image is then returned unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> equalize(np.array([[52, 55], [55, 61]], dtype=np.uint8))
    array([[ 64, 191],
           [191, 255]], dtype=uint8)
    """
    chosen = resolve_method(method, options)
    if _validate.is_named(image):
        again = partial(equalize, method=chosen, out_range=out_range, strength=strength)
        return named.renamed(again, image, mask=mask, axes=axes, channel_axis=channel_axis)
    if _validate.is_lazy(image):
        from napari_histeq.core import _lazy_equalize

        (result,) = _lazy_equalize.equalize(
            [image], chosen, mask=mask, axes=axes, channel_axis=channel_axis,
            out_range=out_range, strength=strength,
        )  # fmt: skip
        return result
    array = _validate.image(image)
    channels = _validate.channel_axis(channel_axis, array.shape)
    pixels = array if channels is None else np.moveaxis(array, channels, -1)
    grid = array.shape if channels is None else pixels.shape[:-1]
    settings = checked(array, chosen, axes, out_range, strength, channels)
    counted = _validate.mask(mask, grid)
    settings.check_tiles(grid, array.dtype, counted is not None)
    out = np.empty_like(array, subok=False)
    if array.dtype.kind == "b":
        np.copyto(out, array)
    else:
        result = out if channels is None else np.moveaxis(out, channels, -1)
        equalize_into(Plane(pixels, counted, result), settings, channels is not None)
    return out


def transfer_function(
    image_or_histogram: ArrayLike | Histogram,
    method: Method | str = Global(),  # noqa: B008  (frozen)
    *,
    mask: ArrayLike | None = None,
    out_range: str | tuple[float, float] = "auto",
    strength: float = 1.0,
    max_samples: int | None = None,
    seed: int = 0,
    **options: Any,
) -> TransferFunction:
    """The curve that `equalize` would apply to every pixel.

    Parameters
    ----------
    image_or_histogram : array or Histogram
        What to equalize, or how often its intensities occur.
    method, mask, out_range, strength, **options
        As in `equalize`.
    max_samples, seed
        As in `compute_histogram`: a quick first answer, from a sample.

    Returns
    -------
    TransferFunction

    Raises
    ------
    TypeError
        For a method that is not a single curve.
    """
    chosen = resolve_method(method, options)
    if not isinstance(chosen, CurveMethod):
        raise TypeError(
            f"{type(chosen).__name__} is not a single curve (it depends on where a pixel lies): "
            "call equalize() instead"
        )
    if isinstance(image_or_histogram, Histogram):
        histogram = image_or_histogram
        _validate.one_plane(histogram.counts)
    else:
        histogram = compute_histogram(
            image_or_histogram, mask=mask, max_samples=max_samples, seed=seed
        )
    settings = checked_for(histogram.levels.dtype, chosen, (), (0,), out_range, strength)
    if not histogram.total:
        warn(NOTHING_COUNTED.format(what="the identity"), stacklevel=2)
    return settings.curve(histogram)


def resolve_method(method: Method | str, options: dict[str, Any]) -> Method:
    """The method itself, given one or a name and options."""
    if isinstance(method, str):
        if method not in METHODS:
            raise ValueError(f"method {method!r} is unknown: use one of {sorted(METHODS)}")
        kind: Any = METHODS[method]
        _validate.option_names(options, [field.name for field in options_of(kind)], method)
        return cast("Method", kind(**options))
    if not isinstance(method, Method):
        raise TypeError(f"method is {method!r}: use a method such as Global(), or its name")
    if options:
        raise TypeError(
            f"{sorted(options)} can not be set beside a method object: "
            f"set them in {type(method).__name__}(...)"
        )
    return method


def checked(
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
    shared = _validate.axes(axes, array.ndim)
    ndim = array.ndim
    if channel_axis is not None:
        ndim -= 1
        shared = tuple(a - (a > channel_axis) for a in shared if a != channel_axis)
        _validate.besides_channels(shared, axes)
    outer = _planes.outer_axes(ndim, shared)
    return checked_for(array.dtype, method, outer, shared, out_range, strength)


def checked_for(
    dtype: np.dtype[Any],
    method: Method,
    outer: tuple[int, ...],
    axes: tuple[int, ...],
    out_range: str | tuple[float, float],
    strength: float,
) -> Settings:
    """Settings that fit a dtype, or an error."""
    _validate.out_range(out_range, dtype)
    _validate.strength(strength)
    return Settings(method, outer, axes, out_range, strength)


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
    x, starts = histogram.levels, histogram.bin_edges[:-1].astype(histogram.levels.dtype)
    rises = (histogram.counts[1:] == 0) & (y[1:] > y[:-1])
    gaps = np.flatnonzero(rises & (x[:-1] < starts[1:]) & (starts[1:] < x[1:])) + 1
    return np.insert(x, gaps, starts[gaps]), np.insert(y, gaps, y[gaps])


def _below(value: NDArray[Any]) -> NDArray[Any]:
    """The number next below, or the same where there is none."""
    if value.dtype.kind == "f":
        with np.errstate(over="ignore"):
            below = np.nextafter(value, np.array(-np.inf, value.dtype))
        return np.asarray(np.maximum(below, np.finfo(value.dtype).min))
    return np.asarray(value - (value > np.iinfo(value.dtype).min))


def equalize_into(whole: Plane, settings: Settings, channels: bool) -> None:
    """Equalize each plane on its own, and warn of those where nothing was counted.

    With `channels`, the last axis of the image is that of the colours.
    """
    empty: list[Plane] = []
    equalize_plane = _equalize_color if channels else _equalize_grey

    def work(plane: Plane) -> None:
        if not equalize_plane(plane, settings):
            empty.append(plane)

    planes = _planes.split(whole, settings.outer, settings.axes)
    _planes.for_each_plane(work, planes)
    if empty:
        what = "the image" if len(planes) == 1 else f"{len(empty)} of {len(planes)} planes"
        warn(NOTHING_COUNTED.format(what=what), stacklevel=3)


def _equalize_grey(plane: Plane, settings: Settings) -> bool:
    """Equalize a plane into its `out`; whether anything was counted."""
    if isinstance(settings.method, Clahe):
        return _adaptive.equalize_plane(
            plane, settings.method, settings.out_range, settings.strength
        )
    histogram = Histogram(*count(ArraySource(plane.image, plane.mask)))
    _apply.apply_into(settings.curve(histogram), plane.image, plane.out)
    return histogram.total > 0


def _equalize_color(plane: Plane, settings: Settings) -> bool:
    if isinstance(settings.method, Clahe):
        return _equalize_color_locally(plane, settings.method, settings)
    histogram = Histogram(*count(LuminanceSource(plane.image, plane.mask)))
    curve, gamut = color_curve(histogram, settings)
    color.apply_curve(curve, plane.image, plane.out, gamut)
    return histogram.total > 0


def color_curve(
    luminances: Histogram, settings: Settings
) -> tuple[TransferFunction, tuple[float, float]]:
    """The curve of the luminances, and the range that no colour may leave."""
    fitting = replace(settings, out_range=color.limits(settings.out_range, luminances))
    if not luminances.total:
        return fitting.curve(luminances), (0.0, 0.0)
    gamut = color.gamut(fitting.limits(luminances), settings.strength, luminances)
    return fitting.curve(luminances), gamut


def _equalize_color_locally(plane: Plane, method: Clahe, settings: Settings) -> bool:
    """The luminance as an image of its own is equalized, and the colours follow it."""
    before, counted = color.luminance_image(plane.image, plane.mask)
    histogram = Histogram(*count(ArraySource(before, counted)))
    if not histogram.total:
        np.copyto(plane.out, plane.image)
        return False
    fitting = replace(settings, out_range=color.limits(settings.out_range, histogram))
    after = np.empty_like(before)
    _adaptive.equalize_plane(
        Plane(before, counted, after), method, fitting.out_range, settings.strength
    )
    gamut = color.gamut(fitting.limits(histogram), settings.strength, histogram)
    color.recolor_into(plane.image, before, after, gamut, plane.out)
    return True
