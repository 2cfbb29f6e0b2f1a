"""What is lazy is computed in parts of bounded size, in the order in which files want them."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from napari_histeq.core.threads import current_watcher

if TYPE_CHECKING:
    from collections.abc import Iterator

#: So many bytes are computed at a time.
PART = 1 << 27


def blocks(data: Any) -> Iterator[tuple[tuple[slice, ...], np.ndarray[Any, Any]]]:
    """The parts of a lazy image in C order, each with its place; the watcher hears of each.

    A part is as many whole rows (or planes) as come to `PART`: neighbors on a disk.
    """
    parts = _parts(data.shape, data.dtype.itemsize)
    watcher = current_watcher()
    for done, where in enumerate(parts, 1):
        yield where, np.asarray(data[where])
        if watcher is not None:
            watcher(done, len(parts))


def append(file: BinaryIO, block: np.ndarray[Any, Any]) -> None:
    """Write pixels behind what a file has, in C order.

    On a full disk this says so; `tofile` says how many bytes it wanted to write, and a process
    that writes to a mapped file dies.
    """
    file.write(np.ascontiguousarray(block).data)


def _parts(shape: tuple[int, ...], itemsize: int) -> list[tuple[slice, ...]]:
    """Places in C order that cover an image, of at most `PART` bytes if a row has no more."""
    axis, row = 0, math.prod(shape) * itemsize
    while axis < len(shape) - 1 and row // max(shape[axis], 1) > PART:
        row //= max(shape[axis], 1)
        axis += 1
    row //= max(shape[axis], 1)
    step = max(1, PART // max(row, 1))
    spans = [[slice(i, i + 1) for i in range(n)] for n in shape[:axis]]
    spans.append([slice(i, min(i + step, shape[axis])) for i in range(0, shape[axis], step)])
    rest = tuple(slice(0, n) for n in shape[axis + 1 :])
    return [(*where, *rest) for where in product(*spans)]
