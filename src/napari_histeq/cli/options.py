"""The options of the methods as options of the command line: made from the methods' classes."""

from __future__ import annotations

import inspect
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from napari_histeq.core import METHODS
from napari_histeq.core.methods import Method, options_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_histeq.core.methods import OptionField


def with_method_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose ``**options`` are spelled out: those of all methods."""
    own = inspect.signature(command, eval_str=True)
    plain = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]

    def run(**given: Any) -> None:
        command(**given)

    run.__doc__, run.__name__ = command.__doc__, command.__name__
    run.__signature__ = own.replace(parameters=[*plain, *_parameters()])  # type: ignore[attr-defined]
    return run


#: Options of methods that the commands take for all methods.
SHARED = ("saturated",)


def _fields(method: Any) -> tuple[OptionField, ...]:
    return options_of(method)


def _parameters() -> list[inspect.Parameter]:
    fields: dict[str, list[tuple[type[Method], OptionField]]] = defaultdict(list)
    for method in METHODS.values():
        for field in _fields(method):
            if field.name not in SHARED:
                fields[field.name].append((method, field))
    return [_parameter(name, owners) for name, owners in fields.items()]


def _parameter(name: str, owners: list[tuple[type[Method], OptionField]]) -> inspect.Parameter:
    told: dict[str, list[str]] = defaultdict(list)
    for method, field in owners:
        told[_help(field)].append(method.name)
    parts = [f"{', '.join(names)}: {text}" for text, names in told.items()]
    if len(told) == 1:
        parts = list(told)
    panel = "Options of " + ", ".join(method.name for method, _ in owners)
    shown = typer.Option(
        f"--{name.replace('_', '-')}",
        help=". ".join(parts),
        metavar=_metavar(owners[0][1]),
        parser=str,
        show_default=False,
        rich_help_panel=panel,
    )
    kind = Annotated[Optional[str], shown]  # noqa: UP045  (typer reads it)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def _help(field: OptionField) -> str:
    """What an option does, its limits and its default, as the panel's tooltip tells them."""
    option, limits = field.option, field.option.limits.removeprefix("empty, ")
    if field.values:
        limits = f"an image, or a JSON file; of a movie also {_listed(field.words)}"
    elif field.choices or limits == "a number":
        limits = ""
    unit = f" {option.unit}" if option.unit else ""
    default = _default(field)
    told = ", ".join(filter(None, [limits, default and f"default {default}{unit}"]))
    if option.used_if:
        other, choices = option.used_if
        told += f"; only with --{other.replace('_', '-')} {' or '.join(choices)}"
    return f"{option.help} ({told})"


def _listed(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _default(field: OptionField) -> str:
    """What is taken if nothing is said; empty where something has to be said."""
    if field.default is not None:
        return _written(field.default)
    meaning = field.option.empty.partition(";")[0]  # the panel's row has examples, too
    return "" if field.values or meaning.startswith("such as") else meaning


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "off" if value == float("inf") else str(value)


def _metavar(field: OptionField) -> str:
    if field.choices:
        return "|".join(field.choices)
    if field.values:
        return "FILE"
    if field.type is float:
        return "NUMBER"
    return "N" if field.type is int or "tuple" not in str(field.type) else "N[,N...]"
