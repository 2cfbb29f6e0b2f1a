"""A layer whose record is damaged, as a file may bring one: a sentence, and no error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager

from helpers.viewers import add_stack
from napari_histeq import equalize
from napari_histeq.gui.preview.follow_slice import followed
from napari_histeq.layers.source import record_of

pytestmark = pytest.mark.whole

KEY = "napari_histeq"
DAMAGE: list[dict[str, Any]] = [
    {"versions": {"numpy": "2\nimport os"}},
    {"source": np.zeros(3)},
    {"method": {"name": "clahe"}},  # which no colormap shows
    {"curve": None},
    {"schema": 99},
    {"colormap": "no such colormap"},
    {"limits": "wide", "gamma": None},
]


@pytest.fixture
def shown(viewer: Any, panel: Any, run: Any, qtbot: Any) -> Any:
    """A display-only layer of a stack."""
    add_stack(viewer)
    panel["output"].value = "display only"
    panel["plot"].value = False
    run()
    qtbot.waitUntil(lambda: panel.plotbox.shown is not None, timeout=5000)
    return viewer.layers["stack equalized"]


def texts(panel: Any) -> dict[str, Any]:
    panel.tools.menu.aboutToShow.emit()
    return {action.text(): action for action in panel.tools.menu.actions()}


def trigger_all(panel: Any, viewer: Any, qtbot: Any) -> None:
    """Choose each item of the menu that can be chosen but those that ask for a file."""
    for text, action in texts(panel).items():
        asks = "Save" in text or text.startswith("Run on ")
        if action.isEnabled() and text and not asks and "Remove" not in text:
            before = len(viewer.layers)
            action.trigger()
            if text.startswith("Bake"):
                qtbot.waitUntil(lambda n=before: len(viewer.layers) > n, timeout=10_000)


@pytest.mark.parametrize("damage", DAMAGE, ids=str)
def test_every_way_to_use_a_damaged_layer(
    damage: dict[str, Any], viewer: Any, panel: Any, shown: Any, run: Any, qtbot: Any
) -> None:
    shown.metadata[KEY] |= damage
    viewer.layers.selection.active = shown
    items = texts(panel)
    told = [text for text in items if "this layer's record is" in text]
    only_its_look = damage.keys() <= {"colormap", "gamma", "limits"}
    assert bool(told) != only_its_look
    for text in ("Bake into a new layer", "Copy as Python", "Copy figure legend"):
        assert items[text].isEnabled() == only_its_look
    assert items["Remove display-only layer"].isEnabled()
    trigger_all(panel, viewer, qtbot)
    viewer.dims.set_current_step(0, 2)
    viewer.layers.selection.active = viewer.layers["stack"]
    trigger_all(panel, viewer, qtbot)
    # Its pixels are sound, so it can be equalized as any other layer.
    viewer.layers.selection.active = shown
    panel["layer"].value = shown
    panel["output"].value = "new layer"
    before = list(viewer.layers)
    run()
    (made,) = [layer for layer in viewer.layers if layer not in before]
    np.testing.assert_array_equal(made.data, equalize(shown.data))


def test_a_record_damaged_while_it_is_followed(viewer: Any, panel: Any, shown: Any) -> None:
    viewer.layers.selection.active = shown
    texts(panel)["Follow the slice"].trigger()
    assert followed(shown) == "slice"
    shown.metadata[KEY]["method"] = {"name": "global", "power": "import os"}
    viewer.dims.set_current_step(0, 2)
    assert not followed(shown)
    said = notification_manager.records[-1].message
    assert said == "“stack equalized”: this layer's record is damaged (method)"
    heard = len(notification_manager.records)
    viewer.dims.set_current_step(0, 1)
    assert len(notification_manager.records) == heard


def test_a_menu_that_is_open_while_the_record_is_damaged(
    viewer: Any, panel: Any, shown: Any
) -> None:
    viewer.layers.selection.active = shown
    items = texts(panel)
    shown.metadata[KEY]["strength"] = "import os"
    for text in ("Bake into a new layer", "Copy as Python", "Copy figure legend"):
        items[text].trigger()
        said = notification_manager.records[-1].message
        assert said.endswith("this layer's record is damaged (strength)")
    with pytest.raises(ValueError, match="damaged"):
        record_of(shown)
