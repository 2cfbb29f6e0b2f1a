"""Match, plane k to plane k of a reference: what matching each plane on its own makes."""

from __future__ import annotations

import json
import pickle
from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage import data
from skimage.exposure import match_histograms

from napari_histeq import (
    Match,
    ReferencePlanes,
    compute_histogram,
    equalize,
    equalize_multiscale,
    equalize_together,
    transfer_function,
)
from napari_histeq.core.methods import from_dict

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(3)
CAMERA, MOON = data.camera()[:200, :150], data.moon()[:180, :160]
STACK = np.stack([CAMERA, CAMERA // 2, 255 - CAMERA])
OTHER = np.stack([MOON, MOON[::-1] // 3 + 9, MOON // 2 + 100])
DTYPES = ["u1", "u2", "i2", "i4", "f4", "f8"]


def one_by_one(image: Array, reference: Array, **how: Any) -> Array:
    """Each plane matched on its own."""
    pairs = zip(image, reference, strict=True)
    return np.stack([equalize(plane, Match(other), **how) for plane, other in pairs])


@given(
    npst.arrays(np.uint8, st.tuples(st.integers(2, 4), st.integers(2, 30))),
    st.integers(0, 2**32 - 1),
)
def test_of_8_bit_it_is_scikit_images_plane_by_plane(image: Array, seed: int) -> None:
    reference = np.random.default_rng(seed).integers(0, 200, (len(image), 40)).astype(np.uint8)
    found = equalize(image, Match.of(reference, axes=1), axes=1)
    for plane, other, own in zip(image, reference, found, strict=True):
        if np.unique(plane).size == 1:  # which has no order
            np.testing.assert_array_equal(own, plane)
            continue
        wanted = match_histograms(plane, other)
        apart = np.abs(wanted % 1 - 0.5) > 1e-9  # ties may fall to either side
        np.testing.assert_array_equal(own[apart], np.rint(wanted)[apart])


@pytest.mark.parametrize("landmarks", [None, 5, (2.0, 50.0, 98.0)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_any_dtype_has_the_bits_of_each_plane_alone(dtype: str, landmarks: Any) -> None:
    image, reference = STACK.astype(dtype), OTHER.astype("f4") * 1.5
    method = Match.of(reference, axes=(1, 2), landmarks=landmarks)
    found = equalize(image, method, axes=(1, 2))
    for plane, other, own in zip(image, reference, found, strict=True):
        assert own.tobytes() == equalize(plane, Match(other, landmarks)).tobytes()


@pytest.mark.parametrize(
    "how", [{"out_range": (3, 90)}, {"strength": 0.4}, {"saturated": 2.0}, {"out_range": "dtype"}]
)
def test_with_the_other_settings(how: Any) -> None:
    found = equalize(STACK, Match.of(OTHER, axes=(-2, -1)), axes=(1, 2), **how)
    np.testing.assert_array_equal(found, one_by_one(STACK, OTHER, **how))


def test_planes_along_several_axes_in_any_place() -> None:
    image = RNG.integers(0, 99, (2, 20, 3, 30)).astype(np.uint8)
    reference = RNG.gamma(2, 20, (2, 9, 3, 8)).clip(0, 250).astype(np.uint8)
    found = equalize(image, Match.of(reference, axes=(1, 3)), axes=(1, 3))
    for i, j in np.ndindex(2, 3):
        np.testing.assert_array_equal(
            found[i, :, j], equalize(image[i, :, j], Match(reference[i, :, j]))
        )
    flat = Match.of(reference[0], axes=(0, 2))  # without the axis of length 1
    np.testing.assert_array_equal(equalize(image[:1], flat, axes=(1, 3)), found[:1])


def test_masks_on_both_sides() -> None:
    """Neither what is left out of the reference nor what is left out of the image counts."""
    mask, within = RNG.random(STACK.shape) < 0.5, RNG.random(OTHER.shape) < 0.3
    method = Match.of(OTHER, within, axes=(1, 2))
    found = equalize(STACK, method, mask=mask, axes=(1, 2))
    for k in range(3):
        wanted = equalize(STACK[k], Match(OTHER[k][within[k]]), mask=mask[k])
        np.testing.assert_array_equal(found[k], wanted)
        counted = match_histograms(STACK[k][mask[k]], OTHER[k][within[k]])
        np.testing.assert_allclose(found[k][mask[k]], counted, atol=0.5 + 1e-9)
    same = Match.of(OTHER, within[0], axes=(1, 2))  # of one plane, for all
    np.testing.assert_array_equal(
        equalize(STACK, same, axes=(1, 2))[2], equalize(STACK[2], Match(OTHER[2][within[0]]))
    )


@pytest.mark.parametrize("dtype", ["u1", ">u2", "f4"])
@pytest.mark.parametrize("chunks", [(1, 70, 90), (3, 200, 40), (2, 33, 150)])
def test_lazily_the_same_bits(dtype: str, chunks: Any) -> None:
    image, reference = STACK.astype(dtype), OTHER.astype("f4")
    mask, within = RNG.random(STACK.shape) < 0.5, RNG.random(OTHER.shape) < 0.3
    method = Match.of(reference, within, axes=(1, 2))
    lazily = Match.of(
        da.from_array(reference, chunks=50), da.from_array(within, chunks=70), axes=(1, 2)
    )
    assert lazily == method
    lazy = da.from_array(image, chunks=chunks)
    for how in ({}, {"mask": mask}, {"mask": mask, "inside": True, "feather": 3}):
        wanted = equalize(image, method, axes=(1, 2), **how)
        got = equalize(lazy, lazily, axes=(1, 2), **how)
        assert isinstance(got, da.Array)
        assert got.compute().tobytes() == wanted.tobytes()


def test_large_planes_are_counted_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_histeq.core.lazy import planes

    lazy, other = (da.from_array(a, chunks=(2, 60, 70)) for a in (STACK, OTHER))
    wanted = equalize(STACK, Match.of(OTHER, axes=(1, 2)), axes=(1, 2))
    monkeypatch.setattr(planes, "PLANE_BYTES", 100)
    found = equalize(lazy, Match.of(other, axes=(1, 2)), axes=(1, 2))
    np.testing.assert_array_equal(found.compute(), wanted)


def test_pyramids_by_the_level_that_is_counted() -> None:
    method = Match.of(OTHER, axes=(1, 2))
    fine, coarse = equalize_multiscale([STACK, STACK[:, ::2, ::2]], method, axes=(1, 2))
    wanted = equalize(STACK, method, axes=(1, 2))
    np.testing.assert_array_equal(fine.compute(), wanted)
    np.testing.assert_array_equal(coarse.compute(), wanted[:, ::2, ::2])


@pytest.mark.parametrize("axis", [0, -1])
def test_colors_by_the_luminance_of_each_plane(axis: int) -> None:
    image = RNG.integers(0, 200, (3, 30, 40, 3)).astype(np.uint8)
    reference = RNG.integers(50, 250, (3, 20, 25, 4)).astype(np.uint8)
    given, other = (np.moveaxis(a, -1, axis) for a in (image, reference))
    axes = (-2, -1) if axis == 0 else (1, 2)
    method = Match.of(other, channel_axis=axis, axes=axes)
    found = equalize(given, method, channel_axis=axis, axes=axes)
    lazy = equalize(da.from_array(given, chunks=13), method, channel_axis=axis, axes=axes)
    np.testing.assert_array_equal(lazy.compute(), found)
    for plane, ref, own in zip(image, reference, np.moveaxis(found, axis, -1), strict=True):
        alone = equalize(plane, Match.of(ref, channel_axis=-1), channel_axis=-1)
        np.testing.assert_array_equal(own, alone)


def test_all_planes_to_one_is_chosen_by_leaving_the_axes_out() -> None:
    one, each = Match.of(OTHER), Match.of(OTHER, axes=(1, 2))
    assert one == Match(OTHER)
    assert one != each
    assert Match.of(OTHER, axes=(0, 1, 2)) == one  # all the axes there are
    found = equalize(STACK, one, axes=(1, 2))
    np.testing.assert_array_equal(found[1], equalize(STACK[1], Match(OTHER)))


def test_names_of_axes() -> None:
    xarray = pytest.importorskip("xarray")
    image, other = (xarray.DataArray(a, dims=("t", "y", "x")) for a in (STACK, OTHER))
    found = equalize(image, Match.of(other, axes=("y", "x")), axes=("y", "x"))
    np.testing.assert_array_equal(found, one_by_one(STACK, OTHER))


EACH = Match.of(OTHER, axes=(1, 2))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: equalize(STACK[:2], EACH, axes=(1, 2)), "has 3 planes, the image 2 planes: give"),
        (
            lambda: equalize(STACK[:, None].repeat(2, 1), EACH, axes=(2, 3)),
            r"has 3 planes, the image 6 planes \(3 x 2\): give",
        ),
        (
            lambda: equalize(STACK, Match(ReferencePlanes(EACH.references.known[:1])), axes=(1, 2)),
            "has 1 plane, the image 3 planes: give",
        ),
        (lambda: equalize(STACK, EACH), r"whole image is one plane here: pass the axes"),
        (lambda: transfer_function(CAMERA, EACH), r"whole image is one plane here"),
        (lambda: equalize_together([STACK, STACK], EACH), "one plane here"),
        (lambda: equalize(STACK, EACH, axes=(1, 2), smooth=3), "smooth=3 averages"),
        (
            lambda: equalize(STACK, EACH, axes=(1, 2), mask=STACK // 99, each_label=True),
            "not for each label",
        ),
        (lambda: Match.of(OTHER * np.nan, axes=(1, 2)), "no pixel that counts in plane 0 "),
        (
            lambda: Match.of(OTHER, np.arange(3)[:, None, None] != 1, axes=(1, 2)),
            "no pixel that counts in plane 1 ",
        ),
        (lambda: Match.of(OTHER, axes=5), "axes"),
        (lambda: equalize(STACK, Match.of(OTHER / 999, axes=(1, 2)), axes=(1, 2)), "give an out"),
    ],
)
def test_what_does_not_fit_is_told(wrong: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wrong()


@pytest.mark.parametrize(
    "stack", [OTHER, OTHER.astype("f4"), RNG.normal(size=(2, 70, 70)), OTHER > 100]
)
def test_a_record_gives_the_same_method(stack: Array) -> None:
    method = Match.of(stack, axes=(1, 2), landmarks=7, name="a stack")
    again = from_dict(method.as_dict())
    assert again == method
    assert hash(again) == hash(method)
    assert str(again.reference) == "“a stack”, plane by plane"
    assert pickle.loads(pickle.dumps(method)) == method
    image = stack.astype(np.float64)
    np.testing.assert_array_equal(
        equalize(image, again, axes=(1, 2)), equalize(image, method, axes=(1, 2))
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lengths": [2]}, "lengths or sizes do not fit"),
        ({"sizes": [1, 1, 1]}, "lengths or sizes do not fit"),
        ({"sizes": [0, 1, 1]}, "lengths or sizes do not fit"),
        ({"lengths": [-3]}, "lengths or sizes do not fit"),
        ({"counts": [0, 0, 0]}, "lengths or sizes do not fit|above 0"),
        ({"name": 3}, "name is 3"),
    ],
)
def test_a_damaged_one_is_refused(changes: Any, words: str) -> None:
    fields = json.loads(EACH.references.to_json())
    for name, value in changes.items():
        fields[name] = value if name == "name" else fields[name] | {"values": value}
    with pytest.raises(ValueError, match=words):
        ReferencePlanes.from_json(json.dumps(fields))


def test_it_is_counted_when_it_is_asked_for_and_once() -> None:
    calls = []

    def count() -> Any:
        calls.append(1)
        return EACH.references.known

    method = Match(ReferencePlanes.later(count, (3,)))
    assert (method.is_ready, calls) == (False, [])
    method.prepare()
    assert (method.is_ready, calls) == (True, [1])
    assert method == EACH
    np.testing.assert_array_equal(equalize(STACK, method, axes=(1, 2)), one_by_one(STACK, OTHER))


def test_what_is_no_histogram_of_a_plane() -> None:
    with pytest.raises(TypeError, match="3 is no Histogram"):
        ReferencePlanes([compute_histogram(MOON), 3])
    with pytest.raises(TypeError, match="histograms are missing"):
        ReferencePlanes(None)
