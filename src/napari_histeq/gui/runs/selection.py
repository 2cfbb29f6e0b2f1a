"""Several selected layers: what is equalized of them, and what is not, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_histeq import layers
from napari_histeq.core import arrays
from napari_histeq.display import result_look
from napari_histeq.gui.runs.work import why_no_curve
from napari_histeq.layers import geometry_of, shape_of, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from napari.components import ViewerModel
    from napari.layers import Image, Layer

    from napari_histeq.gui.runs.work import Choice


@dataclass(frozen=True, slots=True)
class Several:
    """Several images as one: an item of the panel's Layer row."""

    images: tuple[Image, ...]

    def __str__(self) -> str:
        return f"{len(self.images)} selected layers"


def selected_of(viewer: ViewerModel) -> Several | None:
    """The selected images that can be equalized, as the list has them; None if not several."""
    chosen = viewer.layers.selection
    images = tuple(la for la in viewer.layers if la in chosen and layers.is_source(la))
    return Several(images) if len(images) > 1 else None


def are_channels(images: Sequence[Image]) -> bool:
    """Whether several images are channels of one: by how they lie and how they are displayed.

    They have one shape and one place in the world, each has a single value at a pixel, and they
    are displayed as channels are: added up (napari's lowest channel is as any image is, and the
    others are additive), or each by another colormap.
    """
    if len(images) < 2 or any(map(why_no_curve, images)):
        return False
    if len({(shape_of(la), geometry_of(la)) for la in images}) > 1:
        return False
    added = all(la.blending == "additive" for la in images[1:])  # the lowest comes first
    return added or len({result_look(la)[0].name for la in images}) == len(images)


def lead_of(chosen: Image | Several | None) -> Image | None:
    """The image, or the first of several."""
    return chosen.images[0] if isinstance(chosen, Several) else chosen


def with_others(chosen: Image | Several | None, choice: Choice) -> Choice:
    """The choice for the first of several images, and those of the others that take part."""
    if not isinstance(chosen, Several):
        return replace(choice, together=False)
    first, *others = chosen.images
    return replace(choice, others=tuple(la for la in others if not why_out(la, first, choice)))


def why_out(layer: Image, first: Image, choice: Choice) -> str:
    """Why a layer takes no part beside the first of several: a sentence; empty if it does."""
    name = short(layer.name)
    if (choice.display or choice.together) and why_no_curve(layer) and not why_no_curve(first):
        if layer.rgb:
            return f"“{name}” is in color: left out."
        return f"“{name}” is only true or false: left out."
    if choice.together and first.rgb and not layer.rgb:
        return f"“{name}” is not in color: left out."
    if choice.recipe.axes is not None and layer.ndim != first.ndim:
        return f"“{name}” has {layer.ndim} axes, not {first.ndim}: left out."
    one, other = dtype_of(first), dtype_of(layer)
    if choice.together and other != one:
        return f"“{name}” is {other}, not {one}: left out."
    return ""


def dtype_of(layer: Image) -> np.dtype[Any]:
    """Of the pixels, whichever way their bytes lie."""
    return arrays.dtype_of(layers.pixels_of(layer)).newbyteorder("=")


def counted_with(first: Image, others: Iterable[Image]) -> tuple[Image, ...]:
    """The images whose pixels can be counted as one with those of the first: that comes first."""
    same = (la for la in others if la.rgb == first.rgb and dtype_of(la) == dtype_of(first))
    return (first, *same)


def left_out(selected: Iterable[Layer], first: Image, choice: Choice) -> str:
    """Which selected layers stay as they are, and why; in words."""
    words = []
    for layer in selected:
        if not layers.is_source(layer):
            words.append(f"{layers.why_not(layer)} It is left as it is.")
        elif layer is not first:
            words.append(why_out(layer, first, choice))
    return " ".join(filter(None, words))
