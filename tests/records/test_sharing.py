"""A recipe as text, and what such text may not be."""

from __future__ import annotations

import json
import math

import pytest

from napari_histeq import Clahe, Global
from napari_histeq.core.recipe import Recipe
from napari_histeq.records import RecordError, recipe_as_text, recipe_of_text


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(Clahe(kernel_size=(4, 5), clip_limit=0.02), strength=0.25),
        Recipe(Global(plateau=math.inf), axes=(1, 2), out_range=(0.5, 2**64 - 1)),
        Recipe(out_range="image", channel_axis=-1, inside=True, feather=3),
    ],
    ids=["default", "clahe", "numbers", "image"],
)
def test_there_and_back(recipe: Recipe) -> None:
    text = recipe_as_text(recipe)
    assert recipe_of_text(text) == recipe
    assert json.loads(text)["method"]["name"] == recipe.method.name


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "3", "[" * 100_000, '{"strength": 1}'])
def test_what_is_no_settings_is_said_so(text: str) -> None:
    with pytest.raises(RecordError, match="holds no settings"):
        recipe_of_text(text)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"strength": "much"}, "strength is wrong"),
        ({"axes": [0.5]}, "axes is wrong"),
        ({"shape": 3}, "a name is unknown"),
        ({"method": {"name": "global", "power": 99}}, "method is wrong"),
        ({"method": {"name": "nobodys"}}, "nobodys"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(RecordError, match=words):
        recipe_of_text(json.dumps({"method": {"name": "global"}} | changes))
