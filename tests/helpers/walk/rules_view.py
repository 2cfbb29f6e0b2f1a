"""What a person does with the viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from helpers.viewers import camera_of
from helpers.walk.rules_layers import NUMBERS
from napari_histeq.gui.runs.showing import grid_of

if TYPE_CHECKING:
    from helpers.walk.world import World


class ViewRules:
    """Steps that touch no layer."""

    world: World
    say: Any

    @rule(what=st.sampled_from(["2D/3D", "roll", "home", "grid", "theme"]))
    def press(self, what: str) -> None:
        """One of the buttons below the list of layers, or another theme."""
        viewer = self.world.viewer
        self.say("press", what)
        if what == "2D/3D":
            viewer.dims.ndisplay = 5 - viewer.dims.ndisplay
        elif what == "roll":
            viewer.dims.roll()
        elif what == "home":
            viewer.reset_view()
        elif what == "grid":
            grid_of(viewer).enabled = not grid_of(viewer).enabled
        else:
            viewer.theme = "light" if viewer.theme == "dark" else "dark"

    @rule(axis=st.integers(0, 3), step=NUMBERS)
    def step(self, axis: int, step: int) -> None:
        dims = self.world.viewer.dims
        if dims.ndim > 2:
            axis = axis % (dims.ndim - 2)
            self.say("slider", axis, "to", step % max(dims.nsteps[axis], 1))
            dims.set_current_step(axis, step % max(dims.nsteps[axis], 1))

    @rule(margin=st.sampled_from([0.0, 1.0, 2.0]), mode=st.sampled_from(["none", "mean", "max"]))
    def thick(self, margin: float, mode: str) -> None:
        viewer = self.world.viewer
        self.say("thick slices", margin, mode)
        for layer in self.world.all:
            if hasattr(layer, "gamma"):
                layer.projection_mode = mode
        viewer.dims.margin_left = viewer.dims.margin_right = (margin,) * viewer.dims.ndim

    @rule(zoom=st.sampled_from([0.5, 4.0, 12.0, 30.0]), at=st.integers(0, 40))
    def look_closer(self, zoom: float, at: int) -> None:
        self.say("zoom", zoom, "at", at)
        camera = camera_of(self.world.viewer)
        camera.zoom, camera.center = zoom, (0, at, at)
