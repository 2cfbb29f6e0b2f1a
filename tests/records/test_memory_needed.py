"""What a task needs in memory at least: never more than it really takes, by tracemalloc."""

from __future__ import annotations

import tracemalloc
from typing import Any

import dask.array as da
import numpy as np
import pytest

from napari_histeq import Clahe, Exact, Global
from napari_histeq.core.recipe import Recipe
from napari_histeq.records import Task, perform

RNG = np.random.default_rng(2)
GRAY = RNG.gamma(3, 30, (700, 900)).astype(np.float32)
COLOR = RNG.integers(0, 256, (300, 400, 3), np.uint8)
STACK = RNG.integers(0, 4096, (4, 200, 300), np.uint16)
HALF = GRAY[::2, ::2].copy()

TASKS = {
    "global": Task(GRAY),
    "clahe with its gain": Task(GRAY, recipe=Recipe(Clahe()), wants_gain=True),
    "exact": Task(GRAY, recipe=Recipe(Exact())),
    "exact, colors": Task(COLOR, recipe=Recipe(Exact(), channel_axis=-1)),
    "exact, planes": Task(STACK, recipe=Recipe(Exact(), axes=(-2, -1))),
    "pyramid": Task(GRAY, coarser=(HALF,)),
}


@pytest.mark.parametrize("name", TASKS)
def test_it_is_a_lower_bound_and_no_less_than_the_result(name: str) -> None:
    task = TASKS[name]
    tracemalloc.start()
    outcome = perform(task, lambda *_: None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    made: list[Any] = outcome.data if isinstance(outcome.data, list) else [outcome.data]
    if outcome.gain is not None:
        made.append(outcome.gain)
    assert sum(array.nbytes for array in made) <= task.memory <= peak


def test_exact_is_more_than_its_result() -> None:
    assert TASKS["exact"].memory == GRAY.nbytes + 40 * GRAY.size
    assert TASKS["exact, colors"].memory == COLOR.nbytes + 40 * COLOR.size // 3
    assert TASKS["exact, planes"].memory == STACK.nbytes + 40 * STACK[0].size


def test_what_is_lazy_takes_nothing() -> None:
    assert Task(da.from_array(GRAY, chunks=100)).memory == 0
    assert Task(GRAY, coarser=(HALF,), recipe=Recipe(Clahe())).memory == 0
    assert Task(GRAY, coarser=(HALF,), recipe=Recipe(Global(), axes=(0, 1))).memory == 0
