"""A first answer from a sample of the pixels, and how far it may be off.

The Dvoretzky-Kiefer-Wolfowitz inequality [1]_ in Massart's form bounds the error of a
cdf that was counted on `n` pixels drawn independently of each other. To draw pixels
independently is to read chunks all over the image; where these are too many, some
chunks are drawn instead, and several pixels from each. Pixels of one chunk resemble
each other, so that the inequality holds for the number of *chunks* only, in the form of
`cluster_bound`. In practice the error is far less, but that is not guaranteed.

References
----------
.. [1] P. Massart, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality",
   Annals of Probability 18(3), 1990.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.histogram.counting import count
from napari_histeq.core.histogram.histogram import Histogram

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIDENCE = 0.95


def dkw_bound(draws: int, confidence: float = CONFIDENCE) -> float:
    """How far the cdf of independent draws is off at most, anywhere.

    Parameters
    ----------
    draws : int
        Number of pixels drawn independently, with replacement.
    confidence : float
        The probability with which the bound holds.

    Returns
    -------
    float
        ``sqrt(log(2 / (1 - confidence)) / (2 * draws))``, at most 1.
    """
    return float(min(np.sqrt(np.log(2 / (1 - confidence)) / (2 * max(draws, 1))), 1.0))


def cluster_bound(clusters: int, confidence: float = CONFIDENCE) -> float:
    """How far the cdf of equally many pixels from each of some drawn chunks is off at most.

    Parameters
    ----------
    clusters : int
        Number of chunks drawn independently, by their size.
    confidence : float
        The probability with which the bound holds.

    Returns
    -------
    float
        At most 1.

    Notes
    -----
    The error is a convex function of the cdf, and the mean over a cluster is the
    expectation of a single pixel drawn from it. So by Jensen's inequality, with ``d``
    the error of `clusters` independent pixels, for which the DKW inequality holds,
    ``E exp(a m error^2) <= E exp(a m d^2) <= (2 + a) / (2 - a)`` for ``0 < a < 2``;
    Markov's inequality then gives the bound, and the best `a` is taken.
    """
    a = np.linspace(0.01, 1.99, 199)
    bounds = np.sqrt(np.log((2 + a) / (2 - a) / (1 - confidence)) / (a * max(clusters, 1)))
    return float(min(bounds.min(), 1.0))


def sample_of_array(
    image: NDArray[Any], mask: NDArray[np.bool_] | None, samples: int, seed: int
) -> Histogram:
    """The histogram of pixels drawn independently, with its `cdf_error`."""
    draw = np.random.default_rng(seed)
    places = np.unravel_index(draw.integers(0, image.size, samples), image.shape)
    return sample_counted(image[places], None if mask is None else mask[places])


def sample_counted(
    values: NDArray[Any], mask: NDArray[np.bool_] | None, clusters: int | None = None
) -> Histogram:
    """The histogram of a sample, and how far its cdf may be off.

    `clusters` is the number of chunks that it was drawn from, equally many pixels from each;
    None if every pixel was drawn independently of the others.
    """
    histogram = count(ArraySource(values, mask))
    error = dkw_bound(histogram.total)
    if clusters is not None:
        # Pixels that do not count make the clusters unequal: then nothing is known.
        error = cluster_bound(clusters) if histogram.total == values.size else np.nan
    return Histogram(histogram.counts, histogram.bin_edges, histogram.levels, error)
