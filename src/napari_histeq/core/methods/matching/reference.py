"""Reference: the intensities to match, counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import numpy as np

from napari_histeq.core.arrays import array_of, check_one_plane, read, written
from napari_histeq.core.histogram import Histogram
from napari_histeq.core.methods.matching.quantiles import full_match, percentiles_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Axes, Axis
    from napari_histeq.core.histogram import HistogramRows

    Floats = NDArray[np.float64]

T = TypeVar("T")

#: Pixels of a plane up to which it is known of each number of them what a level above so many becomes.
MOST_TOLD = 1 << 18

#: Counts an image, or each plane of it: set by `core.verbs.compute`, which stands above.
counters: list[Callable[..., NDArray[Any]]] = []


def counted(image: Any, mask: Any = None, channel_axis: Axis = None) -> Histogram:
    """The histogram of any array, in memory or lazy; of colors, that of their luminance."""
    found: Histogram = counters[-1](image, mask, channel_axis, None).item()
    return found


def counted_planes(image: Any, mask: Any, channel_axis: Axis, axes: Axes) -> NDArray[Any]:
    """The histogram of each plane that spans `axes`, each counted on its own, as an array of them."""
    return counters[-1](image, mask, channel_axis, axes)


class Later(Generic[T]):
    """What is found when it is asked for, once, on whatever thread."""

    def __init__(self, find: Callable[[], T]) -> None:
        self._find: Callable[[], T] | None = find
        self._lock = Lock()
        self.found: T | None = None

    def get(self) -> T:
        """What is found; or known since."""
        with self._lock:
            if self.found is None:
                assert self._find is not None
                self.found = self._find()
                self._find = None  # it may hold pixels
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
    _later: Later[Histogram] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.known is None and self._later is None:
            raise TypeError("Reference: the histogram is missing: give one, or pixels to count")
        if self.known is not None:
            object.__setattr__(self, "known", reduced(self.known))

    @classmethod
    def later(cls, count: Callable[[], Histogram], name: str = "") -> Reference:
        """A reference that is counted when it is first asked for."""
        return cls(None, name, Later(lambda: reduced(count())))

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
        return full_match(histogram.cdf, own, own.places if places else own.levels)

    def full_match_rows(self, rows: HistogramRows, *, places: bool = False) -> Floats:
        """As `full_match`, of many planes: what a level becomes depends on its cdf alone."""
        total = int(rows.total[0, 0])
        if total > MOST_TOLD or (rows.total != total).any():
            return self.full_match(cast("Histogram", rows), places=places)
        return np.asarray(_by_count(self.histogram, total, places)[rows.counts.cumsum(axis=-1)])

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
        return quoted(self.name)

    def to_json(self) -> str:
        """As a JSON text, exact to the bit."""
        return written("Reference", {"name": self.name} | arrays_of(self.histogram))

    @classmethod
    def from_json(cls, text: str) -> Reference:
        """The reference of a `to_json` text; nothing of the text is executed.

        Raises
        ------
        ValueError
            If it is not such a text, or damaged.
        """
        fields = read("Reference", text, ("counts", "levels"), ("name", "starts"))
        return cls(histogram_of(arrays_in(fields)), name_of(fields))


@lru_cache(maxsize=2)  # plane after plane has as many pixels
def _by_count(own: Histogram, total: int, places: bool) -> Floats:
    """What becomes of a level that 0, 1, ... `total` of so many pixels are not above."""
    return full_match(np.arange(total + 1) / total, own, own.places if places else own.levels)


def quoted(name: str) -> str:
    """The name of a reference as a legend tells it."""
    name = " ".join(name.encode(errors="replace").decode().split())
    return f"“{name}”" if name else "another image"


def arrays_of(histogram: Histogram) -> dict[str, NDArray[Any]]:
    """A reduced histogram as the arrays of a JSON text."""
    arrays = {"counts": histogram.counts, "levels": histogram.levels}
    return arrays if histogram.is_exact else arrays | {"starts": histogram.bin_edges[:-1]}


def arrays_in(fields: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Such arrays in the fields of a JSON text."""
    names = ("counts", "levels", "starts")
    return {name: array_of(name, fields[name]) for name in names if name in fields}


def histogram_of(arrays: Mapping[str, NDArray[Any]]) -> Histogram:
    """The histogram of such arrays, or an error that says which is damaged."""
    counts, levels = arrays["counts"], arrays["levels"]
    starts = arrays.get("starts", levels)
    if counts.dtype != np.int64 or counts.min() < 1:
        raise ValueError("counts are damaged: they must be int64, and above 0")
    if not counts.size == levels.size == starts.size:
        raise ValueError("the Reference is damaged: each level needs one count and one start")
    if (levels[1:] <= levels[:-1]).any() or (starts > levels).any():
        raise ValueError("levels are damaged: they must increase, each from its start on")
    return Histogram(counts, np.append(starts, levels[-1:]), levels)


def name_of(fields: Mapping[str, Any]) -> str:
    """The name in a JSON text."""
    name = fields.get("name", "")
    if not isinstance(name, str):
        raise ValueError(f"name is {name!r}: it must be a text")  # noqa: TRY004  (of a file)
    return name


def reduced(histogram: Histogram, which: str = "") -> Histogram:
    """Only the bins that hold something; each ends at its level. `which` plane: for an error."""
    check_one_plane(histogram.counts)
    if not histogram.total:
        raise ValueError(
            f"reference has no pixel that counts{which} (its mask is empty, or all is NaN): "
            "give one in which something is counted"
        )
    return without_empty_bins(histogram)


def without_empty_bins(histogram: Histogram) -> Histogram:
    """Only the bins that hold something, if any do; each ends at its level."""
    used = histogram.populated
    if not used.size:
        return histogram
    levels = histogram.levels[used]
    starts = histogram.bin_edges[used].astype(levels.dtype)
    edges = np.append(np.minimum(starts, levels), levels[-1:])
    return Histogram(histogram.counts[used], edges, levels, histogram.cdf_error)


def reference_of(value: Any) -> Any:
    """What a method is given, as a value: an array is counted."""
    if any(hasattr(type(value), name) for name in ("full_match", "landmarks", "histograms")):
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
