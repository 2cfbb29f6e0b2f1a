"""What stands for an image that is too large to be counted in a moment: its displayed slice."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_histeq.layers import Grid, coarsest_of, slice_of, thinned, thinning

if TYPE_CHECKING:
    from napari.layers import Image
    from numpy.typing import NDArray

    from napari_histeq.records import Task

    Point = tuple[float, ...]

#: A pyramid's coarsest level stands for the slice if it has as many pixels.
ENOUGH = 1 << 16


def of_displayed(task: Task, source: Image, point: Point) -> tuple[Task, str]:
    """The same for the slice that napari holds, thinned out; and what it is, in words.

    `point` is where the viewer stands, in the layer's data. Of the region no more is
    looked at than lies on that slice.
    """
    slim, words = _thinned(source)
    pixels, grid = slim
    shown = tuple(source._slice_input.displayed)  # noqa: SLF001
    if task.region is not None:
        at = Grid(
            tuple(grid.start[a] if a in shown else float(np.rint(p)) for a, p in enumerate(point)),
            grid.step,
            grid.size,
        )
        region = partial(_mask, task, at, shown)
        return replace(task, image=pixels, region=region), words
    return replace(task, image=pixels), words


def stands_for_all(source: Image) -> bool:
    """Whether what is counted of a pyramid does not depend on where it is looked at."""
    return bool(source.multiscale and coarsest_of(source).size >= ENOUGH)


def _mask(task: Task, grid: Grid, shown: tuple[int, ...]) -> NDArray[np.bool_]:
    """The region on the slice, its axes in the order in which they are displayed."""
    assert task.region is not None
    mask = np.asarray(np.broadcast_to(task.region(grid=grid), grid.size) != 0)
    others = [a for a in range(mask.ndim) if a not in shown]
    return mask.transpose((*others, *shown)).reshape([grid.size[a] for a in shown])


def _thinned(source: Image) -> tuple[tuple[NDArray[np.generic], Grid], str]:
    pixels, coarse = slice_of(source), coarsest_of(source)
    ndim, shown = source.ndim, list(source._slice_input.displayed)  # noqa: SLF001
    start, apart = np.zeros(ndim), np.ones(ndim)
    if stands_for_all(source):
        pixels, level = coarse, "They use its coarsest level."
        apart[shown] = np.asarray(source.downsample_factors)[-1, shown]
    elif source.multiscale:
        level = "They use what is loaded of it."
        start, apart = (
            np.asarray(n, float)
            for n in (source._transforms[0].translate, source._transforms[0].scale)  # noqa: SLF001
        )
    else:
        level = ""
    step = thinning(pixels)
    apart[shown[-2:]] *= step
    found = thinned(pixels, rgb=source.rgb)
    size = np.ones(ndim, int)
    size[shown] = found.shape[: len(shown)]
    grid = Grid(*(tuple(n.tolist()) for n in (start, apart, size)))
    return (found, grid), _in_words(source, step, level)


def _in_words(source: Image, step: int, level: str) -> str:
    """What is counted, as a person says it."""
    sliced = source.ndim > source._slice_input.ndisplay  # noqa: SLF001
    sentences = [
        "Plot and preview are from the displayed slice."
        if sliced
        else "Plot and preview are from the image, but not all of it.",
        level,
        f"They use one of {step} rows and columns." if step > 1 else "",
        "Equalize counts all pixels.",
    ]
    return " ".join(filter(None, sentences))
