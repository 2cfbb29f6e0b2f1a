"""`kernels.color` in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.pieces import greater, less, pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def luminance_levels(pixels: Array, out: Array) -> None:
    """See `kernels.color.luminance_levels`."""
    red, green, blue = np.uint32(13933), np.uint32(46871), np.uint32(4732)
    for piece in pieces(len(pixels)):
        p, q, r = pixels[piece, :3].T.astype(np.uint32)
        out[piece] = (red * p + green * q + blue * r + np.uint32(32768)) >> np.uint32(16)


def luminance_values(pixels: Array, out: Array) -> None:
    """See `kernels.color.luminance_values`."""
    red, blue = np.float64(0.2126), np.float64(0.0722)  # not floats: these would stay narrow
    for piece in pieces(len(pixels)):
        p, q, r = pixels[piece, :3].T
        found = q + red * (p - q) + blue * (r - q)
        odd = ~np.isfinite(found)
        if odd.any():
            p, q, r = (c[odd].astype(np.float64) / 2 for c in (p, q, r))
            found[odd] = 2 * (q + (red * (p - q) + blue * (r - q)))
        out[piece] = found


def _colored(rgb: Array, was: Array, wanted: Array, black: float, low: float, high: float) -> Array:
    """See `kernels.color.colored`: (3, n)."""
    lit = was > black
    gain = np.where(lit, (wanted - low) / (was - black), 1.0)
    rgb = np.where(lit, low, wanted) + (rgb - black) * gain
    most = greater(greater(rgb[0], rgb[1]), rgb[2])
    keep = np.where((most > wanted) & (wanted < high), (high - wanted) / (most - wanted), 0.0)
    return np.where(most > high, wanted + (rgb - wanted) * keep, rgb)


def _held(value: Array, gray: Array, limit: float) -> Array:
    """See `kernels.color.held`."""
    return np.where(np.isnan(value), gray, less(greater(value, -limit), limit))


def recolor(
    pixels: Array,
    before: Array,
    after: Array,
    black: float,
    low: float,
    high: float,
    limit: float,
    out: Array,
) -> None:
    """See `kernels.color.recolor`."""
    unit = 2.0**-8
    for piece in pieces(len(pixels)):
        out[piece] = pixels[piece]
        known = np.isfinite(before[piece])
        was, wanted = before[piece].astype(np.float64), after[piece].astype(np.float64)
        rgb = pixels[piece, :3].T.astype(np.float64)
        found = _colored(rgb, was, wanted, black, low, high)
        far = known & ~(np.abs(found) <= limit).all(axis=0)
        if far.any():
            gray = wanted[far] * unit
            once_more = _colored(
                rgb[:, far] * unit, was[far] * unit, gray, black * unit, low * unit, high * unit
            )
            found[:, far] = _held(once_more, gray, limit * unit) / unit
        out[piece, :3][known] = found.T[known]


def recolor_levels(
    pixels: Array,
    before: Array,
    after: Array,
    black: float,
    low: float,
    high: float,
    out: Array,
) -> None:
    """See `kernels.color.recolor_levels`."""
    none, least = np.float32(0), np.float32(1e-6)
    base, floor, top = np.float32(black), np.float32(low), np.float32(high)
    for piece in pieces(len(pixels)):
        was, wanted = before[piece].astype(np.float32), after[piece].astype(np.float32)
        lit = was > base
        gain = np.where(lit, (wanted - floor) / (was - base), np.float32(1.0))
        start = np.where(lit, floor, wanted)
        rgb = start + (pixels[piece, :3].T.astype(np.float32) - base) * gain
        most = greater(greater(rgb[0], rgb[1]), rgb[2])
        keep = greater(top - wanted, none) / greater(most - wanted, least)
        rgb = np.where(most > top, wanted + (rgb - wanted) * keep, rgb)
        out[piece, :3] = (rgb + np.float32(0.5)).T
        out[piece, 3:] = pixels[piece, 3:]
