"""Each label on its own, for arrays that are larger than memory and for the levels of a pyramid.

Where the labels lie is looked for when `equalize` is called; then all of them are counted, each in
its bounding box, and each chunk is read for all of them at once. Pixels are mapped when they are
asked for.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import dask.array as da
import numpy as np

from napari_histeq.core.arrays import as_lazy, checked_channel_axis, checked_lazily, is_lazy
from napari_histeq.core.each import Boxes, alone, check_labels_fit, cuts, in_box
from napari_histeq.core.engine import fit
from napari_histeq.core.errors import warn_of_empty
from napari_histeq.core.lazy.engine import check_levels, joined
from napari_histeq.core.lazy.inside import put_back_lazily, under, weights_of
from napari_histeq.core.lazy.reduce import ChunkSource, along
from napari_histeq.core.lazy.side_by_side import Part, fit_parts
from napari_histeq.core.threads import in_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.inside import Feather
    from napari_histeq.core.methods import Mapping
    from napari_histeq.core.recipe import Plan, Recipe

    Pixels = NDArray[Any]
    Box = tuple[slice, ...]


class _Label(NamedTuple):
    """What becomes of the pixels of a label, and the box in which that is known."""

    mapping: Mapping
    box: Box


def equalize_each_lazily(
    levels: Sequence[Any], labels: Any, recipe: Recipe, count_level: int = 0
) -> list[da.Array]:
    """See `napari_histeq.equalize_labels`: counted at one level, each level mapped when asked for.

    Raises
    ------
    ValueError
        If there are several levels, and the method is no single curve: its tiles lie in a
        label's box, which no other level has.
    """
    arrays = check_levels(levels)
    counted = arrays[count_level]
    channels = checked_channel_axis(recipe.channel_axis, counted.shape)
    own = alone(recipe.checked(counted.dtype), counted.shape)
    plan = own.plan(counted.shape, counted.dtype, masked=True)
    if len(arrays) > 1 and not own.method.is_single_curve:
        raise ValueError(
            f"{type(own.method).__name__} is no single curve, and its tiles lie in the box of each "
            "label, which the other levels of a pyramid do not have: equalize the finest level "
            "alone, or choose a method of one curve"
        )
    grid = tuple(n for axis, n in enumerate(counted.shape) if axis != channels)
    slim = _slim(labels, grid)
    if channels is not None:
        arrays = [da.moveaxis(a, channels, -1).rechunk({-1: -1}) for a in arrays]
    if counted.dtype.kind != "b":
        where = _Where(own, plan, channels, count_level)
        arrays, found = _planes(arrays, slim, where)
        warn_of_empty(found, stacklevel=3)
    return arrays if channels is None else [da.moveaxis(a, -1, channels) for a in arrays]


class _Where(NamedTuple):
    """How the labels are equalized: by what, and which of the levels is counted."""

    recipe: Recipe
    plan: Plan
    channels: int | None
    counted: int

    def plan_of(self, box: Box, image: da.Array) -> Plan:
        """The plan for the box of a label in an image, whose channels (if it has any) are last."""
        shape = [side.stop - side.start for side in box]
        if self.channels is not None:
            shape.insert(self.channels, image.shape[-1])
        recipe = in_box(self.recipe, tuple(shape))
        return recipe.plan(tuple(shape), image.dtype, masked=True)


def _slim(labels: Any, grid: tuple[int, ...]) -> da.Array:
    """The labels with the image's axes, of length 1 where they repeat."""
    array = as_lazy(labels if is_lazy(labels) else np.asarray(labels))
    check_labels_fit(array, grid)
    array = checked_lazily(array, "the labels")
    missing = len(grid) - array.ndim
    return array[(None,) * missing] if missing else array


def _planes(
    levels: list[da.Array], slim: da.Array, where: _Where
) -> tuple[list[da.Array], list[bool]]:
    """Equalize the labels of each plane; and of each label, whether any pixel counted."""
    image, outer = levels[where.counted], where.plan.outer
    grid = image.shape[: slim.ndim]
    lengths = tuple(grid[a] for a in outer)
    planes = [*cuts(outer, slim.shape, grid)]
    boxes = [_boxes(slim[same], cut, grid) for cut, same in planes]
    known, found = _fitted(image, slim, boxes, where)
    results = [np.empty(lengths, object) for _ in levels]
    for index, (cut, same), own in zip(np.ndindex(lengths), planes, known, strict=True):
        parts = slim[same]
        for result, level in zip(results, levels, strict=True):
            plane = level[cut]
            finest = image[cut].shape
            labels = under(parts, plane.shape[: slim.ndim])
            result[index] = _mapped(plane, labels, own, where, finest) if own else plane
    return [joined(result, outer, levels[0].dtype) for result in results], found


def _boxes(slim: da.Array, cut: Box, grid: tuple[int, ...]) -> list[tuple[int, Box]]:
    """The labels of a plane, and where each lies in the image."""
    starts, lengths = zip(*((r.start, len(r)) for r in _ranges(cut, grid)), strict=True)
    found = ChunkSource(slim).sweep(Boxes, Boxes.add).within(slim.shape, lengths)
    return [
        (label, tuple(slice(s.start + o, s.stop + o) for s, o in zip(box, starts, strict=True)))
        for label, box in found
    ]


