"""Layers that wear a preview: how they looked before, for whoever copies their look."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from napari_histeq.display import Worn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Image

#: What is to be put back when the preview ends.
before: WeakKeyDictionary[Image, Worn] = WeakKeyDictionary()


@contextmanager
def taken_off(layer: Image) -> Iterator[None]:
    """Have a layer look as it does without a preview, for a moment that nobody sees."""
    look = before.get(layer)
    if look is None:
        yield
        return
    preview = Worn.of(layer)
    look.put_on(layer)
    try:
        yield
    finally:
        preview.put_on(layer)
