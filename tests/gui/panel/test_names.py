"""Layers may have any name: it is shown as it is, and never breaks what it is shown in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt

from helpers.menus import menu_of
from napari_histeq import layers
from napari_histeq.core import METHODS
from napari_histeq.gui.widgets.tips import WIDTH, tip
from napari_histeq.layers.wording import NAME, brief, short

if TYPE_CHECKING:
    import napari

IMAGE = np.random.default_rng(0).integers(0, 200, (32, 40), dtype=np.uint8)
NAMES = ["<h1>big</h1><img src=x>", "a & b", "n" * 10_000, "two\nlines", "“quoted”"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_fits(viewer: napari.Viewer, panel: Any, run: Any, qtbot: Any, name: str) -> None:
    viewer.add_image(IMAGE, name=name)
    other = viewer.add_image(IMAGE // 2, name=f"{name} 2")
    viewer.layers.selection.active = viewer.layers[0]
    panel["plot"].value = False
    run()
    status = panel["status"]
    assert status.native.textFormat() == Qt.TextFormat.PlainText
    assert short(name).strip("“”") in status.value
    assert len(status.value) < 500
    menu = panel.tools.menu
    panel.tools.fill()
    assert menu.sizeHint().width() < 800
    inner = [opened for entry in menu.actions() if (opened := menu_of(entry)) is not None]
    texts = [action.text().replace("&&", "&") for part in inner for action in part.actions()]
    assert short(other.name) in texts
    assert all(part.sizeHint().width() < 800 for part in inner)
    viewer.layers.selection.active = viewer.add_points(name=name)
    assert len(panel["message"].value) < 200
    assert panel["message"].native.textFormat() == Qt.TextFormat.PlainText
    assert len(layers.why_not(viewer.layers.selection.active)) < 200


def test_a_short_name_keeps_both_ends() -> None:
    name = f"start {'x' * 100} end"
    assert short("moon") == "moon"
    assert short(name).startswith("start ")
    assert short(name).endswith(" end")
    assert len(short(name)) == NAME + 1
    assert brief(f"“{name}” is made of “moon”") == f"“{short(name)}” is made of “moon”"


def test_a_tooltip_is_no_strip_and_no_markup() -> None:
    text = "word " * 60
    assert max(map(len, tip(text).splitlines())) <= WIDTH
    assert tip("<b>bold</b> & more") == (
        "<p style='white-space: pre'>&lt;b&gt;bold&lt;/b&gt; &amp; more</p>"
    )
    assert max(map(len, tip("n" * 10_000).splitlines())) <= WIDTH


def test_every_control_says_what_it_is_for(panel: Any, qtbot: Any) -> None:
    """Whatever can be clicked or typed into has a tooltip, or stands in something that has."""
    for method in METHODS:
        panel["method"].value = method
        for row in panel:
            silent = row.name in ("message", "summary", "progress", "status")
            assert silent or row.tooltip, row.name
            assert max(map(len, (row.tooltip or "").splitlines()), default=0) <= WIDTH
        qtbot.wait(1)  # Qt deletes the rows that are gone
    for part in (panel.tools.log, panel.tools.kde, panel.tools.bins, panel.tools.button):
        assert part.toolTip()
