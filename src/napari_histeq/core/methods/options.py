"""Options of methods as data: what a person may choose, with its limits and help, in the type.

The panel, the command line, the documentation's tables, the records and the tests are all made
from `options_of`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from napari_histeq.core.arrays import kind_of


@dataclass(frozen=True, slots=True)
class Option:
    """What a person may choose: ``Annotated[float, Option("...", ge=0, le=1)]``.

    `gt`, `ge` and `le` are the limits of a number; `label` is the panel's caption;
    `unit` stands behind the number; an `advanced` option is folded away. What is no single
    number says in words what it `accepts`, and what it means if it is left `empty`. One that
    matters only beside some choices of another option tells which: `used_if` is its name, and they.
    """

    help: str
    gt: float | None = None
    ge: float | None = None
    le: float | None = None
    label: str = ""
    unit: str = ""
    advanced: bool = False
    accepts: str = ""
    empty: str = "automatic"
    used_if: tuple[str, tuple[str, ...]] | None = None

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
        if self.accepts:
            return self.accepts
        ends = ((">", self.gt), (">=", self.ge), ("<=", self.le))
        known = [f"{sign} {end:g}" for sign, end in ends if end is not None]
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
    def values(self) -> tuple[Any, ...]:
        """The classes of value objects that it may be: they have `to_json` and `from_json`."""
        kinds = get_args(self.type) or (self.type,)
        return tuple(kind for kind in kinds if hasattr(kind, "from_json"))

    @property
    def words(self) -> tuple[str, ...]:
        """The words that it may be instead of a value object."""
        kinds = [kind for kind in get_args(self.type) if get_origin(kind) is Literal]
        return tuple(word for kind in kinds for word in get_args(kind))

    def read(self, value: Any) -> Any:
        """An option of a record: a value object of its JSON text."""
        if not self.values or not isinstance(value, str) or value in self.words:
            return value
        kinds = {kind.__name__: kind for kind in self.values}
        kind = kinds.get(kind_of(value))
        if kind is None:
            raise ValueError(f"{self.name} is no {' or '.join(kinds)}")
        return kind.from_json(value)

    def matters(self, method: Any) -> bool:
        """Whether it has a say in what a method does, given the method's other options."""
        if self.option.used_if is None:
            return True
        return self.used_beside(getattr(method, self.option.used_if[0]))

    def used_beside(self, value: Any) -> bool:
        """Whether it has a say beside a value of the option that its `used_if` names."""
        return self.option.used_if is None or value in self.option.used_if[1]

    @property
    def caption(self) -> str:
        """What the option is called where a person reads it."""
        return self.option.label or self.name.replace("_", " ").capitalize()


@cache
def options_of(method: Any) -> tuple[OptionField, ...]:
    """The options of a method's class, in the order of its fields.

    Raises
    ------
    TypeError
        If a field tells no `Option`.
    """
    hints = get_type_hints(method, include_extras=True)
    found = []
    for field in fields(method):
        plain, option = (*get_args(hints[field.name]), None, None)[:2]
        if not isinstance(option, Option):
            raise TypeError(
                f"{method.__name__}: {field.name} tells no Option: write "
                f'{field.name}: Annotated[float, Option("What it does", ge=0)] = ...'
            )
        choices = get_args(plain) if get_origin(plain) is Literal else ()
        found.append(OptionField(field.name, plain, choices, option, field.default))
    return tuple(found)


def check_option(owner: str, field: OptionField, value: Any) -> None:
    """Refuse a value that is no choice, no number, or beyond the limits."""
    if field.choices:
        if value not in field.choices:
            raise ValueError(
                f"{owner}: {field.name}={value!r} is unknown: use {either(field.choices)}"
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


def either(choices: tuple[str, ...]) -> str:
    """Names as a sentence lists them."""
    return ", ".join(repr(c) for c in choices[:-1]) + f" or {choices[-1]!r}"
