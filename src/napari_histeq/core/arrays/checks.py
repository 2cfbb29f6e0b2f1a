"""Arguments checked before any work: each error names the value and the cure."""

from __future__ import annotations

import math
import operator
from functools import cache
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import DTypeLike, NDArray

REAL_KINDS = "buif"

#: The range of the output, as `equalize` takes it.
OutRange = Literal["auto", "dtype", "image"] | tuple[float, float]


def checked_image(value: Any) -> NDArray[Any]:
    """`value` as a plain array of a dtype that can be equalized, or an error."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            "image is a masked array: pass image.data, and mask=~image.mask (True = counts)"
        )
    if value is None or isinstance(value, str | bytes | PathLike):
        raise TypeError(
            f"image is {value!r}: pass an array; read a file first, say skimage.io.imread(path)"
        )
    array = np.asarray(value)
    check_dtype(array.dtype)
    check_shape(array.shape)
    return array


def check_dtype(value: np.dtype[Any]) -> None:
    """Refuse what has no order, or no fixed width."""
    if value.kind not in REAL_KINDS or value.itemsize > 8:
        cure = "take np.abs(image)" if value.kind == "c" else "convert it, say image.astype(float)"
        raise TypeError(
            f"image has dtype {value}: equalization needs bool, integers or floats "
            f"of at most 64 bit; {cure}"
        )


def check_shape(value: tuple[int, ...]) -> None:
    """Refuse what has no pixels to count."""
    if value == ():
        raise ValueError("image is 0-dimensional (a single number): pass an array with axes")
    if 0 in value:
        raise ValueError(f"image is empty (shape {value}): every axis needs a length of at least 1")


def checked_mask(value: Any, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """The mask with the image's shape (a broadcast view), or None."""
    if value is None:
        return None
    array = np.asarray(value)
    check_mask_fits(array, shape)
    return np.broadcast_to(array, shape)


def check_mask_fits(mask: Any, shape: tuple[int, ...]) -> None:
    """Refuse a mask (anything with `shape` and `dtype`) that does not fit an image."""
    if mask.dtype.kind != "b":
        raise TypeError(
            f"mask has dtype {mask.dtype}: it must be bool, True where a pixel counts "
            "(say labels > 0)"
        )
    lengths = zip(mask.shape[::-1], shape[::-1], strict=False)
    if len(mask.shape) > len(shape) or any(own not in (1, axis) for own, axis in lengths):
        raise ValueError(
            f"mask has shape {mask.shape}, which does not broadcast to the image's {shape}: "
            "give it the same axes, or length 1 where it repeats"
        )


def checked_axes(value: Any, ndim: int, name: str = "axes") -> tuple[int, ...]:
    """Normal (non-negative, increasing) axes; all of them for None."""
    if value is None:
        return tuple(range(ndim))
    found = []
    for axis in np.atleast_1d(np.asarray(value, dtype=object)):
        try:
            number = operator.index(axis)
        except TypeError:
            raise TypeError(f"{name} holds {axis!r}: axes are integers") from None
        if not -ndim <= number < ndim:
            raise ValueError(
                f"{name} holds {number}, but the image has {ndim} axes: use {-ndim} to {ndim - 1}"
            )
        found.append(number % ndim)
    if len(set(found)) < len(found):
        raise ValueError(f"{name}={value!r} names an axis twice: name each once")
    if not found:
        raise ValueError(f"{name} is empty: name at least one axis, or None for all")
    return tuple(sorted(found))


def checked_channel_axis(value: Any, shape: tuple[int, ...]) -> int | None:
    """The normal channel axis, which must have 3 or 4 channels, or None."""
    if value is None:
        return None
    if not hasattr(value, "__index__"):
        raise TypeError(f"channel_axis is {value!r}: it must be one integer, or None")
    (axis,) = checked_axes(value, len(shape), "channel_axis")
    if shape[axis] not in (3, 4) or len(shape) < 2:
        raise ValueError(
            f"channel_axis={value} has length {shape[axis]} (image of shape {shape}): RGB needs 3 "
            "channels, RGBA 4; for other channels equalize each on its own, by axes"
        )
    return axis


def check_besides_channels(shared: tuple[int, ...], axes: Any) -> None:
    """Refuse to equalize each pixel on its own."""
    if not shared:
        raise ValueError(
            f"axes={axes!r} names only the channel axis, so that each pixel would be an image of "
            "its own: name the axes of the pixels, or None for all"
        )


