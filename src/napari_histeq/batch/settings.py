"""What is asked for, before any image is known; and for one image, what that comes to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from napari_histeq.batch.errors import Refused
from napari_histeq.core.recipe import Recipe
from napari_histeq.files import read
from napari_histeq.records import MaskRecord, Task

if TYPE_CHECKING:
    from pathlib import Path

    from napari_histeq.core.arrays import OutRange
    from napari_histeq.files import Picture


@dataclass(frozen=True, slots=True)
class Settings:
    """How to equalize each file.

    Attributes
    ----------
    recipe : Recipe
        All but the axes, which each file has its own of.
    axes : str
        Names or numbers of the axes that share a histogram; empty: all.
    channel_axis : str
        A name or number, ``auto`` (what the file says) or ``none``.
    mask : Path, MaskRecord or None
        An image that is not 0 where a pixel counts; or a folder of such, by the inputs' names;
        or the pixels themselves.
    labels : Path or None
        An image of labels, each of which is equalized on its own; or a folder of such.
    ignored : float or None
        An intensity that does not count; by default what the file calls "no data".
    """

    recipe: Recipe = Recipe()  # noqa: RUF009  (frozen)
    axes: str = ""
    channel_axis: str = "auto"
    mask: Path | MaskRecord | None = None
    ignored: float | None = None
    labels: Path | None = None


def out_range_of(text: str) -> OutRange:
    """The range of the output: ``auto``, ``dtype``, ``image`` or ``LOW,HIGH``."""
    if text in ("auto", "dtype", "image"):
        return cast("OutRange", text)
    parts = re.split(r"[,\s]+", text.strip())
    try:
        low, high = (int(p) if re.fullmatch(r"-?\d+", p) else float(p) for p in parts)
    except ValueError:
        raise Refused(
            f"--out-range {text}: use auto, dtype, image, or two numbers such as 0,4095"
        ) from None
    if not low < high:
        raise Refused(f"--out-range {text}: the first number must be below the second")
    return low, high


def numbers_of(flag: str, text: str) -> tuple[float, ...]:
    """Numbers between commas."""
    try:
        return tuple(float(part) for part in re.split(r"[,\s]+", text.strip()))
    except ValueError:
        raise Refused(f"{flag} {text}: give numbers separated by commas") from None


def task_of(picture: Picture, settings: Settings, name: str) -> Task:
    """The work on one image.

    Raises
    ------
    ValueError
        If the settings do not fit it.
    """
    axes = None
    if settings.axes:
        axes = tuple(a % picture.data.ndim for a in picture.axis_numbers(settings.axes))
    out_range = settings.recipe.out_range
    if picture.limits is not None and out_range in ("auto", "dtype"):
        out_range = picture.limits
    mask, mask_name = _mask(settings, name)
    each = settings.recipe.each_label or settings.labels is not None
    check_labels(each, given=mask is not None)
    return Task(
        picture.data,
        source=name,
        region=None if mask is None else lambda: mask,
        region_name=mask_name,
        ignored=picture.ignored if settings.ignored is None else settings.ignored,
        recipe=replace(
            settings.recipe,
            each_label=each,
            axes=axes,
            channel_axis=channel_axis_of(picture, settings.channel_axis),
            out_range=out_range,
        ),
        coarser=picture.coarser,
    )


def check_labels(each_label: bool, *, given: bool) -> None:
    """Refuse to equalize each label on its own where none are given."""
    if each_label and not given:
        raise ValueError("the settings equalize each label on its own: add --labels FILE")


def channel_axis_of(picture: Picture, wanted: str) -> int | None:
    """The axis of the colors: what the file says, unless somebody says otherwise."""
    if wanted == "auto":
        return picture.channel_axis
    if wanted == "none":
        return None
    axes = picture.axis_numbers(wanted)
    if len(axes) != 1:
        raise ValueError(f"channel axis {wanted!r} names {len(axes)} axes: name one")
    return axes[0] % int(picture.data.ndim)


def _mask(settings: Settings, name: str) -> tuple[Any, str]:
    """The pixels that count, by what is not 0 in an image; and what that is called."""
    path = settings.labels or settings.mask
    if path is None:
        return None, ""
    if isinstance(path, MaskRecord):
        return path.array(), path.layer
    if path.is_dir() and (path / name).exists():
        path = path / name
    elif path.is_dir():
        raise ValueError(f"the folder of masks {path} has no {name}")
    picture = read(path)
    data = np.asarray(picture.data)
    if settings.labels is not None:
        if picture.channel_axis is not None or data.dtype.kind not in "iu":
            what = "colors" if picture.channel_axis is not None else data.dtype
            raise ValueError(
                f"{path.name} holds {what}: labels are whole numbers, 0 the background"
            )
        return data, path.name
    return np.asarray(where_not(picture, 0)), path.name


def where_not(picture: Picture, value: float) -> Any:
    """Which pixels of an image are not of an intensity: colors, if one of their channels is not."""
    other: Any = picture.data != value
    if picture.channel_axis is None:
        return other
    return np.any(np.moveaxis(other, picture.channel_axis, -1)[..., :3], axis=-1)
