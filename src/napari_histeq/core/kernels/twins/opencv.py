"""`kernels.opencv` in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.twins.clahe import count_bytes
from napari_histeq.core.kernels.twins.pieces import PIECE, pieces, read_lines, write_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

count_shorts = count_bytes  # see `kernels.opencv.count_shorts`: it counts as many as there is room


def opencv_curves(counts: Array, limit: int, scale: Any, out: Array) -> None:
    """See `kernels.opencv.opencv_curves`."""
    levels = counts.shape[1]
    for tile, result in zip(counts.astype(np.int64), out, strict=True):
        clipped = np.minimum(tile, limit)
        share, rest = divmod(int((tile - clipped).sum()), levels)
        step = max(levels // max(rest, 1), 1)
        clipped[np.arange(0, levels, step)[:rest]] += 1
        total = np.cumsum(clipped + share, dtype=np.int64).astype(np.int32)
        result[...] = np.rint(total.astype(np.float32) * scale)


def opencv_mix(
    flat: Array,
    rows: Array,
    out: Array,
    out_rows: Array,
    upper_weight: Array,
    lower_weight: Array,
    upper: Array,
    lower: Array,
    cells: Array,
    left_weight: Array,
    right_weight: Array,
    packed: Array,  # noqa: ARG001  (room that the compiled loop needs)
) -> None:
    """See `kernels.opencv.opencv_mix`."""
    for a, b, left, right in cells.tolist():
        for across in pieces(b - a):
            start, stop = a + across.start, a + across.stop
            weight, other = left_weight[start:stop], right_weight[start:stop]
            for down in pieces(rows.size, max(PIECE // (stop - start), 1)):
                line = read_lines(flat, rows[down], start, stop).astype(np.intp)
                first = upper[left, line].astype(np.float32) * weight
                first += upper[right, line].astype(np.float32) * other
                second = lower[left, line].astype(np.float32) * weight
                second += lower[right, line].astype(np.float32) * other
                found = first * upper_weight[down, None] + second * lower_weight[down, None]
                write_lines(out, out_rows[down], start, np.rint(found).astype(np.int32))
