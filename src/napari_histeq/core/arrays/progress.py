"""Progress: what is told of the blocks of each pass, made into one fraction that only rises."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_histeq.core.arrays.blocks import current_watcher, watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Into how many steps a part of the work is divided.
STEPS = 1000


class _Rising:
    """The fraction done. How many passes there will be nobody knows: each gets half of the rest."""

    def __init__(self) -> None:
        self._before = 0.0

    def __call__(self, done: int, total: int) -> float:
        fraction = self._before + (1 - self._before) / 2 * done / total
        if done >= total:
            self._before = fraction
        return fraction


@contextmanager
def told(progress: Callable[[float], object] | bool | None) -> Iterator[None]:
    """Have `progress(fraction)` called after each block, and with 1.0 when all is done.

    True shows a bar of tqdm's: in a notebook or a terminal, as that finds out itself.

    Raises
    ------
    TypeError
        If it cannot be called.
    ImportError
        If a bar is wanted, but tqdm is not installed.
    """
    if progress is None or progress is False:
        yield
        return
    if progress is True:
        with _bar() as show, told(show):
            yield
        return
    if not callable(progress):
        raise TypeError(
            f"progress is {progress!r}: give a function of the fraction done, as in "
            "progress=lambda fraction: print(f'{fraction:.0%}')"
        )
    outer, rising = current_watcher(), _Rising()

    def watch(done: int, total: int) -> None:
        if outer is not None:
            outer(done, total)
        progress(rising(done, total))

    with watching(watch):
        yield
    progress(1.0)


@contextmanager
def _bar() -> Iterator[Callable[[float], object]]:
    """A function that has a bar show the fraction done."""
    try:
        from tqdm.auto import tqdm
    except ModuleNotFoundError as error:
        raise ImportError(
            "progress=True shows tqdm's bar, but tqdm is not installed: pip install tqdm, or give "
            "a function of the fraction done",
            name=error.name,
        ) from error
    bar = "{l_bar}{bar}| {elapsed}<{remaining}"
    with tqdm(total=1.0, bar_format=bar) as shown:
        yield lambda fraction: shown.update(fraction - shown.n)


@contextmanager
def part(number: int, count: int) -> Iterator[None]:
    """Have the passes within count as one of several equal parts of a single pass."""
    outer, rising = current_watcher(), _Rising()
    if outer is None:
        yield
        return
    start, total = number * STEPS, count * STEPS
    with watching(lambda *of: outer(start + int(rising(*of) * STEPS), total)):
        yield
    outer(start + STEPS, total)
