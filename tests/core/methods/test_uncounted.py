"""Pixels that a mask leaves out become the same in any container, beyond what counts too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_histeq import (
    BiHistogram,
    Gamma,
    Global,
    Log,
    Match,
    Standard,
    Stretch,
    TransferFunction,
    Weighted,
    compute_histogram,
    equalize,
    transfer_function,
)

DTYPES = ("u2", "i4", "u8", "f2", "f4", "f8")
#: Of 8 bit: so many pixels of each level that count, and pixels that do not.
COUNTED = np.repeat(
    np.array([60, 61, 90, 130, 159, 160], np.uint8), (7000, 2000, 5000, 900, 3000, 11000)
)
REST = np.array([0, 20, 59, 75, 95, 110, 129, 161, 200, 255], np.uint8)
PICTURE = np.concatenate([COUNTED, REST])
MASK = np.arange(PICTURE.size) < COUNTED.size
REFERENCE = np.random.default_rng(0).integers(50, 150, (40, 40)).astype(np.uint8)
STANDARD = Standard((10.0, 50.0, 90.0), (80.0, 100.0, 170.0))

METHODS = [
    *(Global(c) for c in ("cdf", "cdf_min", "midpoint", "pillow")),
    *(Global(c, power=0.5) for c in ("cdf", "midpoint")),
    Global(plateau=0.5),
    Weighted(),
    Weighted(lower=1.0),
    *(BiHistogram(split, levels) for split in ("mean", "median", "min_error") for levels in (1, 2)),
    Stretch(),
    Stretch(20),
    Log(),
    Gamma(),
    Match(REFERENCE),
    *(Match(REFERENCE, landmarks) for landmarks in (1, 5, (10.0, 50.0, 90.0), (0.0, 100.0))),
    Match(STANDARD),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", METHODS)
def test_as_in_8_bit(method: Any, dtype: str) -> None:
    for ends, strength in (((0, 255), 1.0), ((20, 230), 1.0), ((0, 255), 0.6)):
        how = {"mask": MASK, "out_range": ends, "strength": strength}
        wanted = equalize(PICTURE, method, **how).astype(float)
        found = equalize(PICTURE.astype(dtype), method, **how).astype(float)
        np.testing.assert_allclose(found, wanted, atol=1)


@pytest.mark.parametrize("dtype", ["i4", "u8", "f4", "f8"])
def test_what_each_end_becomes(dtype: str) -> None:
    """In numbers: 60 is the least that counts, 160 the greatest."""
    image = np.concatenate([COUNTED, [7, 200]]).astype(dtype)
    mask = np.arange(image.size) < COUNTED.size

    def ends(method: Any, **how: Any) -> list[float]:
        return equalize(image, method, mask=mask, **how)[-2:].tolist()

    for convention in ("cdf", "cdf_min", "midpoint", "pillow"):
        assert ends(Global(convention), out_range=(20, 230)) == [20, 230]
    assert ends(Stretch(), out_range=(20, 230)) == [20, 230]
    # By landmarks the line goes on: 60 -> 10 and 160 -> 60 rise by 1/2.
    line = Match(Standard((0.0, 100.0), (110.0, 160.0)))
    found = ends(line, out_range="auto")
    np.testing.assert_allclose(found, [110 - 53 / 2, 160 + 40 / 2], atol=0.5)


def test_the_line_of_landmarks_goes_on_as_far_as_the_dtype_does() -> None:
    counted = np.array([100, 200, 300], np.int32)
    line = Match(Standard((0.0, 100.0), (0.0, 2000.0)))
    image = np.append(counted, np.array([-(2**31), 99, 301, 2**31 - 1], np.int32))
    found = equalize(image, line, mask=np.arange(image.size) < 3)
    assert found.tolist() == [0, 1000, 2000, -(2**31), -10, 2010, 2**31 - 1]
    floats = np.array([100, 200, 300, -1e6, 0, 1e6, np.nan], np.float32)
    found = equalize(floats, line, mask=np.arange(7) < 3)
    wanted = np.array([0, 1000, 2000, -10_001_000, -1000, 9_999_000, np.nan])
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["i4", "f4"])
def test_how_a_line_goes_on_is_no_part_of_its_picture(dtype: str) -> None:
    image = np.arange(20, dtype=dtype)
    curve = transfer_function(image, Match(Standard((0.0, 100.0), (0.0, 38.0))))
    assert curve.x[0] < -1e6
    assert "19 becomes" in curve._repr_html_()
    shown = curve.x[curve.inner]
    assert -1 <= shown[0] <= 0
    assert shown[-1] == 19


def test_a_curve_without_far_ends_is_all_inner() -> None:
    for image in (
        np.arange(256, dtype=np.uint8),
        np.array([0.0, 1.0]),
        np.array([0, 1, 2, 3, 1e9]),
    ):
        curve = transfer_function(image, Global("midpoint"))
        assert curve.x[curve.inner].size == curve.x.size
    assert TransferFunction.identity(3, 3).inner == slice(0, 1)


@pytest.mark.parametrize("dtype", ["u1", "i4", "f4"])
def test_no_bar_of_the_histogram_after_reaches_beyond_the_pixels(dtype: str) -> None:
    image = np.repeat(np.arange(4), 5).astype(dtype)
    before = compute_histogram(image)
    curve = transfer_function(before, Global("midpoint"), out_range=(0, 100))
    after = curve.push(before)
    assert after.range[1] == pytest.approx(curve(image).max(), abs=0.5)
    if dtype == "f4":
        assert after.bin_edges[-1] == after.levels[-1]
