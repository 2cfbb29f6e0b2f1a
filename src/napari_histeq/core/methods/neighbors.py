"""Planes that look at their neighbors: quantile functions, averaged along a stack.

The quantile function of a histogram says which intensity is above a given fraction of the
pixels. The mean of several, fraction by fraction, is that of a histogram in which what moves
from frame to frame is half-way, not twice there: the barycenter of the histograms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np

from napari_histeq.core.arrays import above
from napari_histeq.core.histogram import Histogram, bins_of, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Source

    Floats = NDArray[np.float64]

#: Fractions at which quantile functions are known, where there is not a bin for each level.
PARTS = 8192

#: Frames that a window may span.
MOST_FRAMES = 9999

Kind = Literal["neighbors", "first", "previous", "median"]
KINDS = get_args(Kind)


def check_smooth(value: Any) -> None:
    """Refuse what is no number of frames."""
    if value is None:
        return
    if not hasattr(value, "__index__") or isinstance(value, bool):
        raise TypeError(f"smooth is {value!r}: it must be a whole number of planes, or None")
    if not 1 <= value <= MOST_FRAMES:
        raise ValueError(f"smooth is {value}: use 1 to {MOST_FRAMES} planes, or None")


class Window(NamedTuple):
    """The places along a stack that are looked at, and how much each of them weighs."""

    places: tuple[int, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Neighbors:
    """Which planes a plane is fitted by, along the first axis of a stack.

    Attributes
    ----------
    kind : {"neighbors", "first", "previous", "median"}
        Those around it, by a Gaussian window; or the first, the one before (the first has
        itself), or the median of all.
    width : int
        Of the window, in planes: the standard deviation is a quarter of it, it is cut off after
        half of it on each side, and has a sum of 1 at the ends of the stack, too.
    """

    kind: Kind
    width: int = 1

    @property
    def shares(self) -> bool:
        """Whether planes that look at the same ones are fitted by the same histogram."""
        return self.kind != "neighbors"

    def window(self, place: int, length: int) -> Window:
        """What a plane at a place of a stack looks at.

        Examples
        --------
        >>> Neighbors("neighbors", 4).window(0, 9)  # doctest: +ELLIPSIS
        Window(places=(0, 1, 2), weights=(0.574..., 0.348..., 0.077...))
        """
        if self.kind == "median":
            return Window(tuple(range(length)), (1 / length,) * length)
        if self.kind != "neighbors":
            return Window((0 if self.kind == "first" else max(place - 1, 0),), (1.0,))
        half = self.width // 2
        places = range(max(place - half, 0), min(place + half + 1, length))
        steps = np.array([p - place for p in places]) / (self.width / 4)
        weights = np.exp(-(steps**2) / 2)
        return Window(tuple(places), tuple((weights / weights.sum()).tolist()))

    def windows(self, lengths: tuple[int, ...]) -> list[tuple[tuple[int, ...], ...]]:
        """For each plane of a stack, in order, the indices of those that it looks at."""
        return [
            tuple((p, *index[1:]) for p in self.window(index[0], lengths[0]).places)
            for index in np.ndindex(lengths)
        ]

    def average(self, known: Sequence[Quantiles], place: int, length: int) -> Histogram:
        """The histogram that a plane is fitted by, of those in its window."""
        if self.kind == "median":
            return averaged(known, None)
        return averaged(known, self.window(place, length).weights)


class Quantiles(NamedTuple):
    """A histogram without its empty bins: where its quantile function rises, and how far.

    `start` is the least intensity that was counted; `exact` is whether each value is one
    intensity, and not the greatest of a bin's.
    """

    values: NDArray[Any]
    counts: NDArray[np.int64]
    start: Any
    exact: bool

    @classmethod
    def of(cls, source: Source) -> Quantiles:
        """Count a source."""
        found = count(source)
        used = found.populated
        start = found.range[0] if used.size else found.levels[0]
        return cls(found.levels[used], found.counts[used], start, found.is_exact)

    @property
    def total(self) -> int:
        """Pixels counted."""
        return int(self.counts.sum())


def averaged(known: Sequence[Quantiles], weights: Sequence[float] | None) -> Histogram:
    """The histogram whose quantile function is the weighted mean of some.

    Parameters
    ----------
    known : sequence of Quantiles
        Of one dtype. Those that counted nothing have no part in it.
    weights : sequence of float, or None
        How much each weighs; None: the median, fraction by fraction.

    Returns
    -------
    Histogram
        Of as many pixels as are counted in the mean. A quantile between two whole numbers is
        shared out between them, so that a histogram that moves by little changes by little.
    """
    dtype = known[0].values.dtype
    filled = [(q, w) for q, w in zip(known, weights or (1.0,) * len(known), strict=True) if q.total]
    if not filled:
        return _binned(np.empty(0), np.empty(0, np.int64), dtype)
    parts = [q for q, _ in filled]
    share = np.array([w for _, w in filled]) / sum(w for _, w in filled)
    total = max(int(np.rint(share @ [q.total for q in parts])), 1)
    ends = [q.counts.cumsum() / q.total for q in parts]
    levels = dtype.kind in "iu" and dtype.itemsize <= 2
    fractions = reduce(np.union1d, ends)
    if weights is None or not levels:
        fractions = _some(fractions)
    lowest = min(q.values[0] for q in parts)
    values = (
        _offsets(q.values, lowest)[np.searchsorted(end, fractions)]
        for q, end in zip(parts, ends, strict=True)
    )
    mean = np.median(list(values), axis=0) if weights is None else _mean(values, share)
    mean = np.maximum.accumulate(mean)  # but for errors of rounding it is so already
    if dtype.kind != "f":
        return _of_whole(mean, fractions, total, lowest, dtype)
    counts = _counts(fractions, total)
    found = mean.astype(dtype)
    if all(q.exact for q in parts):
        return _binned(found, counts, dtype)
    starts = [float(q.start) for q in parts]
    start = np.median(starts) if weights is None else _mean(map(np.float64, starts), share)
    return _binned(found, counts, dtype, np.minimum(dtype.type(start), found[0]))


def _some(fractions: Floats) -> Floats:
    """At most `PARTS` of some fractions, evenly spaced, and the last."""
    if fractions.size <= PARTS:
        return fractions
    wanted = np.searchsorted(fractions, np.arange(1, PARTS + 1) / PARTS)
    return np.asarray(fractions[np.unique(np.minimum(wanted, fractions.size - 1))])


def _offsets(values: NDArray[Any], lowest: Any) -> Floats:
    """Intensities as numbers to calculate with: integers as what they are above the lowest."""
    if values.dtype.kind == "f":
        return values.astype(np.float64)
    return np.asarray(above(values, lowest), np.float64)


def _mean(values: Any, share: Floats) -> Any:
    """The weighted mean, of which equal values are left as they are."""
    base: Any = None
    total: Any = 0.0
    for value, part in zip(values, share, strict=True):
        if base is None:
            base = value / 4  # quarters: differences of the widest floats do not overflow
        total = total + part * (value / 4 - base)
    return (base + total) * 4


def _of_whole(
    mean: Floats, fractions: Floats, total: int, lowest: Any, dtype: np.dtype[Any]
) -> Histogram:
    """The histogram of whole numbers `mean` above the lowest: each is shared by two neighbors."""
    mass = np.diff(fractions, prepend=0.0)
    mean = np.minimum(mean, 2.0**64 - 2048)  # the greatest that is below 2**64
    below = np.floor(mean)
    upper = mean - below
    steps, place = np.unique(np.concatenate([below, below + 1]), return_inverse=True)
    shares = np.bincount(place, np.concatenate([mass * (1 - upper), mass * upper]))
    counts = _counts(shares.cumsum(), total)
    used = counts > 0
    offsets = steps[used].astype(np.uint64)
    bits = np.dtype(f"u{dtype.itemsize}")
    start = np.asarray(lowest, dtype).view(bits).astype(np.uint64)
    values = (start + offsets).astype(bits).view(dtype)  # wraps around, as it has to
    return _binned(values, counts[used], dtype)


def _counts(fractions: Floats, total: int) -> NDArray[np.int64]:
    """How many of `total` pixels lie between fractions: all of them, whatever is rounded."""
    ends = np.rint(fractions * total).astype(np.int64)
    return np.concatenate([ends[:1], ends[1:] - ends[:-1]])


def _binned(
    values: NDArray[Any], counts: NDArray[np.int64], dtype: np.dtype[Any], start: Any = None
) -> Histogram:
    """Counts of increasing values as a histogram of `dtype`."""
    bins = bins_of(dtype)
    if bins is not None:
        edges, levels = bins
        whole = np.zeros(levels.size, np.int64)
        whole[np.searchsorted(levels, values)] = counts
        return Histogram(whole, edges, levels)
    if not values.size:
        return Histogram(np.zeros(1, np.int64), np.zeros(2, dtype), np.zeros(1, dtype))
    levels, first = np.unique(values, return_index=True)
    summed = np.add.reduceat(counts, first)
    edges = np.append(levels, levels[-1:])
    if start is not None:
        edges = np.concatenate([[start], levels]).astype(dtype)
    return Histogram(summed, edges, levels)


def checked_window(value: Any, reference: Any) -> int | None:
    """The window of `Match`, looked at: how many frames are averaged."""
    if value is None:
        return None
    if not hasattr(value, "__index__") or isinstance(value, bool):
        raise TypeError(f"Match: window={value!r} is not an integer")
    if not 1 <= value <= MOST_FRAMES:
        raise ValueError(
            f"Match: window={value!r} is out of range: it must be >= 1 and <= {MOST_FRAMES}"
        )
    if reference != KINDS[0]:
        raise ValueError(
            f"Match: window={value!r} is how many neighbors are averaged, but the reference is "
            f"{reference if isinstance(reference, str) else 'an image'}: leave window out"
        )
    return int(value)
