"""Each label on its own: what `equalize` makes of it alone, and the background untouched."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest

from helpers.lazy_cases import image
from napari_histeq import BiHistogram, Clahe, Global, equalize, equalize_labels

LABELS = np.zeros((31, 40), np.int32)
LABELS[3:20, 4:18] = 7
LABELS[10:29, 18:33] = -2  # touches the other, and is no positive number
LABELS[0, 35:40] = 1 << 30  # at the border
LABELS[15, 10] = 3  # one pixel


@pytest.mark.parametrize("method", [Global(), BiHistogram()], ids=lambda m: m.name)
@pytest.mark.parametrize("dtype", ["u1", ">u2", "i4", "f4"])
@pytest.mark.parametrize("feather", [0, 4])
def test_each_label_is_what_it_is_alone(method: Any, dtype: str, feather: int) -> None:
    pixels = image(dtype, LABELS.shape)
    pixels[15, 10] = 5
    got = equalize_labels(pixels, LABELS, method, feather=feather)
    expected = pixels.copy()
    for label in (7, -2, 1 << 30, 3):
        mask = label == LABELS
        one = equalize(pixels, method, mask=mask, inside=True, feather=feather)
        expected[mask] = one[mask]
    assert got.dtype == pixels.dtype
    assert got.tobytes() == expected.tobytes()
    assert got[LABELS == 0].tobytes() == pixels[LABELS == 0].tobytes()


def test_no_label_changes_nothing() -> None:
    pixels = image("u1", (9, 9))
    np.testing.assert_array_equal(equalize_labels(pixels, np.zeros((9, 9), int)), pixels)


@pytest.mark.parametrize(
    ("labels", "how", "error", "words"),
    [
        (LABELS > 0, {}, TypeError, "labels has dtype bool"),
        (LABELS[1:], {}, ValueError, "labels has shape"),
        (LABELS, {"method": Clahe()}, TypeError, "not a single curve"),
        (da.from_array(LABELS), {}, TypeError, "needs both in memory"),
        (LABELS, {"feather": -1}, ValueError, "feather is -1"),
        (LABELS, {"out_range": "all"}, ValueError, "out_range is 'all'"),
    ],
)
def test_what_does_not_fit_is_refused(labels: Any, how: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        equalize_labels(image("u1", LABELS.shape), labels, **how)
