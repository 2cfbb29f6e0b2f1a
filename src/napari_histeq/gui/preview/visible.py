"""The visible part of a layer, equalized as it will be in the whole.

What decides about its pixels may lie beyond it: the tiles around it, or the rest of the
plane. As much of that as is at hand is counted, and no more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core import color
from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.color import color_mapping
from napari_histeq.core.inside import Feather, put_back
from napari_histeq.core.methods import Quantiles
from napari_histeq.gui.preview.tiles import NOTHING, by_tiles
from napari_histeq.gui.preview.view import WHOLE, first_sample
from napari_histeq.records import count_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core import Histogram
    from napari_histeq.core.methods import Fit, Neighbors
    from napari_histeq.gui.preview.view import View
    from napari_histeq.records import Task

NO_NEIGHBORS = (
    "No preview: the slices around this one would have to be read and counted. "
    "Equalize works as usual."
)
NO_PLANE = "No preview: tick both displayed axes (Region > Axes). Equalize works as usual."
EACH = "No preview: each label has its own curve. Equalize works as usual."
RANKED = "No preview: this method ranks all pixels at once. Equalize works as usual."


def equalized(view: View, task: Task, known: Histogram) -> tuple[NDArray[Any], str]:
    """The visible part of the result, and what is to know about it; on a worker's thread.

    Parameters
    ----------
    view : View
    task : Task
    known : Histogram
        Of the whole image, or of what is known of it.

    Raises
    ------
    ValueError, TypeError
        If it cannot be previewed: the message says why.
    """
    method, axes = task.recipe.method, list(task.recipe.axes or range(len(view.shape)))
    words = ""
    if not {len(view.shape) - 2, len(view.shape) - 1} <= {*axes}:
        raise ValueError(NO_PLANE)
    if task.image.dtype.kind == "b":
        found = view.read(view.window, view.steps)
    elif task.recipe.each_label:
        raise ValueError(EACH)
    elif not method.has_preview:
        raise ValueError(RANKED)
    elif method.is_single_curve:
        found = _by_curve(view, task, axes, known)
    else:
        found, words = by_tiles(view, task, method, axes, known)
    if task.recipe.inside and task.image.dtype.kind != "b":
        _put_back(view, task, found)
    return found.reshape(found.shape[len(view.shape) - 2 :]), words


def _put_back(view: View, task: Task, found: NDArray[Any]) -> None:
    """Only inside: the pixels themselves outside the region, and part of the way at its edge."""
    axes = task.recipe.axes or tuple(range(len(view.shape)))
    lengths = tuple(view.finest[a] / view.shape[a] * view.steps[a] for a in axes)
    feather = Feather(task.recipe.feather, axes, lengths)
    reach, ndim = feather.halo(len(view.shape)), len(view.shape)
    around, inner = [], []
    for axis, (span, step) in enumerate(zip(view.window, view.steps, strict=True)):
        more = reach[axis] * step if axis >= ndim - 2 or view.is_deep else 0
        wide = max(span[0] - more, 0), min(span[1] + more, view.shape[axis])
        start = first_sample(span, step) - first_sample(wide, step)
        around.append(wide)
        inner.append(slice(start, start + found.shape[axis]))
    mask = view.mask(task, view.read((*around,), view.steps), (*around,), view.steps)
    assert mask is not None
    put_back(view.read(view.window, view.steps), found, feather.weights(mask)[tuple(inner)])


def _by_curve(view: View, task: Task, axes: list[int], known: Histogram) -> NDArray[Any]:
    pixels = view.read(view.window, view.steps)
    recipe = task.recipe.checked(pixels.dtype)
    before = _own_histogram(view, task, axes) or known
    if not before.total:
        raise ValueError(NOTHING)
    mapping: Any
    neighbors = recipe.neighbors(stacked=len(axes) < len(view.shape))
    if neighbors is None:
        outer = [a for a in range(len(view.shape)) if a not in axes]
        place, lengths = (
            tuple(view.window[a][0] for a in outer),
            tuple(view.shape[a] for a in outer),
        )
        recipe = recipe.at_plane(place, lengths)
        mapping = recipe.method.transfer_function(before, recipe)
    else:
        mapping, _ = _among(view, task, axes, neighbors)
    if task.colors:
        mapping = color_mapping(mapping, recipe, pixels.dtype, before.range)
    out = np.empty_like(pixels)
    mapping.map_into(pixels, out)
    return out


def _among(view: View, task: Task, axes: list[int], neighbors: Neighbors) -> Fit:
    """The mapping of the displayed plane by those in its window, if they are at hand."""
    first = min(a for a in range(len(view.shape)) if a not in axes)
    place, length = view.window[first][0], view.shape[first]
    window = neighbors.window(place, length).places
    if not view.is_deep or not view.is_at_hand(axes, WHOLE // len(window)):
        raise ValueError(NO_NEIGHBORS)

    def plane(at: int) -> Any:
        spans = list(view.whole(axes))
        spans[first] = at, at + 1
        pixels = view.read((*spans,), (1,) * len(spans))
        colors = ArraySource(
            pixels, view.mask(task, pixels, (*spans,), (1,) * len(spans)), task.colors
        )
        return color.LuminanceSource(colors) if task.colors else colors

    around = neighbors.average([Quantiles.of(plane(at)) for at in window], place, length)
    recipe = task.recipe.checked(view.level.dtype)
    return recipe.method.fit_among(around, plane(place), recipe)


def _own_histogram(view: View, task: Task, axes: list[int]) -> Histogram | None:
    """That of the displayed plane, if each has its own, and it is at hand."""
    if len(axes) == len(view.shape) or not view.is_at_hand(axes):
        return None
    pixels, mask = view.all_along(task, axes)
    recipe = replace(task.recipe, axes=None)
    return count_of(replace(task, image=pixels, recipe=recipe, coarser=()), mask)
