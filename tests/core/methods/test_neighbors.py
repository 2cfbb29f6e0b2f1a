"""The histogram of several planes, by the mean of their quantiles: of very many levels, and of none."""

from __future__ import annotations

import numpy as np
import pytest

from napari_histeq import equalize
from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.methods import Quantiles
from napari_histeq.core.methods.neighbors import PARTS, averaged


def test_of_more_levels_than_are_looked_at_the_quantiles_are_near() -> None:
    """Each plane is a number of times the first one: the median is the middle of them."""
    plane = np.random.default_rng(2).integers(0, 20_000, (200, 200))
    known = [Quantiles.of(ArraySource((plane * k).astype(np.uint16))) for k in (1, 2, 3)]
    assert known[0].values.size > PARTS
    found = averaged(known, None)
    assert found.total == plane.size
    fractions = np.array([0.01, 0.25, 0.5, 0.75, 0.99])
    quantiles = found.levels[np.searchsorted(found.cdf, fractions)]
    np.testing.assert_allclose(
        quantiles, 2 * np.quantile(plane, fractions), atol=2 * 20_000 / PARTS
    )


@pytest.mark.filterwarnings("ignore:no pixel was counted")
def test_where_no_plane_around_has_a_pixel_nothing_changes() -> None:
    movie = np.full((5, 8, 9), np.nan)
    movie[4] = np.arange(72).reshape(8, 9)
    found = equalize(movie, smooth=3, axes=(1, 2))
    assert np.isnan(found[:4]).all()
    assert np.ptp(found[4]) > 0
