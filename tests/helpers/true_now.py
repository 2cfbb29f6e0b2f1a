"""What the plot and the table show, and whether that is true."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_histeq import compute_histogram

IMAGE = np.random.default_rng(3).gamma(3, 20, (100, 120)).astype(np.uint8)


def counts_are(panel: Any, image: Any, after: Any = None) -> bool:
    """Whether the plot is of an image (and of a result)."""
    shown = panel.plotbox.shown
    if shown is None or not same(shown.before, compute_histogram(image)):
        return False
    if after is None:
        return shown.after is None
    return shown.after is not None and same(shown.after, compute_histogram(after))


def same(found: Any, true: Any) -> bool:
    return found.total == true.total and np.array_equal(
        found.counts[found.counts > 0], true.counts[true.counts > 0]
    )


def is_empty(panel: Any) -> bool:
    return panel.plotbox.shown is None and not panel.plotbox.isVisible() and has_no_table(panel)


def has_no_table(panel: Any) -> bool:
    evidence = panel["evidence"]
    return panel.plotbox.measures is None and not evidence.visible and not evidence.value


def has_table(panel: Any) -> bool:
    return panel.plotbox.measures is not None and panel["evidence"].visible
