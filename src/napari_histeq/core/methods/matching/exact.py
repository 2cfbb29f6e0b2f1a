"""Exact: a histogram that really is flat, by the rank of each pixel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from napari_histeq.core.arrays import Interval, part
from napari_histeq.core.methods.base import Fit, Method
from napari_histeq.core.methods.matching.ordering import ordered
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
from napari_histeq.core.transfer import TransferFunction, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Source
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
    bytes_per_pixel: ClassVar[int] = 48

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
            raise ValueError(
                f"Exact ranks all pixels of a plane at once: an image of shape {source.shape} would "
                f"need {BYTES * np.prod(source.shape, dtype=float) / 1e9:.3g} GB of memory. "
                "Load it (np.asarray), or choose axes whose planes are small"
            )
        image, mask = source.read((slice(None),) * len(source.shape))
        counted = np.isfinite(image)
        if mask is not None:
            counted &= mask
        values = np.ascontiguousarray(image).astype(source.dtype, copy=False)
        held = values[counted]
        if not held.size:
            return Fit(TransferFunction.identity(0, 1), None)
        data = held.min(), held.max()
        if data[0] == data[1]:
            return Fit(TransferFunction.identity(*data), data)
        with part(0, 4):
            places = ordered(values, counted, self.ordering)
        low, high = recipe.limits(source.dtype, data)
        with part(1, 4):
            ranked = values.ravel()[places]
        with part(2, 4):
            found = self._shared_out(places.size, float(low), float(high), source.dtype.kind == "f")
        with part(3, 4):
            curve = _mean_curve(ranked, found).blend(recipe.strength)
        if recipe.strength != 1.0:
            found = (1.0 - recipe.strength) * ranked + recipe.strength * found
        result = values.copy() if counted.all() else curve(values)
        result.reshape(-1)[places] = (
            found if source.dtype.kind == "f" else rounded(found, source.dtype)
        )
        return Fit(ExactMapping(result, curve), data)

    def _shared_out(self, count: int, low: float, high: float, continuous: bool) -> Floats:
        """What the pixels of rank 0 to `count` - 1 become."""
        if self.target == "uniform":
            return uniform(count, low, high, continuous)
        return by_target(target_of(self), count, low, high, continuous)


def by_target(target: Target, count: int, low: float, high: float, continuous: bool) -> Floats:
    """What the pixels of rank 0 to `count` - 1 become, so that they are shared out as a target.

    Up to every level there are as many pixels as the target has there, to half a pixel.
    """
    middles = (np.arange(count) + 0.5) / count
    levels = high - low + 1
    if continuous or levels > MOST_LEVELS:
        return Interval(low, high).at(target.quantile(middles))
    found = np.searchsorted(target.up_to_levels(int(levels)), middles)
    return np.asarray(low + found, np.float64)


def uniform(count: int, low: float, high: float, continuous: bool) -> Floats:
    """What the pixels of rank 0 to `count` - 1 become, so that all levels are as common."""
    ranks = np.arange(count)
    levels = high - low + 1
    if continuous or levels >= count:
        return Interval(low, high).at(ranks / max(count - 1, 1))
    return np.asarray(low + ranks * int(levels) // count, np.float64)


def _mean_curve(values: NDArray[Any], found: Floats) -> TransferFunction:
    """What the ranked pixels of each intensity become in the mean; `values` do not decrease."""
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    counts = np.diff(np.append(starts, values.size))
    half = np.add.reduceat(found / 2, starts) / counts  # halves do not overflow
    return TransferFunction(values[starts], np.maximum.accumulate(half * 2))


@dataclass(frozen=True, slots=True, eq=False)
class ExactMapping:
    """The result of one image; as a mapping it knows the place of each pixel.

    Pixels of another level of a pyramid go through the curve of the means.
    """

    result: NDArray[Any] = field(repr=False)
    curve: TransferFunction

    @property
    def is_identity(self) -> bool:
        """Never: a constant image has no such mapping."""
        return False

    @property
    def needs_place(self) -> bool:
        """Always."""
        return True

    def map_into(
        self, block: NDArray[Any], out: NDArray[Any], offset: Shape = (), shape: Shape = ()
    ) -> None:
        """See `Mapping`."""
        if shape and shape != self.result.shape:
            self.curve.map_into(block, out)
            return
        start = offset or (0,) * block.ndim
        where = tuple(slice(o, o + n) for o, n in zip(start, block.shape, strict=True))
        out[...] = self.result[where]
