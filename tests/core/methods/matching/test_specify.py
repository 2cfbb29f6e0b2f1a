"""Specify: against scipy's distributions, published numbers, and all that a curve could do."""

from __future__ import annotations

import json
from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats
from skimage import data

from helpers import strategies as some
from napari_histeq import Exact, Specify, compute_histogram, equalize, transfer_function
from napari_histeq.core.methods import from_dict
from napari_histeq.core.methods.matching.target import Target, target_of

Array = np.ndarray[Any, Any]
CAMERA = data.camera()
UNIT = np.linspace(0, 1, 101)
WEIGHTS = st.lists(st.floats(0, 9), min_size=2, max_size=300).filter(lambda w: sum(w) > 1e-9)


@st.composite
def specified(draw: Any, **more: Any) -> Specify:
    """Any target, with any parameters."""
    return Specify(**draw(some.any_options(Specify)) | more)


def frozen(target: Target) -> Any:
    """scipy's distribution of the same name, cut off at 0 and 1."""
    if target.kind == "gaussian":
        ends = [(end - target.mean) / target.sigma for end in (0, 1)]
        return stats.truncnorm(*ends, target.mean, target.sigma)
    if target.kind == "exponential":
        return stats.truncexpon(target.alpha, scale=1 / target.alpha)
    if target.kind == "counts":
        edges = np.linspace(0, 1, len(target.counts) + 1)
        return stats.rv_histogram((np.array(target.counts), edges))
    return stats.uniform()


def rayleigh(target: Target) -> tuple[Array, Array]:
    """Of scipy's Rayleigh distribution what lies below 1: cdf and quantiles."""
    whole = stats.rayleigh(scale=target.alpha)
    return whole.cdf(UNIT) / whole.cdf(1), whole.ppf(UNIT * whole.cdf(1))


# The targets


