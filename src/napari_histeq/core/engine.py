"""The engine: fit a recipe to pixels, map them: gray and color, in memory and lazy, alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import (
    ArraySource,
    Plane,
    for_each_plane,
    memory_order,
    planes_of,
)
from napari_histeq.core.color import LuminanceSource, fit_colors

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_histeq.core.arrays import Source
    from napari_histeq.core.methods import Fit
    from napari_histeq.core.recipe import Plan


def fit(source: Source, plan: Plan) -> Fit:
    """What becomes of the pixels of a plane."""
    if plan.channels:
        return fit_colors(source, plan.recipe)
    return plan.recipe.method.fit(source, plan.recipe)


def equalize_planes(whole: Plane, plan: Plan) -> list[bool]:
    """Equalize each plane of an array on its own; of each, whether any pixel counted."""
    found: list[bool] = []

    def work(plane: Plane, plan: Plan) -> None:
        mapping, data = fit(ArraySource(plane.image, plane.mask, plan.channels), plan)
        mapping.map_into(plane.image, plane.out)
        found.append(data is not None)

    _each_plane(work, whole, plan)
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

    _each_plane(work, whole, plan)


def _each_plane(work: Callable[[Plane, Plan], None], whole: Plane, plan: Plan) -> None:
    def work_in_order(plane: Plane) -> None:
        work(*_in_memory_order(plane, plan))

    for_each_plane(work_in_order, planes_of(whole, plan.outer, plan.axes))


def _in_memory_order(plane: Plane, plan: Plan) -> tuple[Plane, Plan]:
    """The axes of a plane as they lie in memory, which is faster and changes no bit."""
    if plan.channels or plane.image.flags.c_contiguous or not plan.recipe.method.any_layout:
        return plane, plan
    order = memory_order(plane.image)
    mask = None if plane.mask is None else plane.mask.transpose(order)
    ordered = Plane(plane.image.transpose(order), mask, plane.out.transpose(order))
    method = plan.recipe.method.reordered(order)
    return ordered, replace(plan, recipe=replace(plan.recipe, method=method))
