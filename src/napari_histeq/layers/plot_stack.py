"""A picture for every plane of a stack, drawn when it is looked at."""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Index = tuple[int, ...]
    Picture = NDArray[np.uint8]
    Start = Callable[[Callable[..., bool]], object]

#: Pictures kept: scrubbing to and fro draws nothing twice.
KEPT = 24


class PlotStack:
    """The pictures of the planes of a stack, each drawn on demand and kept a while.

    Parameters
    ----------
    draw : callable
        Gives the (height, width, 4) uint8 picture of a plane's index.
    outer : tuple of int
        The lengths of the axes in front: there is a picture for each index.

    Notes
    -----
    Pictures of another height than the first one's are cut, or filled up with their
    last row: an array has one shape.
    """

    def __init__(self, draw: Callable[[Index], Picture], outer: tuple[int, ...]) -> None:
        self._draw = draw
        self._outer = outer
        self._start: Start | None = None
        self._lock = threading.Lock()
        first = (0,) * len(outer)
        self._last = self._wanted = first
        self._kept: OrderedDict[Index, Picture] = OrderedDict({first: draw(first)})
        self._shape = self._kept[first].shape

    def picture(self, index: Index) -> Picture:
        """The picture of a plane, or what stands in for it."""
        with self._lock:
            if index in self._kept:
                self._kept.move_to_end(index)
                self._last = self._wanted = index
                return self._kept[index]
            self._wanted = index
        if self._start is None:
            self._last = index
            return self._made(index)
        self._start(partial(self._make_wanted, index))
        with self._lock:
            return self._kept[self._last]

    def in_background(self, start: Start) -> None:
        """From now on nobody waits: the picture last shown stands in for one that is not drawn.

        Parameters
        ----------
        start : callable
            Has a function called elsewhere. That draws a picture, and returns whether it is
            still the one that was asked for last: then it is to be shown.
        """
        self._start = start

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width, 4) of each picture."""
        return self._shape

    def levels(self, steps: tuple[int, ...] = (1, 2, 4)) -> list[Any]:
        """Lazy dask arrays, for napari: the stack, and what is `steps` times coarser.

        Returns
        -------
        list of dask array of uint8
            Of shape ``(*outer, height // step, width // step, 4)``.
        """
        return [self._level(step) for step in steps]

    def whole(self) -> NDArray[np.uint8]:
        """All pictures, each drawn now if it is not kept: no other stands in for it.

        Returns
        -------
        (*outer, height, width, 4) array of uint8
        """
        drawn = [self._kept_or_made(index) for index in np.ndindex(*self._outer)]
        return np.stack(drawn).reshape(*self._outer, *self._shape)

    def _level(self, step: int) -> Any:
        import dask.array as da

        source = _Level(self, self._outer, self._shape, step)
        meta = np.empty((0,) * source.ndim, np.uint8)
        chunks = (1,) * len(self._outer) + source.shape[-3:]
        from_array: Any = da.from_array
        return from_array(source, chunks, asarray=False, inline_array=True, meta=meta)

    def _make_wanted(self, index: Index, *_: object) -> bool:
        """On the background's thread; whoever scrubs on wants only the last one."""
        if index != self._wanted or index in self._kept:
            return False
        self._made(index)
        return index == self._wanted

    def _kept_or_made(self, index: Index) -> Picture:
        with self._lock:
            kept = self._kept.get(index)
        return self._made(index) if kept is None else kept

    def _made(self, index: Index) -> Picture:
        picture = _of_height(self._draw(index), self._shape[0])
        with self._lock:
            self._kept[index] = picture
            for old in list(self._kept):
                if len(self._kept) > KEPT and old not in (self._last, index):
                    del self._kept[old]
        return picture


class _Level:
    """What dask reads a level from, plane by plane."""

    dtype = np.dtype(np.uint8)

    def __init__(
        self, stack: PlotStack, outer: tuple[int, ...], picture: tuple[int, ...], step: int
    ) -> None:
        self._stack, self._step = stack, step
        high, wide, channels = picture
        self.shape = (*outer, high // step, wide // step, channels)
        self.ndim = len(self.shape)

    def __getitem__(self, keys: tuple[Any, ...]) -> Picture:
        outer, inner = keys[:-3], keys[-3:]
        at = tuple(int(k.start if isinstance(k, slice) else k) for k in outer)
        picture = _coarser(self._stack.picture(at), self._step)[inner]
        return np.asarray(picture[tuple(None for k in outer if isinstance(k, slice))])


def _of_height(picture: Picture, height: int) -> Picture:
    missing = height - picture.shape[0]
    if missing <= 0:
        return picture[:height]
    return np.concatenate([picture, np.repeat(picture[-1:], missing, axis=0)])


def _coarser(picture: Picture, step: int) -> Picture:
    """Each pixel the mean of `step` by `step`."""
    if step == 1:
        return picture
    high, wide = picture.shape[0] // step, picture.shape[1] // step
    blocks = picture[: high * step, : wide * step].reshape(high, step, wide, step, -1)
    return np.asarray(np.rint(blocks.mean(axis=(1, 3), dtype=np.float32)), np.uint8)
