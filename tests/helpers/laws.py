"""What the laws of `equalize` are stated with."""

from __future__ import annotations

import warnings

import numpy as np

from napari_histeq import Global, equalize


def quietly(image, method=Global(), **options):  # noqa: B008
    """`equalize`; that nothing is counted is no surprise here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no pixel was counted", UserWarning)
        return equalize(image, method, **options)


def bits(image):
    """The very bits, so that NaN equals NaN and -0 is not 0."""
    return np.ascontiguousarray(image).view(f"u{image.dtype.itemsize}")


def assert_same_bits(one, other):
    assert one.dtype == other.dtype
    np.testing.assert_array_equal(bits(one), bits(other))
