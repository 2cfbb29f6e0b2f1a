"""The one-click commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.notifications import notification_manager
from skimage import data

from helpers.naive import procedure
from helpers.viewers import idle, menu_action, names
from napari_histeq.gui import commands
from napari_histeq.records.record import KEY

if TYPE_CHECKING:
    import napari


def test_equalize_command(viewer: napari.Viewer, qtbot: Any) -> None:
    viewer.add_image(data.moon(), name="moon")
    menu_action(viewer.window.layers_menu, "Equalize histogram (napari-histeq)").trigger()
    qtbot.waitUntil(lambda: "moon histogram" in viewer.layers, timeout=20_000)
    np.testing.assert_array_equal(viewer.layers["moon equalized"].data, procedure(data.moon()))
    qtbot.waitUntil(idle)


def test_histogram_command(viewer: napari.Viewer, qtbot: Any) -> None:
    moon = data.moon()
    viewer.add_image(moon, name="moon")
    menu_action(viewer.window.layers_menu, "Plot histogram (napari-histeq)").trigger()
    qtbot.waitUntil(lambda: "moon histogram" in viewer.layers, timeout=20_000)
    assert names(viewer) == ["moon", "moon histogram"]
    before = viewer.layers["moon histogram"].metadata[KEY]["before"]
    np.testing.assert_array_equal(before["counts"], np.bincount(moon.ravel(), minlength=256))
    np.testing.assert_array_equal(before["bin_edges"], np.arange(257))
    qtbot.waitUntil(idle)


def test_commands_need_an_image(viewer: napari.Viewer) -> None:
    viewer.add_points(name="dots")
    commands.equalize(viewer)
    assert "“dots” is a Points layer" in notification_manager.records[-1].message
