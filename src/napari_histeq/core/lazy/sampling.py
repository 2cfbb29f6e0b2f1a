"""A sample of the pixels of an image larger than memory (see `histogram.sampling`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.histogram import sample_counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram

#: Chunks that are read for a sample at most.
MOST_READS = 128


def sample_of_chunks(image: Any, mask: Any, samples: int, seed: int) -> Histogram:
    """The histogram of a sample of a dask array (checked), with its `cdf_error`."""
    draw = np.random.default_rng(seed)
    return sample_counted(*_from_chunks(image, mask, samples, draw))


def _from_chunks(
    image: Any, mask: Any, samples: int, draw: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any] | None, int | None]:
    """Values drawn from the chunks, which of them count, and the number of chunks drawn.

    That is None if every pixel was drawn independently of the others.
    """
    from dask._task_spec import Task, TaskRef

    from napari_histeq.core.lazy.graph import called, graph_of, run_graph
    from napari_histeq.core.lazy.steps import step_name

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
    from napari_histeq.core.lazy.steps import step_done

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
