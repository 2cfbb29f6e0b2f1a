"""A method's options as data: limits and help in the type, checked in one place.

The panel, the documentation's tables, the provenance record and the tests are all
made from `options_of`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Option:
    """What a person may choose: ``Annotated[float, Option("...", ge=0, le=1)]``.

    `gt`, `ge` and `le` are the limits of a number; `label` is the panel's caption;
    `unit` stands behind the number; an `advanced` option is folded away.
    """

    help: str
    gt: float | None = None
    ge: float | None = None
    le: float | None = None
    label: str = ""
    unit: str = ""
    advanced: bool = False

    def admits(self, value: float) -> bool:
        """Whether a number is within the limits (NaN never is)."""
        return (
            not math.isnan(value)
            and (self.gt is None or value > self.gt)
            and (self.ge is None or value >= self.ge)
            and (self.le is None or value <= self.le)
        )

    @property
    def limits(self) -> str:
        """The limits in words."""
        low = f"> {self.gt:g}" if self.gt is not None else f">= {self.ge:g}"
        known = [low] if self.gt is not None or self.ge is not None else []
        known += [f"<= {self.le:g}"] if self.le is not None else []
        return " and ".join(known) or "a number"


@dataclass(frozen=True, slots=True)
class OptionField:
    """A field of a method: its name, plain type, choices (if any), option and default."""

    name: str
    type: Any
    choices: tuple[str, ...]
    option: Option
    default: Any

    @property
    def caption(self) -> str:
        """What the option is called where a person reads it."""
        return self.option.label or self.name.replace("_", " ").capitalize()


@cache
def options_of(method: Any) -> tuple[OptionField, ...]:
    """The options of a method's class, in the order of its fields."""
    hints = get_type_hints(method, include_extras=True)
    found = []
    for field in fields(method):
        plain, option = get_args(hints[field.name])[:2]
        choices = get_args(plain) if get_origin(plain) is Literal else ()
        found.append(OptionField(field.name, plain, choices, option, field.default))
    return tuple(found)


class Method:
    """Base of all methods: frozen dataclasses whose fields are `Annotated` options.

    Attributes
    ----------
    name : str
        The short name: ``equalize(image, "global")``.
    summary : str
        One line that says what the method is for.
    """

    __slots__ = ()
    name: ClassVar[str]
    summary: ClassVar[str]

    def __post_init__(self) -> None:
        owner: Any = type(self)
        for field in options_of(owner):
            _check(type(self).__name__, field, getattr(self, field.name))

    def as_dict(self) -> dict[str, Any]:
        """Name and options, for a record: ``METHODS[d.pop("name")](**d)`` makes it again."""
        owner: Any = type(self)
        return {"name": self.name} | {f.name: getattr(self, f.name) for f in options_of(owner)}


def _check(owner: str, field: OptionField, value: Any) -> None:
    if field.choices:
        if value not in field.choices:
            raise ValueError(
                f"{owner}: {field.name}={value!r} is unknown: use {_either(field.choices)}"
            )
    elif field.type in (int, float):
        allowed = (int,) if field.type is int else (int, float)
        number = hasattr(value, "__index__") or (
            field.type is float and hasattr(value, "__float__")
        )
        if not (isinstance(value, allowed) or number) or isinstance(value, bool | str):
            raise TypeError(f"{owner}: {field.name}={value!r} is not {_article(field.type)}")
        if not field.option.admits(value):
            raise ValueError(
                f"{owner}: {field.name}={value!r} is out of range: it must be {field.option.limits}"
            )


def _article(kind: type) -> str:
    return "an integer" if kind is int else "a number"


def _either(choices: tuple[str, ...]) -> str:
    return ", ".join(repr(c) for c in choices[:-1]) + f" or {choices[-1]!r}"


def from_dict(methods: Mapping[str, type[Method]], record: Mapping[str, Any]) -> Method:
    """The method of an `as_dict` record."""
    options = dict(record)
    return methods[options.pop("name")](**options)
