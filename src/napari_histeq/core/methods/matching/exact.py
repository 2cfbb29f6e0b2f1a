"""Exact: a histogram that really is flat, by the rank of each pixel."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from napari_histeq.core.arrays import Interval, regions, taken
from napari_histeq.core.methods.base import Fit, Method
from napari_histeq.core.methods.matching.ordering import PIECE, ordered
from napari_histeq.core.methods.matching.target import (
    MOST_LEVELS,
    AlphaOption,
    CountsOption,
    MeanOption,
    SigmaOption,
    Target,
    TargetOption,
    check_counts,
    settle_target,
    target_of,
)
from napari_histeq.core.methods.options import Option
from napari_histeq.core.threads import for_each, part
from napari_histeq.core.transfer import TransferFunction, rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Region, Source
    from napari_histeq.core.methods.matching.target import TargetName
    from napari_histeq.core.recipe import Recipe

    Shape = tuple[int, ...]
    Floats = NDArray[np.float64]

#: Bytes of memory that ranking takes for each pixel, at its peak: measured.
BYTES = 64


@dataclass(frozen=True, slots=True)
class Exact(Method):
    """Exact histogram equalization: each pixel gets the gray level that its rank asks for.

    Pixels are put in a strict order: by intensity, and within one intensity by what is around
    them. Then they are shared out among the levels of the output, so that the counts of any two
    levels differ by at most 1. Two pixels that are the same in everything are put in a fixed
    order by their scattered places, which no direction of the image has a part in.

    Only pixels that count are ranked. The others get what ranked ones of their intensity got, in
    the mean, linear between intensities; so do other levels of a pyramid. NaN stays.

    It takes some 64 bytes of memory for each pixel of a plane, and so refuses a lazy array
    whose planes are not small; with `axes` each plane is ranked when it is asked for.

    Parameters
    ----------
    ordering : {"variational", "local_means"}
        By the smoothed image of Nikolova and Steidl [1]_, which leaves the fewest ties, or by
        means over 5 to 25 pixels (in more dimensions alike) of Coltuc, Bolon and Chassery [2]_.

    target, mean, sigma, alpha, counts
        The histogram that the result has, as those of `Specify`: up to every level there are as
        many pixels as the target has there, to half a pixel. By default it is flat.

    Notes
    -----
    In flat parts of an image it makes differences that are noise, and may make false patterns
    [3]_: a histogram can be flat, or the picture of a flat thing can be, not both.

    References
    ----------
    .. [1] M. Nikolova and G. Steidl, "Fast ordering algorithm for exact histogram
       specification", IEEE Transactions on Image Processing 23(12), 2014.
    .. [2] D. Coltuc, P. Bolon and J.-M. Chassery, "Exact histogram specification", IEEE
       Transactions on Image Processing 15(5), 2006.
    .. [3] K. Inoue, N. Ono and K. Hara, Journal of Imaging 8(9), 247, 2022.
    """

    name: ClassVar[str] = "exact"
    summary: ClassVar[str] = "Really flat: equal pixels are told apart by what is around them."
    caution: ClassVar[str] = (
        "cannot be compared: equal intensities became different ones, and patterns in flat parts "
        "may be false"
    )
    cost: ClassVar[str] = (
        "some 64 bytes of memory for each pixel of a plane, two to three sorts, no live preview. "
        "Noise in flat parts becomes patterns"
    )
    any_layout: ClassVar[bool] = False
    has_preview: ClassVar[bool] = False
    bytes_per_pixel: ClassVar[int] = 40

    ordering: Annotated[
        Literal["variational", "local_means"],
        Option("How equal pixels are told apart: by a smoothed image, or by means around them"),
    ] = "variational"
    target: TargetOption = "uniform"
    mean: MeanOption = 0.5
    sigma: SigmaOption = 0.2
    alpha: AlphaOption = 0.4
    counts: CountsOption = None

    if TYPE_CHECKING:  # it takes weights as the target, too

        def __init__(
            self,
            ordering: Literal["variational", "local_means"] = "variational",
            target: TargetName | Sequence[float] = "uniform",
            mean: float = 0.5,
            sigma: float = 0.2,
            alpha: float = 0.4,
            counts: Sequence[float] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        settle_target(self)
        Method.__post_init__(self)
        check_counts(self)

    @property
    def is_flat(self) -> bool:
        """See `Method`: if that is the target."""
        return self.target == "uniform"

    def fit(self, source: Source, recipe: Recipe) -> Fit:
        """Rank all pixels that count."""
        if not source.is_at_hand:
            megabytes = BYTES * np.prod(source.shape, dtype=float) / 1e6
            need = f"{megabytes / 1e3:.3g} GB" if megabytes >= 100 else f"{megabytes:.2f} MB"
            raise ValueError(
                f"Exact ranks all pixels of a plane at once: an image of shape {source.shape} would "
                f"need {need} of memory, and it is lazy. "
                "Load it (np.asarray), or choose axes whose planes are small"
            )
        image, mask = source.read((slice(None),) * len(source.shape))
        values = np.ascontiguousarray(image).astype(source.dtype, copy=False)
        with part(0, 5):
            counted, data = _counted(values, mask)
        if data is None or data[0] == data[1]:
            return Fit(TransferFunction.identity(*(data or (0, 1))), data)
        with part(1, 5):
            places = ordered(values, counted, data, self.ordering)
        low, high = recipe.limits(source.dtype, data)
        with part(2, 5):
            ranked = taken(values.reshape(-1), places)
        with part(3, 5):
            found = self._shared_out(places.size, float(low), float(high), source.dtype.kind == "f")
        with part(4, 5):
            if places.size == values.size:
                result = values.copy()
            else:
                result = _mean_curve(ranked, found).blend(recipe.strength)(values)
            _put(ranked, found, places, recipe.strength, result)
        return Fit(ExactMapping(result), data)

    def _shared_out(self, count: int, low: float, high: float, continuous: bool) -> Floats:
        """What the pixels of rank 0 to `count` - 1 become."""
        rule: Callable[[NDArray[np.int64]], Floats] = partial(uniform, count, low, high, continuous)
        if self.target != "uniform":
            rule = by_target(target_of(self), count, low, high, continuous)
        found = np.empty(count)

        def work(start: int) -> None:
            ranks = np.arange(start, min(start + PIECE, count))
            found[start : start + PIECE] = rule(ranks)

        for_each(work, range(0, count, PIECE))
        return found


def _counted(
    values: NDArray[Any], mask: NDArray[np.bool_] | None
) -> tuple[NDArray[np.bool_], tuple[Any, Any] | None]:
    """Which pixels count, and the ends of their intensities; None if none counts."""
    counted, ends = np.empty(values.shape, bool), list[tuple[Any, Any]]()

    def look(region: Region) -> None:
        which = np.isfinite(values[region], out=counted[region])
        if mask is not None:
            which &= mask[region]
        held = values[region][which]
        if held.size:
            ends.append((held.min(), held.max()))

    for_each(look, regions(values.shape, PIECE))
    return counted, (min(e[0] for e in ends), max(e[1] for e in ends)) if ends else None


def by_target(
    target: Target, count: int, low: float, high: float, continuous: bool
) -> Callable[[NDArray[np.int64]], Floats]:
    """What gives the pixels of some ranks, of `count`, their part of a target.

    Up to every level there are as many pixels as the target has there, to half a pixel.
    """
    levels = high - low + 1
    if continuous or levels > MOST_LEVELS:
        return lambda ranks: Interval(low, high).at(target.quantile((ranks + 0.5) / count))
    up_to = target.up_to_levels(int(levels))
    return lambda ranks: np.asarray(low + np.searchsorted(up_to, (ranks + 0.5) / count), np.float64)


def uniform(
    count: int, low: float, high: float, continuous: bool, ranks: NDArray[np.int64]
) -> Floats:
    """What the pixels of some ranks, of `count`, become, so that all levels are as common."""
    levels = high - low + 1
    if continuous or levels >= count:
        return Interval(low, high).at(ranks / max(count - 1, 1))
    return np.asarray(low + ranks * int(levels) // count, np.float64)


def _mean_curve(values: NDArray[Any], found: Floats) -> TransferFunction:
    """What the ranked pixels of each intensity become in the mean; `values` do not decrease."""
    is_new = np.empty(values.size, bool)
    is_new[0] = True
    for_each(
        lambda some: np.not_equal(values[1:][some], values[:-1][some], out=is_new[1:][some]),
        regions((values.size - 1,), PIECE),
    )
    starts = np.flatnonzero(is_new)
    stops = np.append(starts[1:], values.size)
    half = np.empty(starts.size)

    def mean(lot: slice) -> None:
        """Of the intensities of a lot, whose pixels lie together."""
        begin, end = starts[lot.start], stops[lot.stop - 1]
        sums = np.add.reduceat(found[begin:end] / 2, starts[lot] - begin)  # halves do not overflow
        half[lot] = sums / (stops[lot] - starts[lot])

    first = np.unique(np.searchsorted(starts, range(0, values.size, PIECE)))
    lots = [slice(a, b) for a, b in pairwise([*first.tolist(), starts.size]) if a < b]
    for_each(mean, lots)
    return TransferFunction(taken(values, starts), np.maximum.accumulate(half * 2))


def _put(
    ranked: NDArray[Any],
    found: Floats,
    places: NDArray[np.int64],
    strength: float,
    result: NDArray[Any],
) -> None:
    """Write what the ranked pixels become, as far as it goes, into their places."""
    out = result.reshape(-1)

    def work(region: Region) -> None:
        wanted = found[region]
        if strength != 1.0:
            wanted = (1.0 - strength) * ranked[region] + strength * wanted
        out[places[region]] = wanted if out.dtype.kind == "f" else rounded(wanted, out.dtype)

    for_each(work, regions(places.shape, PIECE))


@dataclass(frozen=True, slots=True, eq=False)
class ExactMapping:
    """The result of one image; as a mapping it knows the place of each pixel."""

    result: NDArray[Any] = field(repr=False)

    @property
    def is_identity(self) -> bool:
        """Never: a constant image has no such mapping."""
        return False

    def map_into(
        self,
        block: NDArray[Any],
        out: NDArray[Any],
        offset: Shape = (),
        shape: Shape = (),  # noqa: ARG002  (it has but one)
    ) -> None:
        """See `Mapping`."""
        start = offset or (0,) * block.ndim
        where = tuple(slice(o, o + n) for o, n in zip(start, block.shape, strict=True))
        out[...] = self.result[where]
