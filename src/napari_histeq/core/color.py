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

from napari_histeq.core.arrays import native_run, regions
from napari_histeq.core.methods import Fit
from napari_histeq.core.threads import for_each
from napari_histeq.core.transfer import rounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Region, Source, T
    from napari_histeq.core.methods import Mapping
    from napari_histeq.core.recipe import Recipe

    Mask = NDArray[np.bool_] | None
    Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LuminanceSource:
    """The luminances of a source with channels. Fully transparent pixels never count."""

    colors: Source

    @property
    def shape(self) -> Shape:
        """That of the colors, without channels."""
        return self.colors.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the colors, in native byte order."""
        return self.colors.dtype

    @property
    def is_at_hand(self) -> bool:
        """Whether the colors are."""
        return self.colors.is_at_hand

    def read(self, region: Region) -> tuple[NDArray[Any], Mask]:
        """See `Source`."""
        return luminance_image(*self.colors.read(region))

    def sweep(
        self, start: Callable[[], T], visit: Callable[[T, NDArray[Any], Mask, Shape], object]
    ) -> T:
        """See `Source`."""

        def visit_colors(tally: T, block: NDArray[Any], mask: Mask, offset: Shape) -> None:
            visit(tally, *luminance_image(block, mask), offset)

        return self.colors.sweep(start, visit_colors)


@dataclass(frozen=True, slots=True, eq=False)
class ColorMapping:
    """A mapping of luminances, and the range that no color may leave: a `Mapping` of colors."""

    luminances: Mapping
    gamut: tuple[float, float]

    @property
    def is_identity(self) -> bool:
        """Whether no luminance changes: then no color does, the gamut notwithstanding."""
        return self.luminances.is_identity

    def map_into(
        self, block: NDArray[Any], out: NDArray[Any], offset: Shape = (), shape: Shape = ()
    ) -> None:
        """See `Mapping`; the last axis is that of the channels."""
        if self.is_identity:
            np.copyto(out, block)
            return
        start = offset or (0,) * (block.ndim - 1)

        def work(region: Region) -> None:
            colors = block[region]
            before = luminance_of(colors)
            after = np.empty_like(before)
            place = tuple(o + (s.start or 0) for o, s in zip(start, region, strict=True))
            self.luminances.map_into(before, after, place, shape)
            given, wanted = before.reshape(-1), after.reshape(-1)
            found = recolored(pixels_of(colors), given, wanted, self.gamut)
            out[region] = found.reshape(colors.shape)

        for_each(work, regions(block.shape[:-1])[::-1])


def fit_colors(source: Source, recipe: Recipe, find: Callable[[Source, Recipe], Fit]) -> Fit:
    """Let `find` fit a recipe's method to the luminances of a source with channels."""
    mapping, data = find(LuminanceSource(source), recipe)
    if data is None:
        return Fit(mapping, None)
    return Fit(color_mapping(mapping, recipe, source.dtype, data), data)


def color_mapping(
    luminances: Mapping, recipe: Recipe, dtype: np.dtype[Any], data: tuple[Any, Any]
) -> ColorMapping:
    """The mapping of colors whose luminances, of `dtype`, reach over `data`."""
    ends = gamut(recipe.limits(dtype, data), recipe.strength, dtype, data)
    return ColorMapping(luminances, ends)


def gamut(
    limits: tuple[float, float], strength: float, dtype: np.dtype[Any], data: tuple[Any, Any]
) -> tuple[float, float]:
    """What colors may span: at `strength` 1 the output's range, at 0 what they span already."""
    top = max(float(data[1]), 1.0) if dtype.kind == "f" else float(np.iinfo(dtype).max)
    low, high = (float(end) for end in limits)
    return min(low, 0.0) * (1 - strength) + low * strength, top * (1 - strength) + high * strength


def pixels_of(block: NDArray[Any]) -> NDArray[Any]:
    """An (..., C) block as contiguous (n, C) pixels in native byte order."""
    return native_run(block).reshape(-1, block.shape[-1])


def luminance(pixels: NDArray[Any]) -> NDArray[Any]:
    """The luminance of (n, C) pixels, in their dtype."""
    from napari_histeq.core import kernels

    if pixels.dtype == np.float16:  # no compiled arithmetic for it
        with np.errstate(invalid="ignore"):  # of infinities; they do not count
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


def luminance_image(image: NDArray[Any], mask: Mask) -> tuple[NDArray[Any], Mask]:
    """The luminances of an (..., C) image, and which of them count (None: all)."""
    if image.shape[-1] == 4:
        seen = image[..., 3] > 0
        mask = seen if mask is None else mask & seen
    return luminance_of(image), mask


def recolored(
    pixels: NDArray[Any], before: NDArray[Any], after: NDArray[Any], gamut: tuple[float, float]
) -> NDArray[Any]:
    """(n, C) pixels of luminance `before` (n,) given the luminance `after` (n,)."""
    from napari_histeq.core import kernels

    low, high = gamut
    black, dtype = min(low, 0.0), pixels.dtype
    if dtype.kind == "u" and dtype.itemsize <= 2:
        out = np.empty_like(pixels)
        kernels.color.recolor_levels(pixels, before, after, black, low, high, out)
        return out
    limit = float(np.finfo(dtype if dtype.kind == "f" else np.float64).max)
    given, working = (pixels, before, after), dtype
    if dtype == np.float16:  # no compiled arithmetic for it
        working = np.dtype(np.float32)
        given = (pixels.astype(working), before.astype(working), after.astype(working))
    exact = np.empty(pixels.shape, working if dtype.kind == "f" else np.float64)
    kernels.color.recolor(*given, black, low, high, limit, exact)
    if dtype.kind == "f":
        with np.errstate(over="ignore"):  # infinite alpha
            return np.where(np.isfinite(pixels), exact, pixels).astype(dtype, copy=False)
    out = rounded(exact, dtype)
    out[:, 3:] = pixels[:, 3:]
    return out
