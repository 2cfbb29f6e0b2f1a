"""Histogram: how often each intensity occurs. Small, frozen, mergeable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core import showing
from napari_histeq.core.arrays import (
    Interval,
    array_of,
    bin_limits,
    check_bandwidth,
    check_bins,
    check_nbins,
    number_of,
    read,
    written,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


#: Stands for levels that are derived from the edges.
_BY_EDGES: NDArray[Any] = np.empty(0)

#: Bars of the small picture.
BARS = 90


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts of intensities over bins.

    Parameters
    ----------
    counts : (..., nbins) array of int64
        Pixels per bin; linear, never log. Leading axes, if any, are those of a
        stack counted plane by plane (see `compute_histogram`'s `axes`).
    bin_edges : (nbins + 1,) array
        Edges in the image's own intensities, increasing. Bin ``i`` holds
        ``bin_edges[i] <= v < bin_edges[i + 1]``; the last bin includes its
        right edge. An 8-bit image has 256 bins over [0, 256).
    levels : (nbins,) array, optional
        The greatest intensity each bin can hold, in the image's dtype: the place
        where the cdf is known exactly. By default the left edges if the bins are
        one integer wide, else the right edges.
    cdf_error : float
        0 if every pixel was counted. For a sample, the bound on the error of the cdf
        that holds with a probability of 0.95; NaN if none is known (see `sampling`).

    Raises
    ------
    ValueError
        If the shapes do not fit, or the edges do not increase.
    """

    counts: NDArray[np.int64]
    bin_edges: NDArray[Any]
    levels: NDArray[Any] = field(default_factory=lambda: _BY_EDGES)
    cdf_error: float = 0.0

    def __post_init__(self) -> None:
        counts = np.asarray(self.counts, dtype=np.int64)
        edges = np.asarray(self.bin_edges)
        check_bins(counts, edges)
        levels = _default_levels(edges) if self.levels is _BY_EDGES else np.asarray(self.levels)
        for name, value in (("counts", counts), ("bin_edges", edges), ("levels", levels)):
            frozen = value.view()
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)

    def to_json(self) -> str:
        """The histogram as a JSON text, exact to the bit: `from_json` reads it."""
        cdf_error = None if np.isnan(self.cdf_error) else float(self.cdf_error)
        arrays = {"counts": self.counts, "bin_edges": self.bin_edges, "levels": self.levels}
        return written("Histogram", arrays | {"cdf_error": cdf_error})

    @classmethod
    def from_json(cls, text: str) -> Histogram:
        """The histogram of a `to_json` text; nothing of the text is executed.

        Raises
        ------
        ValueError
            If it is not such a text, or damaged: the message says where.
        """
        fields = read("Histogram", text, ("counts", "bin_edges", "levels"), ("cdf_error",))
        counts = array_of("counts", fields["counts"], ndim=None)
        edges, levels = (array_of(name, fields[name]) for name in ("bin_edges", "levels"))
        error = fields.get("cdf_error", 0.0)
        error = np.nan if error is None else number_of("cdf_error", error)
        if counts.dtype != np.int64 or counts.min() < 0:
            raise ValueError("counts are damaged: they must be int64, and not negative")
        if levels.size != counts.shape[-1] or not (levels[1:] >= levels[:-1]).all():
            raise ValueError("levels are damaged: one for each bin, and they must not decrease")
        if not 0 <= error <= 1 and not np.isnan(error):
            raise ValueError(f"cdf_error is {error}: it must be from 0 to 1")
        return cls(counts, edges, levels, error)

    @property
    def nbins(self) -> int:
        """Number of bins."""
        return int(self.counts.shape[-1])

    @property
    def total(self) -> int:
        """Number of pixels counted."""
        return int(self.counts.sum())

    @property
    def bin_centers(self) -> NDArray[np.float64]:
        """Middle of each bin; for bins one integer wide, the integer itself."""
        left = self.bin_edges[:-1].astype(np.float64)
        right = self.levels.astype(np.float64)
        return np.where(left == right, left, left / 2 + right / 2)

    @property
    def bin_widths(self) -> NDArray[np.float64]:
        """Width of each bin; for bins of integers, the number of levels in it."""
        if self.levels.dtype.kind in "iu" and self.bin_edges.dtype.kind in "iu":
            return self.levels.astype(np.float64) - self.bin_edges[:-1].astype(np.float64) + 1.0
        return np.diff(self.bin_edges.astype(np.float64))

    @property
    def fractions(self) -> NDArray[np.float64]:
        """Counts divided by their total: the fraction of pixels in each bin."""
        total = self.counts.sum(axis=-1, keepdims=True)
        return np.asarray(self.counts / np.maximum(total, 1), np.float64)

    @property
    def pdf(self) -> NDArray[np.float64]:
        """Probability density: integrates to 1 over the bins."""
        return np.asarray(self.fractions / self.bin_widths, np.float64)

    @property
    def cdf(self) -> NDArray[np.float64]:
        """Fraction of pixels not above each of `levels`: ends at 1."""
        total = self.counts.sum(axis=-1, keepdims=True)
        return np.asarray(self.counts.cumsum(axis=-1) / np.maximum(total, 1), np.float64)

    @property
    def places(self) -> NDArray[np.float64]:
        """Where `levels` lie between the least (0) and the greatest (1) intensity counted."""
        return Interval(*self.range).place(self.levels)

    @property
    def populated(self) -> NDArray[np.intp]:
        """Indices of the bins that hold at least one pixel (of any plane)."""
        return np.flatnonzero(self._holds)

    @property
    def _holds(self) -> NDArray[np.bool_]:
        """Which bins hold a pixel."""
        held: NDArray[np.bool_] = self.counts != 0
        return held if held.ndim == 1 else np.any(held.reshape(-1, self.nbins), axis=0)

    @property
    def is_exact(self) -> bool:
        """Whether each bin that holds a pixel stands for a single intensity."""
        used = self.populated
        return bool(np.all(self.bin_edges[used] == self.levels[used]))

    @property
    def range(self) -> tuple[Any, Any]:
        """The least and the greatest intensity counted (bin-wise for wide bins).

        Raises
        ------
        ValueError
            If nothing was counted.
        """
        held = self._holds
        first, last = int(held.argmax()), held.size - 1 - int(held[::-1].argmax())
        if not held[first]:
            raise ValueError("the histogram is empty: no pixel was counted, so it has no range")
        one_level = bool(self.bin_edges[first] == self.levels[first])
        least = self.levels[first] if one_level else self.bin_edges[first]
        return least, self.levels[last]

    def __getitem__(self, plane: Any) -> Histogram:
        """The histogram of one plane of a stack."""
        return Histogram(self.counts[plane], self.bin_edges, self.levels, self.cdf_error)

    def __add__(self, other: Histogram) -> Histogram:
        """The histogram of both images together; the bins must be the same.

        Raises
        ------
        ValueError
            If the bin edges differ.
        """
        if not isinstance(other, Histogram):
            return NotImplemented
        if not np.array_equal(self.bin_edges, other.bin_edges):
            raise ValueError(
                f"histograms with different bins cannot be added ({self.nbins} and {other.nbins} "
                "bins, or other edges): rebin both to the same bins, or count the images as one"
            )
        error = max(self.cdf_error, other.cdf_error)
        return Histogram(self.counts + other.counts, self.bin_edges, self.levels, error)

    def rebin(self, nbins: int, limits: tuple[float, float] | None = None) -> Histogram:
        """The same pixels in `nbins` bins of equal width: 20 coarse bars, say.

        Parameters
        ----------
        nbins : int
            Number of bins, at least 1.
        limits : (float, float), optional
            Where the first bin starts and the last one ends; by default this
            histogram's own. Pixels beyond are put into the outermost bins.

        Returns
        -------
        Histogram
            With the same total. A bin of this histogram goes as a whole to the
            bin that holds its center: integer levels land exactly. Adaptive bins of floats
            hold up to 1/2048 of the pixels each, so that up to so many of them may stand
            on the wrong side of each edge; `compute_histogram(image, nbins=...)` looks at
            the pixels again, and is exact.

        Raises
        ------
        ValueError
            If there is no such number of bins, or if `limits` are not two finite numbers
            of which the first is not above the second.
        """
        check_nbins(nbins)
        if limits is not None:
            bin_limits(limits)
        low, high = (self.bin_edges[0], self.bin_edges[-1]) if limits is None else limits
        edges = Interval(float(low), float(high)).even(nbins)
        first = np.searchsorted(self.bin_centers, edges[1:-1], side="left")
        done = np.zeros((*self.counts.shape[:-1], self.nbins + 1), dtype=np.int64)
        np.cumsum(self.counts, axis=-1, out=done[..., 1:])
        counts = np.diff(done[..., np.concatenate([[0], first, [self.nbins]])], axis=-1)
        return Histogram(counts, edges, edges[1:], self.cdf_error)

    def kde(
        self, points: ArrayLike | None = None, bandwidth: float | None = None
    ) -> NDArray[np.float64]:
        """Gaussian kernel density estimate of the intensities.

        Parameters
        ----------
        points : (n,) array, optional
            Where to estimate; by default at the bin centers.
        bandwidth : float, optional
            Standard deviation of the kernel, in intensities. By default Scott's
            rule [1]_: the standard deviation times ``total ** (-1 / 5)``.

        Returns
        -------
        (n,) array of float64
            The density; it integrates to 1 over the histogram's range, because
            the kernel is reflected at both ends: no pixel can lie beyond.

        References
        ----------
        .. [1] D. W. Scott, "Multivariate Density Estimation", Wiley, 1992.
        """
        from napari_histeq.core.histogram.density import gaussian_kde

        if bandwidth is not None:
            check_bandwidth(bandwidth)
        where = self.bin_centers if points is None else np.asarray(points, dtype=np.float64)
        return gaussian_kde(self, where, bandwidth)

    def plot(self, after: Histogram | None = None, **options: Any) -> Any:
        """Draw the histogram, or that before and after an equalization, as the panel does.

        Parameters
        ----------
        after : Histogram, optional
            That of the result.
        **options
            As in `napari_histeq.plot.render`: ``curve``, ``title``, ``theme``, ``nbins``, ``log`` ...

        Returns
        -------
        matplotlib.figure.Figure
            To be shown by a notebook, or saved.
        """
        return showing.drawn(self, after, **options)

    def _repr_html_(self) -> str:
        """A small picture for a notebook, without a plotting library."""
        told = f"{self.total:,} pixels in {self.nbins:,} bins"
        if not self.total:
            return showing.bars(np.zeros(1), told)
        low, high = self.range
        whole = Histogram(
            self.counts.reshape(-1, self.nbins).sum(axis=0), self.bin_edges, self.levels
        )
        shown = whole.rebin(BARS, (float(low), float(high)))
        return showing.bars(shown.counts, f"{told}, intensities {low:g} to {high:g}")


def _default_levels(edges: NDArray[Any]) -> NDArray[Any]:
    whole = edges.dtype.kind in "iu" or bool(np.all(edges == np.rint(edges)))
    return edges[:-1] if whole and bool(np.all(np.diff(edges) == 1)) else edges[1:]


def cdf_distance(first: Histogram, second: Histogram) -> float:
    """The greatest difference of the cdfs of two 1-D histograms, from 0 to 1.

    Of two neighboring levels of a pyramid it tells how much one step of averaging
    changes the result: the error of counting the coarser one instead of the finer.
    """
    points = np.union1d(first.levels, second.levels)
    cdfs = []
    for histogram in (first, second):
        place = np.searchsorted(histogram.levels, points, side="right")
        cdfs.append(np.concatenate([[0.0], histogram.cdf])[place])
    return float(np.abs(cdfs[0] - cdfs[1]).max())
