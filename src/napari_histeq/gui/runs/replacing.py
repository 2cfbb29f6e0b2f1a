"""What the last run on a layer added, so that the next one can take its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from napari.layers import Image
    from napari.viewer import Viewer

#: By source; neither that nor what was added is kept by it.
_last: WeakKeyDictionary[Image, list[ref[Image]]] = WeakKeyDictionary()


def begin(source: Image) -> None:
    """A run adds something now: it is the last one."""
    _last[source] = []


def note(source: Image, added: Iterable[Image]) -> None:
    """Some layers were added by the last run on a source."""
    _last.setdefault(source, []).extend(map(ref, added))


def take_away(viewer: Viewer, source: Image, spared: Collection[Image]) -> None:
    """Remove what the last run on a source added; what is spared or locked stays."""
    for layer in (known() for known in _last.get(source, [])):
        if layer is None or layer not in viewer.layers:
            continue
        if layer not in spared and not _locked(layer):
            viewer.layers.remove(layer)


def _locked(layer: Image) -> bool:
    """Whether the person does not want it removed; napari knows that from 0.9 on."""
    locks: Any = getattr(layer, "locked", None)
    return bool(locks) and bool(locks & type(locks).DELETION)
