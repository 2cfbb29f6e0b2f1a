"""What is chosen now, and what is to be counted of it: found anew, by no one who could be late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_histeq.gui.preview.counter import is_small
from napari_histeq.gui.preview.displayed import of_displayed
from napari_histeq.gui.preview.follow_slice import following
from napari_histeq.gui.runs.selection import counted_with
from napari_histeq.gui.runs.work import EXPECTED, Choice, task_of
from napari_histeq.layers import is_current
from napari_histeq.records import joint_of, survey

if TYPE_CHECKING:
    from napari.layers import Image

    from helpers.walk.world import World
    from napari_histeq.core import Histogram


def choice_now(world: World) -> tuple[Image | None, Choice | None]:
    """What the rows say; no choice if they do not fit together."""
    try:
        return world.panel.source, world.panel.choice()
    except EXPECTED:
        return world.panel.source, None


def counted_now(world: World, source: Image, choice: Choice) -> Histogram | None:
    """What is to be plotted, counted anew; None if nothing can be."""
    follower = following(source)
    if follower is not None and not choice.others and not world.panel["preview"].value:
        return follower.histogram
    images = counted_with(source, choice.others)
    point = world.viewer.dims.point
    tasks = []
    for image in images:
        task = task_of(world.viewer, image, choice)
        if not is_small(image):
            if not is_current(image):
                return None
            task, _ = of_displayed(task, image, tuple(image.world_to_data(point)))
        tasks.append(task)
    choice.recipe.method.prepare()
    each = [survey(task, lambda *_: None).before for task in tasks]
    return each[0] if len(each) == 1 else joint_of(tasks, each, lambda *_: None)
