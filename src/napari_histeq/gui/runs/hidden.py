"""Layers that are hidden for a result: when the last result that they are hidden for is removed, they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from napari_histeq.display import unlinked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from napari.components import ViewerModel
    from napari.layers import Layer

#: Those that are hidden now, and what each of them is hidden for.
_hidden: WeakKeyDictionary[Layer, WeakSet[Layer]] = WeakKeyDictionary()


def hide_for(viewer: ViewerModel, layers: Iterable[Layer], made: Iterable[Layer]) -> list[Layer]:
    """Hide layers for what was made, and say which could be seen before.

    What an earlier result had hidden already stays hidden as long as one of the two is there.
    """
    shown, results = [], WeakSet(made)
    for layer in layers:
        if layer.visible:
            _set_visible(layer, shown=False)
            shown.append(layer)
            _hidden[layer] = WeakSet(results)
        elif layer in _hidden:
            _hidden[layer].update(results)

    def removed(event: Any) -> None:
        _show_again(viewer, event.value)
        if not any(result in viewer.layers for result in results):
            viewer.layers.events.removed.disconnect(removed)

    if shown:
        viewer.layers.events.removed.connect(removed, position="last")  # napari has dropped it
    return shown


def _show_again(viewer: ViewerModel, gone: Layer) -> None:
    for layer, results in [*_hidden.items()]:
        if gone in results:
            results.discard(gone)
            if not results:
                del _hidden[layer]
                if layer in viewer.layers:
                    _set_visible(layer, shown=True)


def _set_visible(layer: Layer, *, shown: bool) -> None:
    """It alone, and none that is linked to it."""
    with unlinked(layer, "visible"):
        layer.visible = shown
