"""Each label on its own: what `equalize` makes of it alone, and the background untouched."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest

from helpers.lazy_cases import image
from napari_histeq import (
    BiHistogram,
    Clahe,
    Exact,
    Global,
    Match,
    OpenCvClahe,
    Stretch,
    equalize,
    equalize_labels,
    equalize_multiscale,
    gain_map,
)

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
        (LABELS[None, None], {}, ValueError, "does not broadcast"),
        (LABELS, {"method": OpenCvClahe()}, ValueError, "mask"),
        (LABELS, {"method": Match("previous"), "axes": 1}, ValueError, "leave out each_label"),
        (LABELS, {"feather": -1}, ValueError, "feather is -1"),
        (LABELS, {"out_range": "all"}, ValueError, "out_range is 'all'"),
    ],
)
def test_what_does_not_fit_is_refused(labels: Any, how: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        equalize_labels(image("u1", LABELS.shape), labels, **how)


# Lazily, plane by plane, colors, tiles: the bits of what is in memory.

METHODS = [Global(), Stretch(), Clahe(), Clahe(kernel_size=9, clip_limit=0.05)]
CHUNKS = [(31, 40), (7, 40), (13, 11)]


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", ">f4"])
@pytest.mark.parametrize("feather", [0, 3])
@pytest.mark.parametrize("method", METHODS, ids=str)
def test_lazily_with_any_chunks(method: Any, feather: int, dtype: str) -> None:
    pixels = image(dtype, LABELS.shape)
    wanted = equalize_labels(pixels, LABELS, method, feather=feather)
    for chunks, labels in zip(
        CHUNKS, (LABELS, da.from_array(LABELS, chunks=9), LABELS), strict=True
    ):
        lazy = equalize_labels(
            da.from_array(pixels, chunks=chunks), labels, method, feather=feather
        )
        assert isinstance(lazy, da.Array)
        found = lazy.compute()
        assert found.dtype == pixels.dtype
        assert found.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("method", [Global(), Clahe()], ids=lambda m: m.name)
@pytest.mark.parametrize("axes", [None, (1, 2)])
def test_stacks(method: Any, axes: Any) -> None:
    """Labels of their own in each plane, or the same in all."""
    stack = np.stack([image("u1", LABELS.shape), 255 - image("u1", LABELS.shape)])
    for labels in (LABELS, np.stack([LABELS, LABELS[::-1]])):
        found = equalize_labels(stack, labels, method, axes=axes, feather=2)
        lazy = equalize_labels(
            da.from_array(stack, chunks=(1, 16, 17)), labels, method, axes=axes, feather=2
        )
        np.testing.assert_array_equal(lazy.compute(), found)
        if axes:
            each = np.broadcast_to(labels, stack.shape)
            for plane, own, result in zip(stack, each, found, strict=True):
                np.testing.assert_array_equal(
                    result, equalize_labels(plane, own, method, feather=2)
                )


@pytest.mark.parametrize("axis", [0, -1])
def test_colors(axis: int) -> None:
    colors = np.random.default_rng(0).integers(0, 200, (*LABELS.shape, 4), np.uint8)
    given = np.moveaxis(colors, -1, axis)
    found = equalize_labels(given, LABELS, channel_axis=axis, feather=1)
    lazy = equalize_labels(da.from_array(given, chunks=17), LABELS, channel_axis=axis, feather=1)
    np.testing.assert_array_equal(lazy.compute(), found)
    mask = LABELS == 7
    one = equalize(given, mask=mask, channel_axis=axis, inside=True, feather=1)
    inside = np.moveaxis(found, axis, -1)[mask]
    np.testing.assert_array_equal(inside, np.moveaxis(one, axis, -1)[mask])


def test_tiles_lie_in_the_box_of_a_label_and_are_as_large_as_in_the_whole() -> None:
    pixels = image("u1", LABELS.shape)
    found = equalize_labels(pixels, LABELS, Clahe(kernel_size=(6, 40)))
    box = slice(2, 21), slice(3, 19)  # of label 7, and a pixel around it
    mask = LABELS[box] == 7
    one = equalize(pixels[box], Clahe(kernel_size=(6, 16)), mask=mask, inside=True)
    np.testing.assert_array_equal(found[box][mask], one[mask])


def test_pyramids() -> None:
    pixels = image("u1", (64, 64))
    labels = np.arange(64)[:, None] // 20 * np.ones(64, int)
    levels = [pixels, pixels[::2, ::2]]
    fine, coarse = equalize_multiscale(levels, mask=labels, each_label=True)
    wanted = equalize_labels(pixels, labels)
    np.testing.assert_array_equal(fine.compute(), wanted)
    np.testing.assert_array_equal(coarse.compute()[:9], wanted[::2, ::2][:9])
    with pytest.raises(ValueError, match="do not have"):
        equalize_multiscale(levels, Clahe(), mask=labels, each_label=True)


def test_exact_in_memory_only() -> None:
    pixels = image("u1", LABELS.shape)
    found = equalize_labels(pixels, LABELS, Exact())
    for label in (7, -2):
        counts = np.bincount(found[label == LABELS], minlength=256)
        assert counts.max() - counts.min() <= 1
    with pytest.raises(ValueError, match="ranks all pixels"):
        equalize_labels(da.from_array(pixels, chunks=9), LABELS, Exact())


def test_the_keyword_needs_labels() -> None:
    pixels = image("u1", LABELS.shape)
    np.testing.assert_array_equal(
        equalize(pixels, mask=LABELS, each_label=True), equalize_labels(pixels, LABELS)
    )
    with pytest.raises(ValueError, match="pass mask=labels"):
        equalize(pixels, each_label=True)
    with pytest.raises(TypeError, match="each_label is 1"):
        equalize(pixels, mask=LABELS, each_label=1)


def test_nothing_is_computed_of_the_result_until_it_is_asked_for() -> None:
    asked: list[int] = []

    def read(block: Any) -> Any:
        asked.append(1)
        return block

    lazy = da.from_array(image("u2", LABELS.shape), chunks=16).map_blocks(read, dtype="u2")
    asked.clear()
    only = np.zeros(LABELS.shape, int)
    only[:5, :5] = 1
    found = equalize_labels(lazy, only)
    assert len(asked) == 1  # the chunk that holds the label
    found[20:, 20:].compute()
    assert len(asked) <= 1 + 4


def test_two_levels_stay_as_they_are() -> None:
    pixels = LABELS > 0
    np.testing.assert_array_equal(equalize_labels(pixels, LABELS), pixels)
    np.testing.assert_array_equal(equalize_labels(da.from_array(pixels), LABELS), pixels)
    assert (gain_map(pixels, Clahe()) == 1).all()
