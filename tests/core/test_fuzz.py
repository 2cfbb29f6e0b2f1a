"""Some of the random arrays of ``make fuzz``."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.effort import MORE
from helpers.fuzzing import check
from napari_histeq import Global, equalize

pytestmark = pytest.mark.whole

BLOCK = 20


@pytest.mark.parametrize("first", range(0, int(2 * BLOCK * MORE), BLOCK))
def test_arrays_made_at_random(first):
    for seed in range(first, first + BLOCK):
        check(seed)


@pytest.mark.parametrize("dtype", ["i4", "u8", "f4"])
def test_midpoint_beyond_what_is_counted(dtype):
    """Found by `make fuzz`: an uncounted pixel above all that count was white in 8 bit alone."""
    pixels = np.array([10, 20, 30, 200], np.uint8)
    how = {"mask": pixels < 100, "out_range": (0, 255)}
    wanted = equalize(pixels, Global("midpoint"), **how)
    assert wanted[-1] == 255
    np.testing.assert_allclose(
        equalize(pixels.astype(dtype), Global("midpoint"), **how), wanted, atol=1
    )


@pytest.mark.parametrize("seed", [1006772, 1039662, 1041980, 1048626, 1075016])
def test_arrays_that_were_told_wrongly(seed):
    """Found by `make fuzz`: the law itself was a rounding, or one level of 8 bit, too strict, or sorted wrongly."""
    check(seed)
