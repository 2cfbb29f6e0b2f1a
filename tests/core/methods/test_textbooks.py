"""Numbers that others have published."""

from __future__ import annotations

import numpy as np

from napari_histeq import Global, equalize


def test_the_3_bit_example_of_gonzalez_and_woods():
    """ "Digital Image Processing", section 3.3: 64 x 64 pixels of 8 levels."""
    counts = [790, 1023, 850, 656, 329, 245, 122, 81]
    image = np.repeat(np.arange(8, dtype=np.uint8), counts).reshape(64, 64)
    found = equalize(image, Global(), out_range=(0, 7))
    assert [int(found[image == level][0]) for level in range(8)] == [1, 3, 5, 6, 6, 7, 7, 7]


def test_the_8_by_8_block_of_wikipedia():
    """The article "Histogram equalization": a block of the JPEG example, by the cdf_min rule."""
    block = np.array(
        [
            [52, 55, 61, 59, 79, 61, 76, 61],
            [62, 59, 55, 104, 94, 85, 59, 71],
            [63, 65, 66, 113, 144, 104, 63, 72],
            [64, 70, 70, 126, 154, 109, 71, 69],
            [67, 73, 68, 106, 122, 88, 68, 68],
            [68, 79, 60, 70, 77, 66, 58, 75],
            [69, 85, 64, 58, 55, 61, 65, 83],
            [70, 87, 69, 68, 65, 73, 78, 90],
        ],
        np.uint8,
    )
    found = equalize(block, Global("cdf_min"))
    wanted = {52: 0, 55: 12, 61: 53, 78: 182, 154: 255}
    assert {level: int(found[block == level][0]) for level in wanted} == wanted


def test_the_3_bit_example_of_ques10():
    """Solved at https://www.ques10.com/p/5683: 1000 pixels of 8 levels, the ends empty."""
    counts = [0, 50, 100, 200, 400, 200, 50, 0]
    image = np.repeat(np.arange(8, dtype=np.uint8), counts)
    found = equalize(image, Global(), out_range=(0, 7))
    assert {int(v): int(w) for v, w in zip(image, found, strict=True)} == dict(
        zip(range(1, 7), [0, 1, 2, 5, 7, 7], strict=True)
    )
    assert np.bincount(found, minlength=8).tolist() == [50, 100, 200, 0, 0, 400, 0, 250]


def test_the_8_by_8_exercise_of_3_bits():
    """Solved at askfilo.com ("Consider a 3-bit image (L=8) of size 8 x 8 pixels"): 7 C / N = 0.875, ..."""
    counts = [8, 10, 10, 2, 12, 16, 4, 2]
    image = np.repeat(np.arange(8, dtype=np.uint8), counts).reshape(8, 8)
    found = equalize(image, Global(), out_range=(0, 7))
    assert [int(found[image == level][0]) for level in range(8)] == [1, 2, 3, 3, 5, 6, 7, 7]
