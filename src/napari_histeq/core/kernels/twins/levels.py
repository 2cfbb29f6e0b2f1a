"""`kernels.levels` in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.pieces import add_counts, pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray


def count_bytes(words: NDArray[Any], rest: NDArray[Any], counts: NDArray[Any]) -> None:
    """See `kernels.levels.count_bytes`."""
    for run in (words.view(np.uint8), rest):
        for piece in pieces(run.size):
            counts += np.bincount(run[piece], minlength=256)


def count_shorts(words: NDArray[Any], rest: NDArray[Any], counts: NDArray[Any]) -> None:
    """See `kernels.levels.count_shorts`."""
    for run in (words.view(np.uint16), rest):
        for piece in pieces(run.size):
            add_counts(counts, run[piece])


def count_masked(values: NDArray[Any], mask: NDArray[Any], counts: NDArray[Any]) -> None:
    """See `kernels.levels.count_masked`."""
    for piece in pieces(values.size):
        add_counts(counts, values[piece][mask[piece].view(np.bool_)])


def look_up(values: NDArray[Any], table: NDArray[Any], out: NDArray[Any]) -> None:
    """See `kernels.levels.look_up`, `look_up_bytes` and `look_up_words`."""
    values, out = values.view(table.dtype), out.view(table.dtype)
    for piece in pieces(values.size):
        # There is an entry for every value; other modes would check that, in a copy.
        np.take(table, values[piece], out=out[piece], mode="clip")
