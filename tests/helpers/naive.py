"""Histogram equalization written out naively: the tests' own idea of what is right.

Nothing here shares a line with the package: `np.unique` instead of bins, a loop instead
of a kernel, plane by plane.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


def procedure(image: Array) -> Array:
    """The textbook's five steps for 8 bit."""
    histogram, _ = np.histogram(image, bins=256, range=(0, 256))
    pdf = histogram / histogram.sum()
    cdf = pdf.cumsum()
    levels = np.round(cdf * 255)
    return levels.astype(np.uint8)[image]


class Range(NamedTuple):
    """Of the output."""

    low: float
    high: float

    def at(self, fraction: Array) -> Array:
        """A fraction of the way up; no difference overflows."""
        return self.low * (1 - fraction) + self.high * fraction


def output_range(out_range: Any, counted: Array) -> Range:
    """What `out_range` means for these pixels."""
    kind = counted.dtype.kind
    if out_range == "auto":
        out_range = "dtype" if kind == "u" else "image"
    if out_range == "image":
        return Range(float(counted.min()), float(counted.max()))
    if out_range == "dtype":
        if kind == "f":
            return Range(0.0, 1.0)
        info = np.iinfo(counted.dtype)
        return Range(float(info.min), float(info.max))
    return Range(float(out_range[0]), float(out_range[1]))


