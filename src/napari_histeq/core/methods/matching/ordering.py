"""A strict order of the pixels: by level, within a level by what is around, and then by chance.

Each pixel gets one number of 64 bit, of which the first digits are its level, the next ones the
detail that tells equal pixels apart, and the last ones its place, scattered. So sorting plain
numbers sorts the pixels, and of two that are the same in everything neither its row nor its
column decides which comes first.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import (
    BLOCK_PIXELS,
    order_by_parts,
    put,
    regions,
    sorted_by_parts,
    taken,
)
from napari_histeq.core.threads import for_each, left_if_stopped, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Region

#: Odd, with scattered digits: a multiplication that can be undone (the golden ratio of 64 bit).
_FACTOR = 0x9E3779B97F4A7C15

#: Pixels that are worked on at a time: after each such piece a run can be stopped.
PIECE = BLOCK_PIXELS // 4

#: Steps toward the smoothed image; the paper's are about as many.
_STEPS = 5

#: Squared distances, in pixels, up to which the local means of `local_means` reach: in a plane
#: these are Coltuc's filters of 5, 9, 13, 21 and 25 pixels.
_REACHES = (1, 2, 4, 5, 8)


def ordered(
    image: NDArray[Any], counted: NDArray[np.bool_], ends: tuple[Any, Any], rule: str
) -> NDArray[np.int64]:
    """The places of the counted pixels in the raveled image, the darkest first.

    Parameters
    ----------
    image : (...) array
    counted : (...) array of bool
        Which pixels are ranked: finite ones.
    ends : tuple of two numbers
        The least and the greatest intensity of these.
    rule : {"variational", "local_means"}

    Returns
    -------
    (n,) array of int64
    """
    places = np.flatnonzero(counted)
    with part(0, 4):
        levels, most = _levels_of(taken(image.reshape(-1), places))
    if most + 1 == places.size:  # no two are equal
        found = np.empty_like(places)
        put(places, levels, found)
        return found
    with part(1, 4):
        details = _DETAILS[rule](image, places, ends)
    place_bits = max(int(image.size - 1).bit_length(), 1)
    factor = _FACTOR % (1 << min(place_bits, 62)) | 1
    with part(2, 4):
        keys = _packed(levels, details, places, most.bit_length(), place_bits, factor)
    del levels, details
    with part(3, 4):
        return _places_of(sorted_by_parts(keys), place_bits, factor)


def _packed(
    levels: NDArray[np.int64],
    details: NDArray[np.float64],
    places: NDArray[np.int64],
    level_bits: int,
    place_bits: int,
    factor: int,
) -> NDArray[np.uint64]:
    """One number for each pixel, no two alike."""
    from napari_histeq.core import kernels

    detail_bits = min(64 - place_bits - level_bits, 52)
    low, high = float(details.min()), float(details.max())
    scale = 1.0 / (high - low) if high > low else 0.0
    keys = np.empty(places.size, np.uint64)

    def pack(region: Region) -> None:
        kernels.ordering.pack_keys(
            levels[region], details[region], places[region], keys[region],
            low, scale, place_bits, detail_bits, factor,
        )  # fmt: skip

    for_each(pack, regions(keys.shape, PIECE))
    return keys


def _places_of(keys: NDArray[np.uint64], place_bits: int, factor: int) -> NDArray[np.int64]:
    from napari_histeq.core import kernels

    places = np.empty(keys.size, np.int64)
    inverse = pow(factor, -1, 1 << place_bits)

    def unpack(region: Region) -> None:
        kernels.ordering.unpack_places(keys[region], places[region], place_bits, inverse)

    for_each(unpack, regions(keys.shape, PIECE))
    return places


def _levels_of(values: NDArray[Any]) -> tuple[NDArray[np.int64], int]:
    """The number of each pixel's intensity among those there are, from 0; and the greatest."""
    levels = np.empty(values.size, np.int64)
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
        low, used = int(values.min()), np.zeros(1 << 16, bool)

        def note(region: Region) -> None:
            used[values[region].astype(np.int64) - low] = True

        def number(region: Region) -> None:
            levels[region] = numbers[values[region].astype(np.int64) - low]

        for_each(note, regions(values.shape, PIECE))
        numbers = np.cumsum(used) - 1
        for_each(number, regions(values.shape, PIECE))
        return levels, int(numbers[-1])
    with part(0, 3):
        order = order_by_parts(values)
    return levels, _numbered(values, order, levels)


def _numbered(values: NDArray[Any], order: NDArray[np.int64], levels: NDArray[np.int64]) -> int:
    """Write the number of each value among the different ones, of which the order is known; the last."""
    with part(1, 3):
        ranked = taken(values, order)
    starts = range(0, values.size, PIECE)
    ends = np.zeros(len(starts), np.int64)  # the last number in each piece

    def are_new(start: int) -> NDArray[np.bool_]:
        """Which are not as the one before."""
        piece = ranked[start : start + PIECE]
        before = ranked[max(start - 1, 0) : start + piece.size - 1]
        new: NDArray[np.bool_] = piece[piece.size - before.size :] != before
        return new

    def count(number: int) -> None:
        ends[number] = np.count_nonzero(are_new(starts[number]))

    def write(number: int) -> None:
        new, start = are_new(starts[number]), starts[number]
        found = np.cumsum(new) + (ends[number] - np.count_nonzero(new))
        if not start:
            found = np.concatenate([[0], found])
        levels[order[start : start + PIECE]] = found

    with part(2, 3):
        for_each(count, range(len(starts)))
        np.cumsum(ends, out=ends)
        for_each(write, range(len(starts)))
    return int(ends[-1])


