"""A curve of somebody's own that is none is refused in words, by whatever way it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pytest

from napari_histeq import compute_histogram, equalize, transfer_function
from napari_histeq.core.methods import CurveMethod, Option

IMAGE = np.random.default_rng(7).gamma(2, 20, (30, 40)).clip(0, 200)
IMAGES = {dtype: IMAGE.astype(dtype) for dtype in ("u1", "i2", "u2", "f4")}
IMAGES |= {  # pictures of 8 bit
    "257 x": IMAGES["u1"].astype(np.uint16) * 257,
    "whole": IMAGES["u1"].astype(np.float64),
}


@dataclass(frozen=True, slots=True)
class Own(CurveMethod):  # without a name, so that nobody else gets to know it
    """What it is told to return."""

    wrong: Annotated[str, Option("How it is wrong")] = ""

    def curve(self, histogram: Any, low: float, high: float) -> Any:
        y = low + (high - low) * histogram.places
        return {
            "": y,
            "list": y.tolist(),
            "words": ["a"] * y.size,
            "none": None,
            "short": y[:-1],
            "column": y[:, np.newaxis],
            "decreasing": y[::-1],
            "NaN": np.where(y > y.mean(), np.nan, y),
            "below": y - (high - low) / 100,
            "above": y + (high - low) / 100,
            "infinite": np.where(y == y.max(), np.inf, y),
            "all": np.full(y.size, high + 1.0),
        }[self.wrong]


WRONG = {
    "words": (TypeError, "it must be numbers, one for each level"),
    "none": (ValueError, r"an array of shape \(\): it must be \(\d+,\), a value for each level"),
    "short": (ValueError, r"an array of shape \(\d+,\): it must be \(\d+,\)"),
    "column": (ValueError, r"an array of shape \(\d+, 1\): it must be \(\d+,\)"),
    "decreasing": (ValueError, "values that decrease"),
    "NaN": (ValueError, r"values that decrease \(or NaN\)"),
    "below": (ValueError, "it must be within"),
    "above": (ValueError, "it must be within"),
    "infinite": (ValueError, "to inf: it must be within"),
    "all": (ValueError, "it must be within"),
}


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_curve_is_refused_by_the_name_of_its_class(wrong: str, image: Any) -> None:
    error, words = WRONG[wrong]
    with pytest.raises(error, match=rf"^Own\.curve returned .*{words}"):
        equalize(image, Own(wrong))
    with pytest.raises(error, match=rf"^Own\.curve returned .*{words}"):
        transfer_function(compute_histogram(image), Own(wrong))


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
def test_a_list_is_as_good_as_an_array(image: Any) -> None:
    np.testing.assert_array_equal(equalize(image, Own("list")), equalize(image, Own()))


def test_the_widest_range_is_no_error() -> None:
    most = float(np.finfo(np.float64).max)

    class Wide(Own):
        def curve(self, histogram: Any, low: float, high: float) -> Any:
            return np.where(histogram.places < 0.5, low, high)

    image = np.array([[-1.0, -0.5, 0.5, 1.0]]) * most
    found = equalize(image, Wide(), out_range=(-most, most))
    np.testing.assert_array_equal(found, [[-most, -most, most, most]])
