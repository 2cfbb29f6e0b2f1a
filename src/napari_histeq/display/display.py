"""From a transfer function to a colormap, contrast limits and gamma: no pixel is touched.

A layer that shares its source's data and wears these three looks as the equalized layer
would, in 2-D and 3-D, at every pyramid level, for data of any size; the values under
the cursor stay the measured ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap, ensure_colormap

from napari_histeq import layers
from napari_histeq.display.texels import (
    TEXELS,
    Fit,
    Look,
    Norm,
    Pixels,
    fitted,
    norms,
    simplified,
    thinned,
    widened,
)

if TYPE_CHECKING:
    from napari.layers import Image
    from numpy.typing import NDArray

    from napari_histeq.core import Histogram, TransferFunction
    from napari_histeq.display.texels import Mode

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class DisplaySettings:
    """How a layer has to be displayed to look equalized.

    Parameters
    ----------
    colormap : napari.utils.Colormap
        The source's own colors, moved to where the curve sends the intensities.
    contrast_limits : (float, float)
        In the intensities of the source; beyond them the curve is (almost) flat.
    gamma : float
        Applied before the colormap, so that its texels fall where the pixels are.
    error : float
        99 % of the pixels are shown within this many gray levels (of 255, in the
        worst of red, green and blue) of the equalized layer, as predicted from the
        histogram. 2 or less cannot be seen. Where nothing else helps, the 1 %
        are outliers that the limits leave out.
    """

    colormap: Colormap
    contrast_limits: tuple[float, float]
    gamma: float
    error: float


def display_settings(
    curve: TransferFunction,
    histogram: Histogram,
    limits: tuple[float, float],
    *,
    colormap: Colormap | str = "gray",
    gamma: float = 1.0,
    near: DisplaySettings | None = None,
) -> DisplaySettings:
    """How to display an image so that it looks as ``curve(image)`` would.

    Parameters
    ----------
    curve : TransferFunction
        What the intensities shall become.
    histogram : Histogram
        Of the pixels that are shown (all of them, where `curve` comes from a masked
        part), of one plane; it tells where the colors must be right.
    limits : (float, float)
        The contrast limits of the equalized layer: the range of the output.
    colormap, gamma
        Those of the equalized layer, which are those of the source.
    near : DisplaySettings, optional
        Those of a similar curve: its contrast limits and gamma are kept if nobody could
        see a better choice, which is found sooner and lets them rest while a slider moves.

    Returns
    -------
    DisplaySettings

    Raises
    ------
    ValueError
        If the histogram is empty or of several planes, or `limits` decrease.
    """
    _check(histogram, limits)
    limits = widened(*limits)
    source = colormap if isinstance(colormap, Colormap) else ensure_colormap(colormap)
    if curve.is_identity:
        return DisplaySettings(source, limits, gamma, 0.0)
    aim = _Aim(curve, limits, gamma, _look(source), histogram.levels.dtype)
    pixels = aim.pixels(histogram)
    kept = near and _kept(aim, pixels, Norm(*near.contrast_limits, near.gamma))
    best, at = simplified(pixels, kept or _best(aim, pixels))
    return DisplaySettings(
        _colormap(source, best, at),
        (best.norm.low, best.norm.high),
        best.norm.gamma,
        float(best.error),
    )


def display_layer(
    source: Image, settings: DisplaySettings, metadata: dict[str, Any] | None = None
) -> Image:
    """A layer that shares its source's data and displays them by `settings`.

    Parameters
    ----------
    source : Image
        A layer of one channel; it stays as it is.
    settings : DisplaySettings
    metadata : dict, optional
        Of the new layer.

    Returns
    -------
    Image
        With the source's own data (all levels of a multiscale), place and units; no
        pixel is copied or computed.

    Raises
    ------
    ValueError
        If the layer is RGB, which has no colormap.
    """
    if source.rgb:
        raise ValueError(
            f"{source.name!r} is an RGB layer, which has no colormap: choose the output "
            "“New layer”, or split it into channels first"
        )
    changes = {
        "name": f"{source.name} equalized",
        "metadata": metadata or {},
        "colormap": settings.colormap,
        "contrast_limits": settings.contrast_limits,
        "gamma": settings.gamma,
        "auto_contrast": False,
        "visible": True,
    }
    return layers.layer_like(source, source.data, changes)


def show(settings: DisplaySettings, layer: Image) -> None:
    """Display `layer` by `settings`."""
    forget(layer)
    if tuple(layer.contrast_limits) != settings.contrast_limits:  # each makes a thumbnail
        layer.contrast_limits = settings.contrast_limits
    if layer.gamma != settings.gamma:
        layer.gamma = settings.gamma
    layer.colormap = settings.colormap


def in_words(error: float) -> str:
    """What a person should know of a `DisplaySettings.error`; empty if it cannot be seen."""
    if error <= 2:
        return ""
    return (
        f"On screen, 1 % of the pixels or more are off by up to {error:.0f} of 255 gray levels: a "
        "colormap has too few steps for this image. A new layer shows it exactly."
    )


def forget(layer: Image) -> None:
    """Take a layer's equalizing colormap out of napari's list of colormaps.

    napari keeps there every colormap that a layer ever had: for a slider being moved
    that would be one per tick.
    """
    name = layer.colormap.name
    if _OURS.search(name) and AVAILABLE_COLORMAPS.get(name) is layer.colormap:
        del AVAILABLE_COLORMAPS[name]


_SUFFIX = ", equalized"
_OURS = re.compile(rf"{re.escape(_SUFFIX)}( \(\d+\))?$")
_MODES: tuple[Mode, ...] = ("linear", "zero")


@dataclass(frozen=True, slots=True)
class _Aim:
    """What the equalized layer looks like: its curve and how it is displayed."""

    curve: TransferFunction
    limits: tuple[float, float]
    gamma: float
    look: Look
    dtype: np.dtype[Any]

    def place(self, x: Floats, y: Floats | None = None) -> Floats:
        """Where on the look an intensity of the source shall be (`y`: the curve there)."""
        value = self.curve.evaluate(x) if y is None else y
        value = np.rint(value) if self.dtype.kind in "iub" else value
        return Norm(*self.limits, self.gamma)(value)

    def pixels(self, histogram: Histogram) -> Pixels:
        """The pixels of a histogram, thinned out to what makes a visible difference."""
        used, centers = np.flatnonzero(histogram.counts), histogram.bin_centers
        x, weight = centers[used], histogram.counts[used].astype(np.float64)
        known = np.array_equal(self.curve.x, centers)
        place = self.place(x, self.curve.y[used] if known else None)
        walked = self.look.walked(place)
        start = thinned(x, weight, walked)
        end = np.append(start[1:], x.size) - 1
        half = np.add.reduceat(weight, start) / 2
        both = np.stack([start, end], axis=1).reshape(-1)  # a run counts at both its ends
        place = place[both]
        return Pixels(x[both], np.repeat(half, 2), place, walked[both], self.look(place))

    def fallback(self, norm: Norm) -> Floats:
        """The colors of the curve itself at the texels."""
        x = norm.inverse((np.arange(TEXELS) + 0.5) / TEXELS)
        return self.look(self.place(np.rint(x) if self.dtype.kind in "iub" else x))


def _kept(aim: _Aim, pixels: Pixels, norm: Norm) -> Fit | None:
    """A fit with a norm that is known, if it is as good as any."""
    fit = fitted(pixels, norm, "linear", aim.fallback(norm))
    return fit if fit.invisible else None


def _best(aim: _Aim, pixels: Pixels) -> Fit:
    """The best fit: what is unusual only where the usual fails."""
    best = _best_of(aim, pixels, desperate=False)
    if best.error > 2:
        best = min(best, _best_of(aim, pixels, desperate=True), key=_rank)
    return best


def _best_of(aim: _Aim, pixels: Pixels, *, desperate: bool) -> Fit:
    fits: list[Fit] = []
    for norm in norms(pixels, 2, desperate=desperate):
        fallback = aim.fallback(norm)
        for mode in _MODES:
            fits.append(fitted(pixels, norm, mode, fallback))
            if fits[-1].invisible:  # no need to look further
                return fits[-1]
    return min(fits, key=_rank)


def _rank(fit: Fit) -> tuple[float, float]:
    return fit.rank


def _look(colormap: Colormap) -> Look:
    """A napari colormap as vispy puts it on the GPU."""
    at = np.linspace(0.0, 1.0, TEXELS)
    colors, mode = np.asarray(colormap.colors, np.float64), str(colormap.interpolation)
    if mode == "zero":
        index = np.searchsorted(colormap.controls, at, side="right") - 1
        texels = colors[np.clip(index, 0, len(colors) - 1)]
    else:
        texels = np.stack([np.interp(at, colormap.controls, c) for c in colors.T], axis=1)
    ends = [None if c is None else np.asarray(c) for c in (colormap.low_color, colormap.high_color)]
    return Look(texels, cast("Mode", mode), *ends)


def _colormap(source: Colormap, fit: Fit, at: NDArray[np.intp]) -> Colormap:
    controls = at / (TEXELS - 1)
    if fit.mode == "zero":  # each color from halfway to its first texel
        controls = np.concatenate([[0.0], (at[1:] - 0.5) / (TEXELS - 1), [1.0]])
    return Colormap(
        fit.texels[at],
        controls=controls,
        name=_OURS.sub("", source.name) + _SUFFIX,
        interpolation=fit.mode,
        nan_color=source.nan_color,
    )


def _check(histogram: Histogram, limits: tuple[float, float]) -> None:
    if histogram.counts.ndim != 1:
        raise ValueError(
            f"the histogram has counts of shape {histogram.counts.shape}, one row per plane: "
            "choose one, say histogram[0]"
        )
    if not histogram.total:
        raise ValueError("the histogram is empty: no pixel was counted, so nothing can be fitted")
    if not limits[0] <= limits[1]:
        raise ValueError(f"limits are {limits}: the first must not exceed the second")
