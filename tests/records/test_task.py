"""A task and its record: what `equalize` would do, with the evidence, and again to the bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from helpers.tasks import RECIPE, task_of
from napari_histeq import Match, compute_histogram, equalize
from napari_histeq.core import METHODS
from napari_histeq.core.recipe import Recipe
from napari_histeq.records.counted import MASK_BYTES, MaskRecord
from napari_histeq.records.record import Record
from napari_histeq.records.task import Task, perform, survey

RNG = np.random.default_rng(11)
GRAY = RNG.gamma(2, 25, (6, 40, 50))
IMAGES = {
    "uint8": np.clip(GRAY, 0, 255).astype(np.uint8),
    "int16": (GRAY * 40 - 3000).astype(np.int16),
    "float32": np.exp(GRAY / 20).astype(np.float32),
    "bool": GRAY > 60,
    "rgb": RNG.integers(0, 90, (40, 50, 3), np.uint8),
    "rgba16": RNG.integers(0, 9000, (40, 50, 4), np.uint16),
}
MASK = RNG.random((40, 50)) > 0.3

CHOICES: list[dict[str, Any]] = [
    {},
    {"strength": 0.6},
    {"out_range": (10, 80)},
    {"out_range": "image", "strength": 0.9},
    {"ignored": 40.0},
    {"region": lambda: MASK},
    {"region": lambda: MASK, "ignored": 40.0, "axes": (-2, -1), "strength": 0.5},
]


def quiet(fraction: float, what: str) -> None:
    assert 0.0 <= fraction <= 1.0
    assert what


def expected(image: np.ndarray, task: Task) -> np.ndarray:
    mask = None if task.region is None else task.region()
    if task.ignored is not None:
        other = image != task.ignored
        other = other if task.recipe.channel_axis is None else other[..., :3].any(axis=-1)
        mask = other if mask is None else other & mask
    how = {name: getattr(task.recipe, name) for name in RECIPE}
    return equalize(image, mask=mask, **how)


@pytest.mark.crossed
@pytest.mark.parametrize("choice", CHOICES, ids=lambda c: "+".join(c) or "default")
@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("method", ["global", "bihistogram"])
def test_it_does_what_equalize_does_and_does_it_again(
    name: str, method: str, choice: dict[str, Any]
) -> None:
    image, options = IMAGES[name], dict(choice)
    if name == "bool" and isinstance(options.get("out_range"), tuple):
        options["out_range"] = "image"
    channel_axis = -1 if name.startswith("rgb") else None
    if channel_axis is not None and "axes" in options:
        options["axes"] = (0, 1)
    task = task_of(image, method=METHODS[method](), channel_axis=channel_axis, **options)
    kept = image.copy()  # type: ignore[attr-defined]
    outcome = perform(task, quiet)
    np.testing.assert_array_equal(outcome.data, expected(image, task))
    assert outcome.data.dtype == image.dtype  # type: ignore[attr-defined]
    np.testing.assert_array_equal(image, kept)
    again = Record.from_dict(outcome.record.as_dict())
    np.testing.assert_array_equal(again.reproduce(image), outcome.data)


def test_the_histogram_after_is_that_of_the_result() -> None:
    image = IMAGES["uint8"]
    outcome = perform(Task(image), quiet)
    counts = compute_histogram(outcome.data).counts
    np.testing.assert_array_equal(outcome.after.counts, counts)
    assert outcome.record.measures["after"]["levels_used"] == np.count_nonzero(counts)


def test_progress_only_rises() -> None:
    seen: list[float] = []
    perform(Task(IMAGES["float32"]), lambda fraction, _: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] >= 0.95


def test_what_the_report_raises_stops_the_work() -> None:
    class Enough(Exception):
        pass

    def stop(fraction: float, what: str) -> None:
        raise Enough

    with pytest.raises(Enough):
        perform(Task(IMAGES["uint8"]), stop)


def test_a_survey_changes_nothing() -> None:
    outcome = survey(Task(IMAGES["uint8"]), quiet)
    assert outcome.data is None
    assert outcome.after is None
    assert outcome.before.total == IMAGES["uint8"].size  # type: ignore[attr-defined]


def test_the_source_is_known_by_its_digest() -> None:
    one, same, other = (perform(Task(i), quiet).record.digest for i in (MASK, MASK.copy(), ~MASK))
    assert one == same != other


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (1, 40, 50), (7, 1, 13)])
def test_a_mask_is_kept_to_the_bit(shape: tuple[int, ...]) -> None:
    mask = np.random.default_rng(5).random(shape) > 0.5
    np.testing.assert_array_equal(MaskRecord.of("hand", mask).array(), mask)


def test_a_mask_that_is_too_large_is_named_only() -> None:
    noise = np.random.default_rng(5).random(MASK_BYTES * 9) > 0.5
    record = MaskRecord.of("hand", noise)
    with pytest.raises(ValueError, match="'hand' was too large"):
        record.array()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize("reference", ["first", "previous", "median", "neighbors"])
def test_frames_matched_to_each_other_are_shown_over_their_own_intensities(
    reference: str, dtype: str
) -> None:
    movie = GRAY.astype(dtype)
    recipe = Recipe(Match(reference), axes=(1, 2))
    assert perform(Task(movie, recipe=recipe), quiet).limits == (movie.min(), movie.max())
    stretched = replace(recipe, out_range=(0, 100))
    assert perform(Task(movie, recipe=stretched), quiet).limits == (0, 100)
