"""A recipe as text: to be copied to another layer, another viewer, or the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, field, fields, make_dataclass
from functools import cache
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from napari_histeq.core.methods import UnknownMethodError
from napari_histeq.core.recipe import Recipe
from napari_histeq.records.packing import as_plain_json, as_tuples
from napari_histeq.records.record_fields import RecordError, strictly


def recipe_as_dict(recipe: Recipe) -> dict[str, Any]:
    """A recipe in what JSON knows; what of it is a default is left out, but for the method."""
    told = {"method": recipe.method.as_dict()} | recipe.keywords()
    found: dict[str, Any] = as_plain_json(told)
    return found


def recipe_as_text(recipe: Recipe) -> str:
    """The JSON of a recipe: the command line takes it as ``--recipe FILE`` too."""
    return json.dumps(recipe_as_dict(recipe), indent=2, ensure_ascii=False)


def recipe_of_text(text: str) -> Recipe:
    """The recipe of a `recipe_as_text`.

    Raises
    ------
    RecordError
        If it is none: in one sentence.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise RecordError("the text holds no settings: copy them in the panel first") from None
    return recipe_of_dict(found)


def recipe_of_dict(plain: Any) -> Recipe:
    """The recipe of a `recipe_as_dict`; errors as `recipe_of_text`."""
    if not isinstance(plain, Mapping) or "method" not in plain:
        raise RecordError("the text holds no settings: it names no method")
    try:
        found = vars(_reader().validate_python({k: as_tuples(v) for k, v in plain.items()}))
        return Recipe(**found)
    except UnknownMethodError as error:
        raise RecordError(f"these settings were {error}") from None
    except ValidationError as error:
        place = error.errors(include_url=False, include_context=False, include_input=False)
        name = str(next(iter(place[0]["loc"]), ""))
        known = name in {f.name for f in fields(Recipe)}
        what = f"{name} is wrong" if known else "a name is unknown"
        raise RecordError(f"these settings cannot be used ({what})") from None


@cache
def _reader() -> TypeAdapter[Any]:
    """What looks at each field of a recipe."""
    kinds, again = get_type_hints(Recipe), field
    named: list[Any] = []
    for f in fields(Recipe):
        default = MISSING if f.name == "method" else f.default
        named.append((f.name, strictly(kinds[f.name]), again(default=default)))
    config = {"__pydantic_config__": ConfigDict(extra="forbid")}
    return TypeAdapter(make_dataclass("Fields", named, kw_only=True, namespace=config))
