"""Blocks as the lines that CLAHE's kernels read and write, without a copy where possible."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays.interval import above

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Lines = tuple[NDArray[Any], NDArray[np.uint64]]

NO_MASK: NDArray[Any] = np.empty(0, np.uint8)
NO_ROWS: NDArray[np.uint64] = np.empty(0, np.uint64)


def working_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype that kernels know for an image of `dtype`."""
    if dtype.itemsize == 1:
        return np.dtype(np.uint8)  # by their bits
    if dtype.kind == "f" and dtype.itemsize == 2:
        return np.dtype(np.float32)
    if is_wide(dtype):
        return np.dtype(np.float64)
    return dtype.newbyteorder("=")


def is_wide(dtype: np.dtype[Any]) -> bool:
    """Whether these are integers that no float holds exactly: they are taken from the lowest."""
    return dtype.kind in "iu" and dtype.itemsize == 8


def readable_lines(block: NDArray[Any], low: Any) -> Lines:
    """The pixels of a block in contiguous memory, and the places where its rows start."""
    work = working_dtype(block.dtype)
    if is_wide(block.dtype):
        # What does not count may lie below the lowest that does.
        block = above(np.maximum(block, low), low).astype(np.float64)
    elif block.dtype.itemsize == 1:
        block = block.view(np.uint8)
    if block.dtype != work or not _has_lines(block):
        block = np.require(block, work, ["C", "A"])
    return _flat(block), _rows(block)


@contextmanager
def writable_lines(block: NDArray[Any]) -> Iterator[Lines]:
    """Lines whose content is in the block afterwards."""
    work = working_dtype(block.dtype)
    view = block.view(np.uint8) if block.dtype.itemsize == 1 else block
    direct = view.dtype == work and _has_lines(view)
    lines = view if direct else np.empty(block.shape, work)
    yield _flat(lines), _rows(lines)
    if not direct:
        view[...] = lines


def mask_lines(block: NDArray[np.bool_] | None) -> Lines:
    """The lines of a mask, or none."""
    return (NO_MASK, NO_ROWS) if block is None else readable_lines(block, 0)


def _has_lines(block: NDArray[Any]) -> bool:
    last, item = block.strides[-1] if block.ndim else 0, block.itemsize
    unit = last == item or block.shape[-1] == 1
    regular = all(s >= 0 and s % item == 0 for s in block.strides[:-1])
    return unit and regular and block.flags.aligned


def _flat(block: NDArray[Any]) -> NDArray[Any]:
    """All memory from the block's first pixel to its last."""
    if block.flags.c_contiguous:
        return block.reshape(-1)
    gaps = sum((n - 1) * s for n, s in zip(block.shape[:-1], block.strides[:-1], strict=True))
    extent = (gaps // block.itemsize + block.shape[-1],)
    return np.lib.stride_tricks.as_strided(block, extent, (block.itemsize,))


def _rows(block: NDArray[Any]) -> NDArray[np.uint64]:
    if block.flags.c_contiguous and block.size:
        return np.arange(0, block.size, block.shape[-1], dtype=np.uint64)
    rows: NDArray[Any] = np.zeros(1, np.uint64)
    for n, stride in zip(block.shape[:-1], block.strides[:-1], strict=True):
        rows = (
            rows[:, None] + np.arange(n, dtype=np.uint64) * np.uint64(stride // block.itemsize)
        ).reshape(-1)
    return rows
