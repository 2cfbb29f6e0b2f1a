"""equalize_together: the bits of all the images joined to one, and cut apart again."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helpers import strategies as some
from napari_histeq import Clahe, Match, equalize, equalize_together, transfer_function
from napari_histeq.core.recipe import Recipe
from napari_histeq.core.verbs.together import (
    _Joined,
    count_together,
    joint_gamut,
    recolor,
    source_of,
)

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(6)
IMAGES = [RNG.gamma(2, 20 * n, shape).clip(0, 255) for n, shape in ((1, (40, 50)), (2, (3, 30)))]


def joined(images: list[Array], **how: Any) -> list[Array]:
    whole = equalize(np.concatenate([image.ravel() for image in images]), **how)
    cut = np.split(whole, np.cumsum([image.size for image in images])[:-1])
    return [part.reshape(image.shape) for part, image in zip(cut, images, strict=True)]


def same(found: list[Any], wanted: list[Array]) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(np.asarray(one), other)


@given(st.data(), some.dtypes, some.methods(), some.strengths)
def test_any_images(data: Any, dtype: Any, method: Any, strength: float) -> None:
    images = [data.draw(some.images(dtypes=st.just(dtype))) for _ in range(3)]
    assume(any(np.isfinite(image).any() for image in images))
    wanted = joined(images, method=method, strength=strength)
    found = equalize_together(images, method, strength=strength)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8", "u8"])
def test_lazy_and_in_memory_mixed_with_masks(dtype: str) -> None:
    images = [image.astype(dtype) for image in IMAGES]
    masks = [images[0] > 20, None]
    counted = np.concatenate([masks[0].ravel(), np.ones(images[1].size, bool)])
    wanted = joined(images, mask=counted)
    mixed = [da.from_array(images[0], chunks=(17, 20)), images[1]]
    found = equalize_together(mixed, masks=masks)
    assert isinstance(found[0], da.Array)
    assert isinstance(found[1], np.ndarray)
    same(found, wanted)


def test_colors() -> None:
    colors = [RNG.integers(0, 200, (3, *shape)).astype(np.uint8) for shape in ((20, 30), (5, 30))]
    whole = equalize(np.concatenate(colors, axis=1), channel_axis=0)
    wanted = [whole[:, :20], whole[:, 20:]]
    lazy = da.from_array(colors[1], chunks=(1, 4, 9))
    same(equalize_together([colors[0], lazy], channel_axis=0), wanted)


@pytest.mark.parametrize("strength", [1.0, 0.3])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f4", "f8"])
def test_colors_by_a_curve_that_was_counted_before(dtype: str, strength: float) -> None:
    """As files do it, which are not all in memory: count all, and then give each the curve."""
    colors = [RNG.gamma(2, 20 * n, (3, 9 * n, 30)).astype(dtype) for n in (1, 2)]
    masks = [colors[0][0] > 12, None]
    lazy = da.from_array(colors[1], chunks=(1, 4, 9))
    recipe = Recipe(channel_axis=0, strength=strength)
    sources = [source_of(image, mask, 0) for image, mask in zip(colors, masks, strict=True)]
    joint = count_together([sources[0], source_of(lazy, None, 0)])
    assert joint.total == masks[0].sum() + colors[1][0].size
    curve, ends = recipe.curve(joint), joint_gamut(recipe, joint)
    found = [recolor(image, curve, ends, 0) for image in (colors[0], lazy)]
    same(found, equalize_together(colors, masks=masks, channel_axis=0, strength=strength))
    whole = np.concatenate(colors, axis=1)
    counted = np.ones(whole.shape[1:], bool)
    counted[:9] = masks[0]
    wanted = equalize(whole, mask=counted, channel_axis=0, strength=strength)
    same(found, [wanted[:, :9], wanted[:, 9:]])


@given(st.data(), some.dtypes)
def test_what_is_counted_together_gives_the_curve(data: Any, dtype: Any) -> None:
    images = [data.draw(some.images(dtypes=st.just(dtype))) for _ in range(3)]
    assume(any(np.isfinite(image).any() for image in images))
    joint = count_together(map(source_of, images))
    curve = transfer_function(joint)
    for image, wanted in zip(images, equalize_together(images), strict=True):
        np.testing.assert_array_equal(curve(image), wanted)


def test_sources_of_different_dtypes_are_not_counted_together() -> None:
    with pytest.raises(TypeError, match="dtypes float64 and float32"):
        count_together([source_of(IMAGES[0]), source_of(IMAGES[1].astype("f4"))])


def test_matched_together_by_name_and_range() -> None:
    images = [image.astype(np.uint8) for image in IMAGES]
    same(equalize_together(images, Match(IMAGES[1])), joined(images, method=Match(IMAGES[1])))
    wanted = joined(images, method="global", convention="cdf_min", out_range=(10, 90))
    same(equalize_together(images, "global", convention="cdf_min", out_range=(10, 90)), wanted)


def test_the_input_is_untouched_and_names_are_kept() -> None:
    xarray = pytest.importorskip("xarray")
    named = xarray.DataArray(IMAGES[0], dims=("y", "x"), name="a")
    kept = IMAGES[0].copy()
    found = equalize_together([named, IMAGES[1]])
    assert found[0].dims == ("y", "x")
    same(found, joined(IMAGES))
    np.testing.assert_array_equal(IMAGES[0], kept)


def test_nothing_counted_and_truth_values() -> None:
    with pytest.warns(UserWarning, match="no pixel was counted"):
        found = equalize_together(IMAGES, masks=[np.array(False), np.array(False)])
    same(found, IMAGES)
    bits = [image > 20 for image in IMAGES]
    same(equalize_together(bits), bits)


@pytest.mark.parametrize(
    ("images", "how", "error", "words"),
    [
        ([IMAGES[0], IMAGES[1].astype("f4")], {}, TypeError, "dtypes float64 and float32"),
        (IMAGES, {"method": Clahe()}, TypeError, "Clahe is not a single curve"),
        (IMAGES, {"masks": [None]}, ValueError, "2 images and 1 masks"),
        (IMAGES, {"masks": [IMAGES[0] > 1, IMAGES[0] > 1]}, ValueError, "does not broadcast"),
        (IMAGES, {"strength": 2}, ValueError, "strength is 2"),
        ([], {}, ValueError, "images is empty"),
        (IMAGES[0], {}, TypeError, "images is one ndarray: give a list"),
        ([IMAGES[0], 1j * IMAGES[0]], {}, TypeError, "dtype complex128"),
    ],
)
def test_bad_input(images: Any, how: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        equalize_together(images, **how)


def test_joined_pixels_lie_in_a_row() -> None:
    source = _Joined((source_of(RNG.random((4, 5))), source_of(da.zeros((2, 3, 7), chunks=2))))
    assert source.shape == (62,)
