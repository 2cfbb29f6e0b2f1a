"""Display only, from the panel and by command, in a real viewer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from skimage import data

from helpers.images import hard_images
from helpers.viewers import add_stack, camera_of
from napari_histeq import equalize
from napari_histeq.gui.preview.follow_slice import followed
from napari_histeq.layers.source import DISPLAY, kind_of, look_of, record_of

IMAGE = hard_images()["16 bit log-normal, hot pixels"]


def command(viewer: Any, name: str) -> None:
    from napari._app_model import get_app_model

    get_app_model().commands.execute_command(f"napari-histeq.{name}").result()


def test_from_the_panel(viewer: Any, panel: Any, run: Any) -> None:
    notification_manager.records.clear()
    source = viewer.add_image(IMAGE, name="cells", colormap="magma")
    panel["output"].value = "display only"
    panel["plot"].value = False
    run()
    assert [layer.name for layer in viewer.layers] == ["cells", "cells equalized"]
    layer = viewer.layers["cells equalized"]
    assert layer.data is source.data
    assert kind_of(layer) == DISPLAY
    assert source.colormap.name == "magma"
    record = record_of(layer)
    assert record is not None
    np.testing.assert_array_equal(record.reproduce(IMAGE), equalize(IMAGE))
    assert panel["status"].value.startswith("“cells” equalized in")
    assert not [n for n in notification_manager.records if n.severity == "error"]
    shown = viewer.export_figure(scale_factor=1, flash=False).astype(int)
    layer.visible = False
    viewer.add_image(equalize(IMAGE), colormap="magma", contrast_limits=(0, 65535))
    true = viewer.export_figure(scale_factor=1, flash=False).astype(int)
    assert np.percentile(np.abs(shown - true).max(axis=-1), 99) <= 2


@pytest.mark.parametrize("name", ["equalize_display", "equalize"])
def test_a_command_during_the_preview_copies_the_look_before_it(
    viewer: Any, panel: Any, qtbot: Any, name: str
) -> None:
    source = viewer.add_image(IMAGE, name="cells", colormap="magma", gamma=0.8)
    before, limits = source.colormap, tuple(source.contrast_limits)
    panel["preview"].value = True
    qtbot.waitUntil(lambda: source.colormap.name != "magma", timeout=5000)
    preview = source.colormap, tuple(source.contrast_limits), source.gamma
    command(viewer, name)
    qtbot.waitUntil(lambda: "cells equalized" in viewer.layers, timeout=10_000)
    made = viewer.layers["cells equalized"]
    colormap, gamma = look_of(made)
    assert (colormap, gamma) == (before, 0.8)
    assert (source.colormap, tuple(source.contrast_limits), source.gamma) == preview
    panel["layer"].value = source
    panel["preview"].value = False
    qtbot.wait(100)
    assert source.colormap is before
    assert (tuple(source.contrast_limits), source.gamma) == (limits, 0.8)


def display_only(viewer: Any, panel: Any, qtbot: Any) -> Any:
    """The layer that the button makes."""
    panel["output"].value = "display only"
    panel["plot"].value = False
    panel["run"].native.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    return viewer.layers[1]


def follow_the_view(panel: Any) -> None:
    """By the menu under the plot."""
    panel.tools.fill()
    (item,) = (a for a in panel.tools.menu.actions() if a.text() == "Follow the view")
    item.trigger()


def photograph(viewer: Any) -> np.ndarray:
    """The gray levels in the middle of the canvas."""
    shown = viewer.screenshot(flash=False)[..., :3].mean(axis=-1)
    rows, columns = (slice(n // 4, -n // 4) for n in shown.shape)
    return shown[rows, columns]


def test_zooming_into_a_dark_corner_lights_it_up(viewer: Any, panel: Any, qtbot: Any) -> None:
    """As photographed: it gets brighter, and spans all grays; and as before on the way back."""
    image = data.moon().astype(np.uint16) * 200
    image[:128, :128] //= 60
    viewer.add_image(image, name="moon")
    layer = display_only(viewer, panel, qtbot)
    camera = camera_of(viewer)
    viewer.layers["moon"].visible = False
    camera.zoom, camera.center = 9, (0, 64, 64)
    qtbot.wait(300)
    dark = photograph(viewer)
    viewer.reset_view()
    qtbot.wait(300)
    whole = photograph(viewer)
    follow_the_view(panel)
    assert followed(layer) == "view"
    before = layer.colormap
    camera.zoom, camera.center = 9, (0, 64, 64)
    qtbot.waitUntil(lambda: layer.colormap is not before, timeout=20_000)
    qtbot.wait(300)
    lit, before = photograph(viewer), layer.colormap
    assert lit.mean() > dark.mean() + 60
    assert lit.std() > 3 * dark.std()
    viewer.reset_view()
    qtbot.waitUntil(lambda: layer.colormap is not before, timeout=20_000)
    qtbot.wait(300)
    assert np.abs(photograph(viewer) - whole).mean() < 1


def test_by_command(viewer: Any, qtbot: Any) -> None:
    source = viewer.add_image(IMAGE, name="cells")
    viewer.layers.selection.active = source
    command(viewer, "equalize_display")
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    assert viewer.layers[1].data is source.data


@pytest.mark.parametrize("axes", [(1, 2)])
def test_more_than_one_curve_is_an_error_in_plain_words(
    viewer: Any, panel: Any, run: Any, axes: Any
) -> None:
    add_stack(viewer)
    panel["output"].value = "display only"
    panel["axes"].value = axes
    run()
    assert len(viewer.layers) == 1
    assert "curve of its own" in panel["status"].value
