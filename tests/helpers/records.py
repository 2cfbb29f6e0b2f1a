"""A record of each kind of run."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from helpers.strategies import CURVES
from helpers.tasks import task_of
from napari_histeq import BiHistogram, Clahe, Match, Standard
from napari_histeq.core.verbs import luminance_histogram
from napari_histeq.records.task import perform

RNG = np.random.default_rng(5)
GRAY = RNG.integers(0, 180, (6, 20, 30), np.uint8)
COLORS = GRAY.transpose(1, 2, 0)[..., :3].copy()
MASK = RNG.random((20, 30)) < 0.5
LABELS = (np.arange(20)[:, None] // 7 * (np.arange(30) < 25)).astype(np.int32)
TASKS = {
    "plain": task_of(GRAY),
    "planes": task_of(GRAY, axes=(1, 2), strength=0.5),
    "region": task_of(GRAY, region=lambda: MASK, region_name="cells", ignored=3.0),
    "labels": task_of(
        GRAY, region=lambda: LABELS, region_name="cells", ignored=3.0, each_label=True, feather=2
    ),
    "color": task_of(GRAY.transpose(1, 2, 0)[..., :3].copy(), channel_axis=-1, ignored=2.0),
    "color, region": task_of(
        GRAY.transpose(1, 2, 0)[..., :3].copy(), channel_axis=-1, region=lambda: MASK
    ),
    "colors together": task_of(
        COLORS, channel_axis=-1, strength=0.5, joint=luminance_histogram(COLORS // 2)
    ),
    "range": task_of(GRAY, out_range=(10, 90)),
    "numpy's numbers": task_of(
        GRAY,
        out_range=(np.uint8(10), np.float32(90)),
        strength=np.float64(0.5),
        ignored=np.uint8(3),
    ),
    "swapped bytes": task_of(GRAY.astype(">u2")),
    "float": task_of(GRAY * np.float32(0.1)),
    "clahe": task_of(
        GRAY, method=Clahe(kernel_size=(cast("int", np.int64(5)), 6, 7), clip_limit=0.02)
    ),
    "opencv": task_of(GRAY, method=Clahe.opencv(), axes=(1, 2)),
    "given": task_of(GRAY, given=perform(task_of(GRAY // 2), lambda *_: None).curve),
    **{kind.name: task_of(GRAY, method=kind()) for kind in CURVES},
    "parts": task_of(GRAY, method=BiHistogram("median", levels=2)),
    "match": task_of(GRAY, method=Match(cast("Any", GRAY // 3), (5, 50, 95))),
    "match, planes": task_of(GRAY, method=Match(cast("Any", GRAY * 0.1), 7), axes=(1, 2)),
    "standard": task_of(GRAY, method=Match(Standard.learn([GRAY, GRAY // 2]))),
}


RECORDS = {name: perform(task, lambda *_: None).record for name, task in TASKS.items()}