def _ranges(cut: Box, grid: tuple[int, ...]) -> list[range]:
    return [range(*side.indices(n)) for side, n in zip(cut, grid, strict=True)]


def _fitted(
    image: da.Array, slim: da.Array, boxes: list[list[tuple[int, Box]]], where: _Where
) -> tuple[list[dict[int, _Label]], list[bool]]:
    """What becomes of each label of each plane, but for those that stay; and whether it counted."""
    places = [(plane, label, box) for plane, own in enumerate(boxes) for label, box in own]
    plans = [where.plan_of(box, image) for _, _, box in places]
    parts = [
        Part(label, box, plan.axes, plan.channels)
        for (_, label, box), plan in zip(places, plans, strict=True)
    ]
    fits = fit_parts(image, _spread(slim, image), parts, lambda n, source: fit(source, plans[n]))
    known: list[dict[int, _Label]] = [{} for _ in boxes]
    for (plane, label, box), (mapping, _) in zip(places, fits, strict=True):
        if not mapping.is_identity:
            known[plane][label] = _Label(mapping, box)
    return known, [data is not None for _, data in fits]


def _spread(slim: da.Array, image: da.Array) -> da.Array:
    """The labels in the shape and the chunks of an image, without its channels."""
    chunks = image.chunks[: slim.ndim]
    own = tuple(c if n > 1 else (1,) for n, c in zip(slim.shape, chunks, strict=True))
    return da.broadcast_to(slim.rechunk(own), image.shape[: slim.ndim], chunks=chunks)


def _mapped(
    level: da.Array,
    slim: da.Array,
    known: dict[int, _Label],
    where: _Where,
    finest: tuple[int, ...],
) -> da.Array:
    """A level whose labels are mapped, feathered at their edges."""
    plan, ndim = where.plan, slim.ndim
    labels = _spread(slim, level)
    axes = tuple(range(level.ndim))
    places = _places(level, ndim)
    task = partial(_map_chunk, known, plan, level.shape == finest)
    arguments = [level, axes, labels, axes[:ndim], places, axes[:ndim]]
    result = da.blockwise(
        task, axes, *arguments, dtype=level.dtype, align_arrays=False, concatenate=True,
        meta=np.empty((0,) * level.ndim, level.dtype),
    )  # fmt: skip
    feather = plan.feather
    if feather is None or not feather.width:
        return result
    lengths = tuple(finest[a] / level.shape[a] for a in feather.axes)
    feather = replace(feather, lengths=lengths)
    weights = weights_of(slim, feather, partial(label_weights, feather))
    return put_back_lazily(level, result, weights)


def _places(level: da.Array, ndim: int) -> da.Array:
    """For each chunk where it starts: an array of one thing for each."""
    chunks = level.chunks[:ndim]
    starts = [np.concatenate([[0], np.cumsum(c)[:-1]]).astype(int) for c in chunks]
    found = np.empty(tuple(map(len, chunks)), object)
    for index in np.ndindex(found.shape):
        found[index] = tuple(int(s[i]) for s, i in zip(starts, index, strict=True))
    return da.from_array(found, chunks=1, name=False)


def _map_chunk(
    known: dict[int, _Label], plan: Plan, has_boxes: bool, block: Any, labels: Any, place: Any
) -> Pixels:
    image = np.asarray(block)
    out = np.array(image)
    pixels, start = along(plan.axes, image, place.item(), plan.channels)
    result = out.reshape(pixels.shape)
    wanted, _ = along(plan.axes, np.asarray(labels), place.item(), False)
    with in_place():
        for label in np.unique(wanted).tolist():
            if label in known:
                _map_label(known[label], label, plan, has_boxes, pixels, wanted, start, result)
    return out


def _map_label(
    one: _Label, label: int, plan: Plan, has_boxes: bool,
    pixels: Pixels, labels: Pixels, start: tuple[int, ...], out: Pixels,
) -> None:  # fmt: skip
    """Map the pixels of a label in a block: of no more than its box, where there is one."""
    box = (
        [one.box[a] for a in plan.axes]
        if has_boxes
        else [slice(0, s + n) for s, n in zip(start, labels.shape, strict=True)]
    )
    part = tuple(
        slice(max(b.start - s, 0), min(b.stop - s, n))
        for b, s, n in zip(box, start, labels.shape, strict=True)
    )
    given = np.ascontiguousarray(pixels[part])
    found = np.empty_like(given)
    offset = tuple(s + p.start - b.start for s, p, b in zip(start, part, box, strict=True))
    one.mapping.map_into(given, found, offset, tuple(b.stop - b.start for b in box))
    inside = labels[part] == label
    np.copyto(out[part], found, where=inside[..., None] if plan.channels else inside)


def label_weights(feather: Feather, labels: Pixels) -> Pixels:
    """By which part each pixel is changed: by its distance to the edge of its label; 0 of none."""
    out = np.zeros(labels.shape)
    boxes = Boxes()
    boxes.add(labels)
    for label, box in boxes.within(labels.shape, labels.shape):
        mask = labels[box] == label
        np.copyto(out[box], feather.weights(mask), where=mask)
    return out
