"""The result is seen: new layers lie above what would cover them, and one plot is shown.

In grid mode every layer has a cell to itself: what stands beside the source otherwise
lies in its place there, so that each fills its cell.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
from napari.layers import Image

from napari_histeq.gui.runs.hidden import hide_for
from napari_histeq.layers import DISPLAY, GAIN, IMAGE, ORIGINAL, PLOT, kind_of, shape_of, spanned
from napari_histeq.records import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from napari.components import ViewerModel
    from napari.layers import Layer
    from numpy.typing import NDArray

#: Who sees less than this part of an image, on any axis, looks at a detail.
DETAIL = 0.6

#: A layer that lets more than this through does not cover what is beneath.
THROUGH = 0.5

#: Blendings that hide what is beneath; of the others both are seen.
HIDING = ("opaque", "translucent", "translucent_no_depth")

#: Of more layers than this only the number is told.
NAMES = 3

#: What stands beside its source, and not in its place.
BESIDE = (PLOT, ORIGINAL, GAIN)


@dataclass(frozen=True, slots=True)
class Placed:
    """What had to be done so that new layers are seen.

    Attributes
    ----------
    hidden : tuple of str
        The names of the layers that were hidden, but for plots.
    plot : bool
        Whether it is a plot.
    above : str
        The name of the layer above which it was put; empty if it is right above its source.
    """

    hidden: tuple[str, ...] = ()
    plot: bool = False
    above: str = ""


def in_words(placed: Sequence[Placed]) -> str:
    """What was hidden or moved for some results: sentences."""
    hidden = list(dict.fromkeys(name for one in placed for name in one.hidden))
    names = ", ".join(f"“{name}”" for name in hidden)
    words = []
    if len(hidden) > NAMES:
        words.append(f"{len(hidden)} layers are hidden: they would mix in.")
    elif len(hidden) > 1:
        words.append(f"{names} are hidden: they would mix in.")
    elif hidden:
        words.append(f"{names} is hidden: it would mix in.")
    moved = dict.fromkeys((one.plot, one.above) for one in placed if one.above)
    for plot, name in moved:
        result = f"The result lies above “{name}”, which would cover it."
        words.append(f"The plot lies above “{name}”, which would cover it." if plot else result)
    return " ".join(words)


def add_results(
    viewer: ViewerModel, source: Image, made: Sequence[Image], earlier: Sequence[Image] = ()
) -> Placed:
    """Add layers so that they are seen; the selection stays.

    They go above the source, above those of earlier runs, and above every image that
    would cover them. napari gives each a name of its own if there is one of that name.
    The view is fitted to all layers, but not if the person looks at a detail.

    Parameters
    ----------
    viewer : ViewerModel
    source : Image
        Of which they were made.
    made : sequence of Image
        What to add, the lowest first.
    earlier : sequence of Image
        What the same run has added already: these go above it.

    Returns
    -------
    Placed
        What was hidden, or lies elsewhere than right above the source.
    """
    if not made:
        return Placed()
    whole = not _zoomed_in(viewer, source)
    hidden = _hide(viewer, source, made)
    place, above = _place_of(viewer, source, made, earlier)
    with selection_kept(viewer):
        for offset, layer in enumerate(made):
            viewer.layers.insert(place + offset, layer)
    _follow_grid(viewer, source, made)
    if whole and viewer.dims.ndisplay == 2:
        viewer.reset_view()
    return Placed(hidden, kind_of(made[-1]) == PLOT and bool(earlier), above)


@contextmanager
def selection_kept(viewer: ViewerModel) -> Iterator[None]:
    """Have napari not select the layers that are added meanwhile, nor others for one that is removed.

    Whenever the selection changes, it makes the controls of all that is selected anew: with thirty
    channels that takes a second, and to select each result and then the channels again takes it
    twice for each of them. It tells of a change, too, when Qt divides a range of selected rows
    because a row comes in between.
    """
    layers: Any = getattr(viewer.layers, "__wrapped__", viewer.layers)  # a panel's is public only
    selected, active = set(layers.selection), layers.selection.active
    selects = getattr(layers, "_activate_on_insert", True)
    layers._activate_on_insert = False  # noqa: SLF001
    try:
        with layers.selection.events.changed.blocker():
            yield
    finally:
        layers._activate_on_insert = selects  # noqa: SLF001
        if set(layers.selection) != selected or layers.selection.active != active:
            layers.selection = selected
            layers.selection.active = active


# ---- what would cover it ----


def _place_of(
    viewer: ViewerModel, source: Image, made: Sequence[Image], earlier: Sequence[Image]
) -> tuple[int, str]:
    """Where in the list new layers go; and the name of the layer they had to be put above."""
    beneath = [source, *(layer for layer in earlier if layer in viewer.layers)]
    place = max(map(viewer.layers.index, beneath)) + 1
    while place < len(viewer.layers) and kind_of(viewer.layers[place]):
        place += 1
    above = ""
    if not grid_of(viewer).enabled:
        for index, layer in enumerate([*viewer.layers][place:], start=place):
            if _covers(layer, made):
                place, above = index + 1, layer.name
    return place, above


def _covers(layer: Layer, others: Iterable[Image]) -> bool:
    """Whether an image hides what lies beneath it of some others."""
    opaque = layer.blending == "opaque" or layer.opacity > THROUGH
    if not (isinstance(layer, Image) and layer.visible and layer.blending in HIDING and opaque):
        return False
    return any(_overlap(layer, other) for other in others)


def _overlap(one: Layer, other: Layer) -> bool:
    """Whether the boxes around two layers overlap, on the last two axes of the world."""
    (low, high), (bottom, top) = spanned([one]), spanned([other])
    return bool(np.all(np.maximum(low, bottom) < np.minimum(high, top)))


# ---- what would mix with it ----


def _hide(viewer: ViewerModel, source: Image, made: Sequence[Image]) -> tuple[str, ...]:
    """Hide older plots, and what would add up with the result; say what of it is no plot."""
    plots = [layer for layer in made if kind_of(layer) == PLOT]
    mixing = [layer for layer in made if kind_of(layer) in (IMAGE, DISPLAY) and _mixes(layer)]
    old = [
        layer
        for layer in viewer.layers
        if kind_of(layer) == PLOT and any(_same_place(viewer, layer, p, source) for p in plots)
    ]
    own = [
        layer
        for layer in viewer.layers
        if layer is source or (kind_of(layer) in (IMAGE, DISPLAY) and _is_of(layer, source))
    ]
    hide_for(viewer, old, plots)
    return tuple(layer.name for layer in hide_for(viewer, own if mixing else [], mixing))


def _same_place(viewer: ViewerModel, old: Layer, new: Layer, source: Image) -> bool:
    """Whether an older plot is of the same source, or lies beneath the new one."""
    return _is_of(old, source) or (not grid_of(viewer).enabled and _overlap(old, new))


def _is_of(layer: Layer, source: Image) -> bool:
    return bool(layer.metadata[KEY].get("source") == source.name)


def _mixes(layer: Image) -> bool:
    """Whether what lies beneath a layer is seen through it."""
    return layer.blending not in HIDING or (layer.blending != "opaque" and layer.opacity < 1)


# ---- grid mode ----


def grid_of(viewer: ViewerModel) -> Any:
    """The model of the grid mode; napari 0.9 has it on the canvas."""
    canvas: Any = getattr(viewer, "canvas", None)
    return viewer.grid if canvas is None else canvas.grid


def _follow_grid(viewer: ViewerModel, source: Image, made: Sequence[Image]) -> None:
    """Have layers stand beside their source, but lie in its place while there is a grid."""
    grid = grid_of(viewer)
    places = []
    for layer in made:
        if kind_of(layer) in BESIDE:
            beside = np.array(layer.affine.affine_matrix)
            places.append((ref(layer), beside, _onto(layer, source)))

    def place(event: object = None) -> None:
        found = [(layer(), beside, onto) for layer, beside, onto in places]
        here = [(layer, *both) for layer, *both in found if layer is not None]
        if not here:  # all are gone
            grid.events.enabled.disconnect(place)
        for layer, beside, onto in here:
            layer.affine = onto if grid.enabled else beside
        if event is not None and viewer.dims.ndisplay == 2:
            viewer.reset_view()

    if places:
        grid.events.enabled.connect(place)
    if grid.enabled:
        place()


def _onto(layer: Layer, source: Image) -> NDArray[np.float64]:
    """The affine with which a layer lies in the middle of its source, and no larger than it."""
    (low, high), (bottom, top) = spanned([layer]), spanned([source])
    factor = np.min((top - bottom) / (high - low))
    move = np.eye(layer.ndim + 1)
    move[[-3, -2], [-3, -2]] = factor
    move[-3:-1, -1] = (bottom + top) / 2 - factor * (low + high) / 2
    return np.asarray(move @ layer.affine.affine_matrix)


# ---- the view ----


def _zoomed_in(viewer: ViewerModel, layer: Image) -> bool:
    """Whether a person looks at a detail of the layer.

    That a part of it lies outside is not enough: docks that open narrow the canvas.
    """
    corners = np.asarray(layer.corner_pixels, dtype=np.float64)
    if not corners.any():  # not drawn yet
        return False
    seen = corners[1] - corners[0] + 1  # both corners are seen
    if layer.multiscale:
        seen = seen * np.asarray(layer.downsample_factors[layer.data_level])
    offset = viewer.dims.ndim - layer.ndim
    shown = [axis - offset for axis in viewer.dims.displayed if axis >= offset]
    return bool(np.any(seen[shown] < DETAIL * np.array(shape_of(layer))[shown]))
