"""Color: the luminance is equalized, the hue kept, alpha left alone.

The luminance is ITU-R BT.709's, ``0.2126 R + 0.7152 G + 0.0722 B``, of the values as
they are stored; for integers it is rounded to the dtype's own levels. A pixel is
scaled by the gain of its luminance, which keeps hue and saturation. Where that would
leave the gamut, the pixel is mixed with the gray of the wanted luminance until it
fits: hue and luminance stay, and only saturation is given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import PerThread, Region, for_each, native_run, regions
from napari_histeq.core.histogram import NO_MASK
from napari_histeq.core.transfer import mapper, rounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram, T
    from napari_histeq.core.transfer import TransferFunction


@dataclass(frozen=True)
class LuminanceSource:
    """The luminances of an (..., C) image, and which of them count.

    Fully transparent pixels never do.
    """

    image: NDArray[Any]
    mask: NDArray[np.bool_] | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The image's dtype, in native byte order."""
        return self.image.dtype.newbyteorder("=")

    def sweep(self, start: Callable[[], T], visit: Callable[[T, Any, Any], None]) -> T:
        """See `_counting.Source`."""
        tallies = PerThread(start)

        def work(region: Region) -> None:
            pixels = pixels_of(self.image[region])
            visit(tallies.mine(), luminance(pixels), self._counted(region, pixels))

        for_each(work, regions(self.image.shape[:-1]))
        return tallies.sum()

    def _counted(self, region: Region, pixels: NDArray[Any]) -> NDArray[Any]:
        counted = None if self.mask is None else native_run(self.mask[region])
        if pixels.shape[1] == 4:
            seen = pixels[:, 3] > 0
            counted = seen if counted is None else counted & seen
        return NO_MASK if counted is None else counted.view(np.uint8)


def pixels_of(block: NDArray[Any]) -> NDArray[Any]:
    """An (..., C) block as contiguous (n, C) pixels in native byte order."""
    return native_run(block).reshape(-1, block.shape[-1])


def luminance(pixels: NDArray[Any]) -> NDArray[Any]:
    """The luminance of (n, C) pixels, in their dtype."""
    from napari_histeq.core import kernels

    if pixels.dtype == np.float16:  # no compiled arithmetic for it
        return np.asarray(pixels[:, :3].astype(np.float32) @ WEIGHTS, np.float16)
    out = np.empty(len(pixels), pixels.dtype)
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize <= 2:
        kernels.color.luminance_levels(pixels, out)
    elif pixels.dtype.kind in "iu":
        out[...] = rounded(pixels[:, :3].astype(np.float64) @ WEIGHTS, pixels.dtype)
    else:
        kernels.color.luminance_values(pixels, out)
    return out


def luminance_of(image: NDArray[Any]) -> NDArray[Any]:
    """The luminance of an (..., C) image, in its dtype."""
    return luminance(pixels_of(image)).reshape(image.shape[:-1])


WEIGHTS = np.array([0.2126, 0.7152, 0.0722])


def limits(out_range: str | tuple[float, float], histogram: Histogram) -> str | tuple[float, float]:
    """`out_range` for color: float colors within 0 to 1, as is the custom, may use all of it."""
    if out_range == "auto" and histogram.levels.dtype.kind == "f" and histogram.total:
        low, high = histogram.range
        if low >= 0 and high <= 1:
            return (0.0, 1.0)
    return out_range


def gamut(
    limits: tuple[float, float], strength: float, histogram: Histogram
) -> tuple[float, float]:
    """What colors may span: at `strength` 1 the output's range, at 0 what they span already."""
    dtype = histogram.levels.dtype
    most = float(histogram.range[1])
    top = max(most, 1.0) if dtype.kind == "f" else float(np.iinfo(dtype).max)
    low, high = limits
    return min(low, 0.0) * (1 - strength) + low * strength, top * (1 - strength) + high * strength


def apply_curve(
    curve: TransferFunction, image: NDArray[Any], out: NDArray[Any], gamut: tuple[float, float]
) -> None:
    """Give every pixel of an (..., C) image the luminance that `curve` wants for it."""
    if curve.is_identity:
        np.copyto(out, image)
        return
    run = mapper(curve, image.dtype.newbyteorder("="))

    def work(region: Region) -> None:
        pixels = pixels_of(image[region])
        before = luminance(pixels)
        after = np.empty_like(before)
        run(before, after)
        out[region] = recolored(pixels, before, after, gamut).reshape(image[region].shape)

    for_each(work, regions(image.shape[:-1])[::-1])


def luminance_image(
    image: NDArray[Any], mask: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """The luminances of an (..., C) image, and which of them count (None: all)."""
    out = np.empty(image.shape[:-1], image.dtype.newbyteorder("="))

    def work(region: Region) -> None:
        out[region] = luminance(pixels_of(image[region])).reshape(out[region].shape)

    for_each(work, regions(out.shape))
    if image.shape[-1] == 4:
        seen = image[..., 3] > 0
        mask = seen if mask is None else mask & seen
    return out, mask


def recolor_into(
    image: NDArray[Any],
    before: NDArray[Any],
    after: NDArray[Any],
    gamut: tuple[float, float],
    out: NDArray[Any],
) -> None:
    """Give every pixel of an (..., C) image its luminance `after`."""

    def work(region: Region) -> None:
        given, wanted = native_run(before[region]), native_run(after[region])
        colors = recolored(pixels_of(image[region]), given, wanted, gamut)
        out[region] = colors.reshape(image[region].shape)

    for_each(work, regions(before.shape))


def recolored(
    pixels: NDArray[Any], before: NDArray[Any], after: NDArray[Any], gamut: tuple[float, float]
) -> NDArray[Any]:
    """(n, C) pixels of luminance `before` (n,) given the luminance `after` (n,)."""
    from napari_histeq.core import kernels

    low, high = gamut
    black = min(low, 0.0)
    if pixels.dtype == np.float16:
        single = [a.astype(np.float32) for a in (pixels, before, after)]
        wide = recolored(single[0], single[1], single[2], gamut)
        return np.where(np.isfinite(pixels), wide.astype(np.float16), pixels)
    if pixels.dtype.kind == "f":
        out = np.empty_like(pixels)
        kernels.color.recolor(pixels, before, after, black, low, high, out)
        return out
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize <= 2:
        out = np.empty_like(pixels)
        kernels.color.recolor_levels(pixels, before, after, black, low, high, out)
        return out
    exact = np.empty(pixels.shape, np.float64)
    kernels.color.recolor(pixels, before, after, black, low, high, exact)
    out = rounded(exact, pixels.dtype)
    out[:, 3:] = pixels[:, 3:]
    return out
