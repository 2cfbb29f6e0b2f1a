"""Several images with one histogram: each is equalized by the curve of all of them."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from napari_histeq.core.verbs import count_together, source_of
from napari_histeq.records.counted import where_counted
from napari_histeq.records.steps import count_of
from napari_histeq.records.task import mask_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_histeq.core import Histogram
    from napari_histeq.core.arrays import Source
    from napari_histeq.records.steps import Task
    from napari_histeq.records.task import Report

#: How many names a sentence holds; of more images their number is told.
NAMES = 4


def joined(tasks: Sequence[Task], report: Report) -> list[Task]:
    """The same tasks, all of them with the one curve of all their pixels.

    Parameters
    ----------
    tasks : sequence of Task
        Images of one dtype, all gray or all in color, all with the same recipe, which is a single curve.
    report : callable
        As in `perform`.

    Raises
    ------
    ValueError
        If the recipe is not a single curve.
    """
    recipe = tasks[0].recipe
    if not recipe.one_curve:
        why = f"{type(recipe.method).__name__} is not a single curve"
        if recipe.method.is_single_curve:
            why = "“Only inside” leaves pixels out" if recipe.inside else "each plane has its own"
            why = "each label has its own" if recipe.each_label else why
        raise ValueError(f"{why}, so there is no one curve for all: choose “Each on its own”")
    joint = joint_of(tasks, count_each(tasks, report), report)
    of = _named([task.source for task in tasks])
    return [replace(task, joint=joint, given_of=of) for task in tasks]


def count_each(tasks: Sequence[Task], report: Report) -> list[Histogram]:
    """The histogram of each of several images."""
    counted = []
    for number, task in enumerate(tasks):
        report(number / len(tasks), "counting")
        counted.append(count_of(task, mask_of(task, report)[0]))
    return counted


def joint_of(tasks: Sequence[Task], counted: Sequence[Histogram], report: Report) -> Histogram:
    """One histogram of several images of one dtype, each of which was counted already.

    Of colors, that of the luminances.

    With a bin for each level of 8 or 16 bit the counts add up; adaptive bins do not.
    """
    dtype = counted[0].levels.dtype
    if dtype.kind in "iu" and dtype.itemsize <= 2:
        return reduce(add, counted)
    return count_together(source_of_task(task, report) for task in tasks)


def source_of_task(task: Task, report: Report) -> Source:
    """What is counted of the image of a task."""
    mask = where_counted(mask_of(task, report)[0])
    return source_of(task.image, mask, task.recipe.channel_axis)


def _named(names: Sequence[str]) -> str:
    if len(names) > NAMES:
        return f"one histogram of {len(names)} images"
    quoted = [f"“{name}”" for name in names]
    return f"one histogram of {', '.join(quoted[:-1])} and {quoted[-1]}"
