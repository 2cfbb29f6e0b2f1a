"""The live preview and the plot in the dock, in a real viewer."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from helpers.images import hard_images
from helpers.viewers import add_stack, screen, state_of
from napari_histeq import equalize
from napari_histeq.gui.preview import counter
from napari_histeq.layers.pictures import theme_of

IMAGES = hard_images()
IMAGE = IMAGES["16 bit log-normal, hot pixels"]


def shown(qtbot: Any, panel: Any) -> None:
    """Wait until the panel has reacted to all that was set."""
    with qtbot.waitSignal(panel.plotbox.drawn, timeout=10_000):
        pass
    qtbot.wait(20)


@pytest.mark.parametrize("name", ["8 bit", "16 bit log-normal, hot pixels", "float32 hot"])
def test_shows_what_the_button_would_make(viewer: Any, panel: Any, qtbot: Any, name: str) -> None:
    image = IMAGES[name]
    viewer.add_image(image, name="cells", colormap="magma", gamma=0.8)
    panel["preview"].value = True
    shown(qtbot, panel)
    panel["strength"].value = 0.7
    shown(qtbot, panel)
    seen = screen(viewer)
    panel["preview"].value = False
    panel["plot"].value = False
    panel["run"].native.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    off = np.abs(screen(viewer) - seen).max(axis=-1)
    assert np.percentile(off, 99) <= 2
    np.testing.assert_array_equal(viewer.layers[1].data, equalize(image, strength=0.7))


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2)])
def test_off_leaves_the_viewer_exactly_as_it_was(
    viewer: Any, panel: Any, qtbot: Any, axes: Any
) -> None:
    add_stack(viewer, colormap="magma", gamma=0.6, contrast_limits=(3, 300))
    other = viewer.add_image(IMAGE, name="other", translate=(0, 200))
    viewer.layers.selection = {viewer.layers["stack"]}
    panel["axes"].value = axes
    shown(qtbot, panel)
    before, seen = state_of(viewer), screen(viewer)
    colormap = viewer.layers["stack"].colormap
    panel["preview"].value = True
    for strength in (0.2, 0.9, 0.4):
        panel["strength"].value = strength
        qtbot.wait(150)
    assert np.abs(screen(viewer) - seen).max() > 20
    panel["preview"].value = False
    qtbot.wait(50)
    np.testing.assert_equal(state_of(viewer), before)
    assert viewer.layers["stack"].colormap is colormap
    assert viewer.layers[-1] is other
    np.testing.assert_array_equal(screen(viewer), seen)


def test_what_is_no_single_curve_is_previewed_where_it_is_seen(
    viewer: Any, panel: Any, qtbot: Any
) -> None:
    source = add_stack(viewer, scale=(3, 2, 0.5), translate=(1, 5, 7))
    viewer.dims.set_current_step(0, 2)
    panel["axes"].value = (1, 2)
    panel["preview"].value = True
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    patch = viewer.layers["stack preview"]
    np.testing.assert_array_equal(patch.data, equalize(source.data[2]))
    assert viewer.layers.selection.active is source
    inner = np.array([4.0, 6.0])
    np.testing.assert_allclose(patch.data_to_world(inner), source.data_to_world((2, *inner))[1:])
    viewer.dims.set_current_step(0, 1)
    qtbot.waitUntil(lambda: np.array_equal(patch.data, equalize(source.data[1])), timeout=10_000)
    panel["preview"].value = False
    assert len(viewer.layers) == 1


def test_late_answers_are_dropped(viewer: Any, panel: Any, qtbot: Any, monkeypatch: Any) -> None:
    real, slow = counter._counted, {}

    def counted(asked: Any, *more: Any) -> Any:
        ((task, _),) = asked
        time.sleep(slow.get(task.image.shape, 0))
        return real(asked, *more)

    monkeypatch.setattr(counter, "_counted", counted)
    slow[(128, 128)] = 0.6
    viewer.add_image(IMAGES["8 bit"], name="slow")
    panel["preview"].value = True
    qtbot.wait(100)
    quick = viewer.add_image(IMAGES["8 bit"][:64], name="quick")
    panel["layer"].value = quick

    def counted_of_the_quick_one() -> bool:
        shown = panel.plotbox.shown
        return shown is not None and shown.before.total == 64 * 128

    qtbot.waitUntil(counted_of_the_quick_one)
    qtbot.wait(800)
    assert counted_of_the_quick_one()
    assert viewer.layers["slow"].colormap.name == "gray"


def test_the_run_takes_the_preview_away_first(
    viewer: Any, panel: Any, qtbot: Any, run: Any
) -> None:
    viewer.add_image(IMAGE, name="cells", colormap="magma")
    panel["preview"].value = True
    shown(qtbot, panel)
    run()
    assert not panel["preview"].value
    for name in ("cells", "cells equalized"):
        assert viewer.layers[name].colormap.name == "magma"
        assert viewer.layers[name].gamma == 1


def test_removing_the_source_or_closing_the_panel_is_harmless(
    viewer: Any, panel: Any, qtbot: Any
) -> None:
    viewer.add_image(IMAGE, name="cells")
    kept = viewer.add_image(IMAGES["8 bit"], name="kept", colormap="magma")
    panel["layer"].value = kept
    panel["preview"].value = True
    shown(qtbot, panel)
    viewer.layers.remove("cells")
    shown(qtbot, panel)
    assert kept.colormap.name != "magma"
    viewer.window.remove_dock_widget(panel.native)
    qtbot.wait(50)
    assert kept.colormap.name == "magma"
    panel.native.deleteLater()
    qtbot.wait(50)


def test_the_plot_follows_and_marks_the_value_under_the_cursor(
    viewer: Any, panel: Any, qtbot: Any
) -> None:
    viewer.add_image(IMAGES["8 bit"], name="cells")
    shown(qtbot, panel)
    assert panel.plotbox.shown.before.total == IMAGES["8 bit"].size
    viewer.mouse_over_canvas = True
    viewer.cursor.position = (10, 20)
    assert panel.plotbox._plot.marked == IMAGES["8 bit"][10, 20]
    viewer.cursor.position = (-10, 20)
    assert panel.plotbox._plot.marked is None
    viewer.cursor.position = (10, 20)
    viewer.mouse_over_canvas = False
    assert panel.plotbox._plot.marked is None
    viewer.mouse_over_canvas = True
    assert panel.plotbox._plot.marked == IMAGES["8 bit"][10, 20]
    viewer.add_image(np.stack([IMAGES["8 bit"]] * 3, axis=-1), name="colors", rgb=True)
    assert panel["layer"].value.name == "colors"
    assert panel.plotbox._plot is None or panel.plotbox._plot.marked is None
    qtbot.waitUntil(lambda: "levels used" in panel["evidence"].value, timeout=5000)


def test_where_the_screen_can_not_show_it_the_panel_says_so(
    viewer: Any, panel: Any, qtbot: Any
) -> None:
    from helpers.images import two_far_peaks

    viewer.add_image(two_far_peaks(), name="peaks")
    panel["preview"].value = True
    shown(qtbot, panel)
    assert "off by up to" in panel["status"].value
    panel["preview"].value = False
    assert panel["status"].value == ""


def test_a_theme_chosen_while_nothing_is_shown_is_that_of_the_next_plot(
    viewer: Any, panel: Any, qtbot: Any
) -> None:
    viewer.add_image(IMAGES["8 bit"], name="first")
    shown(qtbot, panel)
    viewer.layers.clear()
    qtbot.waitUntil(lambda: panel.plotbox.shown is None, timeout=5000)
    viewer.theme = "light"
    viewer.add_image(IMAGES["8 bit"], name="second")
    shown(qtbot, panel)
    assert panel.plotbox._plot.look.theme.background == theme_of("light").background


def test_nothing_follows_a_touch_once_the_panel_is_closed(
    viewer: Any, panel: Any, qtbot: Any, monkeypatch: Any
) -> None:
    viewer.add_image(IMAGES["8 bit"], name="cells")
    shown(qtbot, panel)
    reactions = []
    monkeypatch.setattr(panel._live, "_follow", lambda *given: reactions.append(given))
    panel._live.touch()
    panel._live.close()
    qtbot.wait(50)
    assert not reactions
    panel._live.touch()
    qtbot.waitUntil(lambda: len(reactions) == 1, timeout=5000)
