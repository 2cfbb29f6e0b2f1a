"""Where new layers go: the plot under the image, the original beside it, and the view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image

from napari_histeq.layers import ORIGINAL, PLOT, kind_of, layer_like
from napari_histeq.record import KEY
from napari_histeq.regions import affine_of, shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel
    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_histeq.core import Histogram
    from napari_histeq.plotstack import PlotStack
    from napari_histeq.task import Outcome

    Box = tuple[NDArray[np.float64], NDArray[np.float64]]

#: Space between an image and what stands beside it, as a fraction of the image's width.
GAP = 0.02

#: Who sees less than this part of an image, on any axis, looks at a detail.
DETAIL = 0.6

#: A plot narrower than this is not legible: the plot layer's coarser levels end there.
COARSEST = 600


def histogram_layer(
    source: Image, levels: Sequence[Any], outcome: Outcome, *, beside: bool = False
) -> Image:
    """A plot under the source, as wide as it; in n-D it shows at every slice.

    Parameters
    ----------
    source : Image
    levels : sequence of (H, W, 4) arrays of uint8
        The picture, and coarser ones (see `coarser_too`).
    outcome : Outcome
        Whose histograms are shown; they go to the layer's metadata.
    beside : bool
        The plot also spans the copy of the original that stands to the left.

    Notes
    -----
    The layer has the last two axes of the source, and their units: napari shows it
    at every index of the others. It has coarser levels, so that its words are not
    torn where the screen has fewer pixels than the plot.
    """
    pixel, corner = _place_under(source, levels[0].shape[1], beside)
    return Image(
        list(levels),
        scale=(pixel, pixel),
        translate=corner,
        units=source.units[-2:],
        axis_labels=source.axis_labels[-2:],
        **_plot_state(source, outcome),
    )


def histogram_stack_layer(
    source: Image, pictures: PlotStack, outcome: Outcome, *, beside: bool = False
) -> Image:
    """As `histogram_layer`, but with a plot of its own for every plane of the source.

    The pictures are lazy: each is drawn when its plane is looked at.
    """
    pixel, corner = _place_under(source, pictures.shape[1], beside)
    return Image(
        pictures.levels(),
        affine=_at_the_planes(source, pixel, corner),
        units=source.units,
        axis_labels=source.axis_labels,
        cache=False,  # they are kept already
        contrast_limits=(0, 255),
        **_plot_state(source, outcome),
    )


def _at_the_planes(source: Image, pixel: float, corner: NDArray[np.float64]) -> Any:
    """An affine for a plot of every plane: where the middle of the plane is, on the axes in front.

    On the last two axes the plots are `pixel` large, and all at `corner`.
    """
    matrix, offset = affine_of(source)
    middle = (np.array(shape_of(source)[-2:]) - 1) / 2
    lead = matrix[:-2, :-2]
    if np.linalg.matrix_rank(lead) < len(lead):  # the planes are not stacked along these axes
        lead = np.diag(np.linalg.norm(matrix[:, :-2], axis=0))
    place = np.diag([1.0] * len(lead) + [pixel, pixel, 1.0])
    place[:-3, :-3] = lead
    place[:-3, -1] = offset[:-2] + matrix[:-2, -2:] @ middle
    place[-3:-1, -1] = corner
    return place


def _place_under(source: Image, width: int, beside: bool) -> tuple[float, NDArray[np.float64]]:
    """The size of a plot's pixel, and where its first one is."""
    low, high = world_box(source)
    whole = high[-1] - low[-1]
    left = low[-1] - (1 + GAP) * whole if beside else low[-1]
    pixel = (high[-1] - left) / width
    return pixel, np.array([high[-2] + GAP * whole, left]) + pixel / 2


def _plot_state(source: Image, outcome: Outcome) -> dict[str, Any]:
    return {
        "multiscale": True,
        "rgb": True,
        "name": f"{source.name} histogram",
        "interpolation2d": "linear",
        "metadata": {KEY: _plot_record(source, outcome)},
    }


def coarser_too(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The picture, and copies of half, a quarter, ... its size."""
    levels = [picture]
    while levels[-1].shape[1] >= 2 * COARSEST:
        levels.append(_halved(levels[-1]))
    return levels


def original_layer(source: Image) -> Image:
    """A copy of the source to its left; it shares the data."""
    low, high = world_box(source)
    shift = np.zeros(source.ndim)
    shift[-1] = (1 + GAP) * (high[-1] - low[-1])
    affine = np.array(source.affine.affine_matrix)
    affine[:-1, -1] -= shift
    changes = {
        "name": f"{source.name} original",
        "affine": affine,
        "metadata": {KEY: {"kind": ORIGINAL, "source": source.name}},
    }
    return layer_like(source, source.data, changes)


def original_of(viewer: ViewerModel, source: Image) -> Image | None:
    """The copy that already stands beside the source."""
    same = (la for la in viewer.layers if kind_of(la) == ORIGINAL and la.data is source.data)
    return next(same, None)


def world_box(layer: Layer) -> Box:
    """The least and greatest world coordinates of a layer's pixels, their edges included."""
    ends = np.array([(-0.5, n - 0.5) for n in shape_of(layer)])
    corners = np.stack([c.ravel() for c in np.meshgrid(*ends, indexing="ij")], axis=1)
    places = np.array([layer.data_to_world(corner) for corner in corners])
    return places.min(axis=0), places.max(axis=0)


def add_beside(viewer: ViewerModel, source: Image, made: Sequence[Image]) -> None:
    """Add layers above the source (which stays the active layer), and show them.

    They go on top of those of earlier runs. napari gives each a name of its own if
    there is one of that name. The view is fitted to all layers, but not if the person
    looks at a detail of the source.
    """
    selected, active = set(viewer.layers.selection), viewer.layers.selection.active
    whole = not _zoomed_in(viewer, source)
    place = viewer.layers.index(source) + 1
    while place < len(viewer.layers) and kind_of(viewer.layers[place]):
        place += 1
    for offset, layer in enumerate(made):
        viewer.layers.insert(place + offset, layer)
    viewer.layers.selection = selected
    viewer.layers.selection.active = active
    if whole and viewer.dims.ndisplay == 2:
        viewer.reset_view()


def _zoomed_in(viewer: ViewerModel, layer: Image) -> bool:
    """Whether a person looks at a detail of the layer.

    That a part of it lies outside is not enough: docks that open narrow the canvas.
    """
    corners = np.asarray(layer.corner_pixels, dtype=np.float64)
    if layer.multiscale:
        corners = corners * np.asarray(layer.downsample_factors[layer.data_level])
    seen = corners[1] - corners[0]
    if not seen.any():  # not drawn yet
        return False
    offset = viewer.dims.ndim - layer.ndim
    shown = [axis - offset for axis in viewer.dims.displayed if axis >= offset]
    return bool(np.any(seen[shown] < DETAIL * np.array(shape_of(layer))[shown]))


def _halved(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half the size; each pixel is the mean of four."""
    high, wide = (n // 2 * 2 for n in picture.shape[:2])
    rows = picture[0:high:2, :wide].astype(np.uint16) + picture[1:high:2, :wide]
    return np.asarray((rows[:, 0::2] + rows[:, 1::2] + 2) >> 2, dtype=np.uint8)


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
