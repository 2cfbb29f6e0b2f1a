"""The verbs for several images: one histogram of all their pixels, and one curve by it.

Gray images give a curve of intensities, colors one of luminances.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import prod
from operator import add
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from napari_histeq.core.arrays import (
    OnlySwept,
    checked_channel_axis,
    checked_pixels,
    is_named,
    taken_apart,
    with_mask,
)
from napari_histeq.core.color import ColorMapping, LuminanceSource, gamut
from napari_histeq.core.engine import fit
from napari_histeq.core.errors import warn_of_empty
from napari_histeq.core.histogram import count
from napari_histeq.core.methods import Global, Method
from napari_histeq.core.recipe import Recipe, recipe_of
from napari_histeq.core.verbs.compute import as_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import dask.array as da
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Axis, C, D, Image, S, Source, Stored, T
    from napari_histeq.core.histogram import Histogram
    from napari_histeq.core.methods import Mapping
    from napari_histeq.core.recipe import Plan
    from napari_histeq.core.transfer import TransferFunction

    Visit = Callable[[T, NDArray[Any], NDArray[np.bool_] | None, tuple[int, ...]], object]


@dataclass(frozen=True, slots=True, eq=False)
class _Joined(OnlySwept):
    """Several sources of one dtype as one: a `Source` whose pixels have no place."""

    parts: tuple[Source, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """All pixels in a row."""
        return (sum(prod(part.shape) for part in self.parts),)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of all parts."""
        return self.parts[0].dtype

    def sweep(self, start: Callable[[], T], visit: Visit[T]) -> T:
        """See `Source`: one part after the other."""
        total: T = reduce(add, (part.sweep(start, visit) for part in self.parts))
        return total


@dataclass(frozen=True, slots=True, eq=False)
class _Image:
    """One of the images: its channels (if it has any) last, and what counts of it."""

    given: Any
    pixels: Any
    mask: Any
    plan: Plan
    channels: int | None

    @property
    def source(self) -> Source:
        """What is counted."""
        return as_source(self.pixels, self.mask, self.plan.channels)

    def mapped(self, mapping: Mapping) -> Any:
        """The equalized image, as it was given: numpy or lazy, with names or without."""
        if isinstance(self.pixels, np.ndarray):
            out: Any = np.empty_like(self.pixels, subok=False)
            mapping.map_into(self.pixels, out)
        else:
            from napari_histeq.core.lazy import map_lazily

            out = map_lazily(mapping, self.plan, self.pixels)
        if self.channels is not None:
            out = _moved(out, -1, self.channels)
        return self.given.copy(data=out) if is_named(self.given) else out


@overload
def equalize_together(
    images: Iterable[np.ndarray[S, np.dtype[D]]], method: Method | str = ..., *,
    masks: Sequence[Image | None] | None = ..., channel_axis: Axis = ...,
    out_range: str | tuple[float, float] = ..., strength: float = ...,
    saturated: float | None = ..., **options: Any,
) -> list[np.ndarray[S, np.dtype[D]]]: ...  # fmt: skip
@overload
def equalize_together(
    images: Iterable[C], method: Method | str = ..., *,
    masks: Sequence[Image | None] | None = ..., channel_axis: Axis = ...,
    out_range: str | tuple[float, float] = ..., strength: float = ...,
    saturated: float | None = ..., **options: Any,
) -> list[C]: ...  # fmt: skip
@overload
def equalize_together(
    images: Iterable[Stored], method: Method | str = ..., *,
    masks: Sequence[Image | None] | None = ..., channel_axis: Axis = ...,
    out_range: str | tuple[float, float] = ..., strength: float = ...,
    saturated: float | None = ..., **options: Any,
) -> list[da.Array]: ...  # fmt: skip
@overload
def equalize_together(
    images: Iterable[Image], method: Method | str = ..., *,
    masks: Sequence[Image | None] | None = ..., channel_axis: Axis = ...,
    out_range: str | tuple[float, float] = ..., strength: float = ...,
    saturated: float | None = ..., **options: Any,
) -> list[Any]: ...  # fmt: skip
def equalize_together(
    images: Iterable[Image],
    method: Method | str = Global(),  # noqa: B008  (frozen)
    *,
    masks: Sequence[Image | None] | None = None,
    channel_axis: Axis = None,
    out_range: str | tuple[float, float] = "auto",
    strength: float = 1.0,
    saturated: float | None = None,
    **options: Any,
) -> list[Any]:
    """Equalize several images by one curve, that of the histogram of all their pixels.

    So the same intensity becomes the same in each of them, and the results can be compared:
    the channels, conditions or time points of an experiment.

    Parameters
    ----------
    images : sequence of array
        Of one dtype, and of any shapes; in memory and lazy ones may be mixed.
    method : Method or str
        One that is a single curve; see `equalize`.
    masks : sequence of array of bool or None, optional
        For each image its mask, or None: True where a pixel counts.
    channel_axis : int, optional
        The axis of RGB or RGBA channels, of all the images.
    out_range, strength, saturated, **options
        As in `equalize`; ``"image"`` is the range of all the images.

    Returns
    -------
    list of array
        For each image its result, of its own shape and kind: with the bits that it would
        have as a part of all the images joined to one.

    Raises
    ------
    TypeError
        If the images have different dtypes, or if the method is no single curve.
    ValueError
        If there is no image, or if the masks are not as many as the images.

    Warns
    -----
    UserWarning
        If no pixel counts; the images are then returned unchanged.
    """
    recipe = recipe_of(
        method, options, channel_axis=channel_axis, out_range=out_range, strength=strength,
        saturated=saturated,
    )  # fmt: skip
    if not recipe.method.is_single_curve:
        raise recipe.method.not_a_curve()
    known = _known(images, masks, recipe)
    mapping, data = fit(_Joined(tuple(image.source for image in known)), known[0].plan)
    warn_of_empty([data is not None], stacklevel=2)
    return [image.mapped(mapping) for image in known]


