"""The even steps at which an image's intensities lie: what a picture keeps in any container.

Eight bit times 257, or divided by 255, still has the 256 levels that it had. CLAHE has to
count at these levels, and not between them, to give the same curves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays.keys import bits_of, finite_keys, keys_of, order_of, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Places between two levels, in steps, that are still taken for the level: floats are rounded.
NEAR, NEAREST = 1 / 8, 2.0**-10
#: By what single precision rounds, relative to the value: doubles may have been such before.
SINGLE = 2.0**-23


@dataclass
class Distinct:
    """The different keys (see `arrays.keys`) of some pixels and how often each occurs.

    They are in an open table, whose free places have the count 0. Of more than `most` only
    the number `held` is kept.
    """

    most: int
    held: int = 0
    keys: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        if not self.keys.size:
            room = 1 << (2 * self.most + 1).bit_length()
            self.keys, self.counts = np.zeros(room, np.uint64), np.zeros(room, np.int64)

    @property
    def too_many(self) -> bool:
        """Whether there are more than `most`."""
        return self.held > self.most

    def add(self, run: NDArray[Any], mask: NDArray[Any]) -> None:
        """Add the finite values of a contiguous run (see `run_of`)."""
        from napari_histeq.core import kernels

        if self.too_many:
            return
        order = order_of(run.dtype)
        low, high = (order.dtype.type(key) for key in finite_keys(run.dtype))
        self.held = kernels.lattice.count_distinct(
            bits_of(run), mask, order, low, high - low, self.most, self.held,
            self.keys, self.counts,
        )  # fmt: skip

    def __add__(self, other: Distinct) -> Distinct:
        """Those of both; of too many only their number."""
        if self.too_many or other.too_many:
            return self if self.too_many else other
        from napari_histeq.core import kernels

        together = Distinct(self.most, self.held, self.keys.copy(), self.counts.copy())
        keys, counts = other.sorted()
        together.held = kernels.lattice.add_distinct(
            keys, counts, together.most, together.held, together.keys, together.counts
        )
        return together

    def sorted(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The keys in order, and their counts."""
        used = np.flatnonzero(self.counts)
        used = used[np.argsort(self.keys[used])]
        return self.keys[used], self.counts[used]


@dataclass
class Steps:
    """What is known of the steps between the intensities of some pixels.

    Integers are told by the greatest `step` that divides all differences to the `first` one
    (their keys); floats by their `distinct` values, if these are few.
    """

    dtype: np.dtype[Any]
    distinct: Distinct
    first: int | None = None
    step: int = 0

    @property
    def is_open(self) -> bool:
        """Whether more pixels can tell more."""
        return not self.distinct.too_many if self.dtype.kind == "f" else self.step != 1

    def add(self, run: NDArray[Any], mask: NDArray[Any]) -> None:
        """Add the finite values of a contiguous run in native byte order."""
        if self.dtype.kind == "f":
            self.distinct.add(run, mask)
        else:
            self._divide(run, mask)

    def _divide(self, run: NDArray[Any], mask: NDArray[Any]) -> None:
        from napari_histeq.core import kernels

        if self.first is None:
            place = int(np.argmax(mask)) if mask.size else 0
            if mask.size and not mask[place]:
                return
            self.first = int(keys_of(run[place : place + 1])[0])
        order = order_of(run.dtype)
        first, step = order.dtype.type(self.first), np.uint64(self.step)
        self.step = int(kernels.lattice.common_step(bits_of(run), mask, order, first, step))

    def __add__(self, other: Steps) -> Steps:
        apart = 0
        if self.first is not None and other.first is not None:
            apart = abs(self.first - other.first)
        step = math.gcd(self.step, other.step, apart)
        first = other.first if self.first is None else self.first
        return Steps(self.dtype, self.distinct + other.distinct, first, step)

    def between(self, low: Any, high: Any, most: int) -> int | None:
        """How many even steps lead from `low` to `high` over all intensities; None beyond `most`."""
        if self.dtype.kind == "f":
            if self.distinct.too_many:
                return None
            values = values_of(self.distinct.sorted()[0], self.dtype)
            return even_steps(values, most)
        steps = (int(high) - int(low)) // max(self.step, 1)
        return steps if steps <= most else None


def steps_of(dtype: np.dtype[Any], most: int) -> Steps:
    """Nothing known yet, of an image of `dtype` that may have `most` steps."""
    return Steps(dtype.newbyteorder("="), Distinct(most + 1 if dtype.kind == "f" else 1))


def steps_in(values: NDArray[Any], most: int) -> int | None:
    """How many even steps lead over all of some sorted values; None beyond `most`."""
    if values.dtype.kind == "f":
        return even_steps(values, most)
    keys = keys_of(values).astype(np.uint64)
    steps = int(keys[-1] - keys[0]) // max(int(np.gcd.reduce(np.diff(keys))), 1)
    return steps if steps <= most else None


def even_steps(values: NDArray[Any], most: int) -> int | None:
    """The fewest even steps from the first to the last of sorted floats over all between.

    None if there are more than `most`.
    """
    exact = values.astype(np.float64) / 4  # so that no difference overflows
    span = exact[-1] - exact[0]
    if not 0 < span < np.inf or values.size > most + 1:
        return None
    place = (exact - exact[0]) / span
    eps = float(np.finfo(values.dtype).eps)
    rounding = eps * float(np.abs(exact).max() / span)
    steps = np.arange(max(values.size - 1, _least_steps(exact, eps)), most + 1)
    near = np.clip(rounding * steps, NEAREST, NEAR)
    # Few survive the first places, so that the others cost little.
    for at in place[1:-1]:
        there = at * steps
        fits = np.abs(there - np.rint(there)) <= near
        steps, near = steps[fits], near[fits]
    return int(steps[0]) if steps.size else None


def _least_steps(values: NDArray[np.float64], eps: float) -> int:
    """So many steps that different levels have different ones, however far off the last value is.

    What differs by no more than floats are rounded by is one level.
    """
    quarter = values.size // 4
    usual = max(abs(values[quarter]), abs(values[-1 - quarter]))
    gaps = np.diff(values)
    span = float(values[-1] - values[0])
    apart = float(gaps.min(where=gaps > 2 * max(eps, SINGLE) * usual, initial=span))
    return math.ceil(min((1 - 2 * NEAR) * span / apart, 1 << 32)) if apart else 1 << 32
