"""equalize() of what is in memory, each plane into its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_histeq.core import color
from napari_histeq.core.arrays import Plane, for_each_plane, planes_of
from napari_histeq.core.clahe import Clahe, equalize_by_tiles, leaves_alone
from napari_histeq.core.color import LuminanceSource
from napari_histeq.core.histogram import ArraySource, Histogram, count
from napari_histeq.core.transfer import apply_curve_into
from napari_histeq.core.warn import warn_of_empty

if TYPE_CHECKING:
    from napari_histeq.core.recipe import Settings
    from napari_histeq.core.transfer import TransferFunction


def equalize_into(whole: Plane, settings: Settings, channels: bool) -> None:
    """Equalize each plane on its own, and warn of those where nothing was counted.

    With `channels`, the last axis of the image is that of the colors.
    """
    found: list[bool] = []
    equalize_plane = _equalize_color if channels else _equalize_gray
    planes = planes_of(whole, settings.outer, settings.axes)
    for_each_plane(lambda plane: found.append(equalize_plane(plane, settings)), planes)
    warn_of_empty(found, stacklevel=3)


def _equalize_gray(plane: Plane, settings: Settings) -> bool:
    """Equalize a plane into its `out`; whether anything was counted."""
    if isinstance(settings.method, Clahe):
        return equalize_by_tiles(plane, settings.method, settings.out_range, settings.strength)
    histogram = Histogram(*count(ArraySource(plane.image, plane.mask)))
    apply_curve_into(settings.curve(histogram), plane.image, plane.out)
    return histogram.total > 0


def _equalize_color(plane: Plane, settings: Settings) -> bool:
    if isinstance(settings.method, Clahe):
        return _equalize_color_locally(plane, settings.method, settings)
    histogram = Histogram(*count(LuminanceSource(plane.image, plane.mask)))
    curve, gamut = color_curve(histogram, settings)
    color.apply_curve(curve, plane.image, plane.out, gamut)
    return histogram.total > 0


def color_curve(
    luminances: Histogram, settings: Settings
) -> tuple[TransferFunction, tuple[float, float]]:
    """The curve of the luminances, and the range that no color may leave."""
    fitting = replace(settings, out_range=color.limits(settings.out_range, luminances))
    if not luminances.total:
        return fitting.curve(luminances), (0.0, 0.0)
    gamut = color.gamut(fitting.limits(luminances), settings.strength, luminances)
    return fitting.curve(luminances), gamut


def _equalize_color_locally(plane: Plane, method: Clahe, settings: Settings) -> bool:
    """The luminance as an image of its own is equalized, and the colors follow it."""
    before, counted = color.luminance_image(plane.image, plane.mask)
    histogram = Histogram(*count(ArraySource(before, counted)))
    alone = not histogram.total or leaves_alone(
        method, before.shape, histogram.range, settings.strength
    )
    if alone:  # by the gamut too
        np.copyto(plane.out, plane.image)
        return histogram.total > 0
    fitting = replace(settings, out_range=color.limits(settings.out_range, histogram))
    after = np.empty_like(before)
    equalize_by_tiles(Plane(before, counted, after), method, fitting.out_range, settings.strength)
    gamut = color.gamut(fitting.limits(histogram), settings.strength, histogram)
    color.recolor_into(plane.image, before, after, gamut, plane.out)
    return True
