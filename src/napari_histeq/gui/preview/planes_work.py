"""What the plot over planes is made of: done off the GUI thread, but for where the planes are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq import layers
from napari_histeq.core.arrays import dtype_of, is_lazy
from napari_histeq.gui.background import cluster_in_words, working_at
from napari_histeq.gui.evidence import warm_up
from napari_histeq.gui.runs import EXPECTED, available
from napari_histeq.layers import coarser_too, plain, theme_of
from napari_histeq.records import along

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image

    from napari_histeq import plot
    from napari_histeq.gui.background import BackgroundJob
    from napari_histeq.records import Report, Task


def axes_of(images: tuple[Image, ...]) -> list[tuple[str, int]]:
    """The axes of a layer along which there are planes; none of several layers."""
    if len(images) != 1:
        return []
    names, shape = layers.axis_names(images[0])[:-2], layers.shape_of(images[0])
    return [(name, axis) for axis, name in enumerate(names) if shape[axis] > 1]


def bytes_of(pixels: Any) -> int:
    """How much is read of an array, a tensorstore too."""
    return int(math.prod(pixels.shape) * dtype_of(pixels).itemsize)


def scale_of(source: Image, axis: int) -> tuple[Callable[[int], Any], str]:
    """What gives the places of so many planes along an axis of a layer; and its name and unit."""
    step, start = float(source.scale[axis]), float(source.translate[axis])
    unit = f"{source.units[axis]:~}" if str(source.units[axis]) != "pixel" else ""
    name = layers.axis_names(source)[axis]
    return lambda count: start + step * np.arange(count), f"{name} ({unit})" if unit else name


def counted(task: Task, axis: int, address: str, report: BackgroundJob) -> Any:
    """On a worker's thread: the percentiles before and after, or why there are none, in words."""
    warm_up(report.check)  # or the first drawing would hold the GUI
    try:
        if task.memory > available():
            return "There is not enough memory to equalize it: open it as a dask or zarr array."
        if not is_lazy(task.image):
            return along(task, axis, report)
        with working_at(address):
            return along(
                task, axis, lambda done, what: report(done, f"{what} {cluster_in_words(address)}")
            )
    except EXPECTED as error:
        return plain(error)


def drawn(course: plot.Course, name: str, theme: str, _: Report) -> Any:
    """On a worker's thread: the plot as the pictures of a layer."""
    from napari_histeq import plot

    return coarser_too(plot.render_course(course, title=name, theme=theme_of(theme)))
