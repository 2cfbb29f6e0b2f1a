"""What a run, a preview or a panel could leave behind: threads, connections, arrays."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.gui.background.runner import WORKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Pixels(np.ndarray):
    """An array that can be referred to weakly, and stays one in a layer."""


def pixels(shape: tuple[int, ...] = (60, 80), seed: int = 3) -> Pixels:
    found = np.random.default_rng(seed).gamma(3, 20, shape).clip(0, 255).astype(np.uint8)
    return found.view(Pixels)


def at_work() -> list[str]:
    """What our threads are doing."""
    return [t.name for t in threading.enumerate() if t.name.startswith(WORKING)]


def connections(*evented: Any) -> int:
    """How many callbacks napari's emitters of some viewers and layers have.

    Of those that are held weakly the dead ones do not count: napari forgets them at the next event.
    """
    groups = [thing.events for thing in evented]
    for viewer in (thing for thing in evented if hasattr(thing, "layers")):
        camera = getattr(viewer, "scene", viewer).camera  # napari < 0.9 has it on the viewer
        parts = (viewer.layers, viewer.layers.selection, viewer.dims, viewer.cursor, camera)
        groups += [part.events for part in parts]
    found = [c for group in groups for e in group.emitters.values() for c in e.callbacks]
    return sum(not isinstance(c, tuple) or c[0]() is not None for c in found)


def alive(things: Iterable[weakref.ref[Any]]) -> list[Any]:
    gc.collect()
    return [thing() for thing in things if thing() is not None]


def idle() -> bool:
    """Whether no run is under way, and no thread of ours is at work."""
    from napari_histeq.gui.runs.run import _running  # late: it brings Qt

    return not _running and not at_work()
