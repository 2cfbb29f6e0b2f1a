"""A recipe as text: to be copied to another layer, another viewer, or the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from napari_histeq.core.methods import UnknownMethodError
from napari_histeq.core.recipe import Recipe
from napari_histeq.records.packing import as_plain_json, as_tuples
from napari_histeq.records.record_fields import FieldError, RecordError, read_fields


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
        return Recipe(**read_fields({k: as_tuples(v) for k, v in plain.items()}, Recipe))
    except UnknownMethodError as error:
        raise RecordError(f"these settings were {error}") from None
    except FieldError as error:
        what = f"{error.name} is wrong" if error.name else "a name is unknown"
        raise RecordError(f"these settings cannot be used ({what})") from None
