"""Reference: the intensities to match, counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import array_of, check_one_plane, read, written
from napari_histeq.core.histogram import Histogram
from napari_histeq.core.methods.matching.quantiles import full_match, percentiles_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Counts an image (see `compute_histogram`): set by `core.compute`, which stands above.
counters: list[Callable[..., Histogram]] = []


def counted(image: Any, mask: Any = None, channel_axis: int | None = None) -> Histogram:
    """The histogram of any array, in memory or lazy; of colors, that of their luminance."""
    return counters[-1](image, mask, channel_axis)


class _Later:
    """A count that is made when it is asked for, once, on whatever thread."""

    def __init__(self, count: Callable[[], Histogram]) -> None:
        self._count: Callable[[], Histogram] | None = count
        self._lock = Lock()
        self.found: Histogram | None = None

    def get(self) -> Histogram:
        with self._lock:
            if self.found is None:
                assert self._count is not None
                self.found = _reduced(self._count())
                self._count = None  # it may hold pixels
            return self.found


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """How often each intensity occurs in an image that others are made to match.

    Parameters
    ----------
    known : Histogram
        Of the reference, 1-D; bins that hold nothing are dropped.
    name : str
        What it is called in a record and in a legend.

    Raises
    ------
    ValueError
        If nothing was counted.
    """

    known: Histogram | None
    name: str = ""
    _later: _Later | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.known is None and self._later is None:
            raise TypeError("Reference: the histogram is missing: give one, or pixels to count")
        if self.known is not None:
            object.__setattr__(self, "known", _reduced(self.known))

    @classmethod
    def later(cls, count: Callable[[], Histogram], name: str = "") -> Reference:
        """A reference that is counted when it is first asked for."""
        return cls(None, name, _Later(count))

    @property
    def is_counted(self) -> bool:
        """Whether it is known already."""
        return self._found is not None

    @property
    def _found(self) -> Histogram | None:
        return self.known if self._later is None else self._later.found

    @property
    def histogram(self) -> Histogram:
        """Of the intensities that occur; counted by now."""
        if self._later is not None:
            return self._later.get()
        assert self.known is not None
        return self.known

    @property
    def range(self) -> tuple[Any, Any]:
        """The least and the greatest intensity."""
        return self.histogram.range

    @property
    def size(self) -> int:
        """How many intensities it knows."""
        return self.histogram.nbins

    def values_at(self, percentiles: Sequence[float]) -> Floats:
        """The intensities at some percentiles."""
        return percentiles_of(self.histogram, percentiles)

    def full_match(self, histogram: Histogram, *, places: bool = False) -> Floats:
        """What the levels of a histogram become so that its cdf is that of the reference.

        `places`: not the intensities, but their places (0 to 1) in the reference's range.
        """
        own = self.histogram
        return full_match(histogram, own, own.places if places else own.levels)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference):
            return NotImplemented
        if self is other or self.name != other.name:
            return self is other
        mine, others = self._found, other._found
        return mine is not None and others is not None and mine.to_json() == others.to_json()

    def __hash__(self) -> int:
        return hash(self.name)  # which stays when it is counted

    def __reduce__(self) -> Any:
        return Reference, (self.histogram, self.name)

    def __str__(self) -> str:
        name = " ".join(self.name.encode(errors="replace").decode().split())
        return f"“{name}”" if name else "another image"

    def to_json(self) -> str:
        """As a JSON text, exact to the bit."""
        found = self.histogram
        arrays = {"counts": found.counts, "levels": found.levels}
        if not found.is_exact:
            arrays["starts"] = found.bin_edges[:-1]
        return written("Reference", {"name": self.name} | arrays)

    @classmethod
    def from_json(cls, text: str) -> Reference:
        """The reference of a `to_json` text; nothing of the text is executed.

        Raises
        ------
        ValueError
            If it is not such a text, or damaged.
        """
        fields = read("Reference", text, ("counts", "levels"), ("name", "starts"))
        counts, levels = (array_of(name, fields[name]) for name in ("counts", "levels"))
        starts = array_of("starts", fields["starts"]) if "starts" in fields else levels
        name = fields.get("name", "")
        if not isinstance(name, str):
            raise ValueError(f"name is {name!r}: it must be a text")  # noqa: TRY004  (of a file)
        if counts.dtype != np.int64 or counts.min() < 1:
            raise ValueError("counts are damaged: they must be int64, and above 0")
        if not counts.size == levels.size == starts.size:
            raise ValueError("the Reference is damaged: each level needs one count and one start")
        if (levels[1:] <= levels[:-1]).any() or (starts > levels).any():
            raise ValueError("levels are damaged: they must increase, each from its start on")
        return cls(Histogram(counts, np.append(starts, levels[-1:]), levels), name)


def _reduced(histogram: Histogram) -> Histogram:
    """Only the bins that hold something; each ends at its level."""
    check_one_plane(histogram.counts)
    if not histogram.total:
        raise ValueError(
            "reference has no pixel that counts (its mask is empty, or all is NaN): "
            "give one in which something is counted"
        )
    used = histogram.populated
    levels = histogram.levels[used]
    starts = histogram.bin_edges[used].astype(levels.dtype)
    edges = np.append(np.minimum(starts, levels), levels[-1:])
    return Histogram(histogram.counts[used], edges, levels, histogram.cdf_error)


def reference_of(value: Any) -> Any:
    """What a method is given, as a value: an array is counted."""
    if hasattr(value, "full_match") or hasattr(value, "landmarks"):
        return value
    if isinstance(value, Histogram):
        return Reference(value)
    if value is None:
        raise TypeError(
            "Match: reference is missing: give the image to match (an array, a Histogram "
            "or a Standard)"
        )
    if isinstance(value, str | bytes) or not (hasattr(value, "dtype") or np.ndim(value)):
        raise TypeError(
            f"Match: reference={value!r} is no image: give an array, a Histogram or a Standard; "
            "of a movie 'neighbors', 'first', 'previous' or 'median'"
        )
    return Reference(counted(value))
