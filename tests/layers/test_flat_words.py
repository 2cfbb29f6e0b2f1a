"""Under the plot: why the result is not flat, or that it is, and what that costs."""

from __future__ import annotations

from typing import Any

import pytest
from skimage import data

from helpers.tasks import task_of
from napari_histeq import Exact
from napari_histeq.layers.pictures import note_of
from napari_histeq.records import legend
from napari_histeq.records.task import perform


@pytest.mark.parametrize(
    ("options", "flat"), [({}, True), ({"strength": 0.5}, False), ({"method": Exact()}, True)]
)
def test_here_it_really_is_flat(options: dict[str, Any], flat: bool) -> None:
    task = task_of(data.moon()[::4, ::4].copy(), **{"method": Exact("local_means"), **options})
    done = perform(task, lambda *_: None)
    note = note_of(task, done.before, done.after)
    assert ("And here it really is flat" in note) is flat
    assert ("false patterns" in note) is flat
    assert "patterns in flat parts may be false" in legend(done.record)  # whatever the strength
