"""Match by landmarks is a line through them, at every number of a dtype: the formula, point by point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.twins import comparing
from napari_histeq import (
    Match,
    Standard,
    TransferFunction,
    compute_histogram,
    equalize,
    transfer_function,
)
from napari_histeq.core.methods.matching.quantiles import Line

DTYPES = ("i4", "u4", "i8", "f4", "f8")


def by_formula(x: Any, y: Any, where: Any) -> Any:
    """Piecewise linear between landmarks, of the first and the last slope beyond them."""
    found = np.interp(where, x, y)
    slopes = np.diff(y) / np.diff(x)
    found = np.where(where < x[0], y[0] + slopes[0] * (where - x[0]), found)
    return np.where(where > x[-1], y[-1] + slopes[-1] * (where - x[-1]), found)


@st.composite
def jobs(draw: Any) -> Any:
    """An image, what of it counts, percentiles, and landmarks: some beyond the range of a dtype."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    image = (rng.gamma(2, draw(st.sampled_from([3, 40, 5000])), 400) - 20).clip(0)
    marks = sorted(draw(st.sets(st.integers(1, 99), min_size=2, max_size=6)))
    rises = draw(st.lists(st.sampled_from([0.0, 0.5, 3.0, 1e3, 4e9]), min_size=7, max_size=7))
    rises = rises[: len(marks)]
    if sum(rises[1:]) < 3:
        rises[-1] = 3.0
    mask = rng.random(400) < draw(st.sampled_from([0.5, 1.0]))
    return image.astype(dtype), mask, tuple(map(float, marks)), tuple(np.cumsum(rises).tolist())


@given(jobs())
def test_the_formula(job: Any) -> None:
    image, mask, percentiles, landmarks = job
    x = np.percentile(image[mask].astype(float), percentiles)
    if (np.diff(x) <= 0).any():  # of several landmarks at one intensity other tests tell
        return
    found = equalize(image, Match(Standard(percentiles, landmarks)), mask=mask)
    wanted = by_formula(x, landmarks, image.astype(float))
    if image.dtype.kind != "f":
        info = np.iinfo(image.dtype)
        wanted = np.rint(wanted).clip(float(info.min), float(info.max))
        apart = np.abs(found.astype(float) - wanted)
        assert (apart <= np.maximum(np.abs(wanted) * 1e-14, 0)).sum() >= apart.size - 4  # ties
        assert (apart <= np.maximum(np.abs(wanted) * 1e-14, 1)).all()
    else:
        eps = np.finfo(image.dtype).eps
        scale = np.abs(wanted) + (landmarks[-1] - landmarks[0])
        assert (np.abs(found - wanted) <= (2 * eps + 1e-12) * scale).all()


@given(st.data(), st.sampled_from(DTYPES))
def test_knots_are_the_line_between_any_ends(data: Any, kind: str) -> None:
    """Also with landmarks at one intensity, at the least (a jump) and the greatest of them."""
    dtype = np.dtype(kind)
    numbers = st.integers(0, 60) if dtype.kind != "f" else st.floats(0, 60, width=16)
    x = np.array(sorted(data.draw(st.lists(numbers, min_size=2, max_size=6))), float)
    x += data.draw(st.sampled_from([0.0, 0.5])) * (dtype.kind != "f")
    y = np.array(
        sorted(data.draw(st.lists(st.integers(-50, 50), min_size=x.size, max_size=x.size)))
    )
    line = Line(x, y.astype(float))
    ends = sorted(data.draw(st.lists(st.integers(-70, 70), min_size=2, max_size=2, unique=True)))
    image = np.array([0, 3, 17, 61], dtype)
    curve = TransferFunction(
        *line.knots(compute_histogram(image), (ends[0], ends[1]), lambda v: np.clip(v, *ends))
    )
    where = np.arange(-5, 70) if dtype.kind == "i" else np.arange(70)
    if dtype.kind == "f":
        where = np.concatenate([where + 0.37, x, np.nextafter(x, 0), np.nextafter(x, 99)])
    where = where.astype(dtype)
    np.testing.assert_allclose(curve.evaluate(where), line.at(where).clip(*ends), atol=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("landmarks", [1, 7, (1.0, 50.0, 99.0), (0.0, 100.0)])
def test_few_knots_and_the_loops_bits(dtype: str, landmarks: Any) -> None:
    """As many knots as landmarks need, not levels; pixels far from all that count use no cells."""
    rng = np.random.default_rng(0)
    image, reference = (rng.gamma(k, 2000, (90, 90)).astype(dtype) for k in (3, 2))
    method = Match(reference, landmarks)
    image[0, :2] = 100_000, 2_000_000_000
    mask = np.arange(image.size).reshape(image.shape) > 1
    curve = transfer_function(image, method, mask=mask)
    assert curve.x.size <= 60
    with comparing() as called:
        curve(image)
    assert dtype[1] == "8" or "keys.interpolate" in called
    bulk = curve.x[curve.inner].astype(float)
    width = float(image[mask].max()) - float(image[mask].min())
    assert abs(bulk[0] - float(image[mask].min())) < width / 50
    assert abs(bulk[-1] - float(image[mask].max())) < width / 50


@pytest.mark.parametrize("landmarks", [3, 3.0, (0, 25, 50, 75, 100)])
def test_the_curve_at_the_levels_is_that_of_the_knots(landmarks: Any) -> None:
    rng = np.random.default_rng(1)
    image, reference = (rng.gamma(k, 30, (40, 50)).clip(0, 255).astype(np.uint8) for k in (2, 4))
    method, histogram = Match(reference, landmarks=landmarks), compute_histogram(image)
    at_levels = transfer_function(image, method, out_range=(0, 200)).evaluate(histogram.levels)
    np.testing.assert_allclose(method.curve(histogram, 0, 200), at_levels, atol=1e-9)
