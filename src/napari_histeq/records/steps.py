"""What is asked for, and each step of the work: arrays in, arrays out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core import (
    Histogram,
    TransferFunction,
    color,
    compute_histogram,
    equalize,
    equalize_multiscale,
    gain_map,
    measures,
)
from napari_histeq.core.arrays import is_lazy
from napari_histeq.core.recipe import Recipe
from napari_histeq.core.verbs import joint_gamut, luminance_histogram, recolor
from napari_histeq.records.counted import plain_array, where_counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: Images of up to so many pixels are measured themselves, not only their histograms: the
#: structural similarity of more takes seconds and ten times their memory.
MEASURED = 1 << 21

#: Pixels that stand for an image larger than memory where every pixel would take too long.
SAMPLES = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What to do with an image: how, which pixels count, and where they come from.

    Attributes
    ----------
    image : array
    source : str
        Name of its layer.
    recipe : Recipe
        How to equalize.
    region : callable, optional
        Makes the mask; it is called where the work is done, not on the GUI thread. Given a
        ``grid`` (see `regions.mask_on`), it makes that of those pixels. With a recipe for each
        label it makes the labels.
    region_name : str
        Name of the layer the mask comes from.
    ignored : float, optional
        An intensity that does not count.
    given : TransferFunction, optional
        A curve that is known already; then nothing needs to be counted to get one.
    gamut : (float, float), optional
        What colors may span, if the curve is given to the luminances of colors.
    given_of : str
        What that curve is of, in words; empty for another image.
    coarser : tuple of array
        The other levels of a pyramid whose finest is `image`.
    joint : Histogram, optional
        That of several images, if this one gets the curve of all of them.
    wants_gain : bool
        Whether to map the local gain of CLAHE too.
    measured : bool
        Whether to measure the result; without it there is no histogram after.
    """

    image: Any
    source: str = "image"
    recipe: Recipe = Recipe()  # noqa: RUF009  (frozen)
    region: Callable[..., NDArray[np.bool_]] | None = None
    region_name: str = ""
    ignored: int | float | None = None
    given: TransferFunction | None = None
    gamut: tuple[float, float] | None = None
    given_of: str = ""
    coarser: tuple[Any, ...] = ()
    joint: Histogram | None = None
    wants_gain: bool = False
    measured: bool = True

    @property
    def memory(self) -> int:
        """Bytes that `perform` takes in memory at least, beside what is there already.

        That is the result, the gain and what the method needs of a plane; not what it takes for
        blocks and counts, which is tens of megabytes. What is lazy takes nothing.
        """
        image, recipe = self.image, self.recipe
        if is_lazy(image):
            return 0
        channels = None if recipe.channel_axis is None else recipe.channel_axis % image.ndim
        lengths = {axis: n for axis, n in enumerate(image.shape) if axis != channels}
        shared = lengths if recipe.axes is None else [axis % image.ndim for axis in recipe.axes]
        fitting: int = recipe.method.bytes_per_pixel * math.prod(lengths[axis] for axis in shared)
        gain: int = 4 * math.prod(lengths.values()) if self.wants_gain else 0
        if self.given is not None or recipe.one_curve:
            return sum(int(level.nbytes) for level in (image, *self.coarser)) + fitting
        result = 0 if self.coarser else int(image.nbytes)  # all levels of a pyramid are lazy
        return result + fitting + gain

    @property
    def colors(self) -> bool:
        """Whether the image has channels, of which the luminance is equalized."""
        return self.recipe.channel_axis is not None


def count_of(task: Task, mask: Any) -> Histogram:
    """The histogram before; if no curve hangs on it, that of a sample of what is lazy."""
    mask = where_counted(mask)
    if task.colors:
        return luminance_histogram(_channels_last(task, task.image), mask)
    sample = is_lazy(task.image) and not task.recipe.one_curve
    return compute_histogram(task.image, mask=mask, max_samples=SAMPLES if sample else None)


def _channels_last(task: Task, image: Any) -> Any:
    return np.moveaxis(plain_array(image), task.recipe.channel_axis or 0, -1)


