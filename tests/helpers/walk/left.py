"""That nothing of ours is left: no thread, no timer, no connection, no look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpers.left_behind import at_work
from helpers.viewers import camera_of
from napari_histeq.display import worn
from napari_histeq.gui.preview import follow_slice
from napari_histeq.gui.runs.run import _running
from napari_histeq.gui.runs.showing import grid_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.walk.world import World

#: Connections that outlive the panel: they belong to a layer, and go with it. The last is made
#: by napari for each widget of a dock, and holds it weakly.
OF_LAYERS = ("follow_slice.", "showing.", "panel.reset_choices")


def nothing_is_left(world: World) -> None:
    """While the panel is closed."""
    assert not _running
    assert not at_work(), at_work()
    there = set(world.viewer.layers)
    assert {*follow_slice._following} <= {id(la) for la in there}, "it follows what is gone"
    assert not [la for la in worn._coats if la in there], "a look is left"
    ours = [c for c in connected(world) if not any(part in c for part in OF_LAYERS)]
    assert not ours, f"still connected: {ours}"
    if not there:
        assert not follow_slice._following, "it follows what is gone"


def connected(world: World) -> Iterator[str]:
    """The modules of our callbacks at napari's emitters."""
    viewer = world.viewer
    parts = (viewer, viewer.layers, viewer.layers.selection, viewer.dims, viewer.cursor)
    groups = [p.events for p in (*parts, camera_of(viewer), grid_of(viewer), *viewer.layers)]
    for group in groups:
        emitters = getattr(group, "emitters", None) or group._psygnal_group.signals
        for emitter in emitters.values():
            for callback in emitter.callbacks:
                yield from _ours(callback)


def _ours(callback: Any) -> Iterator[str]:
    owner = callback
    if isinstance(callback, tuple):
        owner = callback[0]()
    module = str(getattr(owner, "__module__", ""))
    if owner is not None and module.startswith("napari_histeq"):
        name = callback[1] if isinstance(callback, tuple) else getattr(callback, "__qualname__", "")
        yield f"{module}.{name}"
