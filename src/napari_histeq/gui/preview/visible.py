"""The visible part of a layer, equalized as it will be in the whole.

What decides about its pixels may lie beyond it: the tiles around it, or the rest of the
plane. As much of that as is at hand is counted, and no more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core import color
from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.clahe import (
    Extent,
    Limits,
    OpenCvClahe,
    TileGrid,
    equalize_opencv_part,
    equalize_part,
    extent_in,
    opencv_reach,
    part_grid,
    resolve_kernel,
    robust_extent_of,
    tells_outliers,
)
from napari_histeq.core.color import color_mapping
from napari_histeq.core.inside import Feather, put_back
from napari_histeq.core.methods import Quantiles
from napari_histeq.gui.preview.view import first_sample
from napari_histeq.records import count_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core import Histogram
    from napari_histeq.core.clahe import PartGrid
    from napari_histeq.core.methods import Fit, Method, Neighbors
    from napari_histeq.gui.preview.view import Spans, Steps, View
    from napari_histeq.records import Task

    Mask = NDArray[np.bool_] | None
    Mix = Callable[[NDArray[Any], Mask, NDArray[Any]], NDArray[Any]]
    Extremes = tuple[Any, ...]

#: Of the tiles before and behind a plane, about so many pixels are counted at most.
DEEP = 1 << 23

#: Planes (or volumes) of more pixels than this are not looked at as a whole.
WHOLE = 1 << 26

NO_NEIGHBORS = (
    "No preview: the slices around this one would have to be read and counted. "
    "Equalize works as usual."
)
THIS_PLANE = "The preview has tiles in this plane only; Equalize has them through all planes."
NO_PLANE = "No preview: tick both displayed axes (Region > Axes). Equalize works as usual."
THIN = "No preview: tiles are one pixel thick along a displayed axis. Equalize works as usual."
RANKED = "No preview: this method ranks all pixels at once. Equalize works as usual."
NOTHING = "No preview: none of the visible pixels are counted."


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
    elif not method.has_preview:
        raise ValueError(RANKED)
    elif method.is_single_curve:
        found = _by_curve(view, task, method, axes, known)
    else:
        found, words = _locally(view, task, method, axes, known)
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


# ---- a curve for each plane, or for the luminance ----


def _by_curve(
    view: View, task: Task, method: Method, axes: list[int], known: Histogram
) -> NDArray[Any]:
    pixels = view.read(view.window, view.steps)
    recipe = task.recipe.checked(pixels.dtype)
    before = _own_histogram(view, task, axes) or known
    if not before.total:
        raise ValueError(NOTHING)
    mapping: Any
    neighbors = recipe.neighbors(stacked=len(axes) < len(view.shape))
    if neighbors is None:
        mapping = method.transfer_function(before, recipe)
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
    if len(axes) == len(view.shape) or not view.is_at_hand(axes, WHOLE):
        return None
    pixels, mask = _whole(view, task, axes)
    recipe = replace(task.recipe, axes=None)
    return count_of(replace(task, image=pixels, recipe=recipe, coarser=()), mask)


def _whole(view: View, task: Task, axes: list[int]) -> tuple[NDArray[Any], Mask]:
    """All pixels along some axes, and which of them count."""
    spans, steps = view.whole(axes), (1,) * len(view.shape)
    pixels = view.read(spans, steps)
    return pixels, view.mask(task, pixels, spans, steps)


# ---- CLAHE ----


@dataclass(frozen=True, slots=True)
class _Around:
    """What is counted around a view: the tiles that are mixed in it."""

    axes: tuple[int, ...]
    spans: Spans
    steps: Steps
    counted: PartGrid
    seen: PartGrid
    words: str

    def of(self, values: Any) -> tuple[Any, ...]:
        """What of the values of all axes belongs to those that the tiles span."""
        found: tuple[Any, ...] = itemgetter(*self.axes)(values)
        return found

    def flat(self, array: Any) -> Any:
        """Without the axes that they do not span, which have length 1."""
        return array if array is None else array.reshape(self.of(array.shape))

    def block(self, array: NDArray[Any], spans: Spans, steps: Steps) -> tuple[Any, tuple[int, ...]]:
        """An array that was read, and where it starts."""
        starts = [first_sample(*pair) for pair in zip(spans, steps, strict=True)]
        return self.flat(array), self.of(starts)


def _locally(
    view: View, task: Task, method: Any, axes: list[int], known: Histogram
) -> tuple[NDArray[Any], str]:
    finest, masked = tuple(view.finest[a] for a in axes), task.region or task.ignored is not None
    method.check(finest, task.image.dtype, bool(masked), task.recipe.out_range)
    if isinstance(method, OpenCvClahe):
        return _as_opencv(view, task, method, known), ""
    around = _around(view, dict(zip(axes, resolve_kernel(method.kernel_size, finest), strict=True)))
    pixels = view.read(around.spans, around.steps)
    mask = view.mask(task, pixels, around.spans, around.steps)
    extremes = _extent(view, task, method, list(around.axes), known)

    def mix(gray: NDArray[Any], mask: Mask, seen: NDArray[Any]) -> NDArray[Any]:
        counted, start = around.block(gray, around.spans, around.steps)
        wanted, first = around.block(seen, view.window, view.steps)
        limits = Limits(*task.recipe.limits(gray.dtype, extremes), task.recipe.strength)
        return equalize_part(
            (counted, start, around.flat(mask), around.counted), (wanted, first, around.seen),
            method, extremes, limits,
        )  # fmt: skip

    return _mixed(task, (pixels, mask, _inner(view, around, pixels)), extremes, mix), around.words


def _mixed(
    task: Task, read: tuple[NDArray[Any], Mask, NDArray[Any]], extremes: Extremes, mix: Mix
) -> NDArray[Any]:
    """What `mix` makes of the pixels that count, their mask and those that are seen.

    Of colors, it is given the luminances.
    """
    pixels, mask, seen = read
    if not task.colors:
        return mix(pixels, mask, seen).reshape(seen.shape)
    dtype, recipe = task.image.dtype, task.recipe
    ends = color.gamut(recipe.limits(dtype, extremes), recipe.strength, dtype, extremes)
    gray, mask = color.luminance_image(pixels, mask)
    before, _ = color.luminance_image(seen, None)
    after = np.ascontiguousarray(mix(gray, mask, before)).reshape(-1)
    found = color.recolored(color.pixels_of(seen), before.reshape(-1), after, ends)
    return found.reshape(seen.shape)


def _around(view: View, kernels: dict[int, int]) -> _Around:
    axes = tuple(a for a in kernels if kernels[a] > 1)  # along others each layer is on its own
    ndim = len(view.shape)
    if axes[-2:] != (ndim - 2, ndim - 1):
        raise ValueError(THIN)
    of = itemgetter(*axes)
    window, steps = of(view.window), of(view.steps)
    tiles = TileGrid(of(view.finest), of(kernels), of(view.shape))
    seen, reach = part_grid(tiles, window, steps)
    words, sparse = "", steps
    if len(axes) > 2 and not view.is_deep:
        words, reach = THIS_PLANE, (*window[:-2], *reach[-2:])
    elif len(axes) > 2:
        sparse = _sparse(reach, steps, seen)
    spans, every = list(view.window), list(view.steps)
    for axis, span, step in zip(axes, reach, sparse, strict=True):
        spans[axis], every[axis] = span, step
    return _Around(axes, (*spans,), (*every,), replace(seen, steps=sparse), seen, words)


def _sparse(reach: Spans, steps: Steps, grid: PartGrid) -> Steps:
    """Steps by which `DEEP` pixels are counted: planes are left out, but of no tile all."""
    found = list(steps)
    for axis in range(len(steps) - 2):
        sizes = [(stop - start) / n for (start, stop), n in zip(reach, found, strict=True)]
        thick = np.diff(grid.reach(axis), axis=0)
        found[axis] = min(max(round(math.prod(sizes) / DEEP), 1), max(int(thick.min()), 1))
    return (*found,)


def _inner(view: View, around: _Around, pixels: NDArray[Any]) -> NDArray[Any]:
    """The visible samples; of what takes time to read, out of those that were read."""
    if around.steps != view.steps:
        return view.read(view.window, view.steps)
    first = [first_sample(*pair) for pair in zip(around.spans, view.steps, strict=True)]
    inner = []
    for span, step, start in zip(view.window, view.steps, first, strict=True):
        inner.append(slice(first_sample(span, step) - start, -(-span[1] // step) - start))
    return np.asarray(pixels[tuple(inner)])


def _extent(view: View, task: Task, method: Any, axes: list[int], known: Histogram) -> Extent:
    """That of the displayed plane, if each has its own or all pixels lie in it."""
    nbins, robust = method.rule.nbins, method.ends == "robust"
    told = not robust or tells_outliers(known)
    known_well = (known.total == math.prod(view.finest) and told) or view.shape != view.finest
    if (len(axes) == len(view.shape) and known_well) or not view.is_at_hand(axes, WHOLE):
        return extent_in(known, nbins, robust)
    pixels, mask = _whole(view, task, axes)
    if task.colors:
        pixels, mask = color.luminance_image(pixels, mask)
    found = robust_extent_of(ArraySource(pixels, mask), nbins, robust)
    if found is None:
        raise ValueError(NOTHING)
    return found


def _as_opencv(view: View, task: Task, method: OpenCvClahe, known: Histogram) -> NDArray[Any]:
    """With OpenCV's tiles of the level, thinned out: they are counted, not sized."""
    lead, step = len(view.shape) - 2, view.steps[-1]
    grid = method.grid(tuple(-(-n // step) for n in view.shape[lead:]))
    rows, columns = ((first_sample(s, step), -(-s[1] // step)) for s in view.window[lead:])
    reach = [opencv_reach(grid, axis, span)[1] for axis, span in enumerate((rows, columns))]
    spans = (*view.window[:lead], *((a * step, (b - 1) * step + 1) for a, b in reach))
    pixels = view.read(spans, view.steps)
    (top, _), (left, _) = reach
    inner = (slice(rows[0] - top, rows[1] - top), slice(columns[0] - left, columns[1] - left))

    def mix(gray: NDArray[Any], _m: Mask, _s: NDArray[Any]) -> NDArray[Any]:
        plane = gray.reshape(gray.shape[lead:])
        where = (top, left), grid, (rows, columns)
        return equalize_opencv_part(plane, *where, method, task.recipe.strength)

    seen = pixels[(slice(None),) * lead + inner]
    return _mixed(task, (pixels, None, seen), known.range, mix)
