"""The verbs for one image: equalize, transfer_function, gain_map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from napari_histeq.core.arrays import (
    Plane,
    check_one_plane,
    checked_channel_axis,
    checked_image,
    checked_mask,
    is_lazy,
    is_named,
    taken_apart,
)
from napari_histeq.core.clahe import Clahe
from napari_histeq.core.each import equalize_each, labels_in
from napari_histeq.core.engine import equalize_planes, gain_planes
from napari_histeq.core.errors import NOTHING_COUNTED, warn, warn_of_empty
from napari_histeq.core.histogram import Histogram
from napari_histeq.core.inside import keep_outside
from napari_histeq.core.methods import Global, Method
from napari_histeq.core.recipe import Recipe, recipe_of
from napari_histeq.core.threads import told
from napari_histeq.core.verbs.compute import compute_histogram

if TYPE_CHECKING:
    import dask.array as da
    from numpy.typing import ArrayLike, NDArray

    from napari_histeq.core.arrays import Axes, Axis, C, D, Image, Indexed, Progress, S, Stored
    from napari_histeq.core.recipe import Plan
    from napari_histeq.core.transfer import TransferFunction


@overload
def equalize(
    image: np.ndarray[S, np.dtype[D]], method: Method | str = ..., *, mask: Image | None = ...,
    axes: Axes = ..., channel_axis: Axis = ..., out_range: str | tuple[float, float] = ...,
    strength: float = ..., inside: bool = ..., feather: int = ..., smooth: int | None = ...,
    saturated: float | None = ..., each_label: bool = ..., progress: Progress = ..., **options: Any,
) -> np.ndarray[S, np.dtype[D]]: ...  # fmt: skip
@overload
def equalize(
    image: C, method: Method | str = ..., *, mask: Image | None = ...,
    axes: Axes = ..., channel_axis: Axis = ..., out_range: str | tuple[float, float] = ...,
    strength: float = ..., inside: bool = ..., feather: int = ..., smooth: int | None = ...,
    saturated: float | None = ..., each_label: bool = ..., progress: Progress = ..., **options: Any,
) -> C: ...  # fmt: skip
@overload
def equalize(
    image: Stored, method: Method | str = ..., *, mask: Image | None = ...,
    axes: Axes = ..., channel_axis: Axis = ..., out_range: str | tuple[float, float] = ...,
    strength: float = ..., inside: bool = ..., feather: int = ..., smooth: int | None = ...,
    saturated: float | None = ..., each_label: bool = ..., progress: Progress = ..., **options: Any,
) -> da.Array: ...  # fmt: skip
@overload
def equalize(
    image: ArrayLike, method: Method | str = ..., *, mask: Image | None = ...,
    axes: Axes = ..., channel_axis: Axis = ..., out_range: str | tuple[float, float] = ...,
    strength: float = ..., inside: bool = ..., feather: int = ..., smooth: int | None = ...,
    saturated: float | None = ..., each_label: bool = ..., progress: Progress = ..., **options: Any,
) -> NDArray[Any]: ...  # fmt: skip
@overload
def equalize(
    image: Indexed, method: Method | str = ..., *, mask: Image | None = ...,
    axes: Axes = ..., channel_axis: Axis = ..., out_range: str | tuple[float, float] = ...,
    strength: float = ..., inside: bool = ..., feather: int = ..., smooth: int | None = ...,
    saturated: float | None = ..., each_label: bool = ..., progress: Progress = ..., **options: Any,
) -> Any: ...  # fmt: skip
def equalize(
    image: Image,
    method: Method | str = Global(),  # noqa: B008  (frozen)
    *,
    mask: Image | None = None,
    axes: Axes = None,
    channel_axis: Axis = None,
    out_range: str | tuple[float, float] = "auto",
    strength: float = 1.0,
    inside: bool = False,
    feather: int = 0,
    smooth: int | None = None,
    saturated: float | None = None,
    each_label: bool = False,
    progress: Progress = None,
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
        everywhere, unless `inside` says otherwise.
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
    inside : bool
        True: change only the pixels of the mask; all others keep their bits.
    feather : int
        With `inside`: over how many pixels at the mask's edge the change fades out. A pixel at
        a distance ``d`` from the nearest one outside (along `axes`) becomes
        ``(1 - w) * before + w * after`` with ``w = min(d / (feather + 1), 1)``.
    smooth : int, optional
        With planes (`axes`) and a method of one curve: a plane's curve is that of the histogram
        averaged over so many neighbors along the first of the other axes, so that a movie
        does not jump. For viewing, not for measuring intensities. See `docs/methods.md`.
    saturated : float, optional
        With a method of one curve: so many per cent of the pixels (0 to 50) are clipped in all, at
        most half of them at each end. They become the ends of the output's range, and do not
        count. `Stretch` has this as an option of its own, with another default, 0.35.
    each_label : bool
        True: the mask holds labels (integers, 0 the background), and each label is equalized on its
        own, as `equalize_labels` does.
    progress : callable or bool, optional
        True shows tqdm's bar. A function is called with the fraction done, from 0 to 1, in the calling thread, after each block of
        pixels; it never falls, and ends at 1. It is an estimate: how many passes over the pixels
        it takes is not known beforehand. What it raises stops the work. Of what is lazy, it
        tells of the counting.
    **options
        The fields of the method, if `method` is a name.

    Returns
    -------
    array
        Same shape and dtype: new memory for numpy and lists, a DataArray for a DataArray, a lazy
        dask array for what is lazy otherwise. It has the same bits for any chunks. Planes that fit
        in memory (`axes`) are counted when they are asked for, everything else beforehand.

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
    named: Any = image if is_named(image) else None
    if named is not None:
        image, mask, axes, channel_axis = taken_apart(image, mask, axes, channel_axis)
    recipe = recipe_of(
        method, options, axes=axes, channel_axis=channel_axis, out_range=out_range,
        strength=strength, inside=inside, feather=feather, smooth=smooth, saturated=saturated,
        each_label=each_label,
    )  # fmt: skip
    if named is not None:
        recipe.method.check_units(str(named.attrs.get("units", "")))
    with told(progress):
        work = _lazily if is_lazy(image) else _in_memory
        out = work(image, mask, recipe)
    return out if named is None else named.copy(data=out)


def _lazily(image: Any, mask: Any, recipe: Recipe) -> Any:
    from napari_histeq.core.lazy import equalize_each_lazily, equalize_lazily

    if recipe.each_label:
        return equalize_each_lazily([image], labels_in(mask), recipe)[0]
    return equalize_lazily([image], recipe, mask)[0]


def _in_memory(image: Any, mask: Any, recipe: Recipe) -> NDArray[Any]:
    array = checked_image(image)
    if recipe.each_label:
        return equalize_each(array, labels_in(mask), recipe, _in_memory)
    out = np.empty_like(array, subok=False)
    plan, whole = _planned(array, mask, recipe, out)
    if array.dtype.kind == "b":
        np.copyto(out, array)
    else:
        warn_of_empty(equalize_planes(whole, plan), stacklevel=3)
        _keep_outside(whole, plan)
    return out


def _keep_outside(whole: Plane, plan: Plan) -> None:
    if plan.feather is not None and whole.mask is not None:
        keep_outside(whole.image, whole.out, whole.mask, plan.feather)


def _planned(
    image: NDArray[Any], mask: Any, recipe: Recipe, out: NDArray[Any]
) -> tuple[Plan, Plane]:
    """What to do, checked; the image with its channels last, its mask, and where it goes."""
    channels = checked_channel_axis(recipe.channel_axis, image.shape)
    pixels, result = image, out
    if channels is not None:
        pixels = np.moveaxis(image, channels, -1)
        result = np.moveaxis(out, channels, -1) if out.ndim == image.ndim else out
    counted = checked_mask(mask, pixels.shape[: image.ndim - (channels is not None)])
    plan = recipe.plan(image.shape, image.dtype, counted is not None)
    return plan, Plane(pixels, counted, result)


def transfer_function(
    image_or_histogram: Image | Histogram,
    method: Method | str = Global(),  # noqa: B008  (frozen)
    *,
    mask: Image | None = None,
    out_range: str | tuple[float, float] = "auto",
    strength: float = 1.0,
    saturated: float | None = None,
    max_samples: int | None = None,
    seed: int = 0,
    **options: Any,
) -> TransferFunction:
    """The curve that `equalize` would apply to every pixel.

    Parameters
    ----------
    image_or_histogram : array or Histogram
        What to equalize, or how often its intensities occur.
    method, mask, out_range, strength, saturated, **options
        As in `equalize`.
    max_samples, seed
        As in `compute_histogram`: a quick first answer, from a sample.

    Returns
    -------
    TransferFunction
        From intensity to intensity, in the image's own units.

    Raises
    ------
    TypeError
        For a method that is not a single curve.
    """
    recipe = recipe_of(method, options, out_range=out_range, strength=strength, saturated=saturated)
    if not recipe.method.is_single_curve:
        raise recipe.method.not_a_curve()
    if isinstance(image_or_histogram, Histogram):
        histogram = image_or_histogram
        check_one_plane(histogram.counts)
    else:
        histogram = compute_histogram(
            image_or_histogram, mask=mask, max_samples=max_samples, seed=seed
        )
    curve = recipe.curve(histogram)
    if not histogram.total:
        warn(NOTHING_COUNTED.format(what="the identity is"), stacklevel=2)
    return curve


def gain_map(
    image: Image,
    method: Method = Clahe(),  # noqa: B008  (frozen)
    *,
    mask: Image | None = None,
    axes: Axes = None,
    out_range: str | tuple[float, float] = "auto",
    strength: float = 1.0,
    inside: bool = False,
    feather: int = 0,
) -> NDArray[np.float32]:
    """How much CLAHE amplifies the contrast at each pixel: where it blows up the noise.

    Parameters
    ----------
    image : (...) array of a real dtype
        What is equalized.
    method : Clahe or OpenCvClahe
        How it is.
    mask, axes, out_range, strength, inside, feather
        As in `equalize`.

    Returns
    -------
    (...) array of float32
        The slope of the mixed curve at each pixel, output intensity per input intensity: 1
        where contrast stays as it is. NaN where the image is not finite. The slope of
        OpenCV's curves, which are rounded to levels, is that over the two next levels.
    """
    if not getattr(method, "has_gain", False):
        raise TypeError(f"method is {method!r}: only CLAHE has a gain map, say Clahe()")
    array = checked_image(image)
    out = np.ones(array.shape, np.float32)
    recipe = recipe_of(
        method, {}, axes=axes, out_range=out_range, strength=strength, inside=inside,
        feather=feather,
    )  # fmt: skip
    plan, whole = _planned(array, mask, recipe, out)
    if array.dtype.kind != "b":
        gain_planes(whole, plan)
        unchanged = np.where(np.isfinite(array), np.float32(1), np.float32(np.nan))
        _keep_outside(whole._replace(image=unchanged), plan)
    return out
