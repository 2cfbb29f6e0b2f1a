"""The compiled loops of color. Each has a plain numpy oracle in the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.compiling import compiled
from napari_histeq.core.kernels.levels import kernel
from napari_histeq.core.kernels.twins import color as twins

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel(twins.luminance_levels, pixels="U[n,3|4]", out="U[n]")
def luminance_levels(pixels: NDArray[Any], out: NDArray[Any]) -> None:
    """BT.709 luminance of (n, C) uint8 or uint16 pixels, rounded to levels.

    The weights are in 1/65536 and add up to it, so that gray keeps its level.
    """
    red, green, blue = np.uint32(13933), np.uint32(46871), np.uint32(4732)
    half, shift = np.uint32(32768), np.uint32(16)
    for i in range(pixels.shape[0]):
        total = red * np.uint32(pixels[i, 0]) + green * np.uint32(pixels[i, 1])
        total += blue * np.uint32(pixels[i, 2]) + half
        out[i] = np.uint32(total) >> shift


@kernel(twins.luminance_values, pixels="F[n,3|4]", out="F[n]")
def luminance_values(pixels: NDArray[Any], out: NDArray[Any]) -> None:
    """BT.709 luminance of (n, C) float pixels."""
    for i in range(pixels.shape[0]):
        red, green, blue = pixels[i, 0], pixels[i, 1], pixels[i, 2]
        # Gray exactly: the rounding of the weights may not move it.
        found = green + 0.2126 * (red - green) + 0.0722 * (blue - green)
        if not np.isfinite(found):  # differences overflow near the greatest float, halves do not
            half = np.float64(green) / 2
            rest = 0.2126 * (np.float64(red) / 2 - half) + 0.0722 * (np.float64(blue) / 2 - half)
            found = 2 * (half + rest)
        out[i] = found


@compiled
def colored(
    red: float,
    green: float,
    blue: float,
    was: float,
    wanted: float,
    black: float,
    low: float,
    high: float,
) -> tuple[float, float, float]:
    """A pixel scaled from luminance `was` to `wanted`, mixed with gray to stay <= `high`."""
    # A pixel without luminance has no gain: it is raised by what is wanted.
    gain = (wanted - low) / (was - black) if was > black else 1.0
    start = low if was > black else wanted
    red = start + (red - black) * gain
    green = start + (green - black) * gain
    blue = start + (blue - black) * gain
    most = max(red, green, blue)
    if most > high:
        # What is wanted may lie above by its rounding: then nothing but gray is left.
        keep = (high - wanted) / (most - wanted) if most > wanted < high else 0.0
        red = wanted + (red - wanted) * keep
        green = wanted + (green - wanted) * keep
        blue = wanted + (blue - wanted) * keep
    return red, green, blue


@compiled
def held(value: float, gray: float, limit: float) -> float:
    """Within the numbers that a dtype holds; `gray` for what has no value."""
    if np.isnan(value):
        return gray
    return min(max(value, -limit), limit)


@kernel(twins.recolor, pixels="R[n,c]", before="R[n]", after="R[n]", out="F[n,c]")
def recolor(
    pixels: NDArray[Any],
    before: NDArray[Any],
    after: NDArray[Any],
    black: float,
    low: float,
    high: float,
    limit: float,
    out: NDArray[Any],
) -> None:
    """Scale (n, C) pixels from luminance `before` to `after`: see `colored`.

    Nothing finite becomes infinite, or goes beyond `limit`, the greatest number of the dtype.
    """
    unit = 2.0**-8
    for i in range(pixels.shape[0]):
        was, wanted = np.float64(before[i]), np.float64(after[i])
        for c in range(pixels.shape[1]):
            out[i, c] = pixels[i, c]
        if not np.isfinite(was):
            continue
        p, q, r = np.float64(pixels[i, 0]), np.float64(pixels[i, 1]), np.float64(pixels[i, 2])
        red, green, blue = colored(p, q, r, was, wanted, black, low, high)
        if not (abs(red) <= limit and abs(green) <= limit and abs(blue) <= limit):
            # Near the greatest float differences overflow: once more, in smaller units.
            red, green, blue = colored(
                p * unit, q * unit, r * unit,
                was * unit, wanted * unit, black * unit, low * unit, high * unit,
            )  # fmt: skip
            gray, most = wanted * unit, limit * unit
            red = held(red, gray, most) / unit
            green = held(green, gray, most) / unit
            blue = held(blue, gray, most) / unit
        out[i, 0], out[i, 1], out[i, 2] = red, green, blue


@kernel(twins.recolor_levels, pixels="U[n,c]", before="U[n]", after="U[n]", out="U[n,c]")
def recolor_levels(
    pixels: NDArray[Any],
    before: NDArray[Any],
    after: NDArray[Any],
    black: float,
    low: float,
    high: float,
    out: NDArray[Any],
) -> None:
    """`recolor` for integers of 8 and 16 bit, rounded."""
    half = np.float32(0.5)
    base, floor, top = np.float32(black), np.float32(low), np.float32(high)
    for i in range(pixels.shape[0]):
        was, wanted = np.float32(before[i]), np.float32(after[i])
        gain, start = np.float32(1.0), wanted
        if was > base:
            gain, start = (wanted - floor) / (was - base), floor
        red = start + (np.float32(pixels[i, 0]) - base) * gain
        green = start + (np.float32(pixels[i, 1]) - base) * gain
        blue = start + (np.float32(pixels[i, 2]) - base) * gain
        most = max(red, green, blue)
        if most > top:
            keep = max(top - wanted, np.float32(0)) / max(most - wanted, np.float32(1e-6))
            red = wanted + (red - wanted) * keep
            green = wanted + (green - wanted) * keep
            blue = wanted + (blue - wanted) * keep
        out[i, 0], out[i, 1], out[i, 2] = red + half, green + half, blue + half
        if pixels.shape[1] == 4:
            out[i, 3] = pixels[i, 3]
