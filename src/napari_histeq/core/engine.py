"""The engine: fit a recipe to pixels, map them: gray and color, in memory and lazy, alike."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import ArraySource, Plane, for_each_plane, memory_order, planes_of
from napari_histeq.core.color import LuminanceSource, fit_colors
from napari_histeq.core.methods import Quantiles
from napari_histeq.core.threads import part
from napari_histeq.core.transfer import equalize_stack

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Source
    from napari_histeq.core.histogram import Histogram
    from napari_histeq.core.methods import Fit, Neighbors
    from napari_histeq.core.recipe import Plan


def fit(source: Source, plan: Plan, around: Histogram | None = None) -> Fit:
    """What becomes of the pixels of a plane; `around`: its neighbors' histogram, or its reference."""
    if plan.references is not None and around is not None:
        plan, around = plan.matched_to(around), None
    method, recipe = plan.recipe.method, plan.recipe
    find = method.fit if around is None else partial(method.fit_among, around)
    return fit_colors(source, recipe, find) if plan.channels else find(source, recipe)


def quantiles_of(source: Source, plan: Plan) -> Quantiles:
    """What the neighbors of a plane are to know of it."""
    return Quantiles.of(LuminanceSource(source) if plan.channels else source)


def equalize_planes(whole: Plane, plan: Plan) -> list[bool]:
    """Equalize each plane of an array on its own; of each, whether any pixel counted."""
    if plan.neighbors is not None:
        return _among_neighbors(whole, plan, plan.neighbors)
    if plan.references is not None:
        return _to_references(whole, plan, plan.references)
    rule = None if plan.channels else plan.recipe.method.stack_rule(whole.image.dtype, plan.recipe)
    if rule is not None:
        done = equalize_stack(whole, plan.outer, plan.axes, rule)
        if done is not None:
            if done.left.any():
                planes = planes_of(whole, plan.outer, plan.axes)
                _equalize_each([p for p, left in zip(planes, done.left, strict=True) if left], plan)
            return [bool(each) for each in done.counted]
    return _equalize_each(planes_of(whole, plan.outer, plan.axes), plan)


def _equalize_each(planes: list[Plane], plan: Plan) -> list[bool]:
    """Fit each plane and map it; of each, whether any pixel counted."""
    found: list[bool] = []

    def work(plane: Plane, plan: Plan) -> None:
        with part(0, 2):
            mapping, data = fit(ArraySource(plane.image, plane.mask, plan.channels), plan)
        with part(1, 2):
            mapping.map_into(plane.image, plane.out)
        found.append(data is not None)

    _each_plane(work, planes, plan)
    return found


def _among_neighbors(whole: Plane, plan: Plan, neighbors: Neighbors) -> list[bool]:
    """Two passes: each plane is counted, and then mapped by what is around it."""
    lengths = tuple(whole.image.shape[axis] for axis in plan.outer)
    planes = planes_of(whole, plan.outer, plan.axes)
    indices, windows = [*np.ndindex(lengths)], neighbors.windows(lengths)
    known: dict[tuple[int, ...], Quantiles] = {}

    def count_one(number: int, plane: Plane) -> None:
        source = ArraySource(plane.image, plane.mask, plan.channels)
        known[indices[number]] = quantiles_of(source, plan)

    def average(number: int) -> Histogram:
        parts = [known[index] for index in windows[number]]
        return neighbors.average(parts, indices[number][0], lengths[0])

    with part(0, 2):
        for_each_plane(count_one, planes)
    once = {w: n for n, w in enumerate(windows)} if neighbors.shares else {}
    shared = {window: average(number) for window, number in once.items()}

    def around(number: int) -> Histogram:
        return shared.get(windows[number]) or average(number)

    with part(1, 2):
        return _mapped_by(around, planes, plan)


def _to_references(whole: Plane, plan: Plan, references: NDArray[Any]) -> list[bool]:
    """Match each plane to its reference."""
    planes = planes_of(whole, plan.outer, plan.axes)
    return _mapped_by([*references.flat].__getitem__, planes, plan)


def _mapped_by(around: Callable[[int], Histogram], planes: list[Plane], plan: Plan) -> list[bool]:
    """Map each plane by what is `around` the one of its number; and whether any pixel counted."""
    found: list[bool] = []

    def map_one(number: int, plane: Plane) -> None:
        source = ArraySource(plane.image, plane.mask, plan.channels)
        mapping, data = fit(source, plan, around(number))
        mapping.map_into(plane.image, plane.out)
        found.append(data is not None)

    for_each_plane(map_one, planes)
    return found


def gain_planes(whole: Plane, plan: Plan) -> None:
    """Put the local gain of contrast of each plane into its place; NaN where it has no value."""

    def work(plane: Plane, plan: Plan) -> None:
        colors = ArraySource(plane.image, plane.mask, plan.channels)
        source: Any = LuminanceSource(colors) if plan.channels else colors
        mapping = plan.recipe.method.fit_gain(source, plan.recipe)
        pixels, _ = source.read((slice(None),) * len(source.shape))
        if mapping is None:
            plane.out[...] = np.where(np.isfinite(pixels), 1.0, np.nan)
        else:
            mapping.map_into(pixels, plane.out)

    _each_plane(work, planes_of(whole, plan.outer, plan.axes), plan)


def _each_plane(work: Callable[[Plane, Plan], None], planes: list[Plane], plan: Plan) -> None:
    def work_in_order(_: int, plane: Plane) -> None:
        work(*_in_memory_order(plane, plan))

    for_each_plane(work_in_order, planes)


def _in_memory_order(plane: Plane, plan: Plan) -> tuple[Plane, Plan]:
    """The axes of a plane as they lie in memory, which is faster and changes no bit."""
    if plan.channels or plane.image.flags.c_contiguous or not plan.recipe.method.any_layout:
        return plane, plan
    order = memory_order(plane.image)
    mask = None if plane.mask is None else plane.mask.transpose(order)
    ordered = Plane(plane.image.transpose(order), mask, plane.out.transpose(order))
    method = plan.recipe.method.reordered(order)
    return ordered, replace(plan, recipe=replace(plan.recipe, method=method))
