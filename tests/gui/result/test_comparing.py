"""The source while a button or a key is held; and the last result replaced, if that is wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.experimental import link_layers
from qtpy.QtCore import Qt
from skimage import data

from helpers.viewers import names, screen, state_of
from napari_histeq import equalize
from napari_histeq.gui.result.comparing import KEY, NOTHING

pytestmark = pytest.mark.whole

MOON = data.moon()[::4, ::4]


@pytest.fixture
def moon(viewer: Any, panel: Any) -> Any:
    panel["plot"].value = False
    return viewer.add_image(MOON, name="moon")


def shown(viewer: Any) -> list[str]:
    return [layer.name for layer in viewer.layers if layer.visible]


@pytest.mark.parametrize("output", ["new layer", "display only"])
@pytest.mark.parametrize("blending", ["translucent", "additive"])
def test_held_the_source_is_seen_and_then_the_result(
    viewer: Any, panel: Any, run: Any, moon: Any, qtbot: Any, output: str, blending: str
) -> None:
    moon.blending = blending
    alone = screen(viewer)
    panel["output"].value = output
    run()
    before, result = state_of(viewer), screen(viewer)
    button = panel["hold"].native
    qtbot.mousePress(button, Qt.MouseButton.LeftButton)
    assert shown(viewer) == ["moon"]
    np.testing.assert_array_equal(screen(viewer), alone)
    qtbot.mouseRelease(button, Qt.MouseButton.LeftButton)
    np.testing.assert_equal(state_of(viewer), before)
    np.testing.assert_array_equal(screen(viewer), result)


def test_the_key_does_the_same_while_the_panel_has_the_focus(
    viewer: Any, panel: Any, run: Any, moon: Any, qtbot: Any
) -> None:
    run()
    field = panel["strength"].native_box
    for widget in (panel["method"].native, field, panel["run"].native):
        widget.setFocus()
        qtbot.keyPress(widget, KEY)
        assert shown(viewer) == ["moon"]
        qtbot.keyRelease(widget, KEY)
        assert shown(viewer) == ["moon", "moon equalized"]


def test_who_goes_elsewhere_meanwhile_lets_it_go(
    viewer: Any, panel: Any, run: Any, moon: Any, qtbot: Any
) -> None:
    run()
    panel["method"].native.setFocus()
    qtbot.keyPress(panel["method"].native, KEY)
    assert shown(viewer) == ["moon"]
    panel._comparing._focus_moved()
    assert shown(viewer) == ["moon", "moon equalized"]


def test_a_preview_is_taken_off_meanwhile(viewer: Any, panel: Any, moon: Any, until: Any) -> None:
    plain = screen(viewer)
    panel["preview"].value = True
    until(lambda: "equalized" in moon.colormap.name)
    panel._comparing.hold()
    assert moon.colormap.name == "gray"
    np.testing.assert_array_equal(screen(viewer), plain)
    panel._comparing.release()
    until(lambda: "equalized" in moon.colormap.name)
    assert panel["preview"].value


def test_a_result_that_is_chosen_itself_is_seen(
    viewer: Any, panel: Any, run: Any, moon: Any
) -> None:
    """Beside its source, say: both are to be equalized, and what is made of them is hidden."""
    run()
    run()
    viewer.layers.selection = {moon, viewer.layers["moon equalized"]}
    button = panel["hold"].native
    button.pressed.emit()
    assert shown(viewer) == ["moon", "moon equalized"]
    button.released.emit()
    assert shown(viewer) == names(viewer)
    viewer.layers.remove("moon equalized [1]")
    button.pressed.emit()
    assert NOTHING in panel["status"].value


def test_with_nothing_to_compare_that_is_said(viewer: Any, panel: Any, moon: Any) -> None:
    before = state_of(viewer)
    panel._comparing.hold()
    panel._comparing.release()
    assert panel["status"].value == NOTHING
    np.testing.assert_equal(state_of(viewer), before)


def test_linked_layers_do_not_follow(viewer: Any, panel: Any, run: Any, moon: Any) -> None:
    other = viewer.add_image(MOON, name="other")
    viewer.layers.selection = {moon}
    run()
    link_layers([viewer.layers["moon equalized"], other])
    panel._comparing.hold()
    assert other.visible
    panel._comparing.release()
    assert other.visible


def test_results_pile_up_unless_the_last_is_to_be_replaced(
    viewer: Any, panel: Any, run: Any, moon: Any
) -> None:
    panel["plot"].value = True
    run()
    run()
    assert names(viewer).count("moon equalized [1]") == 1
    panel["replace"].value, panel["strength"].value = True, 0.5
    run()
    kept = {"moon", "moon equalized", "moon histogram", "moon equalized [1]", "moon histogram [1]"}
    assert {*names(viewer)} == kept
    found = viewer.layers["moon equalized [1]"].data
    np.testing.assert_array_equal(found, equalize(MOON, strength=0.5))
    np.testing.assert_array_equal(viewer.layers["moon equalized"].data, equalize(MOON))


def test_what_is_not_the_last_result_of_this_layer_is_never_replaced(
    viewer: Any, panel: Any, run: Any, moon: Any
) -> None:
    panel["replace"].value = True
    run()
    made = viewer.layers["moon equalized"]
    panel["layer"].value = made  # equalized once more: it is the source now
    run()
    assert made in viewer.layers
    panel["layer"].value = moon
    made.name = "kept"
    if hasattr(made, "locked"):
        made.locked = "deletion"
        run()
        assert made in viewer.layers
    viewer.layers.selection.clear()
    viewer.add_image(MOON[::-1], name="sun")
    run()
    assert {"moon", "sun", "sun equalized"} <= {*names(viewer)}
