"""Several images with one histogram: the bits of `equalize_together`, and what the record says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dask.array as da
import numpy as np
import pytest
from skimage import data

from helpers.tasks import task_of
from napari_histeq import Clahe, compute_histogram, equalize, equalize_together
from napari_histeq.records import Record, joined, legend, perform, plan, script

CELLS = np.stack([data.camera()[::2, ::2], data.moon()[::2, ::2]]).astype(np.uint16) * 100
MASK = np.zeros(CELLS[0].shape, bool)
MASK[10:90, 20:100] = True


def quiet(*_: object) -> None:
    pass


def tasks_of(images: list[Any], masks: list[Any] | None = None, **how: Any) -> list[Any]:
    wanted = masks or [None] * len(images)
    names = "abcdefgh"
    return [
        task_of(image, source=name, region=None if mask is None else (lambda m=mask: m), **how)
        for name, image, mask in zip(names, images, wanted, strict=False)
    ]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", ">u2"])
@pytest.mark.parametrize("masks", [None, [MASK, None], [MASK, ~MASK]], ids=["all", "one", "both"])
def test_the_bits_of_equalize_together(dtype: str, masks: Any) -> None:
    images = [(CELLS[0] // 64).astype(dtype), (CELLS[1] // 32).astype(dtype)]
    done = [perform(task, quiet) for task in joined(tasks_of(images, masks, strength=0.8), quiet)]
    wanted = equalize_together(images, masks=masks, strength=0.8)
    for outcome, result in zip(done, wanted, strict=True):
        np.testing.assert_array_equal(outcome.data, result)
        assert outcome.data.dtype == result.dtype


def test_without_masks_those_of_the_images_as_one() -> None:
    done = [perform(task, quiet).data for task in joined(tasks_of([*CELLS]), quiet)]
    np.testing.assert_array_equal(np.stack(done), equalize(CELLS))


def test_shapes_may_differ_and_images_be_lazy() -> None:
    images = [CELLS[0], da.from_array(CELLS[1, :50], chunks=40)]
    done = [perform(task, quiet).data for task in joined(tasks_of(images), quiet)]
    for found, wanted in zip(done, equalize_together(images), strict=True):
        np.testing.assert_array_equal(np.asarray(found), np.asarray(wanted))


def test_levels_of_pyramids_follow_the_finest() -> None:
    tasks = [replace(task, coarser=(task.image[::2, ::2],)) for task in tasks_of([*CELLS])]
    for outcome in (perform(task, quiet) for task in joined(tasks, quiet)):
        finest, coarser = outcome.data
        np.testing.assert_array_equal(coarser, finest[::2, ::2])


def test_what_each_of_them_tells() -> None:
    """Each its own histogram before, the range of all, and where its curve is from."""
    outcomes = [plan(task, quiet) for task in joined(tasks_of([*CELLS]), quiet)]
    for outcome, image in zip(outcomes, CELLS, strict=True):
        assert outcome.before.total == image.size
        np.testing.assert_array_equal(outcome.before.counts, compute_histogram(image).counts)
        assert outcome.limits == (0, 65535)
        assert outcome.record.given
        assert outcome.record.curve_of == "one histogram of “a” and “b”"
        assert "the curve of one histogram of “a” and “b”" in legend(outcome.record)
        assert Record.from_dict(outcome.record.as_dict()).curve_of == outcome.record.curve_of
        np.testing.assert_array_equal(
            outcome.record.reproduce(image), equalize_together([*CELLS])[outcomes.index(outcome)]
        )
    assert "return curve()(image)" in script(outcomes[0].record)
    many = joined(tasks_of([CELLS[0]] * 6), quiet)
    assert many[0].given_of == "one histogram of 6 images"


def test_what_is_no_single_curve_is_refused_before_any_count() -> None:
    with pytest.raises(ValueError, match="Clahe is not a single curve"):
        joined(tasks_of([*CELLS], method=Clahe()), quiet)
    with pytest.raises(ValueError, match="each plane has its own"):
        joined(tasks_of([*CELLS], axes=(1,)), quiet)
    with pytest.raises(ValueError, match="“Only inside” leaves pixels out"):
        joined(tasks_of([*CELLS], [MASK, MASK], inside=True), quiet)
