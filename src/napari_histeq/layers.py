"""napari layers <-> arrays: what to read of a layer, and the layers that come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari.layers import Image

from napari_histeq.record import KEY
from napari_histeq.regions import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari.components import ViewerModel
    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_histeq.core import Histogram
    from napari_histeq.task import Outcome

#: Space between an image and the plot under it, as a fraction of the image's width.
GAP = 0.02

PLOT = "plot"


def is_source(layer: Layer | None) -> bool:
    """Whether a layer can be equalized: an image that is no histogram plot of ours."""
    return isinstance(layer, Image) and not is_plot(layer)


def is_plot(layer: Layer) -> bool:
    """Whether a layer is a histogram plot that was made here."""
    made = layer.metadata.get(KEY)
    return isinstance(made, dict) and made.get("kind") == PLOT


def pixels_of(layer: Image) -> Any:
    """The data at full resolution."""
    return layer.data[0] if layer.multiscale else layer.data


def channel_axis_of(layer: Image) -> int | None:
    """Where the colour channels are."""
    return -1 if layer.rgb else None


def axis_names(layer: Image) -> tuple[str, ...]:
    """A name for each axis, no two alike: the layer's labels, or else numbers."""
    names = tuple(str(label) for label in layer.axis_labels)
    return names if len(set(names)) == len(names) else tuple(str(a) for a in range(layer.ndim))


def axis_numbers(layer: Image, wanted: Iterable[str | int]) -> tuple[int, ...] | None:
    """The axes of some names (or numbers); None if they are all there are.

    Raises
    ------
    ValueError
        If none is wanted, or one is unknown.
    """
    names = axis_names(layer)
    found = sorted({_axis_number(axis, names) for axis in wanted})
    if not found:
        raise ValueError("no axis is ticked: tick at least one that shares a histogram")
    return None if len(found) == layer.ndim else tuple(found)


def _axis_number(axis: str | int, names: tuple[str, ...]) -> int:
    if isinstance(axis, str) and axis in names:
        return names.index(axis)
    if not isinstance(axis, str) and -len(names) <= axis < len(names):
        return axis % len(names)
    raise ValueError(f"the layer has no axis {axis!r}: use one of {', '.join(names)}")


def equalized_layer(source: Image, outcome: Outcome) -> Image:
    """A new layer for the equalized data, in all other respects like its source."""
    _, state, _ = source.as_layer_data_tuple()
    for own in ("contrast_limits", "data", "locked_data_level", "multiscale"):
        state.pop(own, None)
    state |= {
        "name": f"{source.name} equalized",
        "metadata": {KEY: {"kind": "image"} | outcome.record.as_dict()},
        "auto_contrast": False,
    }
    if outcome.limits is not None and not source.rgb:
        state["contrast_limits"] = outcome.limits
    return Image(outcome.data, **_known(state))


def _known(state: dict[str, Any]) -> dict[str, Any]:
    """The part of a layer's state that this napari's `Image` can be made from."""
    import inspect

    return {k: v for k, v in state.items() if k in inspect.signature(Image).parameters}


def histogram_layer(source: Image, picture: NDArray[np.uint8], outcome: Outcome) -> Image:
    """A plot under the source, as wide as it; in n-D it shows at every slice.

    Parameters
    ----------
    source : Image
    picture : (H, W, 4) array of uint8
    outcome : Outcome
        Whose histograms are shown; they go to the layer's metadata.
    """
    low, high = world_box(source)
    width = high[-1] - low[-1]
    pixel = width / picture.shape[1]
    corner = np.array([high[-2] + GAP * width, low[-1]])
    return Image(
        picture,
        rgb=True,
        name=f"{source.name} histogram",
        scale=(pixel, pixel),
        translate=corner + pixel / 2,
        units=source.units[-2:],
        axis_labels=source.axis_labels[-2:],
        interpolation2d="linear",
        metadata={KEY: _plot_record(source, outcome)},
    )


def world_box(layer: Layer) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and greatest world coordinates of a layer's pixels, their edges included."""
    ends = np.array([(-0.5, n - 0.5) for n in shape_of(layer)])
    corners = np.stack([c.ravel() for c in np.meshgrid(*ends, indexing="ij")], axis=1)
    places = np.array([layer.data_to_world(corner) for corner in corners])
    return places.min(axis=0), places.max(axis=0)


def _plot_record(source: Image, outcome: Outcome) -> dict[str, Any]:
    return {
        "kind": PLOT,
        "source": source.name,
        "before": _bins(outcome.before),
        "after": _bins(outcome.after),
        "measures": outcome.record.as_dict()["measures"],
    }


def _bins(histogram: Histogram | None) -> dict[str, Any] | None:
    if histogram is None:
        return None
    return {"counts": histogram.counts, "bin_edges": histogram.bin_edges}


def add_beside(viewer: ViewerModel, source: Image, made: Sequence[Image]) -> None:
    """Add layers right above the source (which stays the active layer), and show them.

    napari gives each a name of its own if there is one of that name.
    """
    selected = set(viewer.layers.selection)
    active = viewer.layers.selection.active
    whole = not _zoomed_in(source)
    for offset, layer in enumerate(made, 1):
        viewer.layers.insert(viewer.layers.index(source) + offset, layer)
    viewer.layers.selection = selected
    viewer.layers.selection.active = active
    if whole and viewer.dims.ndisplay == 2:
        viewer.reset_view()


def _zoomed_in(layer: Image) -> bool:
    """Whether a part of the layer lies outside of the canvas: then the view is left alone."""
    corners = np.asarray(layer.corner_pixels)
    if layer.multiscale:
        corners = corners * np.asarray(layer.downsample_factors[layer.data_level])
    seen = corners[1] - corners[0]
    if not seen.any():  # never drawn yet
        return False
    shown = list(layer._slice_input.displayed)
    return bool(np.any(seen[shown] < np.array(shape_of(layer))[shown] - 2))


def why_not(layer: Layer | None) -> str:
    """Why a layer can not be equalized, in plain words."""
    if layer is None:
        return "No layer is selected: select one image layer in the layer list."
    if is_plot(layer):
        return f"“{layer.name}” is a histogram plot: select the image layer itself."
    kind = type(layer).__name__
    return f"“{layer.name}” is a {kind} layer, not an image: select an image layer."