def curve_of(task: Task, before: Histogram) -> TransferFunction | None:
    """The curve of a histogram, if the task takes a single one."""
    if task.given is not None:
        return task.given
    before = task.joint or before
    if not task.recipe.one_curve or before.levels.dtype.kind == "b" or not before.total:
        return None
    return task.recipe.curve(before)


def gamut_of(task: Task, curve: TransferFunction | None) -> tuple[float, float] | None:
    """What colors may span that get the curve of several images; None if it is not so."""
    if not task.colors or curve is None or (task.given is None and task.joint is None):
        return None
    if task.joint is not None:
        return joint_gamut(task.recipe, task.joint)
    if task.gamut is None:
        raise ValueError("the curve of another image does not tell what colors may span")
    return task.gamut


def equalized(task: Task, mask: Any, curve: TransferFunction | None) -> Any:
    """The equalized image; a list of its levels, if there are several."""
    levels = [task.image, *task.coarser]
    if curve is not None and not task.colors:
        mapped = [curve(level) for level in levels]  # what `equalize` does, without counting again
        return mapped if task.coarser else mapped[0]
    ends, channels = gamut_of(task, curve), task.recipe.channel_axis
    if ends is not None and curve is not None and channels is not None:
        mapped = [recolor(level, curve, ends, channels) for level in levels]
        return mapped if task.coarser else mapped[0]
    method, how = task.recipe.method, task.recipe.keywords()
    if task.coarser:
        return equalize_multiscale(levels, method, mask=mask, **how)
    return equalize(task.image, method, mask=mask, **how)


def after_of(
    task: Task, data: Any, mask: Any, before: Histogram, curve: TransferFunction | None
) -> Histogram:
    """The histogram after; of what is lazy, that of a sample if no curve tells."""
    if curve is not None and not task.colors:
        return curve.push(before)
    finest, mask = data[0] if task.coarser else data, where_counted(mask)
    if task.colors:
        return luminance_histogram(_channels_last(task, finest), mask)
    return compute_histogram(finest, mask=mask, max_samples=SAMPLES if is_lazy(finest) else None)


def counted_limits(task: Task, before: Histogram) -> tuple[float, float] | None:
    """The range of the output, a strength below 1 included."""
    before = task.joint or before
    if not before.total:
        return None
    ends = [float(v) for v in before.range]
    wanted = (float(w) for w in task.recipe.limits(before.levels.dtype, before.range))
    if task.given is not None:
        inner = task.given.y[task.given.inner]
        low, high = float(inner[0]), float(inner[-1])
        return (low, high) if low < high else None
    part = task.recipe.strength
    low, high = ((1 - part) * e + part * w for e, w in zip(ends, wanted, strict=True))
    return (low, high) if low < high else None


def shown_limits(task: Task, before: Histogram) -> tuple[float, float] | None:
    """The contrast limits of the result: the range of the output, or of the image's own intensities.

    A movie of 16 bit whose frames are matched to each other stays as dark as it was: over all
    of the dtype's range it would be black.
    """
    recipe, known = task.recipe, task.joint or before
    if task.given is not None or recipe.out_range != "auto" or not recipe.method.keeps_intensities:
        return counted_limits(task, before)
    low, high = map(float, known.range) if known.total else (0.0, 0.0)
    return (low, high) if low < high else None


def measured_images(task: Task, data: Any) -> dict[str, tuple[float, float]]:
    """The measures of the pixels themselves, where they are at hand and not too many."""
    image = task.image
    wanted = not is_lazy(image) and image.size <= MEASURED and image.dtype.kind != "b"
    if not wanted or task.colors or task.coarser:
        return {}
    return measures.of_images(image, data) if np.isfinite(image).all() else {}


def gain_of(task: Task, mask: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    """How much CLAHE amplifies the contrast at each pixel."""
    if task.recipe.each_label:
        raise ValueError(
            "the gain map is of the whole image: untick it, or “Each label on its own”"
        )
    if is_lazy(task.image):
        raise ValueError("the gain map needs the image in memory: untick it, or load the image")
    image, recipe = task.image, task.recipe
    if recipe.channel_axis is not None:
        image = color.luminance_of(np.moveaxis(image, recipe.channel_axis, -1))
    return gain_map(
        image, recipe.method, mask=mask, **replace(recipe, channel_axis=None).keywords()
    )
