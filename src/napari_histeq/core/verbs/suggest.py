"""suggest_clahe: tile size and clip limit from the image itself, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import (
    checked_axes,
    checked_channel_axis,
    checked_pixels,
    is_named,
    taken_apart,
    with_mask,
)
from napari_histeq.core.clahe import Clahe
from napari_histeq.core.color import luminance_image

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Axes, Axis, Image

    Floats = NDArray[np.float64]
    Shape = tuple[int, ...]

#: So many blocks are looked at, of at most so many pixels along the last two axes, and the others.
BLOCKS, SIDE, DEPTH = 5, 512, 16

#: The standard deviation that noise may get, as a part of the range: 1 gray level of 255.
NOISE = 0.004

#: The least and the most that contrast may be amplified.
LEAST, MOST = 1.5, 3.0

#: A tile is so many times as wide as the detail, and no narrower than so many pixels.
TIMES, NARROWEST = 2, 32

#: Flat parts are looked for in cells of so many pixels along each side.
CELL = 16

#: What the bins of `clip_limit` are counted by.
BINS = 256


def suggest_clahe(
    image: Image,
    mask: Image | None = None,
    *,
    axes: Axes = None,
    channel_axis: Axis = None,
) -> tuple[Clahe, str]:
    """Propose a tile size and a clip limit for CLAHE from an image.

    The tiles are twice as wide as the detail: that is the width of a window inside which the
    intensities vary half as much (in variance) as in the widest ones. The clip limit is the one by
    which the noise of flat parts keeps a standard deviation below 0.4 % of the range, 1 gray level of
    255, but it lets contrast grow 1.5 times at least, and 3 times at most. Noise is measured by the Laplacian of Immerkaer [1]_, in the quarter
    of the cells of 16 x 16 pixels that vary least, without constant ones. Noise that is
    correlated between neighbors (of JPEG, say) is underestimated.

    Parameters
    ----------
    image : (...) array of a real dtype
        In memory or lazy. Five blocks of at most 512 x 512 pixels are looked at, always the same.
    mask : array of bool, broadcastable to `image`, optional
        True where a pixel counts.
    axes : int or sequence of int, optional
        The axes that the tiles span, as in `equalize`; by default all.
    channel_axis : int, optional
        Of RGB or RGBA: the luminance is looked at.

    Returns
    -------
    method : Clahe
        With the proposed `kernel_size` and `clip_limit`.
    reason : str
        Why, in one plain sentence.

    Raises
    ------
    TypeError, ValueError
        For an image that cannot be equalized, or if no pixel that was looked at counts.

    References
    ----------
    .. [1] J. Immerkaer, "Fast noise variance estimation", Computer Vision and Image
       Understanding 64(2), 1996.
    """
    given: Any = image
    if is_named(given):
        given, mask, axes, channel_axis = taken_apart(given, mask, axes, channel_axis)
    channels = checked_channel_axis(channel_axis, np.shape(given))
    shared = checked_axes(axes, np.ndim(given))
    blocks = [b for b in _blocks(given, mask, shared, channels) if np.isfinite(b).any()]
    if not blocks:
        raise ValueError("no pixel that was looked at counts: choose another mask, or give none")
    low, high = min(map(np.nanmin, blocks)), max(map(np.nanmax, blocks))
    lengths = tuple(np.shape(given)[axis] for axis in shared if axis != channels)
    if not high > low:
        return Clahe(), "All pixels that were looked at are equal: these are the defaults."
    blocks = [(block - low) / (high - low) for block in blocks]
    dtype = np.dtype(given.dtype) if hasattr(given, "dtype") else np.asarray(given).dtype
    step = 1.0 / (high - low) if dtype.kind in "iu" else 0.0
    noise = max(_noise(blocks), step / np.sqrt(12))
    scales = _scales(blocks, noise)
    tile = tuple(_side(TIMES * s, n) for s, n in zip(scales, lengths, strict=True))
    gain = min(max(NOISE / noise if noise else MOST, LEAST), MOST)
    method = Clahe(kernel_size=tile, clip_limit=round(gain / BINS, 4))
    return method, _reason(method, scales, noise, gain)


def _reason(method: Clahe, scales: tuple[float, ...], noise: float, gain: float) -> str:
    tile: Any = method.kernel_size
    known = sorted({round(scale) for scale in scales})
    wide = f"{known[0]}" if len(known) == 1 else f"{known[0]} to {known[-1]}"
    found = f"noise in flat parts is {noise:.2%} of the range" if noise else "there is no noise"
    if gain in (LEAST, MOST):
        why = f"which is {'much' if gain == LEAST else 'little'}: contrast may grow {gain:g} times"
    else:
        why = f"so contrast may grow {gain:.2g} times, which keeps noise below {NOISE:.1%}"
    return (
        f"Detail is about {wide} pixels wide, so tiles have {' x '.join(map(str, tile))} pixels; "
        f"{found}, {why}."
    )


def _side(wanted: float, length: int) -> int:
    """A tile's side: not too narrow for a histogram, and two of them along the axis at least."""
    least = min(NARROWEST, length)
    return int(min(max(round(wanted), least), max(length // 2, least)))


def _blocks(image: Any, mask: Any, shared: Shape, channels: int | None) -> Iterator[Floats]:
    """Blocks with the shared axes alone (channels taken together); NaN where nothing counts."""
    array = checked_pixels(image)
    grid: Any = array if channels is None else array[(slice(None),) * channels + (0,)]
    _, counts = with_mask(grid, mask)
    spanned = [a - (channels is not None and a > channels) for a in shared if a != channels]
    for region in _regions(grid.shape, spanned):
        whole = (
            region if channels is None else (*region[:channels], slice(None), *region[channels:])
        )
        block = np.asarray(array[whole])
        inside = None if counts is None else np.asarray(counts[region])
        if channels is not None:
            block, inside = luminance_image(np.moveaxis(block, channels, -1), inside)
        values = np.where(np.isfinite(block), block, np.nan).astype(np.float64)
        if inside is not None:
            values[~inside] = np.nan
        outer = tuple(axis for axis in range(values.ndim) if axis not in spanned)
        yield values.squeeze(outer)


def _regions(shape: Shape, spanned: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    """Where to look: scattered evenly along all axes, the same places each time."""
    planar, seen = set(spanned[-2:]), set()
    for number in range(BLOCKS):
        region = []
        for axis, length in enumerate(shape):
            most = SIDE if axis in planar else DEPTH if axis in spanned else 1
            room = length - min(most, length)
            # Kronecker's sequence: multiples of irrational numbers, the middle first.
            part = (0.5 + number * np.sqrt((2, 3, 5, 7, 11, 13)[axis % 6])) % 1.0
            start = int(part * (room + 1))
            region.append((start, start + length - room))
        if tuple(region) not in seen:
            seen.add(tuple(region))
            yield tuple(slice(*ends) for ends in region)


def _noise(blocks: list[Floats]) -> float:
    """The standard deviation of the noise in flat parts, in the blocks' intensities."""
    found = [_cells(block.reshape(-1, *_planar(block.shape))) for block in blocks]
    spread, noise = (np.concatenate(values) for values in zip(*found, strict=True))
    counted = np.isfinite(spread) & (noise > 0)
    if not counted.any():
        return 0.0
    spread, noise = spread[counted], noise[counted]
    return float(np.median(noise[spread <= np.quantile(spread, 0.25)]))


def _planar(shape: Shape) -> Shape:
    return shape[-2:] if len(shape) > 1 else (1, *shape)


def _cells(planes: Floats) -> tuple[Floats, Floats]:
    """How far the intensities of each cell spread, and its noise by Immerkaer's Laplacian."""
    if min(planes.shape[1:]) < 3:
        return np.empty(0), np.empty(0)
    second = np.diff(np.diff(planes, 2, axis=1), 2, axis=2)  # (1, -2, 1) along both axes
    sides = [min(CELL, n) for n in second.shape[1:]]
    counts = [n // side for n, side in zip(second.shape[1:], sides, strict=True)]
    parts = []
    for values in (planes[:, 1:-1, 1:-1], np.abs(second)):
        cut = values[:, : counts[0] * sides[0], : counts[1] * sides[1]]
        cells = cut.reshape(-1, counts[0], sides[0], counts[1], sides[1]).swapaxes(2, 3)
        parts.append(cells.reshape(-1, sides[0] * sides[1]))
    return parts[0].std(axis=1), np.sqrt(np.pi / 2) / 6 * parts[1].mean(axis=1)


def _scales(blocks: list[Floats], noise: float) -> tuple[float, ...]:
    """How wide detail is along each axis; along the last two, the wider of both."""
    ndim = blocks[0].ndim
    found = [_scale([np.moveaxis(b, axis, -1) for b in blocks], noise) for axis in range(ndim)]
    if ndim > 1:
        found[-2:] = [max(found[-2:])] * 2
    return tuple(found)


def _scale(blocks: list[Floats], noise: float) -> float:
    """The width of a window inside which the variance, beside noise, is half of what it becomes."""
    length = min(block.shape[-1] for block in blocks)
    widths = np.unique(np.round(4 * 2 ** np.arange(0, 16, 0.5)).astype(int))
    widths = widths[widths <= max(length // 2, 4)]
    inside = np.array([_variance(blocks, int(width)) for width in widths]) - noise**2
    known = np.isfinite(inside)
    widths, inside = widths[known], np.maximum.accumulate(np.maximum(inside[known], 0.0))
    if not widths.size:
        return float(min(length, 4))
    return float(widths[np.searchsorted(inside, inside[-1] / 2)])


def _variance(blocks: list[Floats], width: int) -> float:
    """The mean variance inside windows of so many pixels that all count."""
    total, count = 0.0, 0
    for block in blocks:
        whole = block.shape[-1] // width
        windows = block[..., : whole * width].reshape(-1, width)
        variances = windows.var(axis=1, ddof=1)
        counted = np.isfinite(variances)
        total, count = total + float(variances[counted].sum()), count + int(counted.sum())
    return total / count if count else np.nan
