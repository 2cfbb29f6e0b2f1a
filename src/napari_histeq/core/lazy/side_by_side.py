"""Several regions of a lazy image fitted side by side: what they sweep is read once for all of them.

A fit asks for sweeps one after the other, and what it asks for next may depend on what it has
found. So each runs in a thread of its own until it waits for a sweep; when all of them wait, one
sweep over the image serves them all.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from napari_histeq.core.arrays import OnlySwept
from napari_histeq.core.lazy.reduce import reduce_chunks, visit_chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import dask.array as da
    import numpy as np
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Source

    Box = tuple[slice, ...]

#: So many are fitted side by side; of 16 bit the counts of each may take 0.5 MB in each thread.
MOST = 128


class Part(NamedTuple):
    """The pixels of one label in a box of the image, which has a plan's `axes` and channels."""

    label: int
    box: Box
    axes: tuple[int, ...]
    channels: bool


class _Asked(NamedTuple):
    """A sweep that a fit waits for."""

    part: Part
    start: Callable[[], Any]
    visit: Callable[..., Any]
    answer: Future[Any]


@dataclass(frozen=True, slots=True, eq=False)
class _PartSource(OnlySwept):
    """The pixels of a part: a `Source` that is swept when all others wait, too."""

    part: Part
    dtype: np.dtype[Any]
    ask: Callable[[_Asked], None]

    @property
    def shape(self) -> tuple[int, ...]:
        """Along the axes of a plane, without channels."""
        return tuple(self.part.box[a].stop - self.part.box[a].start for a in self.part.axes)

    def sweep(self, start: Callable[[], Any], visit: Callable[..., Any]) -> Any:
        """See `Source`."""
        asked = _Asked(self.part, start, visit, Future())
        self.ask(asked)
        return asked.answer.result()


def fit_parts(
    image: da.Array, labels: da.Array, parts: Sequence[Part], fit: Callable[[int, Source], Any]
) -> list[Any]:
    """Fit each part of an image by `fit(number, source)`.

    Parameters
    ----------
    image : dask array
        Its channels, if it has any, are its last axis.
    labels : dask array of integers
        With the image's chunks, without channels.
    parts : sequence of Part
    fit : callable

    Returns
    -------
    list
        What `fit` returned for each, in their order.
    """
    dtype = image.dtype.newbyteorder("=")
    found: list[Any] = []
    for first in range(0, len(parts), MOST):
        some = parts[first : first + MOST]
        asked: SimpleQueue[_Asked | None] = SimpleQueue()
        sources = [_PartSource(part, dtype, asked.put) for part in some]
        with ThreadPoolExecutor(len(some)) as threads:
            jobs = [
                threads.submit(fit, first + number, source)  # it tells no progress: the sweeps do
                for number, source in enumerate(sources)
            ]
            for job in jobs:
                job.add_done_callback(partial(_tell_end, asked))
            _serve(asked, len(jobs), partial(_sweep, image, labels))
        found += [job.result() for job in jobs]
    return found


def _tell_end(asked: SimpleQueue[_Asked | None], _: Future[Any]) -> None:
    asked.put(None)


def _serve(
    asked: SimpleQueue[_Asked | None], running: int, sweep: Callable[[list[_Asked]], list[Any]]
) -> None:
    """Answer what is asked for as soon as all that still run wait; until none runs any more."""
    waiting: list[_Asked] = []
    try:
        while running:
            one = asked.get()
            running -= one is None
            waiting += [] if one is None else [one]
            if waiting and len(waiting) == running:
                for each, tally in zip(waiting, sweep(waiting), strict=True):
                    each.answer.set_result(tally)
                waiting = []
    finally:  # an error, and an interrupt too, must not leave threads that wait
        for each in waiting:
            each.answer.cancel()
        while running:
            one = asked.get()
            running -= one is None
            if one is not None:
                one.answer.cancel()


def _sweep(image: da.Array, labels: da.Array, asked: list[_Asked]) -> list[Any]:
    """One sweep over all chunks in which a part lies."""
    boxes = [one.part.box for one in asked]
    visit = partial(_visit, [(o.part, o.start, o.visit) for o in asked])

    def wanted(where: Box) -> bool:
        return any(_overlap(box, where) is not None for box in boxes)

    total = reduce_chunks(image, labels, _Tallies, visit, wanted)
    return [total.of(number, one.start) for number, one in enumerate(asked)]


@dataclass(slots=True)
class _Tallies:
    """The tally of each part of which a pixel was seen."""

    known: dict[int, Any] = field(default_factory=dict)

    def of(self, number: int, start: Callable[[], Any]) -> Any:
        """That of a part; a new one if none of its pixels was seen yet."""
        if number not in self.known:
            self.known[number] = start()
        return self.known[number]

    def __add__(self, other: _Tallies) -> _Tallies:
        both = dict(self.known)
        for number, tally in other.known.items():
            both[number] = both[number] + tally if number in both else tally
        return _Tallies(both)


def _visit(
    asked: list[tuple[Part, Callable[[], Any], Callable[..., Any]]],
    tallies: _Tallies,
    block: NDArray[Any],
    labels: NDArray[Any],
    offset: tuple[int, ...],
) -> None:
    """Let a chunk be visited for each part of which it has a pixel."""
    where = tuple(slice(o, o + n) for o, n in zip(offset, labels.shape, strict=False))
    for number, (part, start, visit) in enumerate(asked):
        common = _overlap(part.box, where)
        if common is None:
            continue
        here = tuple(
            slice(c.start - w.start, c.stop - w.start) for c, w in zip(common, where, strict=True)
        )
        mask = labels[here] == part.label
        if not mask.any():
            continue
        place = tuple(c.start - b.start for c, b in zip(common, part.box, strict=True))
        tally = tallies.of(number, start)
        visit_chunk(part.channels, part.axes, visit, tally, block[here], mask, place)


def _overlap(box: Box, other: Box) -> Box | None:
    """Where two boxes overlap; None if they do not."""
    both = tuple(
        slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(box, other, strict=False)
    )
    return both if all(s.start < s.stop for s in both) else None
