"""float16: what CLAHE is off there is the step of float16 itself, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from napari_histeq import Clahe, equalize

PICTURE = np.random.default_rng(0).gamma(2, 20, (160, 160)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("ends", [(0, 255), (0, 1)])
@pytest.mark.parametrize("method", [Clahe(), Clahe(kernel_size=24, clip_limit=0.05)], ids=str)
def test_it_is_the_result_of_float64_rounded_once(method: Clahe, ends: tuple[int, int]) -> None:
    """A step of float16 is 1/8 of an 8-bit level in the upper half of the range.

    So beside 8 bit, whose own rounding is half a level, float16 may be 1/16 of a level more off.
    """
    half = PICTURE.astype(np.float16)  # which holds these levels exactly
    exact = equalize(half.astype(np.float64), method, out_range=ends)
    found = equalize(half, method, out_range=ends).astype(float)
    step = np.spacing(exact.astype(np.float16)).astype(float)
    assert (np.abs(found - exact) <= 0.501 * step).all()
    assert step[exact < ends[1]].max() <= ends[1] / 255 / 8 * (1 + 1 / 255)
    levels = equalize(PICTURE, method, out_range=(0, 255)).astype(float)
    assert np.abs(found * 255 / ends[1] - levels).max() <= 0.5 + 1 / 16 + 0.01