@given(st.floats(0, 1), st.floats(0.02, 10), st.floats(0.05, 10), WEIGHTS)
def test_targets_are_scipys(mean: float, sigma: float, alpha: float, counts: list[float]) -> None:
    for kind in ("uniform", "gaussian", "exponential", "counts"):
        target = Target(kind, mean, sigma, alpha, tuple(counts))
        known = frozen(target)
        np.testing.assert_allclose(target.cdf(UNIT), known.cdf(UNIT), rtol=1e-9, atol=1e-9)
        inside = target.quantile(UNIT[1:-1])  # where it has no density any place is right
        np.testing.assert_allclose(target.cdf(inside), UNIT[1:-1], atol=1e-8)
        if kind != "counts":
            np.testing.assert_allclose(inside, known.ppf(UNIT[1:-1]), rtol=1e-6, atol=1e-8)
    target = Target("rayleigh", alpha=alpha)
    cdf, ppf = rayleigh(target)
    np.testing.assert_allclose(target.cdf(UNIT), cdf, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(target.quantile(UNIT)[:-1], ppf[:-1], rtol=1e-6)


@given(WEIGHTS, st.integers(1, 700))
def test_levels_take_equal_parts_of_the_range(counts: list[float], levels: int) -> None:
    found = Target("counts", counts=tuple(counts)).up_to_levels(levels)
    edges = np.arange(1, levels + 1) / levels
    np.testing.assert_allclose(found, frozen(Target("counts", counts=tuple(counts))).cdf(edges))
    assert found[-1] == 1.0


# The curve


GW = (790, 1023, 850, 656, 329, 245, 122, 81)


@pytest.mark.parametrize(
    ("convention", "wanted"),
    [("textbook", [3, 4, 5, 6, 6, 7, 7, 7]), ("midpoint", [3, 4, 5, 6, 7, 7, 7, 7])],
)
def test_example_of_gonzalez_and_woods(convention: Any, wanted: list[int]) -> None:
    """Digital Image Processing, 3rd edition, example 3.8: a 64 x 64 image of 3 bits."""
    image = np.repeat(np.arange(8, dtype=np.uint8), GW).reshape(64, 64)
    method = Specify((0, 0, 0, 0.15, 0.2, 0.3, 0.2, 0.15), convention=convention)
    found = equalize(image, method, out_range=(0, 7))
    assert [found[image == level][0] for level in range(8)] == wanted
    # Ours is nearer where the two differ: up to level 6, of which the target has 0.85.
    assert abs(np.mean(found <= 6) - 0.85) == pytest.approx(
        0.0406 if convention == "textbook" else 0.0397, abs=1e-4
    )


@given(npst.arrays(np.uint8, st.integers(2, 40)), specified(convention="textbook"))
def test_the_textbooks_rule(image: Array, method: Specify) -> None:
    assume(np.unique(image).size > 1)
    reached = target_of(method).up_to_levels(256)
    for level, new in zip(image, equalize(image, method), strict=True):
        wanted = np.abs(reached - np.mean(image <= level))
        assert wanted[new] <= wanted.min() + 1e-15
        assert new == 0 or wanted[new - 1] > wanted[new] - 1e-15


@given(some.images(dtypes=st.sampled_from(some.UNSIGNED[:3] + some.SIGNED[:3])), specified())
def test_no_curve_that_keeps_the_order_comes_nearer(image: Array, method: Specify) -> None:
    """At every level of the output the best count of pixels that are not above it is there."""
    assume(np.unique(image).size > 1)
    low = int(np.iinfo(image.dtype).min)
    found = equalize(image, method, out_range=(low, low + 200))
    cdf = np.concatenate([[0], np.unique(image, return_counts=True)[1].cumsum() / image.size])
    reached = target_of(method).up_to_levels(201)
    least = np.abs(cdf[:, None] - reached).min(axis=0).max()
    distance = method.distance_to_target(found, (low, low + 200))
    share = np.diff(cdf).max()
    if method.convention == "midpoint":
        assert distance == pytest.approx(least, abs=1e-12)
        assert distance <= share / 2 + 1e-12
    else:
        assert least - 1e-12 <= distance <= share + np.diff(reached, prepend=0).max()


@pytest.mark.parametrize("target", ["uniform", "gaussian", "rayleigh", "exponential", (3, 0, 1)])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
def test_the_distance_is_bounded_for_any_dtype(dtype: str, target: Any) -> None:
    random = np.random.default_rng(3)
    image = (random.normal(size=(300, 300)) * 1e6).astype(dtype)
    image[:30] = 7  # a tenth has one intensity
    method = Specify(target)
    found = equalize(image, method, out_range=(-1000, 3000))
    assert found.min() >= -1000
    assert found.max() <= 3000
    distance = method.distance_to_target(found, (-1000, 3000))
    assert 0.04 < distance <= 0.05 + 2 / 2048
    if target != (3, 0, 1):
        known = np.sort(found, axis=None)
        direct = target_of(method).cdf((known + 1000.0) / 4000)
        if dtype != "i4":  # from the pixels themselves
            ranks = np.searchsorted(known, known, side="right") / known.size
            assert np.abs(ranks - direct).max() == pytest.approx(distance, abs=2 / 2048)


@pytest.mark.parametrize("convention", ["midpoint", "textbook"])
def test_the_shape_of_a_real_image(convention: Any) -> None:
    method = Specify("gaussian", mean=0.4, sigma=0.15, convention=convention)
    found = equalize(CAMERA, method)
    assert found.mean() / 256 == pytest.approx(0.4, abs=0.01)
    assert found.std() / 256 == pytest.approx(0.15, abs=0.01)
    order = np.argsort(CAMERA, axis=None, kind="stable")
    assert np.all(np.diff(found.ravel()[order].astype(int)) >= 0)


def test_numpy_dask_records_and_the_short_form_agree() -> None:
    counts = np.bincount(data.moon().ravel(), minlength=256)
    method = Specify(counts)
    wanted = equalize(CAMERA, method)
    lazy = equalize(da.from_array(CAMERA, chunks=100), "specify", target=counts)
    np.testing.assert_array_equal(lazy.compute(), wanted)
    again = from_dict(json.loads(json.dumps(method.as_dict())))
    assert again == method == Specify("counts", counts=tuple(counts))
    assert method.distance_to_target(lazy) == method.distance_to_target(compute_histogram(wanted))


# Exact, with a target


@given(specified(), st.sampled_from(["u1", "u2", "f4"]))
def test_exactly_the_target(method: Specify, dtype: str) -> None:
    assume(method.target != "uniform")  # its law is in test_exact.py
    image = np.random.default_rng(1).integers(0, 9, (23, 17)).astype(dtype)
    target = target_of(method)
    given_so = {name: getattr(method, name) for name in ("mean", "sigma", "alpha", "counts")}
    found = equalize(image, Exact(target=method.target, **given_so), out_range=(0, 250))
    if dtype == "f4":
        wanted = 250 * target.quantile((np.arange(image.size) + 0.5) / image.size)
        np.testing.assert_allclose(np.sort(found, axis=None), wanted, rtol=1e-6)
        return
    counts = np.bincount(found.ravel(), minlength=251).cumsum()
    assert np.abs(counts - image.size * target.up_to_levels(251)).max() <= 0.5 + 1e-9


def test_exact_is_flat_only_if_that_is_its_target() -> None:
    assert Exact().is_flat
    assert not Exact(target="gaussian").is_flat


# What makes no sense


@pytest.mark.parametrize("kind", [Specify, Exact])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": (0, 0, 0)}, r"counts=\(0, 0, 0\) have the sum 0: at least one"),
        ({"target": (1, -2)}, "number 2 is -2: weights must be finite and not negative"),
        ({"target": (np.nan, 1)}, "number 1 is nan"),
        ({"target": (1, np.inf)}, "number 2 is inf"),
        ({"target": (1,)}, "are 1 numbers: give 2 to 65536"),
        ({"target": "counts"}, "counts are missing: give weights"),
        ({"target": "gaussian", "counts": (1, 2)}, "cannot be set beside target='gaussian'"),
        ({"target": (1, 2), "counts": (1, 2)}, "target and counts are both numbers"),
        ({"target": "normal"}, "target='normal' is unknown: use 'uniform', "),
        ({"target": "gaussian", "mean": 128.0}, "mean=128.0 is out of range: it must be >= 0 and"),
        ({"target": "gaussian", "sigma": 0.0}, "sigma=0.0 is out of range"),
        ({"target": "gaussian", "sigma": np.nan}, "sigma=nan is out of range"),
        ({"target": "rayleigh", "alpha": 0.0}, "alpha=0.0 is out of range"),
    ],
)
def test_bad_targets_are_refused(kind: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        kind(**options)


@pytest.mark.parametrize("counts", [5, "one", ("a", "b"), np.ones((2, 2))])
def test_what_are_no_weights(counts: Any) -> None:
    with pytest.raises(TypeError, match="is no list of weights: give two or more numbers"):
        Specify("counts", counts=counts)


def test_a_distance_needs_pixels_and_a_range() -> None:
    with pytest.raises(ValueError, match="no pixel that counts"):
        Specify().distance_to_target(np.full((3, 3), np.nan))
    with pytest.raises(ValueError, match="does not tell where the target of float32 ends: give"):
        Specify().distance_to_target(CAMERA.astype(np.float32))
    with pytest.raises(ValueError, match="out_range is 'all': use"):
        Specify().distance_to_target(CAMERA, "all")


def test_a_constant_image_stays() -> None:
    image = np.full((5, 5), 9, np.uint8)
    np.testing.assert_array_equal(equalize(image, Specify("gaussian")), image)
    assert transfer_function(image, Specify("gaussian")).is_identity
