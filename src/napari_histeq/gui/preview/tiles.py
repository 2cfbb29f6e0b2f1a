"""The visible part of CLAHE: the tiles that are mixed in it are counted, and no others."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core import color
from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.clahe import (
    Extent,
    Limits,
    TileGrid,
    count_part,
    equalize_opencv_part,
    equalize_part,
    extent_in,
    opencv_reach,
    part_grid,
    resolve_kernel,
    robust_extent_of,
    tells_outliers,
)
from napari_histeq.gui.preview.view import first_sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core import Histogram
    from napari_histeq.core.clahe import OpenCvClahe, PartGrid
    from napari_histeq.gui.preview.view import Spans, Steps, View
    from napari_histeq.records import Task

    Mask = NDArray[np.bool_] | None
    Mix = Callable[[NDArray[Any], Mask, NDArray[Any]], NDArray[Any]]
    Extremes = tuple[Any, ...]

#: Of the tiles before and behind a plane, about so many pixels are counted at most.
DEEP = 1 << 23

THIS_PLANE = "The preview has tiles in this plane only; Equalize has them through all planes."
THIN = "No preview: tiles are one pixel thick along a displayed axis. Equalize works as usual."
NOTHING = "No preview: none of the visible pixels are counted."


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


def by_tiles(
    view: View, task: Task, method: Any, axes: list[int], known: Histogram
) -> tuple[NDArray[Any], str]:
    """The visible part of CLAHE's result, and what is to know about it; errors as `equalized`."""
    finest, masked = tuple(view.finest[a] for a in axes), task.region or task.ignored is not None
    method.check(finest, task.image.dtype, bool(masked), task.recipe.out_range)
    if not method.tiles_have_a_size:
        return _as_opencv(view, task, method, known), ""
    around = _around(view, dict(zip(axes, resolve_kernel(method.kernel_size, finest), strict=True)))
    pixels = view.read(around.spans, around.steps)
    mask = view.mask(task, pixels, around.spans, around.steps)
    extremes = _extent(view, task, method, list(around.axes), known)
    decides = around.spans, around.steps, extremes, method.rule.nbins, method.kernel_size

    def mix(gray: NDArray[Any], mask: Mask, seen: NDArray[Any]) -> NDArray[Any]:
        counted, start = around.block(gray, around.spans, around.steps)
        wanted, first = around.block(seen, view.window, view.steps)
        limits = Limits(*task.recipe.limits(gray.dtype, extremes), task.recipe.strength)
        tiles = partial(
            count_part, counted, start, around.flat(mask), around.counted, method, extremes
        )
        return equalize_part(
            lambda: _kept(view, task, "tiles", decides, tiles), around.counted,
            (wanted, first, around.seen), method, extremes, limits,
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
    if (len(axes) == len(view.shape) and known_well) or not view.is_at_hand(axes):
        return extent_in(known, nbins, robust)

    def find() -> Extent | None:
        pixels, mask = view.all_along(task, axes)
        if task.colors:
            pixels, mask = color.luminance_image(pixels, mask)
        return robust_extent_of(ArraySource(pixels, mask), nbins, robust)

    found: Extent | None = _kept(view, task, "extent", (view.whole(axes), nbins, robust), find)
    if found is None:
        raise ValueError(NOTHING)
    return found


def _kept(view: View, task: Task, kind: str, decides: Any, find: Callable[[], Any]) -> Any:
    """See `Kept`: of a region nobody knows whether it was painted on since."""
    if task.region is not None:
        return find()
    return view.kept.get(kind, (decides, task.ignored, task.colors), find)


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
