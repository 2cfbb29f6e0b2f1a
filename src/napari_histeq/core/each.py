"""Each label on its own: where the labels lie, and how one of them is equalized."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import checked_axes, checked_channel_axis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from napari_histeq.core.recipe import Recipe

    Box = tuple[slice, ...]
    Shape = tuple[int, ...]


def check_labels_fit(labels: Any, shape: Shape) -> None:
    """Refuse labels (anything with `shape` and `dtype`) that do not fit an image, or are none."""
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels has dtype {labels.dtype}: it must be integers, 0 the background")
    lengths = zip(labels.shape[::-1], shape[::-1], strict=False)
    if len(labels.shape) > len(shape) or any(own not in (1, axis) for own, axis in lengths):
        raise ValueError(
            f"labels has shape {labels.shape}, which does not broadcast to the image's {shape}: "
            "give it the same axes, or length 1 where it repeats"
        )


def labels_in(mask: Any) -> Any:
    """The labels that a mask holds, or an error if there is none."""
    if mask is None:
        raise ValueError(
            "each_label=True equalizes each label of the mask on its own, but there is no mask: "
            "pass mask=labels, or leave each_label out"
        )
    return mask


def check_each(value: Any, recipe: Recipe) -> None:
    """Refuse what is no yes or no, and planes that look at others."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(
            f"each_label is {value!r}: it must be True (the mask holds labels) or False"
        )
    name = type(recipe.method).__name__
    if value and recipe.method.references is not None:
        raise ValueError(
            f"{name} has a reference for each plane, not for each label: leave out each_label, or "
            "match to one histogram: Match(reference)"
        )
    if value and (recipe.smooth is not None or recipe.method.neighbors is not None):
        name = f"{name} to other frames" if recipe.smooth is None else f"smooth={recipe.smooth}"
        raise ValueError(
            f"{name} looks at other planes, whose labels may be others: leave out each_label, or it"
        )


def alone(recipe: Recipe, shape: Shape) -> Recipe:
    """The recipe of one label of an image of a shape: its tiles are as large as those of the whole."""
    method = recipe.method.resolved(_spanned(recipe, shape))
    return replace(recipe, method=method, each_label=False, inside=True)


def in_box(recipe: Recipe, shape: Shape) -> Recipe:
    """The same for the box of a label."""
    return replace(recipe, method=recipe.method.within(_spanned(recipe, shape)))


def _spanned(recipe: Recipe, shape: Shape) -> Shape:
    """How long the axes of a plane are."""
    channels = checked_channel_axis(recipe.channel_axis, shape)
    return tuple(shape[a] for a in checked_axes(recipe.axes, len(shape)) if a != channels)


@dataclass(slots=True)
class Boxes:
    """The bounding box of each label but 0: a tally of blocks of labels."""

    found: dict[int, tuple[list[int], list[int]]] = field(default_factory=dict)

    def add(self, block: NDArray[Any], _: Any = None, offset: Shape = ()) -> None:
        """Add a block of labels that starts at an offset."""
        from scipy.ndimage import find_objects

        known, place = np.unique(block, return_inverse=True)
        boxes = find_objects(place.reshape(block.shape).astype(np.int64) + 1)
        start = offset or (0,) * block.ndim
        for label, box in zip(known.tolist(), boxes, strict=True):
            if label:
                low = [o + s.start for o, s in zip(start, box, strict=True)]
                high = [o + s.stop for o, s in zip(start, box, strict=True)]
                self._widen(label, low, high)

    def _widen(self, label: int, low: list[int], high: list[int]) -> None:
        if label in self.found:
            known = self.found[label]
            low, high = [*map(min, known[0], low)], [*map(max, known[1], high)]
        self.found[label] = low, high

    def __add__(self, other: Boxes) -> Boxes:
        """Those of both."""
        both = Boxes(dict(self.found))
        for label, (low, high) in other.found.items():
            both._widen(label, low, high)
        return both

    def within(self, slim: Shape, shape: Shape) -> list[tuple[int, Box]]:
        """Each label, least first, and its box in an image: with a pixel around it, to see its edge.

        `slim` is the shape of the labels, of length 1 where they repeat.
        """
        return [
            (
                label,
                tuple(
                    slice(0, n) if own == 1 else slice(max(a - 1, 0), min(b + 1, n))
                    for a, b, own, n in zip(*self.found[label], slim, shape, strict=True)
                ),
            )
            for label in sorted(self.found)
        ]


def equalize_each(
    image: NDArray[Any],
    labels: Any,
    recipe: Recipe,
    one: Callable[[NDArray[Any], NDArray[np.bool_], Recipe], NDArray[Any]],
) -> NDArray[Any]:
    """Equalize each label of an image in memory by `one`, which is given its box, mask and recipe."""
    channels = checked_channel_axis(recipe.channel_axis, image.shape)
    grid = tuple(n for axis, n in enumerate(image.shape) if axis != channels)
    wanted = np.asarray(labels)
    check_labels_fit(wanted, grid)
    own = alone(recipe.checked(image.dtype), image.shape)
    # Also where no label is found to work on: what is wrong is an error.
    plan = own.plan(image.shape, image.dtype, masked=True)
    slim = wanted.reshape((1,) * (len(grid) - wanted.ndim) + wanted.shape)
    out = np.array(image, subok=False)
    for cut, same in cuts(plan.outer, slim.shape, grid):
        labels, boxes = slim[same], Boxes()
        boxes.add(labels)
        lengths = tuple(len(range(*s.indices(n))) for s, n in zip(cut, grid, strict=True))
        whole = np.broadcast_to(labels, lengths)
        place = _beside(channels, cut)
        pixels, result = image[place], out[place]
        for label, box in boxes.within(labels.shape, lengths):
            mask, part = whole[box] == label, pixels[_beside(channels, box)]
            inside = mask if channels is None else np.expand_dims(mask, channels)
            found = one(part, mask, in_box(own, part.shape))
            np.copyto(result[_beside(channels, box)], found, where=inside)
    return out


def cuts(outer: tuple[int, ...], slim: Shape, grid: Shape) -> Iterator[tuple[Box, Box]]:
    """For each plane of a stack its place in an image, and in labels, which may repeat."""
    for index in np.ndindex(tuple(grid[axis] for axis in outer)):
        cut = [slice(None)] * len(grid)
        for axis, place in zip(outer, index, strict=True):
            cut[axis] = slice(place, place + 1)
        same = (slice(None) if own == 1 else s for own, s in zip(slim, cut, strict=True))
        yield tuple(cut), tuple(same)


def _beside(channels: int | None, box: Box) -> Box:
    """A box of pixels with all of their channels."""
    return box if channels is None else (*box[:channels], slice(None), *box[channels:])
