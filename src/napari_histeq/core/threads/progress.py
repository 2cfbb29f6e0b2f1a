"""Progress: what is told of the blocks of each pass, made into one fraction that only rises."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_histeq.core.threads.watchers import current_watcher, watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Into how many steps parts are divided for a watcher that counts.
STEPS = 1 << 20

#: How much of the rest a series of parts takes: a pass may follow.
PARTS = 0.9


class _Share:
    """Watches a share of the work: of the fraction done of it `tell` is told, and it only rises.

    How many passes there will be nobody knows: each gets half of the rest. A series of parts
    (see `part`) knows it, and gets `most` of it.
    """

    def __init__(self, tell: Callable[[float], object], most: float = 1.0) -> None:
        self._tell, self._most, self._before = tell, most, 0.0

    def __call__(self, done: int, total: int) -> None:
        """So many blocks of a pass are done."""
        self._at(0.5, done / total)

    def parts(self, fraction: float) -> None:
        """So much of all parts is done."""
        self._at(self._most, fraction)

    def _at(self, most: float, fraction: float) -> None:
        found = self._before + (1 - self._before) * most * fraction
        if fraction >= 1:
            self._before = found
        self._tell(found)


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
    with watching(_Share(_heard_too(progress), PARTS)):
        yield
    progress(1.0)


def _heard_too(progress: Callable[[float], object]) -> Callable[[float], object]:
    """Who watches already hears of it as well, and may stop the work."""
    outer = current_watcher()
    if outer is None:
        return progress

    def tell(fraction: float) -> None:
        outer(int(fraction * STEPS), STEPS)
        progress(fraction)

    return tell


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
    """Have the passes within count as one of several equal parts: 0 to `count` - 1, all of them."""
    outer = current_watcher()
    if outer is None:
        yield
        return
    tell = outer.parts if isinstance(outer, _Share) else lambda f: outer(int(f * STEPS), STEPS)
    with watching(_Share(lambda fraction: tell((number + fraction) / count))):
        yield
    tell((number + 1) / count)
