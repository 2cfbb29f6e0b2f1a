"""Layers that wear a preview: nobody but the canvas hears of it, and their own look is kept.

What is shown for a moment is no change of the person's. So it must not reach the layers
that are linked to this one, nor a plugin that keeps layers alike, nor the controls, which
would write what they show into all layers that are selected.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary, ref

from napari_histeq import layers
from napari_histeq.display.display import forget, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Image, Layer
    from napari.utils.colormaps import Colormap
    from napari.utils.events import Event

    from napari_histeq.display.display import DisplaySettings

#: The attributes, and events, that make the look of a layer.
LOOK = ("colormap", "gamma", "contrast_limits", "contrast_limits_range", "auto_contrast")

CANVAS, CONTROLS = "napari._vispy.", "napari._qt."
LINKS = "napari.layers.utils._link_layers"


class Wearer(Protocol):
    """Who has a layer wear a preview."""

    def touch(self) -> None:
        """The layer's own look changed: preview it anew."""


@contextmanager
def heard_by(layer: Image, *modules: str) -> Iterator[None]:
    """Change the look of a layer, and have only listeners from some modules hear of it."""
    with ExitStack() as blocked:
        for name in LOOK:
            if name in layer.events:  # napari's versions differ
                emitter = layer.events[name]
                for callback in _listeners(emitter):
                    if not _module_of(callback).startswith(modules):
                        blocked.enter_context(emitter.blocker(callback))
        yield


@contextmanager
def unlinked(layer: Layer, name: str) -> Iterator[None]:
    """Change an attribute of a layer, but not of those that are linked to it."""
    with ExitStack() as blocked:
        emitter = layer.events[name]
        for callback in _listeners(emitter):
            if _module_of(callback) == LINKS:
                blocked.enter_context(emitter.blocker(callback))
        yield


def _listeners(emitter: Any) -> list[Any]:
    """The callbacks of an emitter, as it calls them."""
    found = []
    for callback in emitter.callbacks:
        # Of a method napari keeps a weak reference to its object, and its name.
        is_method = isinstance(callback, tuple)
        found.append(getattr(callback[0](), callback[1], None) if is_method else callback)
    return [callback for callback in found if callback is not None]


def _module_of(callback: Any) -> str:
    if isinstance(callback, partial):
        callback = callback.func
    owner = getattr(callback, "__self__", callback)  # a method belongs to its object's class
    return str(getattr(owner, "__module__", ""))


@dataclass(frozen=True, slots=True, eq=False)
class _Own:
    """The look of a layer itself, to put back."""

    colormap: Colormap
    contrast_limits: tuple[float, float]
    contrast_limits_range: tuple[float, float]
    gamma: float
    auto_contrast: bool

    @classmethod
    def of(cls, layer: Image) -> _Own:
        """The look of a layer."""
        limits, reach = layer.contrast_limits, layer.contrast_limits_range
        auto = bool(getattr(layer, "auto_contrast", False))
        return cls(layer.colormap, tuple(limits), tuple(reach), layer.gamma, auto)

    def put_on(self, layer: Image) -> None:
        """Display a layer exactly so again."""
        forget(layer)
        layer.colormap = self.colormap
        layer.gamma = self.gamma
        layer.contrast_limits = self.contrast_limits
        layer.contrast_limits_range = self.contrast_limits_range
        if self.auto_contrast:
            layer.auto_contrast = True


class _Coat:
    """What one layer wears, and how it looks beneath."""

    def __init__(self, layer: Image) -> None:
        self._layer = ref(layer)
        self.look = _Own.of(layer)
        self.worn: WeakKeyDictionary[Wearer, DisplaySettings] = WeakKeyDictionary()
        for name in LOOK:
            if name in layer.events:
                layer.events[name].connect(self._changed)

    def put(self, wearer: Wearer, settings: DisplaySettings) -> None:
        """The newest lies on top."""
        self.worn.pop(wearer, None)
        self.worn[wearer] = settings
        self.show()

    def show(self) -> None:
        """Show what lies on top; with nothing left to wear, the layer's own look."""
        layer = self._layer()
        if layer is None:
            return
        if self.worn:
            with heard_by(layer, CANVAS):
                show(list(self.worn.values())[-1], layer)
        else:
            with heard_by(layer, CANVAS, CONTROLS):  # which may have been opened meanwhile
                self.look.put_on(layer)

    def drop(self) -> None:
        """Listen no more."""
        layer = self._layer()
        for name in LOOK:
            if layer is not None and name in layer.events:
                layer.events[name].disconnect(self._changed)

    def change(self, **look: Any) -> None:
        """The layer's own look is another now."""
        self.look = replace(self.look, **look)
        for wearer in list(self.worn):
            wearer.touch()

    def _changed(self, event: Event) -> None:
        """Somebody else gave the layer another look: it is that of the layer itself.

        Of another range napari cuts the limits, and tells everybody of them: these must be
        the layer's own limits, not the preview's.
        """
        layer = self._layer()
        if layer is None:
            return
        value = getattr(layer, event.type)
        self.change(**{event.type: tuple(value) if isinstance(value, list) else value})
        if event.type == "contrast_limits_range":
            with heard_by(layer):
                layer.contrast_limits = self.look.contrast_limits


_coats: WeakKeyDictionary[Image, _Coat] = WeakKeyDictionary()


def wear(layer: Image, wearer: Wearer, settings: DisplaySettings) -> None:
    """Display a layer by `settings` until `take_off`; its own look is kept.

    Several may do so with one layer: the newest is seen. Who changes the layer's look
    meanwhile changes what it will look like without a preview.
    """
    if layer not in _coats:
        _coats[layer] = _Coat(layer)
    _coats[layer].put(wearer, settings)


def take_off(layer: Image, wearer: Wearer) -> None:
    """End what a wearer began; with the last one the layer looks as without a preview."""
    coat = _coats.get(layer)
    if coat is None or wearer not in coat.worn:
        return
    del coat.worn[wearer]
    if not coat.worn:
        coat.drop()
        del _coats[layer]
    coat.show()


def show_on(layer: Image, settings: DisplaySettings) -> None:
    """Display a layer of ours by `settings` for good, beneath a preview if it wears one."""
    coat = _coats.get(layer)
    if coat is None:
        with heard_by(layer, CANVAS, CONTROLS):
            show(settings, layer)
        return
    look = {"colormap": settings.colormap, "gamma": settings.gamma}
    coat.change(**look, contrast_limits=settings.contrast_limits)


def result_look(layer: Image) -> tuple[Any, float]:
    """The colormap and the gamma that a result of a layer shall have, preview or not."""
    coat = _coats.get(layer)
    if coat is None or layers.kind_of(layer) == layers.DISPLAY:
        return layers.look_of(layer)
    return coat.look.colormap, coat.look.gamma


@contextmanager
def taken_off(layer: Image) -> Iterator[None]:
    """Have a layer look as it does without a preview, for a moment that nobody sees."""
    coat = _coats.get(layer)
    if coat is None:
        yield
        return
    with heard_by(layer):
        coat.look.put_on(layer)
    try:
        yield
    finally:
        coat.show()
