"""Exact works piece by piece: the same bits for pieces of any size, and a look after each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_histeq import Exact, equalize
from napari_histeq.core import METHODS, watching
from napari_histeq.core.arrays import BLOCK_PIXELS, order_by_parts, sorted_by_parts, sorting
from napari_histeq.core.kernels import door
from napari_histeq.core.methods.matching import exact, ordering
from napari_histeq.core.recipe import Recipe
from napari_histeq.core.threads import thread_count
from napari_histeq.records import Task, perform

RNG = np.random.default_rng(4)


@pytest.mark.parametrize("rule", ["variational", "local_means"])
@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8"])
@pytest.mark.parametrize("shape", [(40, 50), (3, 30, 20), (1, 500)])
def test_the_bits_do_not_depend_on_the_pieces(
    rule: Any, dtype: str, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = RNG.gamma(2, 9, shape).astype(dtype)
    mask = RNG.random(shape) < 0.9
    wanted = equalize(image, Exact(rule), mask=mask)
    for pieces in (7, 64, 333):
        monkeypatch.setattr(ordering, "PIECE", pieces)
        monkeypatch.setattr(exact, "PIECE", pieces)
        monkeypatch.setattr(
            ordering, "sorted_by_parts", lambda keys, n=pieces: sorted_by_parts(keys, n)
        )
        monkeypatch.setattr(
            ordering, "order_by_parts", lambda keys, n=pieces: order_by_parts(keys, n)
        )
        np.testing.assert_array_equal(equalize(image, Exact(rule), mask=mask), wanted)


#: Pixels that the compiled loops work on between two looks, at most: one block for each thread, and
#: one that they begin meanwhile; and a block may go through two loops.
MOST = 2 * (thread_count() + 1) * BLOCK_PIXELS

LARGE = RNG.gamma(3, 30, (3000, 3000)).clip(0, 255).astype("u1")


@pytest.mark.parametrize("dtype", ["u1", "f4"])
@pytest.mark.parametrize("method", ["global", "clahe", "exact"])
def test_a_cancel_is_looked_for_often(
    method: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pixels, as a busy machine needs longer for each."""
    pixels, gaps, call = [0], [], door.Door.__call__

    def counted(self: Any, *given: Any) -> Any:
        pixels[0] += next(a.size for a in given if isinstance(a, np.ndarray))  # then come tables
        return call(self, *given)

    def look(*_: object) -> None:
        gaps.append(pixels[0])
        pixels[0] = 0

    image = LARGE.astype(dtype)
    monkeypatch.setattr(door.Door, "__call__", counted)
    with watching(look):
        perform(Task(image, "image", Recipe(METHODS[method]())), look)
    assert sum(gaps) >= image.size / 8  # they were counted; a word holds eight of the smallest
    assert max(gaps) <= MOST


class Counted:
    """numpy, or a function of it, that counts the pixels which it is given or gives."""

    def __init__(self, counted: Any, add: Any) -> None:
        self._counted, self._add = counted, add

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._counted, name)
        makes_room = name in ("empty", "empty_like", "zeros_like", "ascontiguousarray")
        if isinstance(found, type) or not callable(found) or makes_room:
            return found
        return Counted(found, self._add)

    def __call__(self, *given: Any, **how: Any) -> Any:
        result = self._counted(*given, **how)
        asked = () if self._counted is np.searchsorted else given  # it looks at few of them
        arrays = (a for a in (*asked, result) if isinstance(a, np.ndarray))
        self._add(max((a.size for a in arrays), default=0))
        return result


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_between_two_looks_not_many_pixels_go_through_numpy(
    dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor through its sorts, and what else takes long: one pass over all of them may, two may not."""
    pixels, gaps = [0], []

    def add(number: int) -> None:
        pixels[0] += number

    def look(*_: object) -> None:
        gaps.append(pixels[0])
        pixels[0] = 0

    image = RNG.gamma(3, 3000, (3000, 3000)).clip(0, 65535).astype("u2")
    image = (image >> 8 if dtype == "u1" else image).astype(dtype)
    for module in (exact, ordering, sorting):
        monkeypatch.setattr(module, "np", Counted(np, add))
    with watching(look):
        equalize(image, Exact())
    assert sum(gaps) >= 10 * image.size  # they were counted
    assert max(gaps) < 2 * image.size


@pytest.mark.parametrize("method", ["global", "clahe", "exact"])
def test_the_bar_moves_with_every_look(method: str) -> None:
    """It stands at no number while a pass goes on, and never goes back."""
    told: list[tuple[str, float]] = []
    image = LARGE.astype("f4")
    perform(
        Task(image, "image", Recipe(METHODS[method]())),
        lambda part, what: told.append((what, part)),
    )
    bar = [part for what, part in told if what == "equalizing"]
    assert bar == sorted(bar)
    assert bar[0] == 0.5
    assert bar[-1] == 0.95
    moved = np.diff(bar)
    assert np.count_nonzero(moved) >= 0.8 * moved.size
    assert moved.max() < 0.25
