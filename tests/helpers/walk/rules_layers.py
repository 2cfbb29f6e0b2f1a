"""What a person does with layers.

No shapes: drawn by Mesa, napari crashes soon after one is removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import rule
from napari.experimental import link_layers, unlink_layers
from napari.layers import Image, Labels
from napari.layers.utils._link_layers import get_linked_layers

from helpers.walk.pixels import GROUPS, IMAGES, KINDS, another, made
from helpers.walk.world import Own
from napari_histeq import layers

if TYPE_CHECKING:
    from helpers.walk.world import World

#: More layers than this are removed again: each costs time in every step.
MOST = 8

NUMBERS = st.integers(0, 23)
SEEDS = st.integers(0, 9)
NAMES = (
    "cells",
    "a & b",
    "<b>bold</b>",
    "x" * 300,
    "line\nline",
    "cells equalized",
    "Whole image",
    "2 selected layers",
    "ünïcode µ",
    "",
)
SCALES = (0.5, 1.0, 2.0, 0.325)


class LayerRules:
    """Steps that need no panel."""

    world: World
    say: Any

    def put(self, kind: str, seed: int) -> None:
        """Add a layer."""
        self.say("add", kind, seed)
        viewer, data, group = self.world.viewer, made(kind, seed), KINDS[kind]
        if group == "labels":
            layer = viewer.add_labels(data, name=kind)
        else:
            how = {"rgb": True} if group == "color" else {"multiscale": group == "pyramid"}
            layer = viewer.add_image(data, name=kind, **how)
        own = self.world.own[layer] = Own(layer, kind)
        own.note_data()
        own.note_look()

    @rule(kind=st.sampled_from(IMAGES), seed=SEEDS)
    def add(self, kind: str, seed: int) -> None:
        if len(self.world.all) < MOST:
            self.put(kind, seed)

    @rule(kind=st.sampled_from([*GROUPS["labels"]]), seed=SEEDS)
    def add_labels(self, kind: str, seed: int) -> None:
        if len(self.world.all) < MOST:
            self.put(kind, seed)

    @rule(number=NUMBERS)
    def remove(self, number: int) -> None:
        layer = self.world.pick(number)
        if layer is not None:
            self.say("remove", layer.name[:40])
            self.world.forget(layer)
            self.world.viewer.layers.remove(layer)

    @rule(number=NUMBERS, name=st.sampled_from(NAMES))
    def rename(self, number: int, name: str) -> None:
        layer = self.world.pick(number)
        if layer is not None:
            self.say("rename", layer.name[:40], "to", repr(name[:40]))
            layer.name = name

    @rule(number=NUMBERS, place=NUMBERS)
    def reorder(self, number: int, place: int) -> None:
        layer, viewer = self.world.pick(number), self.world.viewer
        if layer is not None:
            self.say("move", layer.name[:40], "to", place % len(viewer.layers))
            viewer.layers.move(viewer.layers.index(layer), place % len(viewer.layers))

    @rule(one=NUMBERS, other=NUMBERS, on=st.booleans())
    def link(self, one: int, other: int, on: bool) -> None:
        first, second = self.world.pick(one), self.world.pick(other)
        if first is None or second is None or first is second:
            return
        if on:
            self.say("link", first.name[:40], "and", second.name[:40])
            link_layers([first, second])
        else:
            self.say("unlink")
            unlink_layers(self.world.all)

    @rule(numbers=st.sets(NUMBERS, max_size=4))
    def select(self, numbers: set[int]) -> None:
        picked = map(self.world.pick, numbers)
        chosen = {layer for layer in picked if layer is not None}
        self.say("select", sorted(layer.name[:40] for layer in chosen))
        self.world.viewer.layers.selection = chosen

    @rule(number=NUMBERS, which=NUMBERS, seed=SEEDS)
    def change_data(self, number: int, which: int, seed: int) -> None:
        """Other pixels: of another dtype, shape, with more axes, or in no memory."""
        world = self.world
        among = [la for la, own in world.own.items() if own.kind in KINDS]
        layer = world.pick(number, among)
        if layer is None:
            return
        own = world.own[layer]
        kind = another(own.kind, which)
        if kind != own.kind and np.ndim(made(kind, seed)) < np.ndim(layer.data):
            kind = own.kind  # napari itself fails if a layer that got flat becomes a stack again
        own.kind = kind
        self.say("data of", layer.name[:40], "are now", own.kind, seed)
        layer.data = made(own.kind, seed)
        own.note_data()

    @rule(number=NUMBERS, seed=SEEDS)
    def edit_in_place(self, number: int, seed: int) -> None:
        world = self.world
        among = [la for la in world.own if isinstance(getattr(la, "data", 0), np.ndarray)]
        layer = world.pick(number, among)
        if layer is None:
            return
        self.say("edit", layer.name[:40], seed)
        rows = slice(seed % 3, None, 3)
        layer.data[..., rows, :] = (
            layer.data[..., rows, :][..., ::-1, :] // 2
            if (layer.data.dtype.kind in "iu")
            else layer.data[..., rows, :][..., ::-1, :]
        )
        layer.refresh()
        for own in world.known.values():  # display only shares the array
            if own.layer.data is layer.data:
                own.note_data()

    @rule(number=NUMBERS, label=st.sampled_from([0, 1, 2, None]))
    def paint(self, number: int, label: int | None) -> None:
        """Or (None) undo it."""
        world = self.world
        layer = world.pick(number, [la for la in world.own if isinstance(la, Labels)])
        if layer is None:
            return
        self.say("paint", label, "on", layer.name[:40])
        if label is None:
            layer.undo()
        else:
            layer.paint(tuple(int(n) // 2 for n in layer.data.shape), label)
        world.own[layer].note_data()

    @rule(
        number=NUMBERS,
        what=st.sampled_from(["scale", "translate", "rotate", "affine", "units", "labels"]),
        value=st.sampled_from(SCALES),
    )
    def place(self, number: int, what: str, value: float) -> None:
        layer = self.world.pick(number)
        if layer is None or (what == "rotate" and layer.ndim < 2):
            return
        self.say("place", layer.name[:40], what, value)
        if what == "scale":
            layer.scale = [value] * layer.ndim
        elif what == "translate":
            layer.translate = [3 * value] * layer.ndim
        elif what == "rotate":
            layer.rotate = 30 * value
        elif what == "affine":
            moved = np.eye(layer.ndim + 1)
            moved[:-1, -1] = value
            layer.affine = moved
        elif what == "units":
            layer.units = ["um" if value > 1 else "pixel"] * layer.ndim
        else:
            names = ["z", "t", "y", "x"][-layer.ndim :] if value > 1 else ["a"] * layer.ndim
            layer.axis_labels = names

    @rule(
        number=NUMBERS,
        what=st.sampled_from(["visible", "opacity", "blending", "limits", "gamma", "colormap"]),
        value=st.integers(0, 3),
    )
    def look(self, number: int, what: str, value: int) -> None:
        """Another look, which is the person's from now on."""
        world = self.world
        layer = world.pick(number)
        if layer is None:
            return
        linked = {layer, *get_linked_layers(layer)}
        if any(la in world.previewed for la in linked) and (len(linked) > 1 or what == "limits"):
            return
        if what in ("limits", "gamma", "colormap") and (not isinstance(layer, Image) or layer.rgb):
            return
        name, wanted = _look(layer, what, value)
        if name == "colormap" and layers.kind_of(layer):
            return
        self.say("look of", layer.name[:40], name, wanted)
        setattr(layer, name, wanted)
        for one in linked:
            if one in world.previewed:
                world.known[one].look[name] = wanted
            elif one in world.known:
                world.known[one].note_look()


def _look(layer: Any, what: str, value: int) -> tuple[str, Any]:
    if what == "limits":
        low, high = layer.contrast_limits_range
        return "contrast_limits", (
            low + value / 20 * (high - low),
            high - value / 10 * (high - low),
        )
    choices: dict[str, tuple[Any, ...]] = {
        "visible": (True, False, True, True),
        "opacity": (1.0, 0.4, 1.0, 0.7),
        "blending": ("translucent", "additive", "opaque", "minimum"),
        "gamma": (1.0, 0.5, 2.0, 1.3),
        "colormap": ("gray", "magma", "green", "gray"),
    }
    return what, choices[what][value]
