"""The preview leaves the viewer as it was: layers that are linked, selected together, or shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.experimental import link_layers

from helpers.images import hard_images
from helpers.viewers import open_panel
from napari_histeq.gui.panel import EqualizePanel

if TYPE_CHECKING:
    from napari.layers import Image

pytestmark = pytest.mark.whole

IMAGE = hard_images()["16 bit log-normal, hot pixels"]
IMAGE_RANGE = (0, 65_535)


def look(layer: Image) -> tuple[Any, ...]:
    limits, reach = layer.contrast_limits, layer.contrast_limits_range
    auto = getattr(layer, "auto_contrast", False)  # napari 0.8 has none
    return layer.colormap.name, layer.gamma, tuple(limits), tuple(reach), auto


@pytest.fixture
def pair(viewer: Any) -> tuple[Image, Image]:
    """Two layers of different looks; the first is the one that is equalized."""
    first = viewer.add_image(IMAGE, name="first", colormap="magma", gamma=0.8)
    second = viewer.add_image(
        IMAGE // 2, name="second", colormap="green", gamma=1.2, contrast_limits=(10, 900)
    )
    for layer in (first, second):
        layer.contrast_limits_range = IMAGE_RANGE
    viewer.layers.selection = {first}
    return first, second


def previewed(qtbot: Any, panel: Any, layer: Image) -> None:
    panel["layer"].value = layer
    panel["preview"].value = True
    qtbot.waitUntil(lambda: "equalized" in layer.colormap.name, timeout=10_000)


@pytest.mark.parametrize("attributes", [(), ("contrast_limits",), ("gamma", "colormap")])
def test_linked_layers_keep_their_look(
    viewer: Any, panel: Any, qtbot: Any, pair: Any, attributes: tuple[str, ...]
) -> None:
    first, second = pair
    link_layers(pair, attributes)
    before = look(first), look(second)
    previewed(qtbot, panel, first)
    for strength in (0.3, 0.8):
        panel["strength"].value = strength
        qtbot.wait(100)
        assert look(second) == before[1]
    panel["preview"].value = False
    assert (look(first), look(second)) == before


def test_layers_that_a_plugin_keeps_alike_keep_their_look(
    panel: Any, qtbot: Any, pair: Any
) -> None:
    first, second = pair

    def follow(_: object) -> None:
        second.contrast_limits, second.gamma = first.contrast_limits, first.gamma
        second.colormap = first.colormap

    before = look(first), look(second)
    for name in ("contrast_limits", "gamma", "colormap"):
        first.events[name].connect(follow)
    previewed(qtbot, panel, first)
    panel["preview"].value = False
    assert (look(first), look(second)) == before


def test_a_command_for_a_linked_layer_during_the_preview(
    viewer: Any, panel: Any, qtbot: Any, pair: Any
) -> None:
    from napari._app_model import get_app_model

    first, second = pair
    link_layers(pair)
    before = look(first), look(second)
    previewed(qtbot, panel, first)
    viewer.layers.selection.active = first
    get_app_model().commands.execute_command("napari-histeq.equalize").result()
    qtbot.waitUntil(lambda: "first equalized" in viewer.layers, timeout=10_000)
    assert look(second) == before[1]
    assert viewer.layers["first equalized"].colormap.name == "magma"
    panel["preview"].value = False
    assert (look(first), look(second)) == before


def test_the_controls_of_layers_that_are_selected_together(
    viewer: Any, panel: Any, qtbot: Any, pair: Any
) -> None:
    """A control that showed the preview would write it into all of them."""
    first, second = pair
    viewer.layers.selection = {first, second}
    before = look(first), look(second)
    previewed(qtbot, panel, first)
    controls = viewer.window._qt_viewer.controls.currentWidget()
    for control in controls._controls:
        slider = getattr(control, "contrast_limits_slider", None)
        if slider is not None:
            slider.setValue((slider.value()[0], slider.value()[1] - 1000))
    low, high = before[0][2]
    assert tuple(second.contrast_limits) == pytest.approx((low, high - 1000), abs=1)
    panel["preview"].value = False
    assert tuple(first.contrast_limits) == pytest.approx((low, high - 1000), abs=1)


CHANGES = {
    "gamma": [("first", "gamma", 0.5)],
    "limits": [("first", "contrast_limits", (5, 700))],
    "colormap": [("first", "colormap", "blue")],
    "linked": [("second", "colormap", "blue"), ("second", "contrast_limits", (5, 700))],
    "a narrower range": [("first", "contrast_limits_range", (100, 800))],
    "a wider range": [("second", "contrast_limits_range", (0, 70_000))],
    "beyond the range": [("second", "contrast_limits", (0, 80_000))],
    "automatic": [("first", "auto_contrast", True), ("first", "gamma", 0.5)],
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_what_a_person_changes_meanwhile_stays_as_without_a_preview(
    viewer: Any, panel: Any, qtbot: Any, pair: Any, change: str
) -> None:
    first, second = pair
    link_layers(pair)
    before = [layer.as_layer_data_tuple() for layer in pair]
    previewed(qtbot, panel, first)
    for layer, name, value in CHANGES[change]:  # type: ignore[attr-defined]
        setattr(viewer.layers[layer], name, value)
        qtbot.wait(150)
        assert "equalized" in first.colormap.name
    panel["preview"].value = False
    found = look(first), look(second)
    others = [type(first)(data, **state) for data, state, _ in before]
    for other in others:
        other.contrast_limits_range = IMAGE_RANGE
    link_layers(others)
    named = dict(zip(("first", "second"), others, strict=True))
    for layer, name, value in CHANGES[change]:  # type: ignore[attr-defined]
        setattr(named[layer], name, value)
    assert found == (look(others[0]), look(others[1]))


def test_two_panels_preview_one_layer(viewer: Any, panel: Any, qtbot: Any, pair: Any) -> None:
    first, _ = pair
    before = look(first)
    other = EqualizePanel(viewer)
    viewer.window.add_dock_widget(other, name="second panel")
    for one in (panel, other):
        previewed(qtbot, one, first)
    other["strength"].value = 0.2
    qtbot.wait(200)
    weak = look(first)
    panel["preview"].value = False  # the other one's stays
    assert look(first) == weak
    other["preview"].value = False
    assert look(first) == before
    for one in (panel, other):
        previewed(qtbot, one, first)
    other["preview"].value = False
    assert "equalized" in first.colormap.name
    viewer.window.remove_dock_widget(panel.native)
    assert look(first) == before
    panel.native.deleteLater()
    qtbot.wait(50)


def test_a_patch_over_a_layer_that_another_panel_previews_has_the_own_colors(
    viewer: Any, panel: Any, qtbot: Any, pair: Any
) -> None:
    first, _ = pair
    before = look(first)
    other = EqualizePanel(viewer)
    viewer.window.add_dock_widget(other, name="second panel")
    previewed(qtbot, panel, first)
    other["layer"].value = first
    other["method"].value = "clahe"
    other["preview"].value = True
    qtbot.waitUntil(lambda: "first preview" in viewer.layers, timeout=10_000)
    assert viewer.layers["first preview"].colormap.name == "magma"
    assert viewer.layers["first preview"].gamma == 0.8
    for one in (panel, other):
        one["preview"].value = False
    assert look(first) == before
    assert len(viewer.layers) == 2


def test_a_layer_of_two_viewers(
    viewer: Any, panel: Any, qtbot: Any, pair: Any, make_napari_viewer: Any
) -> None:
    first, _ = pair
    second_viewer = make_napari_viewer(show=True)
    second_viewer.layers.append(first)
    other = open_panel(second_viewer)
    before = look(first)
    for one in (panel, other):
        previewed(qtbot, one, first)
    panel["preview"].value = False
    other["preview"].value = False
    assert look(first) == before


def test_following_the_slice_beneath_a_preview(viewer: Any, panel: Any, qtbot: Any) -> None:
    """When the preview ends the layer shows the slice that is displayed then."""
    from napari_histeq.gui.preview.follow_slice import _following, follow

    planes = np.stack([IMAGE // 8, IMAGE, IMAGE // 3])
    viewer.add_image(planes, name="stack")
    panel["output"].value = "display only"
    panel["plot"].value = False
    panel["run"].native.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    made = viewer.layers[1]
    follow(viewer, made, "slice")
    looks = []
    for z in (0, 1):
        viewer.dims.set_current_step(0, z)
        qtbot.waitUntil(lambda: not _following[id(made)].busy, timeout=20_000)
        looks.append(look(made))
    assert looks[0] != looks[1]
    viewer.dims.set_current_step(0, 0)
    previewed(qtbot, panel, made)
    panel["strength"].value = 0.5
    qtbot.wait(150)
    viewer.dims.set_current_step(0, 1)
    qtbot.wait(200)
    qtbot.waitUntil(lambda: not _following[id(made)].busy, timeout=20_000)
    panel["preview"].value = False
    assert look(made)[:3] == looks[1][:3]
