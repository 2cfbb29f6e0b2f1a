"""Many planes, each by its own curve, in few calls of a compiled loop."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_histeq.core.arrays import Plane, are_many, memory_order, outer_first
from napari_histeq.core.threads import for_each, thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.transfer.rules import StackRule

    Axes = tuple[int, ...]

#: Pixels of a call, if there are several planes in so many.
CALL_PIXELS = 1 << 20

NO_MASK: NDArray[Any] = np.empty((0, 0), np.uint8)


class Done(NamedTuple):
    """Of each plane, whether any of its pixels counted, and whether it is left to be done by itself."""

    counted: NDArray[np.bool_]
    left: NDArray[np.bool_]


def equalize_stack(whole: Plane, outer: Axes, axes: Axes, rule: StackRule) -> Done | None:
    """Equalize planes, spanning `axes`, each on its own.

    None, and nothing is done, if they are few and large: then all threads had better share each.
    """
    size = math.prod(whole.image.shape[axis] for axis in axes)
    number = whole.image.size // size
    if size > rule.most or number < rule.least or not are_many(number, size):
        return None
    # The axes of a plane as they lie in memory, which is faster and changes no bit.
    order = memory_order(outer_first(whole.image, outer, axes)[(0,) * len(outer)])
    axes = tuple(axes[place] for place in order)
    image, mask, out = (None if a is None else outer_first(a, outer, axes) for a in whole)
    done = Done(np.zeros(number, np.bool_), np.zeros(number, np.bool_))
    most = min(max(whole.image.size // (4 * thread_count()), 1), CALL_PIXELS)
    step = max(most // size, 1)

    def work(start: int) -> None:
        some = slice(start, min(start + step, number))
        kept = NO_MASK if mask is None else _rows(mask, len(outer), some).view(np.uint8)
        planes, result = _rows(image, len(outer), some), _rows(out, len(outer), some)
        rule.run(planes, kept, result, done.counted[some], done.left[some])
        if not np.may_share_memory(result, out):
            _put_rows(result, out, len(outer), some)

    for_each(work, range(0, number, step))
    return done


def _rows(array: Any, outer: int, some: slice) -> NDArray[Any]:
    """Some planes as rows, contiguous and in native byte order: views if they are."""
    lead, native = array.shape[:outer], array.dtype.newbyteorder("=")
    if array.flags.c_contiguous:
        part = array.reshape(math.prod(lead), -1)[some]
    elif outer == 1:
        part = array[some]
    else:
        part = np.stack([array[index] for index in _indices(lead, some)])
    return np.ascontiguousarray(part, native).reshape(some.stop - some.start, -1)


def _put_rows(rows: NDArray[Any], out: Any, outer: int, some: slice) -> None:
    """Write rows to where the planes are that they are to become."""
    for row, index in zip(rows, _indices(out.shape[:outer], some), strict=True):
        out[index] = row.reshape(out.shape[outer:])


def _indices(lead: tuple[int, ...], some: slice) -> list[Any]:
    numbers = range(some.start, some.stop)
    return [np.unravel_index(number, lead) if lead else () for number in numbers]