def _variational(
    image: NDArray[Any], places: NDArray[np.int64], ends: tuple[Any, Any]
) -> NDArray[np.float64]:
    """How far each pixel moves in the smoothed image of Nikolova and Steidl.

    ``u <- f - xi(beta G' phi(G u))`` with ``phi(t) = t / (alpha + |t|)`` and
    ``xi(y) = alpha y / (1 - |y|)``, ``G`` the differences of neighbors along the axes,
    ``beta = 0.4 / n`` and ``alpha = 0.1 / n`` for ``n`` neighbors, in gray levels of 8 bit.
    """
    from napari_histeq.core import kernels

    with part(0, _STEPS + 1):
        gray = _in_gray_levels(image, ends)
        smooth, slopes = np.empty_like(gray), np.zeros_like(gray)
        for_each(lambda some: np.copyto(smooth[some], gray[some]), regions(gray.shape, PIECE))
    neighbors = 2 * sum(length > 1 for length in image.shape) or 1
    alpha, beta = 0.1 / neighbors, 0.4 / neighbors
    parts = regions((gray.size,), PIECE)
    flat, along, changed = gray.ravel(), slopes.ravel(), smooth.ravel()

    def step(region: Region) -> None:
        kernels.ordering.step_from(flat[region], along[region], changed[region], alpha, beta)

    for number in range(_STEPS):
        with part(number + 1, _STEPS + 1):
            for axis in range(image.ndim):
                _add_slopes(smooth, slopes, axis, alpha)
            for_each(step, parts)
    for_each(lambda some: np.subtract(changed[some], flat[some], out=changed[some]), parts)
    return taken(changed, places)


def _add_slopes(
    smooth: NDArray[np.float64], slopes: NDArray[np.float64], axis: int, alpha: float
) -> None:
    """Add those along an axis, piece by piece.

    Along the first axis two pieces share the pixels between them, and come one after the other: what
    is added to a pixel is added in the same order as in one piece.
    """
    from napari_histeq.core import kernels

    before, length = int(np.prod(smooth.shape[:axis], dtype=np.int64)), smooth.shape[axis]
    lines = before, length, smooth.size // (before * length)
    values, sums = smooth.reshape(lines), slopes.reshape(lines)
    if before > 1:
        step = max(PIECE // (length * lines[2]), 1)

        def add(start: int) -> None:
            lot = slice(start, start + step)
            kernels.ordering.add_slopes(values[lot], sums[lot], alpha)

        for_each(add, range(0, before, step))
        return
    rows = max(PIECE // lines[2], 1)

    def add_between(start: int) -> None:
        lot = slice(start, start + rows + 1)
        kernels.ordering.add_slopes(values[:, lot], sums[:, lot], alpha)

    for_each(add_between, range(0, length - 1, rows), in_turn=True)


def _local_means(
    image: NDArray[Any], places: NDArray[np.int64], ends: tuple[Any, Any]
) -> NDArray[np.float64]:
    """The rank of each pixel by its means over larger and larger neighborhoods, the least first."""
    gray = _in_gray_levels(image, ends)
    known = np.isfinite(gray)
    gray = np.where(known, gray, 0.0)
    means = []
    for number, reach in enumerate(_REACHES):
        near = _ball(image.ndim, reach)
        with part(number, len(_REACHES) + 1):
            means.append(left_if_stopped(partial(_means_at, gray, known, near, places)))
    with part(len(_REACHES), len(_REACHES) + 1):
        return left_if_stopped(partial(_ranks_of, means))


def _means_at(
    gray: NDArray[np.float64],
    known: NDArray[np.bool_],
    near: NDArray[np.float64],
    places: NDArray[np.int64],
) -> NDArray[np.float64]:
    """At each place, the mean of what is near and known."""
    from scipy import ndimage

    count = ndimage.correlate(known.astype(np.float64), near, mode="constant")
    held = ndimage.correlate(gray, near, mode="constant")
    # Equal but for the order of adding is equal.
    means: NDArray[np.float64] = np.round(held / np.maximum(count, 1.0), 9).ravel()[places]
    return means


def _ranks_of(means: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The rank of each place by the first of its means, and where these are equal by the next."""
    order = np.lexsort(means[::-1])
    new = np.zeros(order.size, bool)
    for mean in means:
        new[1:] |= np.diff(mean[order]) != 0
    ranks = np.empty(order.size)
    ranks[order] = np.cumsum(new)
    return ranks


def _ball(ndim: int, reach: int) -> NDArray[np.float64]:
    """1 where the squared distance to the middle is at most `reach`."""
    side = range(-int(reach**0.5), int(reach**0.5) + 1)
    near = [sum(d * d for d in place) <= reach for place in product(side, repeat=ndim)]
    return np.array(near, np.float64).reshape((len(side),) * ndim)


def _in_gray_levels(image: NDArray[Any], ends: tuple[Any, Any]) -> NDArray[np.float64]:
    """8 bit as it is; anything else so that what counts spans 0 to 255. NaN where not finite."""
    gray = np.empty(image.shape)
    parts = regions(image.shape, PIECE)
    if image.dtype.kind in "iu" and image.dtype.itemsize == 1:
        for_each(lambda some: np.copyto(gray[some], image[some]), parts)
        return gray
    low, high = float(ends[0]) / 2, float(ends[1]) / 2  # halves do not overflow

    def scale(region: Region) -> None:
        values = image[region].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            values = (values / 2 - low) / ((high - low) or 1.0) * 255
        values[~np.isfinite(values)] = np.nan
        gray[region] = values

    for_each(scale, parts)
    return gray


_DETAILS = {"variational": _variational, "local_means": _local_means}
