"""How the intensities go along an axis, from frame to frame, before and after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_histeq.core.threads import watching
from napari_histeq.core.verbs import PERCENTILES, percentiles_of_each
from napari_histeq.records.steps import count_of, curve_of, equalized
from napari_histeq.records.task import mask_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_histeq.records.steps import Task
    from napari_histeq.records.task import Report

    Floats = NDArray[np.float64]


def along(
    task: Task, axis: int, report: Report, *, equalize: bool = True
) -> tuple[Floats, Floats | None]:
    """The percentiles of each index of an axis: `PERCENTILES` of all pixels that it has.

    Parameters
    ----------
    task : Task
        An image of which nothing is kept: what is lazy is read once for the curve, if there is
        one of the whole, and once for the percentiles.
    axis : int
        Which axis, not that of the channels.
    report : callable
        As in `perform`.
    equalize : bool
        Whether to equalize it, too.

    Returns
    -------
    before, after : (n, 5) array of float64
        NaN where no pixel counts. Without `equalize` there is no `after`.
    """
    mask, _ = mask_of(task, report)
    images, start = [task.image], 0.0
    if equalize:
        task, start = replace(task, coarser=()), 0.5
        curve = None
        if task.given is not None or task.recipe.one_curve:
            with watching(lambda done, total: report(0.3 * done / total, "counting")):
                curve = curve_of(task, count_of(task, mask))
        with watching(lambda done, total: report(0.3 + 0.2 * done / total, "equalizing")):
            images.append(equalized(task, mask, curve))
    ndim, channels = task.image.ndim, task.recipe.channel_axis
    besides = {axis % ndim} if channels is None else {axis % ndim, channels % ndim}
    found = percentiles_of_each(
        images,
        PERCENTILES,
        mask=mask,
        axes=sorted({*range(ndim)} - besides),
        channel_axis=channels,
        progress=lambda done: report(start + (1 - start) * done, "counting each"),
    )
    return found[0], found[1] if equalize else None
