"""Tasks and records, with what is theirs and what is the recipe's said in one breath."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from napari_histeq.core.recipe import Recipe
from napari_histeq.records.task import Task

RECIPE = tuple(field.name for field in fields(Recipe))


def task_of(image: Any, **how: Any) -> Task:
    """The task for an image: `how` names fields of the recipe and of the task."""
    recipe = Recipe(**{name: how.pop(name) for name in RECIPE if name in how})
    return Task(image, recipe=recipe, **how)
