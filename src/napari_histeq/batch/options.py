"""The options of a method as text, and back: as they stand on a command line."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.batch.errors import Refused
from napari_histeq.batch.settings import where_not
from napari_histeq.core import METHODS, Histogram, Match
from napari_histeq.core.arrays import kind_of
from napari_histeq.core.extras import brought_by
from napari_histeq.core.methods import Method, options_of
from napari_histeq.files import Location, format_of, read

if TYPE_CHECKING:
    from pathlib import Path

    from napari_histeq.core.methods import OptionField


def method_of(name: str, given: dict[str, str | None]) -> Method:
    """The method with the options that were given as text.

    Raises
    ------
    Refused
        If there is no such method, or if an option is not its own or makes no sense.
    """
    if name not in METHODS:
        raise Refused(f"--method {name}: unknown; known are {', '.join(sorted(METHODS))}")
    kind: Any = METHODS[name]
    known = {field.name: field for field in options_of(kind)}
    told = {key: text for key, text in given.items() if text is not None}
    foreign = [key for key in told if key not in known]
    if foreign:
        flag = f"--{foreign[0].replace('_', '-')}"
        kinds: Any = METHODS
        owners = [m for m in kinds if any(f.name == foreign[0] for f in options_of(kinds[m]))]
        raise Refused(
            f"{flag} is no option of --method {name}, but of {' and '.join(owners)}: "
            f"add --method {owners[0]}, or leave it out"
        )
    try:
        return kind(**{key: value_of(known[key], text) for key, text in told.items()})  # type: ignore[no-any-return]
    except (TypeError, ValueError) as error:
        raise Refused(str(error)) from None


def value_of(field: OptionField, text: str) -> Any:
    """The value of an option that was given as text."""
    if field.choices or field.type is str:
        return text
    if field.type is bool:
        return _truth(field.name, text)
    if text in field.words:
        return text
    if field.values:
        return _stored(field, Location.of(text))
    if text.lower() in ("auto", "automatic", "none"):
        return field.default if field.default is None else _no(field.name, text)
    if text.lower() == "off":
        return float("inf")
    parts = re.split(r"[,x\s]+", text.strip())
    read = partial(_number, field)
    if len(parts) > 1:
        return tuple(read(part) for part in parts)
    return read(text)


def _stored(field: OptionField, place: Location) -> Any:
    """The value that a JSON file holds (a Standard, a Reference, a Histogram), or an image's."""
    path = place.path
    if path.exists() and format_of(path) is not None:
        return _reference_of_image(place)
    try:
        return stored_in(path, field, "an image, or ")
    except Refused as error:
        raise Refused(f"--{field.name} {error}") from None


def stored_in(path: Path, field: OptionField, other: str = "") -> Any:
    """The value for an option that a JSON file holds, as `to_json` wrote it; or a Histogram.

    Raises
    ------
    Refused
        If it holds none: `other` is what it may be beside that, in words.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: it cannot be read ({error})") from None
    kinds = {kind.__name__: kind for kind in (Histogram, *field.values)}
    kind = kinds.get(kind_of(text))
    if kind is None:
        raise Refused(
            f"{path}: it must be {other}a JSON file of a {' or a '.join(kinds)}, "
            "as to_json() writes it"
        )
    try:
        return kind.from_json(text)
    except ValueError as error:
        raise Refused(f"{path}: {error}") from None


def _truth(name: str, text: str) -> bool:
    if text.lower() in ("yes", "true", "on", "1"):
        return True
    return False if text.lower() in ("no", "false", "off", "0") else _no(name, text, "yes or no")


def _number(field: OptionField, text: str) -> Any:
    """A number: a whole one where the option may be one."""
    kinds = str(field.type)
    if "int" in kinds and re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    if "float" not in kinds:
        return _no(field.name, text, "a whole number")
    try:
        return float(text)
    except ValueError:
        return _no(field.name, text)


def _no(name: str, text: str, what: str = "a number") -> Any:
    raise Refused(f"--{name.replace('_', '-')} {text}: it must be {what}")


def match_of(
    reference: str, landmarks: str | None, mask: str | None = None, axes: str | None = None
) -> Method:
    """Match, to an image of which only a part counts, or plane by plane.

    Parameters
    ----------
    reference, landmarks : str
        As `method_of` takes them.
    mask : str, optional
        An image file that is not 0 where a pixel of the reference counts.
    axes : str, optional
        Names or numbers of the axes of a plane: each is matched to the reference's own.
    """
    given = {"landmarks": landmarks}
    if mask is None and axes is None:
        return method_of("match", given | {"reference": reference})
    place = Location.of(reference)
    if format_of(place.path) is None:
        flag = "--reference-mask" if mask is not None else "--each-plane"
        raise Refused(f"{flag} goes with an image, and --reference {place.name} is none")
    part = None if mask is None else Location.of(mask)
    known: Any = Match
    (field,) = (f for f in options_of(known) if f.name == "landmarks")
    marks = None if landmarks is None else value_of(field, landmarks)
    try:
        return Match(_reference_of_image(place, part, axes), marks)
    except (TypeError, ValueError) as error:
        raise Refused(str(error)) from None


def _reference_of_image(
    place: Location, part: Location | None = None, axes: str | None = None
) -> Any:
    """The reference of an image file, without what the file calls "no data"."""
    called = place.name if part is None else f"{place.name} with the mask {part.name}"
    try:
        with brought_by("cli"), read(place) as picture:
            mask = None if picture.ignored is None else where_not(picture, picture.ignored)
            if part is not None:
                with read(part) as other:
                    within = np.asarray(where_not(other, 0))
                mask = within if mask is None else mask & within
            made = Match.of(
                picture.data,
                mask,
                channel_axis=picture.channel_axis,
                axes=None if axes is None else picture.axis_numbers(axes),
                name=place.name,
            )
            made.prepare()
            return made.reference
    except (OSError, TypeError, ValueError) as error:
        raise Refused(f"the reference {called}: {error}") from None
