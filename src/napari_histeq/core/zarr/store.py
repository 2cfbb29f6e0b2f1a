"""The blocks of a store: which are there, which are to be computed from what.

One graph reads each block of the image once, writes it, and hands what is left of it
after averaging up to the next level: no pixel is read back, and no more than a few
blocks are in memory at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from dask._task_spec import List, Task, TaskRef

from napari_histeq.core.arrays import Declared
from napari_histeq.core.collector import collector_spared
from napari_histeq.core.lazy import (
    called,
    graph_of,
    looking,
    run_graph,
    step_done,
    step_name,
)
from napari_histeq.core.zarr.pyramid import halve

if TYPE_CHECKING:
    from collections.abc import Iterator

    import dask.array as da
    from numpy.typing import NDArray

    from napari_histeq.core.zarr.pyramid import Shape

    Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the store: its array, its blocks, and how it shrinks to the next."""

    name: str
    array: Any
    step: str
    factor: Shape | None

    @property
    def grid(self) -> Shape:
        """Blocks along each axis."""
        return tuple(-(-n // c) for n, c in zip(self.array.shape, self.array.chunks, strict=True))

    def where(self, index: Index) -> tuple[slice, ...]:
        """The place of a block."""
        sizes = zip(index, self.array.chunks, self.array.shape, strict=True)
        return tuple(slice(i * c, min((i + 1) * c, n)) for i, c, n in sizes)

    def written(self, index: Index) -> bool:
        """Whether a block is in the store: as a whole, because it is moved there."""
        root = Path(self.array.store.root) / self.array.path
        key: str = self.array.metadata.encode_chunk_key(index)
        found: bool = root.joinpath(key).exists()
        return found


def lazy_pyramids(
    path: Path, images: list[da.Array], factors: list[Shape] | None
) -> list[tuple[da.Array, list[Level]]]:
    """What is computed from what: an image, and the levels that follow from it."""
    steps = [None] * len(images) if factors is None else [*factors, None]
    levels = [_open_level(path, number, factor) for number, factor in enumerate(steps)]
    if factors is not None:
        return [(images[0], levels)]
    return [(image, [level]) for image, level in zip(images, levels, strict=True)]


def _open_level(path: Path, number: int, factor: Shape | None) -> Level:
    # A chunk of zeros is written too: what is not there is still to be done.
    opened = zarr.open_array(path / str(number), mode="r+")
    array = opened.with_config({"write_empty_chunks": True})
    return Level(str(number), array, step_name(), factor)


def compare(path: Path, image: da.Array, levels: list[Level]) -> None:
    """Refuse to resume if a block that is written differs from the image's."""
    first = levels[0]
    every = [*np.ndindex(*first.grid)]
    index = next((i for i in looking(every) if first.written(i)), None)
    if index is None:
        return
    key = (image.name, *index)
    graph = graph_of(image)
    (wanted,) = run_graph(graph, [key], called(graph, image, "the image"))
    if np.asarray(wanted).tobytes() != first.array[first.where(index)].tobytes():
        raise ValueError(
            f"{path} holds another image (chunk {index} differs): use if_exists='overwrite'"
        )


def write(path: Path, pyramids: list[tuple[da.Array, list[Level]]]) -> None:
    """Compute every block that is not in the store, and write it."""
    with collector_spared(sum(math.prod(levels[0].grid) for _, levels in pyramids)):
        graph = graph_of(*(image for image, _ in pyramids))
        known: dict[str, Declared] = {}
        keys: list[Any] = []
        for image, levels in pyramids:
            known |= called(graph, image, "the image")
            known |= {lev.step: Declared(f"{path.name}/{lev.name}") for lev in levels}
            keys += _add_tasks(graph, image, levels)
        if keys:
            run_graph(graph, keys, known)


def _add_tasks(graph: dict[Any, Any], image: da.Array, levels: list[Level]) -> list[Any]:
    """Add the tasks that are left to a graph, from the coarsest level down; the last keys."""
    wanted = _missing(levels[-1])
    last = [(levels[-1].step, *index) for index in wanted]
    for number in reversed(range(len(levels))):
        level, below = levels[number], []
        for index in looking(wanted):
            key = (level.step, *index)
            if number < len(levels) - 1 and level.written(index):
                graph[key] = Task(key, _reread, level, index)
            elif number == 0:
                graph[key] = Task(key, _write_block, level, index, TaskRef((image.name, *index)))
            else:
                children = list(_children(levels[number - 1], index))
                refs = List(*(TaskRef((levels[number - 1].step, *c)) for c in children))
                graph[key] = Task(key, _write_parent, level, index, levels[number - 1], refs)
                below += children
        if number:  # also what a coarser block does not ask for, as it is there itself
            finer = levels[number - 1]
            alone = sorted(set(_missing(finer)) - set(below))
            last += [(finer.step, *index) for index in alone]
            wanted = below + alone
    return last


def _missing(level: Level) -> list[Index]:
    every = [*np.ndindex(*level.grid)]
    return [index for index in looking(every) if not level.written(index)]


def _children(level: Level, index: Index) -> Iterator[Index]:
    """The blocks of a level that are averaged to block `index` of the next."""
    assert level.factor is not None
    ranges = [
        range(i * f, min(i * f + f, n))
        for i, f, n in zip(index, level.factor, level.grid, strict=True)
    ]
    for within in np.ndindex(*map(len, ranges)):
        yield tuple(r[w] for r, w in zip(ranges, within, strict=True))


def _write_block(level: Level, index: Index, block: Any) -> NDArray[Any] | None:
    """Write a block; what the next level needs of it."""
    pixels = np.asarray(block)
    level.array[level.where(index)] = pixels
    step_done(level.step, index)
    return None if level.factor is None else halve(pixels, level.factor)


def _reread(level: Level, index: Index) -> NDArray[Any]:
    assert level.factor is not None
    return halve(level.array[level.where(index)], level.factor)


def _write_parent(
    level: Level, index: Index, finer: Level, pieces: list[NDArray[Any]]
) -> NDArray[Any] | None:
    """Put the pieces of a coarser block together, and write it."""
    assert finer.factor is not None
    where = level.where(index)
    block = np.empty([w.stop - w.start for w in where], level.array.dtype)
    for child, piece in zip(_children(finer, index), pieces, strict=True):
        place = [
            (c - i * f) * (n // f)
            for c, i, f, n in zip(child, index, finer.factor, level.array.chunks, strict=True)
        ]
        block[tuple(slice(p, p + n) for p, n in zip(place, piece.shape, strict=True))] = piece
    return _write_block(level, index, block)
