"""equalize(): the single place where the kind of a job is told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import (
    Plane,
    check_one_plane,
    checked_channel_axis,
    checked_image,
    checked_mask,
    is_lazy,
    is_named,
    with_names,
)
from napari_histeq.core.engine import equalize_into
from napari_histeq.core.histogram import Histogram, compute_histogram
from napari_histeq.core.methods import CurveMethod, Global
from napari_histeq.core.recipe import checked_settings, resolve_method, settings_for
from napari_histeq.core.warn import NOTHING_COUNTED, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from napari_histeq.core.methods import Method
    from napari_histeq.core.transfer import TransferFunction


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
    if is_named(image):
        again = partial(equalize, method=chosen, out_range=out_range, strength=strength)
        return with_names(again, image, mask=mask, axes=axes, channel_axis=channel_axis)
    if is_lazy(image):
        from napari_histeq.core.lazy import equalize_lazily

        (result,) = equalize_lazily(
            [image], chosen, mask=mask, axes=axes, channel_axis=channel_axis,
            out_range=out_range, strength=strength,
        )  # fmt: skip
        return result
    array = checked_image(image)
    channels = checked_channel_axis(channel_axis, array.shape)
    pixels = array if channels is None else np.moveaxis(array, channels, -1)
    grid = array.shape if channels is None else pixels.shape[:-1]
    settings = checked_settings(array, chosen, axes, out_range, strength, channels)
    counted = checked_mask(mask, grid)
    settings.check_tiles(grid, array.dtype, counted is not None)
    settings = settings.layered(grid)
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
        check_one_plane(histogram.counts)
    else:
        histogram = compute_histogram(
            image_or_histogram, mask=mask, max_samples=max_samples, seed=seed
        )
    settings = settings_for(histogram.levels.dtype, chosen, (), (0,), out_range, strength)
    if not histogram.total:
        warn(NOTHING_COUNTED.format(what="the identity"), stacklevel=2)
    return settings.curve(histogram)
