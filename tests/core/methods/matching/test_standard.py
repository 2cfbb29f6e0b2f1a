"""Standard: torchio's HistogramStandardization by its published formula, written out."""

from __future__ import annotations

import json
from typing import Any

import dask.array as da
import numpy as np
import pytest

from napari_histeq import Histogram, Match, Standard, compute_histogram, equalize
from napari_histeq.core.methods import from_dict

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(8)
PERCENTILES = (1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99)
SERIES = [
    (gain * RNG.gamma(3, 40, (60, 70)) + 5).clip(0, 60000).astype(np.uint16) for gain in (1, 3, 20)
]


def average_mapping(database: Array) -> Array:
    """The landmarks of percentiles (images, percentiles), on the scale of 0 to 100."""
    first, last = database[:, 0], database[:, -1]
    slopes = 100 / (last - first)
    intercepts = np.mean(-slopes * first)
    return slopes @ database / len(database) + intercepts


def standardized(image: Array, landmarks: Array, percentiles: Any, mask: Any = True) -> Array:
    """One image brought to the landmarks."""
    values = image.astype(np.float64)
    found = np.percentile(values[np.broadcast_to(mask, image.shape)], percentiles)
    steps = np.diff(found)
    steps[steps < 1e-5] = np.inf
    slopes = np.diff(landmarks) / steps
    intercepts = landmarks[:-1] - slopes * found[:-1]
    piece = np.digitize(values, found[1:-1], right=False)
    return slopes[piece] * values + intercepts[piece]


def test_the_landmarks_are_torchios() -> None:
    database = np.array([np.percentile(image, PERCENTILES) for image in SERIES])
    learned = Standard.learn(SERIES)
    assert learned.percentiles == PERCENTILES
    np.testing.assert_allclose(learned.landmarks, average_mapping(database), atol=1e-10)
    assert (learned.images, learned.signed, learned.range) == (3, False, (0, 100))


