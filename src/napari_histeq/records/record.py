"""Record: how a layer was made, and all it takes to make it again to the bit."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import numpy as np
from pydantic import Field, Strict

from napari_histeq.core import equalize
from napari_histeq.core.arrays import checked_axes, checked_channel_axis, is_lazy
from napari_histeq.core.methods import UnknownMethodError, options_of
from napari_histeq.core.recipe import Recipe
from napari_histeq.core.threads import for_each
from napari_histeq.core.verbs import recolor
from napari_histeq.records.counted import MaskRecord, counting
from napari_histeq.records.record_fields import (
    Curve,
    Digest,
    Dtype,
    Exact,
    FieldError,
    Flag,
    Gamut,
    Measures,
    RecordError,
    Shape,
    Text,
    Versions,
    broadcasts,
    damaged,
    read_fields,
)

#: Where a layer's metadata hold the record.
KEY = "napari_histeq"

#: What stands beside it there, or in the store that the layer was saved in.
BESIDE = ("kind", "error", "limits", "colormap", "gamma", "affine")

#: What this version writes and reads; one that adds or changes a field counts on.
SCHEMA = 4

#: What records without a gamut tell, so that the versions before read them too.
BEFORE_GAMUT = 3

#: Images up to this many bytes are identified by a digest: it takes well under a second.
DIGEST_BYTES = 1 << 28

#: Bytes of it at a time: after each piece a run can be stopped.
PIECE_BYTES = 1 << 25


@cache
def current_versions() -> dict[str, str]:
    """The versions of what decides the bits."""
    known = {name: _version(name) for name in ("napari-histeq", "numpy", "numba", "napari")}
    return known | {"python": platform.python_version()}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What was done to which image, with what, and what came of it.

    Attributes
    ----------
    source : str
        Name of the layer that was equalized.
    shape, dtype : tuple of int, str
        Of its data.
    recipe : Recipe
        How it was equalized. In `as_dict` its fields stand among the others.
    digest : str or None
        SHA-256 of its data in C order, if they were at hand and not too many.
    mask : MaskRecord or None
        The pixels that counted; None means all.
    ignored : float or None
        The intensity that did not count.
    curve : TransferFunction or None
        The transfer function, if it was a single one.
    given : bool
        Whether the curve was known already, and is not that of the histogram of the whole.
    curve_of : str
        What the given curve is of, in words: the slice of a stack; empty for another layer.
    gamut : (float, float) or None
        What colors may span, where the given curve is that of several images' luminances.
    measures : mapping
        ``{"before": {...}, "after": {...}}``.
    versions : mapping
        Of the software that did it.
    schema : int
        The least `SCHEMA` that reads it.
    """

    source: Text
    shape: Shape
    dtype: Dtype
    recipe: Recipe
    digest: Digest | None = None
    mask: MaskRecord | None = None
    ignored: Exact | None = None
    curve: Curve = None
    given: Flag = False
    curve_of: Text = ""
    gamut: Gamut = None
    measures: Measures = field(default_factory=dict)
    versions: Versions = field(default_factory=lambda: dict(current_versions()))
    schema: Annotated[int, Strict(), Field(ge=1, le=SCHEMA)] = BEFORE_GAMUT

    @property
    def one_curve(self) -> bool:
        """Whether a single transfer function tells all."""
        gray = self.recipe.channel_axis is None
        return self.recipe.one_curve and gray and self.curve is not None

    def _repr_html_(self) -> str:
        return _html_of(self)

    def as_dict(self) -> dict[str, Any]:
        """Plain dicts, tuples, numbers, strings, bytes and arrays: for a layer's metadata."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        plain |= plain.pop("recipe").as_dict()
        if self.gamut is None:  # which versions before do not know
            del plain["gamut"]
        plain["versions"] = dict(self.versions)
        plain["measures"] = {when: dict(found) for when, found in self.measures.items()}
        plain["mask"] = _as_plain(self.mask, MaskRecord.__slots__)
        plain["curve"] = _as_plain(self.curve, ("x", "y", "end_slope"))
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Record:
        """The record of an `as_dict`, be it from a file.

        Raises
        ------
        RecordError
            If a field is missing, unknown, of another type or out of its range, if the record
            is of a newer version, or its method is none that is known: in one sentence.
        """
        if not isinstance(plain, Mapping):
            raise damaged("it holds no fields")
        schema = plain.get("schema", SCHEMA)
        if type(schema) is int and schema > SCHEMA:
            raise RecordError(
                "this layer's record is of a newer version of napari-histeq: update the plugin"
            )
        try:
            found = read_fields(plain, Recipe, cls)
        except UnknownMethodError as error:
            raise RecordError(f"this layer was {error}") from None
        except FieldError as error:
            raise damaged(error.name or "a field that is unknown") from None
        recipe = Recipe(**{f.name: found.pop(f.name) for f in fields(Recipe)})
        record = cls(recipe=recipe, **found)
        try:
            _check_agreement(record)
        except ValueError:
            raise damaged("fields that do not fit") from None
        return record

    def reproduce(self, image: Any, mask: Any = None) -> Any:
        """Make the result again.

        Parameters
        ----------
        image : array
            The source's data.
        mask : array of bool, optional
            The pixels that counted, if the record is without them.

        Returns
        -------
        array
            The same bits.
        """
        recipe = self.recipe
        if self.curve is not None and recipe.channel_axis is None:
            return self.curve(image)
        if self.given and self.curve is not None and self.gamut is not None:
            return recolor(image, self.curve, self.gamut, recipe.channel_axis or 0)
        mask = self.counted(image, mask)
        return equalize(image, recipe.method, mask=mask, **recipe.keywords())

    def counted(self, image: Any, mask: Any = None) -> Any:
        """The pixels of `image` that count, or None for all."""
        if mask is None and self.mask is not None:
            mask = self.mask.array()
        return counting(image, mask, self.ignored, self.recipe.channel_axis)


def _check_agreement(record: Record) -> None:
    """Refuse fields that do not fit each other."""
    shape, recipe = record.shape, record.recipe.checked(np.dtype(record.dtype))
    channels = checked_channel_axis(recipe.channel_axis, shape)
    grid = tuple(n for axis, n in enumerate(shape) if axis != channels)
    checked_axes(recipe.axes, len(shape))
    if record.given and record.curve is None:
        raise ValueError("the curve is missing")
    if (record.given and channels is not None) != (record.gamut is not None):
        raise ValueError("colors by a given curve have a gamut, and nothing else has")
    if recipe.each_label != (record.mask is not None and bool(record.mask.dtype)):
        raise ValueError("labels are missing, or a mask holds labels")
    if record.mask is not None and not broadcasts(record.mask.shape, grid):
        raise ValueError("the mask is of another image")


def digest_of(image: Any) -> str | None:
    """SHA-256 of the pixels, if they lie in memory and are not too many."""
    if is_lazy(image) or image.nbytes > DIGEST_BYTES:
        return None
    found, run = hashlib.sha256(), np.ascontiguousarray(image).reshape(-1).view(np.uint8)

    def add(start: int) -> None:
        found.update(run[start : start + PIECE_BYTES].data)

    for_each(add, range(0, run.size, PIECE_BYTES), in_turn=True)
    return found.hexdigest()


def _as_plain(value: Any, names: tuple[str, ...]) -> dict[str, Any] | None:
    return None if value is None else {name: getattr(value, name) for name in names}


def _html_of(record: Record) -> str:
    """What was done to which image, the measures, and the curve if there was a single one."""
    rows = "".join(_row(name, value) for name, value in _told(record))
    before, after = (record.measures.get(when, {}) for when in ("before", "after"))
    if after:
        rows += _row("", "before", "after")
        rows += "".join(
            _row(name.replace("_", " "), f"{before[name]:.4g}", f"{after[name]:.4g}")
            for name in before
            if name in after
        )
    curve = "" if record.curve is None else record.curve._repr_html_()
    return f"<div><table>{rows}</table>{curve}</div>"


def _told(record: Record) -> Iterator[tuple[str, Any]]:
    method = record.recipe.method
    kind: type = type(method)
    yield "image", record.source
    yield "shape", " × ".join(map(str, record.shape))
    yield "data type", record.dtype
    yield "method", method.name
    for option in options_of(kind):
        value = getattr(method, option.name)
        if value != option.default:
            yield option.caption.lower(), value
    yield from record.recipe.keywords().items()
    if record.given:
        yield "curve of", record.curve_of or "another image"
    if record.mask is not None:
        yield "counted within", record.mask.layer
    if record.ignored is not None:
        yield "ignored", record.ignored


def _row(*cells: Any) -> str:
    name, *values = (escape(str(cell)) for cell in cells)
    return f"<tr><th>{name}</th>{''.join(f'<td>{value}</td>' for value in values)}</tr>"
