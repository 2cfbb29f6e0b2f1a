"""From a record to a sentence for a figure's legend."""

from __future__ import annotations

import math
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

from napari_histeq.core.methods import options_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_histeq.records.record import Record


def legend(record: Record, *, display_only: bool = False) -> str:
    """A sentence for a figure's legend that discloses what was done.

    Parameters
    ----------
    record : Record
        From the layer's metadata.
    display_only : bool
        Whether the data are as measured, and only their display was changed.

    Returns
    -------
    str
    """
    how = "; ".join((_named(record), *_conditions(record)))
    program = f"napari-histeq {record.versions.get('napari-histeq', '')}".strip()
    sentences = [f"Contrast was changed by {how} ({program}).", _caution(record)]
    if record.recipe.inside:
        sentences.append("Inside and outside cannot be compared.")
    if display_only:
        sentences[0] = f"Display contrast was changed by {how} ({program})."
        sentences.append("The data themselves are as measured.")
    return " ".join(sentences)


def _named(record: Record) -> str:
    """The method in words, with its options; of CLAHE's advanced ones, those that were changed."""
    method, axes = record.recipe.method, record.recipe.axes
    kind: Any = type(method)
    words = cleandoc(type(method).__doc__ or method.name).splitlines()[0]
    words = words.split(":")[0].split(" [")[0].rstrip(".")
    first = words.split()[0]
    if first[1:].islower():  # neither an abbreviation nor a name such as OpenCV
        words = words[0].lower() + words[1:]
    ndim = len(record.shape) - (record.recipe.channel_axis is not None)
    resolved = method.resolved(tuple(record.shape[axis] for axis in axes or range(ndim)))
    chosen = {
        f.caption.lower(): getattr(resolved, f.name)
        for f in options_of(kind)
        if f.matters(method)
        and (
            method.is_single_curve or getattr(method, f.name) != f.default or not f.option.advanced
        )
    }
    told = [f"{name} {_short(value)}" for name, value in chosen.items() if value is not None]
    return f"{words} with {', '.join(told)}" if told else words


def _counted(record: Record) -> Iterator[str]:
    """What the curve is of, and which pixels counted."""
    if record.given:
        yield f"the curve of {record.curve_of}" if record.curve_of else "the curve of another image"
    if record.mask is not None and record.recipe.each_label:
        name = record.mask.layer.encode(errors="replace").decode()
        yield f"each label of “{name}” on its own, the background unchanged"
    elif record.mask is not None:
        name = record.mask.layer.encode(errors="replace").decode()  # of a file that is no UTF-8
        inside = f"counted and changed only within “{name}”"
        yield inside if record.recipe.inside else f"counted only within “{name}”"
    if record.ignored is not None:
        value = _short(record.ignored)
        apart = record.recipe.inside or record.recipe.each_label
        unchanged = f"pixels equal to {value} ignored and unchanged"
        yield unchanged if apart else f"pixels equal to {value} ignored"


def _conditions(record: Record) -> Iterator[str]:
    yield from _counted(record)
    recipe = record.recipe
    if recipe.smooth is not None:
        yield f"each plane's curve averaged over {recipe.smooth} neighbors"
    if recipe.feather:
        yield f"its edge feathered over {recipe.feather} pixels"
    if recipe.axes is not None and len(recipe.axes) < len(record.shape):
        names = ", ".join(str(axis) for axis in recipe.axes)
        yield f"separately for each plane (axes {names} share a histogram)"
    if recipe.saturated:
        yield f"{_short(recipe.saturated)} % of the pixels clipped, half of them at each end"
    for name, value in recipe.keywords().items():
        if name not in _IN_WORDS:
            yield name if value is True else f"{name} {_short(value)}"
    if not isinstance(recipe.out_range, str):
        low, high = (_short(v) for v in recipe.out_range)
        yield f"output range {low} to {high}"


#: Fields of a recipe that `_conditions` has words for.
_IN_WORDS = (
    "axes",
    "channel_axis",
    "out_range",
    "inside",
    "feather",
    "smooth",
    "saturated",
    "each_label",
)


def _caution(record: Record) -> str:
    method, axes = record.recipe.method, record.recipe.axes
    colors, whole = record.recipe.channel_axis is not None, method.is_single_curve
    values = "Colors" if colors else "Gray values"
    if record.recipe.smooth is not None or method.neighbors is not None:
        return f"{values} are for viewing, not for measuring intensities."
    if record.recipe.each_label:
        return f"{values} cannot be compared between labels."
    if whole and axes is not None and len(axes) < len(record.shape):
        return f"{values} cannot be compared between planes."
    if colors and whole:
        return f"Luminances {method.caution}."
    return f"{values} {method.caution}."


def _short(value: Any) -> str:
    if value == math.inf:
        return "off"
    if isinstance(value, tuple | list):
        whole = all(isinstance(v, int) for v in value)
        return (" × " if whole else ", ").join(_short(v) for v in value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)
