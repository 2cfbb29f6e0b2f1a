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

from napari_histeq.core.histogram import ArraySource, Histogram, count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Chunks that are read for a sample at most.
MOST_READS = 128
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


def sampled_histogram(image: Any, mask: Any, max_samples: int, seed: int) -> Histogram:
    """The histogram of a sample of `image` (numpy or dask, checked), with its `cdf_error`."""
    draw = np.random.default_rng(seed)
    if isinstance(image, np.ndarray):
        places = np.unravel_index(draw.integers(0, image.size, max_samples), image.shape)
        values, wanted = image[places], None if mask is None else mask[places]
        clusters = None
    else:
        values, wanted, clusters = _from_chunks(image, mask, max_samples, draw)
    histogram = Histogram(*count(ArraySource(values, wanted)))
    error = dkw_bound(histogram.total)
    if clusters is not None:
        # Pixels that do not count make the clusters unequal: then nothing is known.
        error = cluster_bound(clusters) if histogram.total == values.size else np.nan
    return Histogram(histogram.counts, histogram.bin_edges, histogram.levels, error)


def _from_chunks(
    image: Any, mask: Any, samples: int, draw: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any] | None, int | None]:
    """Values drawn from the chunks, which of them count, and the number of chunks drawn.

    That is None if every pixel was drawn independently of the others.
    """
    from dask._task_spec import Task, TaskRef

    from napari_histeq.core.lazy.graph import called, graph_of, run_graph, step_name

    clusters = None if image.npartitions <= MOST_READS else min(MOST_READS, samples)
    places = _independent if clusters is None else _clustered
    graph = graph_of(image, *([] if mask is None else [mask]))
    keys: list[Any] = []
    for number, (index, inside) in enumerate(places(image, samples, draw)):
        keys.append((step_name() if not keys else keys[0][0], number))
        wanted = None if mask is None else TaskRef((mask.name, *index))
        graph[keys[-1]] = Task(
            keys[-1], _pick, keys[-1], TaskRef((image.name, *index)), wanted, inside
        )
    picked = run_graph(graph, keys, called(graph, image, "the image"))
    values = np.concatenate([v for v, _ in picked])
    return values, None if mask is None else np.concatenate([m for _, m in picked]), clusters


def _pick(key: tuple[str, int], block: Any, mask: Any, places: Any) -> tuple[Any, Any]:
    from napari_histeq.core.lazy.graph import step_done

    values = np.asarray(block)[places], None if mask is None else np.asarray(mask)[places]
    step_done(key[0], key[1:])
    return values


def _independent(image: Any, samples: int, draw: np.random.Generator) -> Iterator[Any]:
    """Pixels anywhere, the same for any chunks: for each chunk its index and those inside."""
    places = np.unravel_index(draw.integers(0, image.size, samples), image.shape)
    starts = [np.concatenate([[0], np.cumsum(c)]) for c in image.chunks]
    chunk = [np.searchsorted(s, p, side="right") - 1 for s, p in zip(starts, places, strict=True)]
    flat = np.ravel_multi_index(chunk, image.numblocks)
    for number in np.unique(flat):
        index = tuple(int(i) for i in np.unravel_index(number, image.numblocks))
        here = flat == number
        corner = [s[i] for s, i in zip(starts, index, strict=True)]
        yield index, tuple(p[here] - c for p, c in zip(places, corner, strict=True))


def _clustered(image: Any, samples: int, draw: np.random.Generator) -> Iterator[Any]:
    """Chunks drawn by their size, and equally many pixels inside each."""
    reads = min(MOST_READS, samples)
    lengths = [np.array(c, float) / sum(c) for c in image.chunks]
    for _ in range(reads):
        index = tuple(int(draw.choice(p.size, p=p)) for p in lengths)
        shape = tuple(c[i] for c, i in zip(image.chunks, index, strict=True))
        inside = draw.integers(0, int(np.prod(shape)), samples // reads)
        yield index, np.unravel_index(inside, shape)
