"""Settings from a file: a recipe, a record, or a manifest all of whose files had one recipe."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from napari_histeq.batch import (
    Refused,
    Settings,
    check_labels,
    method_of,
    out_range_of,
    read_manifest,
)
from napari_histeq.core import METHODS
from napari_histeq.core.methods import clips, from_dict
from napari_histeq.core.recipe import Recipe
from napari_histeq.records import KEY, recipe_of_dict

if TYPE_CHECKING:
    from pathlib import Path

    from napari_histeq.core.methods import Method

_FIELDS = tuple(field.name for field in fields(Recipe))
#: Those that each file has its own of: settings tell them as text.
_PLACES = ("axes", "channel_axis")


def settings_of(
    recipe: Path | None,
    method: str | Method,
    options: dict[str, Any],
    out_range: str,
    **how: Any,
) -> Settings:
    """The settings that were given, or those of a file: `how` has fields of them and the recipe's."""
    given = [name for name, value in options.items() if value is not None]
    if recipe is not None and (given or method != "global"):
        raise Refused("--recipe tells the method and its options already: leave out --method")
    if how.get("labels") is not None:
        if how.get("mask") is not None:
            raise Refused("--mask and --labels do not go together: leave one of them out")
        how["each_label"] = True
    if isinstance(method, str):
        method, how = _method_of(method, options, how)
    told = {name: how.pop(name) for name in _FIELDS if name in how and name not in _PLACES}
    settings = Settings(Recipe(method, out_range=out_range_of(out_range), **told), **how)
    settings = settings if recipe is None else _of_file(recipe, settings)
    try:
        _check(settings)
    except (TypeError, ValueError) as error:
        raise Refused(str(error)) from None
    return settings


def _check(settings: Settings) -> None:
    """Refuse at once what no image can change, and not file by file."""
    recipe = settings.recipe
    check_labels(bool(recipe.each_label), given=settings.labels is not None)
    recipe.check()
    recipe.neighbors(stacked=bool(settings.axes))


def _method_of(
    name: str, options: dict[str, Any], how: dict[str, Any]
) -> tuple[Method, dict[str, Any]]:
    """The method, and the rest of what was given: `saturated` may be an option of the method's."""
    if clips(METHODS.get(name)) and how.get("saturated") is not None:
        options = options | {"saturated": str(how["saturated"])}
        how = {key: value for key, value in how.items() if key != "saturated"}
    return method_of(name, options), how


def _of_file(path: Path, given: Settings) -> Settings:
    """The settings that a JSON file tells, and those that were given for what it leaves open."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(f"--recipe {path} cannot be read: {error}") from None
    told = _recipe(found, path)
    known = {name: told[name] for name in _FIELDS if told.get(name) not in (None, "auto")}
    places: dict[str, Any] = {n: _place(known.pop(n)) for n in _PLACES if n in known}
    try:
        # This says what is wrong with an option, and the cure; that looks at all the rest.
        from_dict({k: _option(v) for k, v in known["method"].items()})
        recipe = recipe_of_dict(known)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"--recipe {path}: {error}") from None
    how = {name: getattr(recipe, name) for name in known}
    return replace(given, recipe=replace(given.recipe, **how), **places)


def _recipe(found: Any, path: Path) -> dict[str, Any]:
    """The recipe in a JSON document."""
    if isinstance(found, dict) and found.get(KEY) == "manifest":
        records = [entry["record"] for entry in read_manifest(path) if "record" in entry]
        recipes = [{name: record.get(name) for name in _FIELDS} for record in records]
        if not recipes or any(recipe != recipes[0] for recipe in recipes):
            raise Refused(f"--recipe {path}: the files in this manifest had different recipes")
        return recipes[0]
    if not isinstance(found, dict) or not isinstance(found.get("method"), dict):
        raise Refused(f'--recipe {path} tells no method: write {{"method": {{"name": "clahe"}}}}')
    return found


def _option(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return float(value) if value in ("inf", "-inf") else value


def _place(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
