"""Where new layers lie: the plot under the image, the original to its left, the gain to its right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from napari.layers import Image
from napari.layers._multiscale_data import MultiScaleData

from napari_histeq.layers.region import affine_of, shape_of
from napari_histeq.layers.source import ORIGINAL, PLOT, kind_of, layer_like
from napari_histeq.records import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.components import ViewerModel
    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_histeq.core import Histogram
    from napari_histeq.layers.plot_stack import PlotStack
    from napari_histeq.records import Outcome

    Box = tuple[NDArray[np.float64], NDArray[np.float64]]

#: Space between an image and what stands beside it, as a fraction of the image's width.
GAP = 0.02

#: How many times as tall as wide an image is that has its plot to the right.
TALL = 2.0

#: A plot narrower than this is not legible: the plot layer's coarser levels end there.
COARSEST = 600


def histogram_layer(
    source: Image, levels: Sequence[Any], outcome: Outcome, *, beside: Sequence[Layer] = ()
) -> Image:
    """A plot under the source, as wide as it; in n-D it shows at every slice.

    Under an image that is much taller than wide it would be too small to read: there it
    stands to the right, and is as wide as the image is tall.

    Parameters
    ----------
    source : Image
    levels : sequence of (H, W, 4) arrays of uint8
        The picture, and coarser ones (see `coarser_too`).
    outcome : Outcome
        Whose histograms are shown; they go to the layer's metadata.
    beside : sequence of Layer
        What stands to the left and right of the source: the plot spans that, too.

    Notes
    -----
    The layer has the last two axes of the source, and their units: napari shows it
    at every index of the others. It has coarser levels, so that its words are not
    torn where the screen has fewer pixels than the plot.
    """
    return _still_layer([source, *beside], levels, _histogram_state(source, outcome))


def course_layer(source: Image, levels: Sequence[Any], axis: str) -> Image:
    """A plot over the planes of an axis, in the place of a `histogram_layer`."""
    record = {"kind": PLOT, "source": source.name}
    return _still_layer([source], levels, _plot_state(f"{source.name} over {axis}", record))


def _still_layer(images: Sequence[Layer], levels: Sequence[Any], state: dict[str, Any]) -> Image:
    """One picture for all planes of the first of some images, under (or beside) them all."""
    pixel, corner = _place_for(levels[0].shape[1], images)
    return Image(
        _Levels(levels, lambda: np.asarray(levels[0])),
        scale=(pixel, pixel),
        translate=corner,
        units=images[0].units[-2:],
        axis_labels=images[0].axis_labels[-2:],
        **state,
    )


def histogram_stack_layer(
    source: Image, pictures: PlotStack, outcome: Outcome, *, beside: Sequence[Layer] = ()
) -> Image:
    """As `histogram_layer`, but with a plot of its own for every plane of the source.

    The pictures are lazy: each is drawn when its plane is looked at.
    """
    pixel, corner = _place_for(pictures.shape[1], [source, *beside])
    return Image(
        _Levels(pictures.levels(), pictures.whole),
        affine=_at_the_planes(source, pixel, corner),
        units=source.units,
        axis_labels=source.axis_labels,
        cache=False,  # they are kept already
        contrast_limits=(0, 255),
        **_histogram_state(source, outcome),
    )


class _Levels(MultiScaleData):  # type: ignore[misc]
    """The levels of a plot; as an array, which is what napari saves, it is the finest one.

    By itself napari takes the coarsest.
    """

    def __init__(self, levels: Sequence[Any], finest: Callable[[], NDArray[np.uint8]]) -> None:
        super().__init__(levels)
        self._finest = finest

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self._finest(), dtype=dtype, copy=copy)

    def lazily(self) -> Any:
        """The finest one as a dask array, drawn as a whole and when it is asked for."""
        import dask.array as da
        from dask import delayed

        shape = self[0].shape
        return da.from_delayed(delayed(self._finest, pure=False)(), shape, np.uint8)


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


def _place_for(width: int, images: Sequence[Layer]) -> tuple[float, NDArray[np.float64]]:
    """The size of the pixels of a plot that is `width` pixels wide, and where its first one is."""
    low, high = spanned(images)
    tall, wide = high - low
    if tall > TALL * wide:
        pixel, corner = tall / width, np.array([low[0], high[1] + GAP * tall])
    else:
        pixel, corner = wide / width, np.array([high[0] + GAP * wide, low[1]])
    return pixel, corner + pixel / 2


def spanned(images: Sequence[Layer]) -> Box:
    """The box around several layers, on the last two axes of the world."""
    boxes = np.stack([[end[-2:] for end in world_box(layer)] for layer in images])
    return boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)


def _histogram_state(source: Image, outcome: Outcome) -> dict[str, Any]:
    return _plot_state(f"{source.name} histogram", _plot_record(source, outcome))


def _plot_state(name: str, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "multiscale": True,
        "rgb": True,
        "name": name,
        "interpolation2d": "linear",
        "metadata": {KEY: record},
    }


def coarser_too(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The picture, and copies of half, a quarter, ... its size."""
    levels = [picture]
    while levels[-1].shape[1] >= 2 * COARSEST:
        levels.append(_halved(levels[-1]))
    return levels


def original_layer(source: Image) -> Image:
    """A copy of the source to its left; it shares the data."""
    changes = {
        "name": f"{source.name} original",
        "affine": affine_beside(source, -1),
        "metadata": {KEY: {"kind": ORIGINAL, "source": source.name}},
        "visible": True,
    }
    return layer_like(source, source.data, changes)


def affine_beside(source: Image, side: Literal[-1, 1]) -> NDArray[np.float64]:
    """The affine of the source, moved to its left (-1) or right (1) by its width."""
    low, high = world_box(source)
    affine = np.array(source.affine.affine_matrix)
    affine[-2, -1] += side * (1 + GAP) * (high[-1] - low[-1])
    return affine


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
