"""One reference for many planes at once."""

from __future__ import annotations

import numpy as np
import pytest

from napari_histeq import Match, equalize

RNG = np.random.default_rng(4)


@pytest.mark.parametrize("out_range", ["auto", (10, 200)])
@pytest.mark.parametrize("shape", [(60, 4, 5), (6, 40, 50), (2, 550, 600)])
def test_planes_of_which_not_as_many_pixels_count(shape, out_range) -> None:
    """Small ones at a time, and such as have more pixels than are told one by one."""
    stack = RNG.gamma(2, 30, shape).clip(0, 255).astype(np.uint8)
    mask = RNG.random(stack.shape) < np.linspace(0.4, 0.9, len(stack))[:, None, None]
    method = Match(RNG.gamma(5, 20, (30, 30)).clip(0, 255).astype(np.uint8))
    together = equalize(stack, method, axes=(1, 2), mask=mask, out_range=out_range)
    for plane, one, which in zip(together, stack, mask, strict=True):
        wanted = equalize(one, method, mask=which, out_range=out_range)
        np.testing.assert_array_equal(plane, wanted)
