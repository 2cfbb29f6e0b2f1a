"""A reference whose intensities the image's dtype cannot hold: told by every way in, never a white image."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest

from napari_histeq import (
    Match,
    compute_histogram,
    equalize,
    equalize_labels,
    equalize_multiscale,
    equalize_together,
    transfer_function,
)
from napari_histeq.core.recipe import Recipe
from napari_histeq.records import Task, perform, plan

IMAGE = np.random.default_rng(0).integers(0, 255, (20, 30), np.uint8)
FAR = Match(IMAGE.astype(np.uint16) + 3000)
PLANES = Match.of(np.stack([IMAGE, IMAGE]).astype(np.uint16) + 3000, axes=(1, 2))
WAYS: dict[str, Any] = {
    "equalize": lambda how: equalize(IMAGE, FAR, **how),
    "lazily": lambda how: equalize(da.from_array(IMAGE), FAR, **how),
    "each row": lambda how: equalize(IMAGE, FAR, axes=1, **how),
    "each plane": lambda how: equalize(np.stack([IMAGE, IMAGE]), PLANES, axes=(1, 2), **how),
    "pyramid": lambda how: equalize_multiscale([IMAGE, IMAGE[::2, ::2]], FAR, **how),
    "labels": lambda how: equalize_labels(IMAGE, (IMAGE > 90).astype(int), FAR, **how),
    "together": lambda how: equalize_together([IMAGE, IMAGE], FAR, **how),
    "curve": lambda how: transfer_function(IMAGE, FAR, **how),
    "curve of a histogram": lambda how: transfer_function(compute_histogram(IMAGE), FAR, **how),
    "panel and files": lambda how: perform(Task(IMAGE, recipe=Recipe(FAR, **how)), _quiet),
    "display only": lambda how: plan(Task(IMAGE, recipe=Recipe(FAR, **how)), _quiet),
}


def _quiet(fraction: float, what: str) -> None:
    pass


@pytest.mark.parametrize("way", WAYS)
def test_it_is_refused_or_stretched(way: str) -> None:
    with pytest.raises(ValueError, match="of which uint8 holds 1: give an out_range"):
        WAYS[way]({})
    WAYS[way]({"out_range": "dtype"})
