"""A curve at the numbers of another dtype, between which its knots lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_histeq import Global, Stretch, transfer_function

#: Float64 tells these from each other, but not from what lies up to 1024 beside.
LEVELS = 2**63 + 4096 * np.arange(5, dtype=np.uint64)


@pytest.mark.parametrize("method", [Global(), Stretch(saturated=0)], ids=lambda m: m.name)
@pytest.mark.parametrize("dtype", ["f8", "i8"])
def test_beyond_double_precision(dtype: str, method: Any) -> None:
    curve = transfer_function(LEVELS, method, out_range=(0, 100))
    if dtype == "i8":
        below = np.array([-(2**63), 0, 2**62], np.int64)
        np.testing.assert_array_equal(curve(below), [0, 0, 0])
        return
    found, most = curve(LEVELS.astype(np.float64)), curve(LEVELS + np.uint64(1024))
    assert (found >= curve(LEVELS) - 0.5).all()
    assert (found <= most + 0.5).all()
    others = np.array([0.0, 2.0**62, 2.0**64, np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(curve(others), [0, 0, 100, np.nan, np.inf, -np.inf])
