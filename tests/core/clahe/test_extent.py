"""From where to where intensities reach, as pixels and as bins tell it."""

from __future__ import annotations

import numpy as np
from skimage import data

from napari_histeq import compute_histogram
from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.clahe import extent_in, robust_extent_of, tells_outliers
from napari_histeq.core.clahe.knots import knots_for
from napari_histeq.core.clahe.outliers import allowance, ends_of_bins, knots_show_none, shows_none


def test_nobody_looks_for_outliers_where_each_level_has_a_knot() -> None:
    image = data.camera()
    histogram, extent = compute_histogram(image), robust_extent_of(ArraySource(image), 256, True)
    assert extent is not None
    assert extent == extent_in(histogram, 256, robust=True)
    assert (extent.low, extent.high, extent.ends) == (image.min(), image.max(), None)
    assert tells_outliers(histogram)


def test_bins_that_are_too_coarse_tell_nothing() -> None:
    """Nearly all pixels in one bin; and fewer of them than may be set apart."""
    counts, below, above = np.array([20_000, 1]), np.array([0.0, 5.0]), np.array([4.0, 5.0])
    assert ends_of_bins(counts, below, above, (1.0, 5.0)) == (1.0, 5.0)
    assert not shows_none(counts, below, above, allowance(20_001), (1.0, 5.0))
    assert not knots_show_none(np.arange(9) // 8, (1000, 1000))
    assert knots_show_none(np.zeros(9, int), (5, 5))


def test_the_steps_of_64_bit_integers_are_counted_without_rounding() -> None:
    """These lie nearer to each other than float64 can tell; what lies below does not count."""
    low = 2**63 - 100
    values = np.array([low, low + 10, low + 15, low + 90, 0], np.int64)
    places = knots_for(low, low + 90, 256, values.dtype, 9).places(values)
    np.testing.assert_allclose(places, [0, 1, 1.5, 9, 0])
