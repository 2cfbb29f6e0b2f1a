"""Some of the random arrays of ``make fuzz``."""

from __future__ import annotations

import pytest

from helpers.effort import MORE
from helpers.fuzzing import check

BLOCK = 20


@pytest.mark.parametrize("first", range(0, 2 * BLOCK * MORE, BLOCK))
def test_arrays_made_at_random(first):
    for seed in range(first, first + BLOCK):
        check(seed)
