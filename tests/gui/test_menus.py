"""What is found in the menus, and what is found by what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from napari._app_model import get_app_model
from napari._qt.widgets.qt_command_palette import QCommandPalette
from napari.layers import Points
from napari.utils._proxies import PublicOnlyProxy

from helpers.viewers import MANIFEST, PANEL, menu_action
from napari_histeq import layers
from napari_histeq.gui.commands import enhance

if TYPE_CHECKING:
    import napari

CONTRIBUTED = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["contributions"]
TITLES = {command["id"]: command["title"] for command in CONTRIBUTED["commands"]}


def test_the_panel_is_told_from_the_commands() -> None:
    assert TITLES["napari-histeq.panel"] == "Histogram equalization panel..."
    assert len({*TITLES.values()}) == len(TITLES)


def test_the_palette_finds_it(viewer: napari.Viewer) -> None:
    viewer.add_image(np.eye(9))
    palette = QCommandPalette(viewer.window._qt_window)
    menus = get_app_model().menus
    palette.extend_command([item.command for item in menus.get_menu(menus.COMMAND_PALETTE_ID)])
    palette.update_context(viewer.window._qt_window)
    for word in ("contrast", "enhance", "brightness", "histogram", "equalize", "CLAHE"):
        found = [rule.id for rule in palette._list.iter_top_hits(word)]
        assert any(name.startswith("napari-histeq.") for name in found[:10]), word


def test_enhance_opens_the_panel_and_brings_it_back(viewer: napari.Viewer, qtbot: Any) -> None:
    enhance(viewer)
    dock = viewer.window._wrapped_dock_widgets[PANEL]
    assert dock.isVisible()
    dock.hide()
    enhance(viewer)
    assert dock.isVisible()
    assert menu_action(viewer.window.layers_menu, PANEL).isChecked()


@pytest.mark.parametrize("sample", CONTRIBUTED["sample_data"], ids=lambda s: s["key"])
def test_a_sample_is_called_what_it_opens(viewer: napari.Viewer, sample: Any) -> None:
    (layer,) = viewer.open_sample("napari-histeq", sample["key"])
    bits = {8: "8 bit", 12: "12 bit"}.get(int(layer.contrast_limits[1]).bit_length())
    told = [part for part in ("8 bit", "12 bit", "16 bit") if part in sample["display_name"]]
    assert told in ([], [bits])


def test_a_layer_behind_a_proxy_is_called_by_its_kind() -> None:
    """napari hands commands layers that hide what is private."""
    points = PublicOnlyProxy(Points(name="dots"))
    assert layers.why_not(points) == "“dots” is a Points layer, not an image."
