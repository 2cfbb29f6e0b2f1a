"""What a pyramid is made of: the shapes of its levels, and of the blocks that are halved."""

from __future__ import annotations

import numpy as np

from napari_histeq.core.zarr.pyramid import Axes, block_shape, halve, level_shapes

YX = Axes("yx", (1.0, 1.0), (0.0, 0.0), (None, None))


def test_what_has_one_pixel_is_not_halved_again() -> None:
    assert level_shapes((4, 2), YX, (2, 2), 9) == [(4, 2), (2, 1), (1, 1)]


def test_blocks_are_even_and_no_larger_than_they_may_be() -> None:
    assert block_shape((300, 301), (1000, 1000), 2, 1e9) == (300, 302)
    block = block_shape((3000, 500), (9000, 9000), 2, 200_000)
    assert np.prod(block) * 2 <= 200_000 < np.prod(block) * 2 * 4
    assert not any(length % 2 for length in block)
    assert block_shape((1, 1), (9, 9), 8, 1) == (1, 1)


def test_a_level_that_is_as_large_as_the_one_before_is_the_same() -> None:
    pixels = np.arange(12.0).reshape(3, 4)
    assert halve(pixels, (1, 1)) is pixels