@pytest.mark.parametrize("dtype", [np.float64, np.uint16, np.float32])
def test_images_are_brought_to_it_as_by_torchio(dtype: Any) -> None:
    learned = Standard.learn(SERIES)
    for levels in SERIES:
        image = (levels // 9).astype(dtype)
        wanted = standardized(image, np.array(learned.landmarks), PERCENTILES)
        found = equalize(image, Match(learned))
        if image.dtype.kind == "u":
            wanted = np.rint(wanted.clip(0, None))
        assert np.unique(image).size < 1024  # floats of so few values are counted exactly
        np.testing.assert_allclose(
            found, wanted, rtol=0, atol=1e-4 if dtype == np.float32 else 1e-9
        )


def test_a_background_of_one_intensity() -> None:
    """Several percentiles are one intensity, as in images with a black background."""
    image = np.where(RNG.random((60, 70)) < 0.45, 0, RNG.integers(20, 900, (60, 70))).astype(float)
    learned = Standard.learn(SERIES)
    wanted = standardized(image, np.array(learned.landmarks), PERCENTILES)
    np.testing.assert_allclose(equalize(image, Match(learned)), wanted, atol=1e-9)


def test_masks_on_both_sides() -> None:
    masks = [image > np.median(image) for image in SERIES]
    learned = Standard.learn(SERIES, masks=masks)
    inside = [image[mask] for image, mask in zip(SERIES, masks, strict=True)]
    assert learned == Standard.learn(inside)
    image = (SERIES[1] // 9).astype(float)
    found = equalize(image, Match(learned), mask=masks[1])
    wanted = standardized(image, np.array(learned.landmarks), PERCENTILES, masks[1])
    np.testing.assert_allclose(found[masks[1]], wanted[masks[1]], atol=1e-9)


def test_it_makes_a_series_comparable() -> None:
    learned = Standard.learn(SERIES)
    medians = [np.median(equalize(image.astype(float), Match(learned))) for image in SERIES]
    assert np.ptp(medians) < 2  # of 100; before, they were apart by a factor of 20


def test_lazily_in_one_pass_each() -> None:
    reads = []

    def read(block: Any) -> Any:
        reads.append(block.shape)
        return block

    lazy = (
        da.from_array(image, chunks=(30, 70)).map_blocks(read, dtype=image.dtype, meta=image[:1])
        for image in SERIES
    )
    assert Standard.learn(lazy) == Standard.learn(SERIES)
    assert len(reads) == 2 * len(SERIES)
    assert Standard.learn(map(compute_histogram, SERIES)) == Standard.learn(SERIES)


def test_a_file_gives_the_same_standard() -> None:
    learned = Standard.learn(SERIES, (0.1, 33.3, 99.9), scale=(-1 / 3, 1e-300), units="HU")
    again = Standard.from_json(learned.to_json())
    assert again == learned
    assert hash(again) == hash(learned)
    assert from_dict(Match(learned).as_dict()) == Match(learned)


def test_data_of_another_kind_are_refused() -> None:
    learned = Standard.learn(SERIES, units="counts")
    with pytest.raises(ValueError, match=r"negative intensities \(down to -"):
        equalize(SERIES[0].astype(float) - 10, Match(learned))
    signed = Standard.learn([image - 100.0 for image in SERIES])
    equalize(SERIES[0].astype(float) - 10, Match(signed))
    assert learned.for_units("counts") is learned
    with pytest.raises(ValueError, match="learned from images in counts, not HU"):
        learned.for_units("HU")


def test_units_that_images_tell_are_learned_and_looked_at() -> None:
    xarray = pytest.importorskip("xarray")

    def named(image: Any, units: str) -> Any:
        return xarray.DataArray(image, dims=("y", "x"), attrs={"units": units} if units else {})

    learned = Standard.learn([named(image, "HU") for image in SERIES])
    assert learned.units == "HU"
    assert Standard.learn([named(SERIES[0], "HU"), SERIES[1]]).units == ""
    image = SERIES[0]
    wanted = equalize(image, Match(learned))
    for same in ("HU", ""):  # unknown ones are let pass
        np.testing.assert_array_equal(equalize(named(image, same), Match(learned)), wanted)
    with pytest.raises(ValueError, match="learned from images in HU, not counts: learn one"):
        equalize(named(image, "counts"), Match(learned))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([],), ValueError, "images is empty"),
        ((SERIES, (50, 10)), ValueError, "out of order"),
        ((SERIES, (10, 101)), ValueError, "from 0 to 100"),
        ((SERIES, "some"), TypeError, "are not percentiles"),
        ((SERIES, PERCENTILES, [None]), ValueError, "masks must be as many as images"),
        (([SERIES[0], np.zeros((3, 3))],), ValueError, r"images\[1\]: its percentiles 1 and 99"),
        (([SERIES[0], np.full((3, 3), np.nan)],), ValueError, r"images\[1\]: no pixel counts"),
    ],
)
def test_what_nothing_can_be_learned_from(arguments: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        Standard.learn(*arguments)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"landmarks": [0, 2, 1]}, "must not decrease"),
        ({"landmarks": [0, 1]}, "one for each of the 3 percentiles"),
        ({"percentiles": [50, 10, 99]}, "out of order"),
        ({"signed": 1}, "signed, units or images"),
        ({"images": 1.5}, "signed, units or images"),
    ],
)
def test_a_damaged_file_is_refused(changes: Any, words: str) -> None:
    fields = json.loads(Standard((10, 50, 90), (0, 1, 5)).to_json())
    for name, value in changes.items():
        fields[name] = fields[name] | {"values": value} if isinstance(value, list) else value
    with pytest.raises(ValueError, match=words):
        Standard.from_json(json.dumps(fields))
    with pytest.raises(ValueError, match="no JSON of a Standard"):
        Standard.from_json(Histogram(np.ones(2), np.arange(3)).to_json())