def source_of(image: Image, mask: Any = None, channel_axis: int | None = None) -> Source:
    """What is counted of one of several images: its intensities, or luminances if it has channels.

    Parameters
    ----------
    image, mask, channel_axis
        As in `equalize_together`.
    """
    known = _one(image, mask, Recipe(channel_axis=channel_axis))
    return known.source if known.channels is None else LuminanceSource(known.source)


def count_together(sources: Iterable[Source]) -> Histogram:
    """Count the pixels of several images of one dtype as if they were one.

    Parameters
    ----------
    sources : iterable of Source
        Of each image its `source_of`; or what reads the image when it is swept, once or several
        times.

    Returns
    -------
    Histogram
        That of which `equalize_together` makes the curve.

    Raises
    ------
    TypeError
        If the dtypes differ.
    """
    parts = tuple(sources)
    _check_one_dtype([part.dtype for part in parts])
    return count(_Joined(parts))


def joint_gamut(recipe: Recipe, joint: Histogram) -> tuple[float, float]:
    """What colors may span that get the curve of a joint histogram of luminances."""
    dtype, data = joint.levels.dtype, joint.range
    return gamut(recipe.checked(dtype).limits(dtype, data), recipe.strength, dtype, data)


def recolor(
    image: Image, curve: TransferFunction, ends: tuple[float, float], channel_axis: int
) -> Any:
    """Give colors the luminances that a curve makes of theirs; the hue is kept, alpha left alone.

    Parameters
    ----------
    image : array
        In memory or lazy, with RGB or RGBA channels.
    curve : TransferFunction
        Of luminances.
    ends : (float, float)
        What no color may leave: see `joint_gamut`.
    channel_axis : int
        The axis of the channels.

    Returns
    -------
    array
        Of the same shape, dtype and kind.
    """
    return _one(image, None, Recipe(channel_axis=channel_axis)).mapped(ColorMapping(curve, ends))


def _known(images: Any, masks: Any, recipe: Recipe) -> list[_Image]:
    """The images, all checked before any is counted."""
    if hasattr(images, "dtype"):
        raise TypeError(f"images is one {type(images).__name__}: give a list of arrays")
    given = list(images)
    if not given:
        raise ValueError("images is empty: give at least one array")
    wanted = [None] * len(given) if masks is None else list(masks)
    if len(wanted) != len(given):
        raise ValueError(
            f"there are {len(given)} images and {len(wanted)} masks: give a mask for each image, "
            "or None where all pixels count"
        )
    known = [_one(image, mask, recipe) for image, mask in zip(given, wanted, strict=True)]
    _check_one_dtype([image.pixels.dtype for image in known])
    return known


def _check_one_dtype(dtypes: Sequence[np.dtype[Any]]) -> None:
    names = list(dict.fromkeys(str(dtype.newbyteorder("=")) for dtype in dtypes))
    if len(names) > 1:
        raise TypeError(
            f"the images have dtypes {' and '.join(names)}: one curve is for one dtype, so "
            "convert them to the same, say image.astype(float)"
        )


def _one(given: Any, mask: Any, recipe: Recipe) -> _Image:
    image: Any = given
    channels: Any = recipe.channel_axis
    if is_named(given):
        image, mask, _, channels = taken_apart(given, mask, None, channels)
    pixels = checked_pixels(image)
    channels = checked_channel_axis(channels, pixels.shape)
    plan = recipe.plan(pixels.shape, pixels.dtype, mask is not None)
    if channels is not None:
        pixels = _moved(pixels, channels, -1)
    pixels, counted = with_mask(pixels, mask, channels=channels is not None)
    return _Image(given, pixels, counted, plan, channels)


def _moved(array: Any, source: int, to: int) -> Any:
    """An axis moved, of numpy's arrays or dask's."""
    axes = list(range(array.ndim))
    axes.insert(to % array.ndim, axes.pop(source))
    return array.transpose(axes)
