"""From a record to what makes the same of files: settings, and a line for the terminal."""

from __future__ import annotations

import math
import shlex
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.batch.options import value_of
from napari_histeq.batch.settings import Settings
from napari_histeq.core.methods import options_of
from napari_histeq.core.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_histeq.core.methods import Method, OptionField
    from napari_histeq.records import Record

#: Fields of a recipe that the command line has words for, beside the method.
_SAID = {
    "axes",
    "channel_axis",
    "out_range",
    "strength",
    "inside",
    "feather",
    "smooth",
    "saturated",
    "each_label",
}


def settings_of(record: Record) -> Settings:
    """The settings with which files are equalized as the image of a record was."""
    recipe, channels = record.recipe, record.recipe.channel_axis
    return Settings(
        replace(recipe, axes=None, channel_axis=None),
        axes=_axes(record),
        channel_axis="auto" if channels is None else str(channels),
        mask=record.mask,
        ignored=record.ignored,
    )


def _axes(record: Record) -> str:
    """Axes counted from the last one: files may have others in front of them."""
    ndim = len(record.shape)
    return ",".join(str(a % ndim - ndim) for a in record.recipe.axes or ())


def command_of(record: Record, source: Path | None = None) -> str:
    """The command line that makes the same of files.

    Parameters
    ----------
    record : Record
        How an image was equalized.
    source : Path, optional
        Its file.

    Returns
    -------
    str
        A line for the terminal, quoted as a POSIX shell reads it; and under it, as comments,
        what a person has to fill in for the words in capital letters.

    Raises
    ------
    ValueError
        If no command line says it: the curve of another image, or a method of somebody's own.
    """
    method = record.recipe.method
    if record.given:
        raise ValueError(
            f"the curve of {record.curve_of or 'another image'} was applied, which a command line "
            "cannot tell: choose Run on files..."
        )
    unknown = [f"{n}={v!r}" for n, v in record.recipe.keywords().items() if n not in _SAID]
    if unknown or not type(method).__module__.startswith("napari_histeq."):
        what = " and ".join(unknown) or type(method).__name__
        raise ValueError(f"the command line does not know {what}: choose Run on files...")
    words = ["napari-histeq", "equalize", str(source) if source is not None else "IN"]
    words += ["-o", str(source.parent / "equalized") if source is not None else "OUT"]
    notes = [] if source is not None else ["IN: image files, or a folder. OUT: a folder."]
    for name, text, note in (*_method(method), *_how(record), *_counted(record)):
        flag = f"--{name.replace('_', '-')}"
        words += [f"{flag}={text}"] if text.startswith("-") else [flag, *[text] * bool(text)]
        notes += [note] if note else []
    return "\n".join([shlex.join(words), *(f"# {' '.join(note.split())}" for note in notes)])


def _method(method: Method) -> Iterator[tuple[str, str, str]]:
    """Options of the command line that tell a method, and what is to be said of each."""
    yield "method", method.name, ""
    kind: type = type(method)
    for field in options_of(kind):
        value = getattr(method, field.name)
        if value is None or (value == field.default and not field.values):
            continue
        if field.values and value not in field.words:
            placeholder = field.name.upper()
            told = getattr(value, "name", "") or "another image"
            image = "an image file of “{told}”, or a JSON file by its to_json()"
            if method.references is value:
                image = (
                    "a JSON file by the to_json() of “{told}”, plane by plane (of an image file: "
                    "napari-histeq match --each-plane)"
                )
            yield field.name, placeholder, f"{placeholder}: {image.format(told=told)}."
        else:
            yield field.name, _text(field, value), ""


def _text(field: OptionField, value: Any) -> str:
    """An option as it is written; what it is read as is looked at."""
    text = ",".join(_number(v) for v in value) if isinstance(value, tuple) else _number(value)
    if value_of(field, text) != value:
        raise ValueError(f"the command line cannot tell {field.name}={value!r}")
    return text


def _number(value: Any) -> str:
    """To the bit, but not longer than it must be."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return str(value)
    if math.isinf(value):
        return "off" if value > 0 else "-inf"
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)


def _exact(value: Any) -> str:
    """A number that is read as the same kind of number."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def _how(record: Record) -> Iterator[tuple[str, str, str]]:
    """The rest of the recipe."""
    recipe = record.recipe
    defaults = {f.name: f.default for f in fields(Recipe)}
    if recipe.axes is not None:
        yield "axes", _axes(record), ""
    if recipe.channel_axis is not None:
        yield "channel_axis", str(recipe.channel_axis), ""
    if recipe.out_range != defaults["out_range"]:
        told = recipe.out_range
        yield "out_range", told if isinstance(told, str) else ",".join(map(_exact, told)), ""
    if recipe.strength != defaults["strength"]:
        yield "strength", _number(recipe.strength), ""
    if recipe.inside:
        yield "inside", "", ""
    for name in ("feather", "smooth", "saturated"):
        if getattr(recipe, name):
            yield name, _number(getattr(recipe, name)), ""


def _counted(record: Record) -> Iterator[tuple[str, str, str]]:
    """Which pixels count, or the labels."""
    if record.ignored is not None:
        yield "ignore", _number(record.ignored), ""
    if record.mask is not None:
        name, what = "mask", "not 0 where a pixel counts"
        if record.recipe.each_label:
            name, what = "labels", "whole numbers, 0 the background"
        place = name.upper()
        yield name, place, f"{place}: “{record.mask.layer}” as an image file, {what}."