def has_bin_per_level(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "iu" and dtype.itemsize <= 2


class Levels:
    """The levels of the counted pixels, and how much weighs below or at any intensity."""

    def __init__(self, counted: Array, power: float = 1.0, plateau: float = np.inf) -> None:
        if counted.dtype.kind == "f":  # numpy 2.4 sorts some half floats wrongly (seed 1075016)
            counted = counted.astype(np.float64)
        self.values, counts = np.unique(counted, return_counts=True)
        cap = plateau * counts.sum() / counts.size
        self.weights = np.minimum(counts, cap) ** power
        self.sums = np.concatenate([[0.0], np.cumsum(self.weights)])
        self.total = self.sums[-1]

    def up_to(self, at: Array) -> Array:
        return self.sums[np.searchsorted(self.values, at, side="right")]

    def below(self, at: Array) -> Array:
        return self.sums[np.searchsorted(self.values, at, side="left")]

    def at(self, at: Array) -> Array:
        return self.up_to(at) - self.below(at)


def fraction(levels: Levels, at: Array, convention: str, span: Range) -> Array:
    """How far up the output's range `span` the intensities `at` go."""
    # Ends that the image reaches are kept by "midpoint".
    first = levels.weights[0] * (levels.values[0] <= span.low)
    last = levels.weights[-1] * (levels.values[-1] >= span.high)
    if convention == "cdf":
        return levels.up_to(at) / levels.total
    if convention == "cdf_min":
        above = np.maximum(levels.up_to(at) - levels.weights[0], 0)
        return above / (levels.total - levels.weights[0])
    if convention == "midpoint":
        middle = levels.up_to(at) + levels.below(at) - first
        return np.clip(middle / (2 * levels.total - last - first), 0, 1)
    return np.minimum(levels.below(at) / (levels.total - levels.weights[-1]), 1)


def pillow_levels(levels: Levels, at: Array, span: int, low: int) -> Array:
    """Pillow's integer arithmetic, for any number of levels."""
    step = int(levels.total - levels.weights[-1]) // span
    if step == 0:
        return at.astype(float)
    return low + np.minimum(span, (step // 2 + levels.below(at)) // step)


def curve(
    counted: Array,
    at: Array,
    *,
    convention: str = "cdf",
    power: float = 1.0,
    plateau: float = np.inf,
    out_range: Any = "auto",
) -> Array:
    """What `Global` makes of the intensities `at`, unrounded; `counted` are the pixels."""
    span = output_range(out_range, counted)
    levels = Levels(counted, power, plateau)
    if levels.values.size == 1:
        return at.astype(float)
    bytes_only = counted.dtype.kind in "iu" and counted.dtype.itemsize == 1
    whole = bytes_only and span.high - span.low == 255
    if convention == "pillow" and whole and power == 1 and np.isinf(plateau):
        return pillow_levels(levels, at, 255, int(span.low))
    return span.at(fraction(levels, at, convention, span))


def equalized(
    image: Any, *, mask: Any = None, axes: Any = None, strength: float = 1.0, **options: Any
) -> Array:
    """The wanted result in float64, unrounded, plane by plane; NaN where nothing may change."""
    outer = [] if axes is None else outer_axes(image.ndim, axes)
    counts = np.broadcast_to(True if mask is None else mask, image.shape)
    out = np.full(image.shape, np.nan)
    for index in np.ndindex(*(image.shape[a] for a in outer)):
        where = plane_index(image.ndim, outer, index)
        plane, finite = image[where], np.isfinite(image[where])
        counted = plane[finite & counts[where]]
        if np.unique(counted).size > 1:
            y = (1 - strength) * plane[finite].astype(float)
            y += strength * curve(counted, plane[finite], **options)
            part = out[where]
            part[finite] = y
            out[where] = part
    return out


def outer_axes(ndim: int, axes: Any) -> list[int]:
    inner = {int(a) % ndim for a in np.atleast_1d(axes)}
    return [a for a in range(ndim) if a not in inner]


def plane_index(ndim: int, outer: list[int], index: tuple[int, ...]) -> tuple[Any, ...]:
    where: list[Any] = [slice(None)] * ndim
    for axis, place in zip(outer, index, strict=True):
        where[axis] = place
    return tuple(where)


def bihistogram(counts: Array, rule: str, depth: int) -> Array:
    """BBHE, DSIHE, MMBEBHE and their recursion on the counts of levels 0, 1, ...; unrounded."""
    if depth == 0:
        return equalize_part(counts, 0)
    parts = [(0, counts.size)]
    for _ in range(depth):
        parts = [half for part in parts for half in halves(counts, part, rule)]
    return np.concatenate([equalize_part(counts[a:b], a) for a, b in parts])


def equalize_part(counts: Array, first: int) -> Array:
    """``[X0, X1]`` times the cdf of the part; an empty part stays at its start."""
    total = counts.sum()
    share = counts.cumsum() / total if total else np.zeros(counts.size)
    return first + (counts.size - 1) * share


def halves(counts: Array, part: tuple[int, int], rule: str) -> list[tuple[int, int]]:
    """A part split so that its first half ends with the splitting level."""
    a, b = part
    held = counts[a:b]
    if np.count_nonzero(held) < 2:
        return [part]
    levels = np.arange(a, b)
    if rule == "mean":
        middle = int(np.floor((held * levels).sum() / held.sum()))
    elif rule == "median":
        middle = a + int(np.flatnonzero(held.cumsum() >= held.sum() / 2)[0])
    else:
        middle = least_error(held, a)
    middle = min(middle, b - 2)
    return [(a, middle + 1), (middle + 1, b)]


def least_error(held: Array, first: int) -> int:
    """Every split tried: the one whose output's mean is nearest to the input's."""
    levels = first + np.arange(held.size)
    mean = (held * levels).sum() / held.sum()
    errors = []
    for middle in range(held.size - 1):
        dark = equalize_part(held[: middle + 1], first)
        light = equalize_part(held[middle + 1 :], first + middle + 1)
        output = (held * np.concatenate([dark, light])).sum() / held.sum()
        errors.append(abs(output - mean))
    return first + int(np.argmin(errors))


def weighted(counts: Array, power: float, upper: float, lower: float) -> Array:
    """Wang and Ward's weighted, thresholded cdf, level by level in a plain loop."""
    p = [c / counts.sum() for c in counts]
    most, least = upper * max(p), lower / len(p)
    weights = []
    for each in p:
        if each >= most:
            weights.append(most)
        elif each < least:
            weights.append(0.0)
        else:
            weights.append(((each - least) / (most - least)) ** power * most)
    return np.cumsum(weights) / np.sum(weights)


def imagej(counts: Array, *, classic: bool = False) -> Array:
    """ContrastEnhancer's look-up table: square roots, trapezes, the ends pinned."""
    top = counts.size - 1

    def weight(i: int) -> float:
        return float(counts[i]) if counts[i] < 2 or classic else float(np.sqrt(counts[i]))

    total = weight(0) + 2 * sum(weight(i) for i in range(1, top)) + weight(top)
    table, running = [0], weight(0)
    for i in range(1, top):
        running += weight(i)
        table.append(int(np.floor(running * (top / total) + 0.5)))
        running += weight(i)
    return np.array([*table, top])


def imagej_limits(counts: Array, saturated: float) -> tuple[int, int]:
    """What ImageJ's contrast enhancer stretches between: a walk from either end."""
    few = int(counts.sum() * saturated / 200.0)

    def walk(levels: range) -> int:
        passed = 0
        for level in levels:
            passed += int(counts[level])
            if passed > few:
                return level
        return levels[-1]

    return walk(range(counts.size)), walk(range(counts.size - 1, -1, -1))
