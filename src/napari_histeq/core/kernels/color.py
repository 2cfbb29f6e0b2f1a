"""The compiled loops of color. Each has a plain numpy oracle in the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.levels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel(pixels="U[n,3|4]", out="U[n]")
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


@kernel(pixels="F[n,3|4]", out="F[n]")
def luminance_values(pixels: NDArray[Any], out: NDArray[Any]) -> None:
    """BT.709 luminance of (n, C) float pixels."""
    for i in range(pixels.shape[0]):
        red, green, blue = pixels[i, 0], pixels[i, 1], pixels[i, 2]
        # Gray exactly: the rounding of the weights may not move it.
        out[i] = green + 0.2126 * (red - green) + 0.0722 * (blue - green)


@kernel(pixels="R[n,c]", before="R[n]", after="R[n]", out="F[n,c]")
def recolor(
    pixels: NDArray[Any],
    before: NDArray[Any],
    after: NDArray[Any],
    black: float,
    low: float,
    high: float,
    out: NDArray[Any],
) -> None:
    """Scale (n, C) pixels from luminance `before` to `after`, mixed with gray to stay <= `high`."""
    for i in range(pixels.shape[0]):
        was, wanted = np.float64(before[i]), np.float64(after[i])
        for c in range(pixels.shape[1]):
            out[i, c] = pixels[i, c]
        if not np.isfinite(was):
            continue
        # A pixel without luminance has no gain: it is raised by what is wanted.
        gain = (wanted - low) / (was - black) if was > black else 1.0
        start = low if was > black else wanted
        red = start + (pixels[i, 0] - black) * gain
        green = start + (pixels[i, 1] - black) * gain
        blue = start + (pixels[i, 2] - black) * gain
        most = max(red, green, blue)
        if most > high:
            # What is wanted may lie above by its rounding: then nothing but gray is left.
            keep = (high - wanted) / (most - wanted) if most > wanted < high else 0.0
            red = wanted + (red - wanted) * keep
            green = wanted + (green - wanted) * keep
            blue = wanted + (blue - wanted) * keep
        out[i, 0], out[i, 1], out[i, 2] = red, green, blue


@kernel(pixels="U[n,c]", before="U[n]", after="U[n]", out="U[n,c]")
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
