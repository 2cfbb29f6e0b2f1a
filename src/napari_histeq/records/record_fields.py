"""What each field of a record may hold; pydantic lets nothing else in.

A layer's metadata may have come from a file, and the file from a stranger.
"""

from __future__ import annotations

import math
import re
from dataclasses import MISSING, field, fields, make_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    TypeAdapter,
    ValidationError,
)

from napari_histeq.core import TransferFunction
from napari_histeq.core.methods import Method, UnknownMethodError, from_dict

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A mask that packs to more bytes than this is named in the record, but not kept.
MASK_BYTES = 1 << 22


class RecordError(ValueError):
    """A record that cannot be used; the message is one sentence that says why."""


def damaged(field: str) -> RecordError:
    """The error for a record with a field that makes no sense."""
    return RecordError(f"this layer's record is damaged ({field})")


def _plain(value: Any) -> Any:
    """A number of Python's for one of numpy's."""
    return value.item() if isinstance(value, np.generic) else value


def _number(value: Any) -> Any:
    """A number, also where JSON, which knows no infinity, has a word for it."""
    return float(value) if value in ("inf", "-inf", "nan") else _plain(value)


def _dtype(value: str) -> str:
    if value not in _DTYPES:
        raise ValueError("not a dtype that can be equalized")
    return value


_DTYPES = {
    str(np.dtype(order + code))
    for order in "<>"
    for code in ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
}


def _method(value: Any) -> Method:
    """The method of an `as_dict`, which has itself looked at its options."""
    if not isinstance(value, dict) or not all(_is_option(v) for v in value.values()):
        raise ValueError("not a method and its options")
    if not _NAMED.fullmatch(str(value.get("name"))):
        raise ValueError("not the name of a method")
    try:
        return from_dict({k: _number(v) for k, v in value.items()})
    except UnknownMethodError:  # no ValueError: pydantic lets it pass
        raise
    except (ArithmeticError, LookupError, TypeError) as error:
        raise ValueError(str(error)) from None


#: What the name of a method may look like: no sentence of a stranger's.
_NAMED = re.compile(r"[\w.+-]{1,40}")


def _is_option(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(type(_plain(v)) in (int, float) for v in value)
    return value is None or isinstance(value, bool | int | float | str | np.generic)


def _curve(value: Any) -> TransferFunction | None:
    """A transfer function, or its parts; what JSON keeps of one is no curve."""
    if value is None or isinstance(value, TransferFunction):
        return value
    if not isinstance(value, dict) or set(value) - {"x", "y", "end_slope"}:
        raise ValueError("not a curve")
    if not value.keys() & {"x", "y"}:
        return None
    parts = {name: _plain(part) for name, part in value.items()}
    return TransferFunction.from_parts(parts.get("x"), parts.get("y"), parts.get("end_slope", 0.0))


Text = Annotated[str, Strict()]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict(), Field(ge=-(1 << 63), lt=1 << 64), BeforeValidator(_plain)]
Number = Annotated[float, Strict(), BeforeValidator(_number)]
#: A whole number as such, so that one of 64 bit loses nothing.
Exact = Whole | Number
Digest = Annotated[str, Strict(), Field(pattern="^[0-9a-f]{64}$")]
Dtype = Annotated[str, Strict(), AfterValidator(_dtype)]
Length = Annotated[int, Strict(), Field(gt=0, lt=1 << 63), BeforeValidator(_plain)]
Shape = Annotated[tuple[Length, ...], Field(min_length=1, max_length=64)]
LabelDtype = Annotated[str, Strict(), Field(pattern=r"^(|<[iu][248]|\|[iu]1)$")]
Bits = Annotated[bytes, Strict(), Field(max_length=MASK_BYTES)]
if TYPE_CHECKING:
    Curve = TransferFunction | None
else:  # whose annotations pydantic would look into
    Curve = Annotated[Any, PlainValidator(_curve)]
Gamut = tuple[Number, Number] | None
_When = Annotated[str, Strict(), Field(pattern="^(before|after)$")]
Measures = dict[_When, dict[Text, Number]]
_Name = Annotated[str, Strict(), Field(pattern=r"^[A-Za-z0-9._!+-]{1,100}$")]
Versions = Annotated[dict[_Name, _Name], Field(max_length=100)]


_STRICT: dict[Any, Any] = {
    bool: Flag,
    int: Whole,
    float: Exact,
    str: Text,
    Method: Annotated[Any, PlainValidator(_method)],
}


def strictly(kind: Any) -> Any:
    """What pydantic lets in for the plain type of a recipe's field."""
    if kind in _STRICT:
        return _STRICT[kind]
    if kind in (None, NoneType, ...) or get_origin(kind) is Literal:
        return kind
    outer: Any = {tuple: tuple, Union: Union, UnionType: Union}.get(get_origin(kind))
    if outer is None:
        raise TypeError(f"{kind} is no type that a record knows how to check: add it to _STRICT")
    return outer[tuple(map(strictly, get_args(kind)))]


class FieldError(Exception):
    """A field that is missing, unknown or of another kind; `name` is empty if it is unknown."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read_fields(
    plain: Mapping[str, Any], recipe: type, record: type | None = None
) -> dict[str, Any]:
    """The fields of a recipe, and of a record that holds one: each looked at, defaults added.

    Raises
    ------
    FieldError
    UnknownMethodError
    """
    try:
        found: dict[str, Any] = vars(_reader(recipe, record).validate_python(dict(plain)))
    except ValidationError as error:
        place = error.errors(include_url=False, include_context=False, include_input=False)
        name = str(next(iter(place[0]["loc"]), ""))
        known = {f.name for kind in (recipe, record) if kind for f in fields(kind)} - {"recipe"}
        raise FieldError(name if name in known else "") from None
    return found


@cache
def _reader(recipe: type, record: type | None) -> TypeAdapter[Any]:
    own = {} if record is None else get_type_hints(record, include_extras=True)
    kinds = [(f, own[f.name]) for f in fields(record) if f.name != "recipe"] if record else []
    hints, again = get_type_hints(recipe), field
    kinds += [(f, strictly(hints[f.name])) for f in fields(recipe)]
    named = []
    for f, kind in kinds:
        default = MISSING if f.name == "method" else f.default  # of that each record tells one
        named.append((f.name, kind, again(default=default, default_factory=f.default_factory)))
    config = {"__pydantic_config__": ConfigDict(extra="forbid")}
    return TypeAdapter(make_dataclass("Fields", named, kw_only=True, namespace=config))


def broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of a shape can stand for one of another, and is no larger."""
    lengths = zip(shape[::-1], to[::-1], strict=False)
    fits = len(shape) <= len(to) and all(own in (1, axis) for own, axis in lengths)
    return fits and math.prod(shape) < 1 << 63
