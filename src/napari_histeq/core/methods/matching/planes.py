"""ReferencePlanes: for each plane of a stack the intensities that it is to match."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import array_of, read, written
from napari_histeq.core.histogram import Histogram
from napari_histeq.core.methods.matching.reference import (
    Later,
    arrays_in,
    arrays_of,
    histogram_of,
    name_of,
    quoted,
    reduced,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ReferencePlanes:
    """How often each intensity occurs in each plane of a stack that others are made to match.

    `Match.of(stack, axes=(-2, -1))` counts one; then each plane of an image is matched to the
    plane at the same place.

    Parameters
    ----------
    known : array of Histogram
        One for each plane, in the shape of the axes along which the planes are stacked; bins that
        hold nothing are dropped.
    name : str
        What the stack is called in a record and in a legend.

    Raises
    ------
    ValueError
        If nothing was counted in a plane: the message says in which.
    """

    known: NDArray[Any] | None
    name: str = ""
    _later: Later[NDArray[Any]] | None = field(default=None, repr=False)
    _lengths: Shape = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.known is None and self._later is None:
            raise TypeError("ReferencePlanes: the histograms are missing: give one for each plane")
        if self.known is not None:
            known = _each_reduced(np.asarray(self.known, object))
            object.__setattr__(self, "known", known)
            object.__setattr__(self, "_lengths", known.shape)

    @classmethod
    def later(
        cls, count: Callable[[], NDArray[Any]], lengths: Shape, name: str = ""
    ) -> ReferencePlanes:
        """Planes of a stack of some `lengths` that are counted when they are first asked for."""
        return cls(None, name, Later(lambda: _each_reduced(count())), tuple(lengths))

    @property
    def lengths(self) -> Shape:
        """How many planes there are along each axis of the stack."""
        return self._lengths

    @property
    def is_counted(self) -> bool:
        """Whether they are known already."""
        return self._found is not None

    @property
    def _found(self) -> NDArray[Any] | None:
        return self.known if self._later is None else self._later.found

    @property
    def histograms(self) -> NDArray[Any]:
        """The histogram of each plane, in the shape of `lengths`; counted by now."""
        if self._later is not None:
            return self._later.get()
        assert self.known is not None
        return self.known

    @property
    def range(self) -> tuple[Any, Any]:
        """The least and the greatest intensity of all planes."""
        ranges = [histogram.range for histogram in self.histograms.flat]
        return min(low for low, _ in ranges), max(high for _, high in ranges)

    @property
    def size(self) -> int:
        """How many intensities the plane knows that knows the most."""
        return max(int(histogram.nbins) for histogram in self.histograms.flat)

    def fitted(self, lengths: Shape) -> NDArray[Any]:
        """The histograms in the shape of a stack's planes.

        Raises
        ------
        ValueError
            If the stack has another number of planes.
        """
        if _without_ones(lengths) != _without_ones(self.lengths):
            raise ValueError(
                f"the reference has {_in_words(self.lengths)}, the image {_in_words(lengths)}: "
                "give a reference with a plane for each of the image's, or match all planes to "
                "one histogram: Match(reference)"
            )
        return self.histograms.reshape(lengths)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ReferencePlanes):
            return NotImplemented
        if self is other or (self.name, self.lengths) != (other.name, other.lengths):
            return self is other
        both = self.is_counted and other.is_counted
        return both and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.name, self.lengths))  # which stay when they are counted

    def __reduce__(self) -> Any:
        return ReferencePlanes, (self.histograms, self.name)

    def __str__(self) -> str:
        return f"{quoted(self.name)}, plane by plane"

    def to_json(self) -> str:
        """As a JSON text, exact to the bit."""
        planes = [arrays_of(histogram) for histogram in self.histograms.flat]
        names = {name for plane in planes for name in plane}
        joined = {
            name: np.concatenate([plane.get(name, plane["levels"]) for plane in planes])
            for name in ("counts", "levels", "starts")
            if name in names
        }
        sizes = np.array([plane["levels"].size for plane in planes])
        told = {"name": self.name, "lengths": np.array(self.lengths), "sizes": sizes}
        return written("ReferencePlanes", told | joined)

    @classmethod
    def from_json(cls, text: str) -> ReferencePlanes:
        """The planes of a `to_json` text; nothing of the text is executed.

        Raises
        ------
        ValueError
            If it is not such a text, or damaged.
        """
        needed = ("counts", "levels", "lengths", "sizes")
        fields = read("ReferencePlanes", text, needed, ("name", "starts"))
        lengths, sizes = (array_of(name, fields[name]) for name in ("lengths", "sizes"))
        arrays = arrays_in(fields)
        whole = all(a.dtype == np.int64 and a.min() >= 1 for a in (lengths, sizes))
        planes = np.prod(lengths, dtype=float) == sizes.size if whole else False
        if not planes or any(a.size != sizes.sum() for a in arrays.values()):
            raise ValueError("the ReferencePlanes are damaged: lengths or sizes do not fit")
        found = np.empty(sizes.size, object)
        ends = sizes.cumsum()
        for number, (start, end) in enumerate(zip(ends - sizes, ends, strict=True)):
            found[number] = histogram_of({name: a[start:end] for name, a in arrays.items()})
        return cls(found.reshape(lengths.tolist()), name_of(fields))


def _each_reduced(histograms: NDArray[Any]) -> NDArray[Any]:
    """Of each histogram only the bins that hold something."""
    found = np.empty(histograms.shape, object)
    for index in np.ndindex(histograms.shape):
        histogram = histograms[index]
        if not isinstance(histogram, Histogram):
            raise TypeError(
                f"ReferencePlanes: {histogram!r} is no Histogram: give one for each plane"
            )
        place = ", ".join(map(str, index))
        found[index] = reduced(histogram, f" in plane {place}")
    return found


def _without_ones(lengths: Shape) -> Shape:
    return tuple(n for n in lengths if n != 1)


def _in_words(lengths: Shape) -> str:
    number = int(np.prod(lengths))
    several = len(_without_ones(lengths)) > 1
    shape = f" ({' x '.join(map(str, lengths))})" * several
    return f"{number} plane{'s' * (number != 1)}{shape}"
