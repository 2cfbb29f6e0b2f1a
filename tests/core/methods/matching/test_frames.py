"""Match to other frames of a movie: what has no such frame stays as it is."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest

from helpers.lazy_cases import image
from napari_histeq import Match, equalize

YX = (1, 2)


@pytest.mark.filterwarnings("ignore:no pixel was counted")
@pytest.mark.parametrize(
    ("kind", "changed"), [("first", set()), ("previous", {2, 3}), ("median", {1, 3})]
)
@pytest.mark.parametrize("lazy", [False, True])
def test_a_frame_whose_reference_is_empty_stays_as_it_is(
    kind: Any, changed: set[int], lazy: bool
) -> None:
    """In frame 0 nothing counts: there is no first one, and frame 1 has none before it.

    The others are 2, 3 and 4 times the same, so that the middle one is the median.
    """
    movie = image("u1", (20, 30)) * np.arange(1, 5, dtype=np.float32)[:, None, None]
    movie[0] = np.nan
    made = equalize(
        da.from_array(movie, chunks=(1, 20, 30)) if lazy else movie, Match(kind), axes=YX
    )
    assert {k for k in range(4) if np.asarray(made[k]).tobytes() != movie[k].tobytes()} == changed


def test_it_is_told_how_many_stay() -> None:
    movie = image("u1", (3, 20, 30))
    mask = np.ones(movie.shape, bool)
    mask[1] = False
    with pytest.warns(UserWarning, match="so 2 of 3 planes are returned"):
        equalize(movie, Match("previous"), axes=YX, mask=mask)
