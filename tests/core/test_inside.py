"""Only inside: what is outside the mask keeps its bits, and the edge fades as far as asked."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from helpers import strategies as some
from helpers.effort import examples
from helpers.lazy_cases import image, random_chunks, same_bits
from napari_histeq import Clahe, Global, equalize, equalize_multiscale, gain_map
from napari_histeq.core import inside
from napari_histeq.core.inside import Feather, mixed

METHODS = [*(kind() for kind in some.CURVES), Clahe()]


def disc(shape: tuple[int, ...] = (31, 40), radius: float = 11) -> np.ndarray[Any, Any]:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - 14) ** 2 + (columns - 22) ** 2 < radius**2


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
@pytest.mark.parametrize("dtype", ["u1", ">u2", "i4", "u8", "f2", "f4"])
def test_inside_it_is_what_it_was_and_outside_nothing_changes(method: Any, dtype: str) -> None:
    pixels, mask = image(dtype), disc()
    before, got = pixels.tobytes(), equalize(pixels, method, mask=mask, inside=True)
    expected = np.where(mask, equalize(pixels, method, mask=mask), pixels)
    assert got.dtype == pixels.dtype
    assert got.tobytes() == expected.astype(pixels.dtype).tobytes()  # NaN, -0.0 and all
    assert pixels.tobytes() == before


@pytest.mark.parametrize("axes", [None, (1, 2), (0, 2)])
@pytest.mark.parametrize("width", [1, 4, 60])
def test_a_feather_is_the_formula_along_the_axes(axes: Any, width: int) -> None:
    pixels = image("u2") * 100
    mask = np.random.default_rng(3).random(pixels.shape) > 0.02
    mask[2] = disc()
    got = equalize(pixels, mask=mask, inside=True, feather=width, axes=axes)
    distance = np.empty(mask.shape)
    if axes is None:
        distance = distance_transform_edt(mask)
    else:
        (other,) = {0, 1, 2} - {*axes}
        planes, out = np.moveaxis(mask, other, 0), np.moveaxis(distance, other, 0)
        for index, plane in enumerate(planes):
            out[index] = distance_transform_edt(plane)
    part = np.minimum(distance / (width + 1), 1)
    after = equalize(pixels, mask=mask, axes=axes).astype(float)
    np.testing.assert_array_equal(got, np.rint(pixels + part * (after - pixels)))


def test_the_border_of_the_image_is_no_edge() -> None:
    pixels, mask = image("u1", (20, 30)), np.zeros((20, 30), bool)
    mask[:, :15] = True
    got = equalize(pixels, mask=mask, inside=True, feather=5)
    whole = equalize(pixels, mask=mask)
    np.testing.assert_array_equal(got[:, :10], whole[:, :10])
    full = np.ones_like(mask)
    np.testing.assert_array_equal(
        equalize(pixels, mask=full, inside=True, feather=9), equalize(pixels)
    )


@pytest.mark.parametrize("seed", range(24))
def test_lazily_the_same_bits_for_any_chunks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = image(["u1", ">u2", "i2", "f4", "bool"][seed % 5], seed=seed)
    method = METHODS[seed % len(METHODS)]
    how: dict[str, Any] = {"inside": True, "feather": [0, 3, 7, 45][seed % 4]}
    how["axes"] = [None, (1, 2), (0, 2)][seed % 3]
    mask = [disc(), np.broadcast_to(disc(), pixels.shape), rng.random(pixels.shape) > 0.1][seed % 3]
    chunked = da.from_array(pixels, chunks=random_chunks(rng, pixels.shape))
    lazy_mask = da.from_array(mask, chunks=random_chunks(rng, mask.shape))
    for given_mask in (mask, lazy_mask):
        got = equalize(chunked, method, mask=given_mask, **how)
        same_bits(got, equalize(pixels, method, mask=mask, **how))


@pytest.mark.parametrize("width", [0, 3])
def test_colors_keep_what_is_outside_and_their_alpha(width: int) -> None:
    colors = np.random.default_rng(1).integers(0, 200, (4, 31, 40), np.uint8)
    how: dict[str, Any] = {"mask": disc(), "channel_axis": 0}
    got = equalize(colors, inside=True, feather=width, **how)
    part = np.minimum(distance_transform_edt(disc()) / (width + 1), 1)
    after = equalize(colors, **how).astype(float)
    np.testing.assert_array_equal(got, np.rint(colors + part * (after - colors)))
    np.testing.assert_array_equal(got[3], colors[3])
    same_bits(equalize(da.from_array(colors), inside=True, feather=width, **how), got)


@pytest.mark.parametrize("method", [Global(), Clahe()], ids=["global", "clahe"])
def test_a_pyramid_is_kept_outside_at_each_level(method: Any) -> None:
    pixels, mask = image("u1", (64, 80)), np.zeros((64, 80), bool)
    mask[8:40, 16:64] = True
    levels = [pixels, pixels[::2, ::2], pixels[1::4, 1::4]]
    how: dict[str, Any] = {"mask": mask, "inside": True, "feather": 4}
    made = [level.compute() for level in equalize_multiscale(levels, method, **how)]
    np.testing.assert_array_equal(made[0], equalize(pixels, method, **how))
    plain = equalize_multiscale(levels, method, mask=mask)
    for step, level, result, whole in zip((1, 2, 4), levels, made, plain, strict=True):
        under = mask[step // 2 :: step, step // 2 :: step]
        part = np.minimum(distance_transform_edt(under, sampling=step) / 5, 1)
        expected = np.rint(level + part * (whole.compute().astype(float) - level))
        np.testing.assert_array_equal(result, expected)


def test_the_gain_map_is_one_outside_and_fades_with_the_feather() -> None:
    pixels, mask = image("u2", (31, 40)) * 9, disc()
    got = gain_map(pixels, Clahe(), mask=mask, inside=True, feather=2)
    part = np.minimum(distance_transform_edt(mask) / 3, 1)
    expected = 1 + part * (gain_map(pixels, Clahe(), mask=mask).astype(float) - 1)
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@examples(40)
@given(
    dtype=st.sampled_from(some.REAL),
    seed=st.integers(0, 2**32 - 1),
    part=st.floats(0, 1024 / 1025),
)
def test_a_mixture_lies_between_at_any_extreme(dtype: str, seed: int, part: float) -> None:
    kind, rng = np.dtype(dtype), np.random.default_rng(seed)
    info: Any = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    few = [info.min, info.min // 2, 0, 1, info.max // 3, info.max]
    ends = np.array([kind.type(v) for v in few], kind)
    before, after = rng.choice(ends, 20), rng.choice(ends, 20)
    found = mixed(before, after, np.full(20, part))
    assert (np.minimum(before, after) <= found).all()
    assert (found <= np.maximum(before, after)).all()
    if kind.kind != "f":  # exact, in Python's own numbers
        for b, a, f in zip(before.tolist(), after.tolist(), found.tolist(), strict=True):
            assert abs(abs(f - b) - part * abs(a - b)) <= 0.5 + abs(a - b) * 2.0**-52


def test_weights_in_a_part_are_those_of_the_whole() -> None:
    mask = np.random.default_rng(5).random((30, 41)) > 0.03
    feather = Feather(6, (0, 1), (1.0, 2.0))
    whole = feather.weights(mask)
    part = (slice(7, 19), slice(11, 30))
    np.testing.assert_array_equal(feather.weights_in(mask, part), whole[part])


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"inside": True}, ValueError, "there is no mask: pass mask="),
        ({"feather": 3}, ValueError, "set inside=True too"),
        ({"inside": 1}, TypeError, "inside is 1: it must be True"),
        ({"inside": True, "feather": 1.5}, TypeError, "a whole number of pixels"),
        ({"inside": True, "feather": -1}, ValueError, "feather is -1: use 0"),
        ({"inside": True, "feather": 5000}, ValueError, "to 1024 pixels"),
    ],
)
@pytest.mark.parametrize("lazy", [False, True])
def test_what_makes_no_sense_is_refused(how: Any, error: Any, words: str, lazy: bool) -> None:
    pixels = image("u1", (9, 9))
    with pytest.raises(error, match=words):
        equalize(da.from_array(pixels) if lazy else pixels, **how)


def test_an_empty_mask_changes_nothing_and_says_so() -> None:
    pixels = image("u1", (9, 9))
    with pytest.warns(UserWarning, match="no pixel"):
        got = equalize(pixels, mask=np.zeros((9, 9), bool), inside=True, feather=2)
    np.testing.assert_array_equal(got, pixels)


def test_a_feather_wider_than_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is looked at around small pieces: so they are not made smaller than need be."""
    pixels, mask = image("u2", (60, 70)), disc((60, 70))
    expected = equalize(pixels, mask=mask, inside=True, feather=9)
    monkeypatch.setattr(inside, "BLOCK_PIXELS", 400)
    assert inside._pieces((60, 70), (10, 10)) == inside.regions((60, 70))
    assert len(inside._pieces((60, 70), (0, 0))) > len(inside.regions((60, 70)))
    np.testing.assert_array_equal(equalize(pixels, mask=mask, inside=True, feather=9), expected)