def check_option_names(given: Iterable[str], known: Iterable[str], method: str) -> None:
    """Refuse options that a method does not have."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise TypeError(f"method {method!r} has no option {unknown}: it has {sorted(known)}")


def check_strength(value: float) -> None:
    """A number from 0 to 1."""
    if not isinstance(value, (int, float, np.number)):
        raise TypeError(f"strength is {value!r}: it must be a number from 0 to 1")
    if not 0.0 <= value <= 1.0:  # also refuses NaN
        raise ValueError(f"strength is {value}: it goes from 0 (the input) to 1 (fully equalized)")


def checked_out_range(value: Any, dtype: np.dtype[Any]) -> OutRange:
    """One of the names, or two finite numbers in order that the dtype can hold."""
    if isinstance(value, str):
        if value not in ("auto", "dtype", "image"):
            raise ValueError(f"out_range is {value!r}: {_OUT_RANGES}")
        return cast("OutRange", value)
    try:
        low, high = (float(v) for v in value)
    except (TypeError, ValueError):
        raise ValueError(f"out_range is {value!r}: {_OUT_RANGES}") from None
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"out_range is ({low}, {high}): lo must be less than hi, both finite")
    least, most = dtype_limits(dtype)
    if low < least or high > most:
        raise ValueError(
            f"out_range is ({low:g}, {high:g}), but {dtype} holds {least:g} to {most:g}: "
            "choose a range within, or convert the image first"
        )
    return low, high


_OUT_RANGES = "use 'auto', 'dtype', 'image' or two numbers (lo, hi)"


def dtype_range(dtype: np.dtype[Any]) -> tuple[float, float]:
    """The full range of a dtype as intensities; 0 to 1 for floats, as in scikit-image."""
    return (0.0, 1.0) if dtype.kind == "f" else dtype_limits(dtype)


def output_limits(
    out_range: str | tuple[float, float], dtype: np.dtype[Any], data: tuple[Any, ...]
) -> tuple[Any, Any]:
    """An `out_range` (see `equalize`) in numbers, whole ones for integers.

    `data` is the least and the greatest intensity that counts in an image of `dtype`.
    """
    if out_range == "auto":
        out_range = "dtype" if dtype.kind in "ub" else "image"
    if out_range == "dtype" and dtype.kind in "iu":
        info = np.iinfo(dtype)
        return int(info.min), int(info.max)
    if out_range == "dtype":
        return dtype_range(dtype)
    low, high = data[:2] if isinstance(out_range, str) else out_range
    if dtype.kind not in "iu":
        return float(low), float(high)
    info = np.iinfo(dtype)  # as a float, the greatest of 64 bit is one more than it is
    return max(int(low), int(info.min)), min(int(high), int(info.max))


@cache
def dtype_limits(dtype: np.dtype[Any]) -> tuple[float, float]:
    """The least and the greatest intensity that a dtype holds."""
    if dtype.kind == "b":
        return 0.0, 1.0
    info = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return float(info.min), float(info.max)


def check_one_plane(counts: NDArray[np.int64]) -> None:
    """Refuse the histogram of a stack where that of one plane is due."""
    if counts.ndim != 1:
        raise ValueError(
            f"the histogram has counts of shape {counts.shape}, one row per plane: "
            "choose one, say histogram[0]"
        )


def check_nbins(value: int) -> None:
    """At least one bin, and not more than memory allows."""
    if not hasattr(value, "__index__"):
        raise TypeError(f"nbins is {value!r}: it must be an integer")
    if not 1 <= operator.index(value) <= 1 << 24:
        raise ValueError(f"nbins is {value}: use 1 to {1 << 24} bins")


def bin_limits(value: tuple[float, float]) -> None:
    """Two finite numbers in order."""
    low, high = value
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(
            f"limits are ({low}, {high}): give two finite numbers, where the first bin starts and "
            "where the last one ends"
        )


def check_samples(value: int, axes: Any) -> None:
    """A positive number of pixels, for a whole image."""
    if not hasattr(value, "__index__"):
        raise TypeError(f"max_samples is {value!r}: it must be an integer, or None")
    if operator.index(value) < 1:
        raise ValueError(f"max_samples is {value}: draw at least 1 pixel, or None to count all")
    if axes is not None:
        raise ValueError("max_samples and axes do not go together: sample one plane at a time")


def check_block(value: int) -> None:
    """A positive number of pixels."""
    if not hasattr(value, "__index__"):
        raise TypeError(f"block is {value!r}: it must be an integer")
    if operator.index(value) < 1:
        raise ValueError(f"block is {value}: a block has a side of at least 1 pixel")


def check_bandwidth(value: float) -> None:
    """A width that is not negative."""
    if not value >= 0:  # also refuses NaN
        raise ValueError(f"bandwidth is {value}: it must not be negative")


def checked_lut_dtype(value: DTypeLike) -> np.dtype[Any]:
    """A dtype whose levels fit a table."""
    found = np.dtype(value)
    if found.kind not in "bui" or found.itemsize > 2:
        raise TypeError(
            f"a table for {found} would have too many entries: as_lut serves bool and 8 or "
            "16-bit integers; call the transfer function on the image instead"
        )
    return found.newbyteorder("=")


def check_bins(counts: NDArray[np.int64], edges: NDArray[Any]) -> None:
    """Counts and edges that fit each other."""
    if edges.ndim != 1 or counts.ndim < 1 or edges.size != counts.shape[-1] + 1:
        raise ValueError(
            f"counts have shape {counts.shape} and bin_edges {edges.shape}: n bins need n + 1 edges"
        )
    if not (edges[1:] >= edges[:-1]).all():
        raise ValueError("bin_edges decrease (or hold NaN): sort them")


def check_knots(x: NDArray[Any], y: NDArray[np.float64]) -> None:
    """Knots of a monotone curve."""
    if x.ndim != 1 or x.shape != y.shape or not x.size:
        raise ValueError(f"x has shape {x.shape} and y {y.shape}: give 1-D arrays of one length")
    if not (x[1:] > x[:-1]).all():
        raise ValueError("x does not increase: sort the knots, and name each intensity once")
    if not (y[1:] >= y[:-1]).all():
        raise ValueError("y decreases (or holds NaN): a transfer function keeps the order")
    if not all(math.isfinite(end) for end in (x[0], x[-1], y[0], y[-1])):
        raise ValueError("a knot is infinite or NaN: end the curve at finite intensities")
