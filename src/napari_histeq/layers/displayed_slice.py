"""What napari already holds of a layer: its displayed slice, and the visible part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import is_lazy

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from numpy.typing import NDArray

#: More pixels than this are thinned out: counting them would hold a slider up.
MOST = 1 << 20


def slice_of(layer: Image) -> NDArray[Any]:
    """The displayed slice as measured, at the displayed level; no disk is touched.

    napari has no public name for it.

    Raises
    ------
    ChunkError
        If these pixels have another dtype or shape than the layer's data declare.
    """
    pixels = np.asarray(layer._slice.image.raw)  # noqa: SLF001
    corner = np.asarray(layer.corner_pixels)[0] if layer.multiscale else np.zeros(layer.ndim)
    _check(layer, layer.data_level, pixels, corner)
    return pixels


def place_of(layer: Layer) -> tuple[Any, ...]:
    """Which slice of a layer (of a pyramid, which part at which level) is displayed."""
    wanted = layer._slice_input  # noqa: SLF001
    point = np.asarray(wanted.world_slice.point, np.float64).tobytes()
    part: tuple[Any, ...] = ()
    if getattr(layer, "multiscale", False):
        part = layer.data_level, np.asarray(layer.corner_pixels).tobytes()
    return (tuple(wanted.displayed), point, *part)


def is_current(layer: Image) -> bool:
    """Whether the slice that is held is the one to be displayed.

    It is not if it could not be read, if the layer is hidden, or if the viewer stands beside it.
    """
    held, wanted = layer._slice, layer._slice_input  # noqa: SLF001
    if held.empty or tuple(held.slice_input.displayed) != tuple(wanted.displayed):
        return False
    here, there = (np.asarray(s.world_slice.point) for s in (held.slice_input, wanted))
    return np.array_equal(here, there, equal_nan=True)


def coarsest_of(layer: Image) -> NDArray[Any]:
    """The displayed slice of a pyramid's coarsest level: all of it; errors as `slice_of`."""
    pixels = np.asarray(layer._slice.thumbnail.raw)  # noqa: SLF001
    if layer.multiscale:  # else it is made for the thumbnail
        _check(layer, len(layer.data) - 1, pixels, np.zeros(layer.ndim))
    return pixels


def _check(layer: Image, number: int, pixels: NDArray[Any], corner: NDArray[Any]) -> None:
    """Refuse pixels of a lazy level, read from `corner` on, of a dtype or shape that it does not declare."""
    level = layer.data[number] if layer.multiscale else layer.data
    world = layer._slice_input.world_slice  # noqa: SLF001
    thick = any((*world.margin_left, *world.margin_right))
    if thick or not is_lazy(level):  # a projection of planes has a dtype of its own
        return
    from napari_histeq.core.arrays import check_read

    place = np.asarray(layer._data_slice.point, float)  # noqa: SLF001  (NaN: displayed)
    place = place / np.asarray(layer.downsample_factors)[number] if layer.multiscale else place
    start = np.where(np.isnan(place), corner, np.rint(place))
    shown = None
    if not layer.multiscale:  # of which a part may be loaded
        axes = [*layer._slice_input.displayed, *range(layer.ndim, level.ndim)]  # noqa: SLF001
        shown = tuple(int(level.shape[axis]) for axis in axes)
    check_read(level, pixels, tuple(int(n) for n in start), shown)


def visible_of(layer: Image) -> NDArray[Any]:
    """The part of the slice that is on the screen (of a multiscale, what is loaded)."""
    pixels = slice_of(layer)
    if layer.multiscale or layer._slice_input.ndisplay != 2:  # noqa: SLF001
        return pixels
    return pixels[visible_window(layer)]


def visible_window(layer: Image) -> tuple[slice, slice]:
    """The rows and columns of the displayed slice that are on the screen."""
    shown = list(layer._slice_input.displayed)  # noqa: SLF001
    (top, left), (bottom, right) = np.asarray(layer.corner_pixels)[:, shown]
    if not np.any(layer.corner_pixels):  # never drawn yet
        return slice(None), slice(None)
    return slice(int(top), int(bottom) + 1), slice(int(left), int(right) + 1)


def thickness(layer: Image) -> tuple[tuple[int, int], ...]:
    """Which planes of the displayed level a thick slice projects: a (start, stop) for each axis.

    One plane on every axis if the slice is not thick, or nothing is projected. napari has
    no public name for it.
    """
    level = layer.data_level if layer.multiscale else 0
    factors = np.asarray(layer.downsample_factors)[level]
    shape = (layer.data[level] if layer.multiscale else layer.data).shape
    spans = []
    for axis in layer._slice_input.not_displayed:  # noqa: SLF001
        thick = layer._data_slice  # noqa: SLF001
        found = thick.point[axis], thick.margin_left[axis], thick.margin_right[axis]
        point, before, after = (value / factors[axis] for value in found)
        if str(layer.projection_mode) == "none":
            before = after = 0.0
        low, high = (max(round(end), 0) for end in (point - before, point + after))
        high += high == low or bool(np.isclose(high, point + after))
        spans.append((min(low, shape[axis] - 1), min(high, shape[axis])))
    return tuple(spans)


def is_averaged(layer: Image) -> bool:
    """Whether a thick slice shows means or sums of several planes: no curve can act on these.

    The greatest of several stays the greatest by any curve.
    """
    mixed = str(layer.projection_mode) in ("mean", "sum")
    return mixed and any(stop - start > 1 for start, stop in thickness(layer))


def thinning(pixels: NDArray[Any], most: int = 0) -> int:
    """Every how-many-th row and column is about `most` pixels (by default `MOST`)."""
    return int(np.ceil(np.sqrt(max(pixels.size / (most or MOST), 1.0))))


def thinned(pixels: NDArray[Any], most: int = 0, *, rgb: bool = False) -> NDArray[Any]:
    """Every n-th row and column, so that about `most` pixels (by default `MOST`) are left."""
    step = thinning(pixels, most)
    return pixels[..., ::step, ::step, :] if rgb else pixels[..., ::step, ::step]
