"""Presets, settings as text, and a panel that opens as it was left."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QDockWidget, QStyle, QStyleOptionComboBox
from skimage import data

from helpers.viewers import open_panel
from napari_histeq import equalize
from napari_histeq.gui.settings import presets, stored
from napari_histeq.gui.widgets.elided import PADDING

MOON = data.moon()[::4, ::4]


@pytest.fixture
def kept(tmp_path: Any, monkeypatch: Any) -> Any:
    """A settings file of the test's own, which is not there yet."""
    path = tmp_path / "napari" / "histeq.json"
    monkeypatch.setenv(stored.VARIABLE, str(path))
    return path


def test_rows_that_are_gone_are_no_windows(panel: Any) -> None:
    """A preset changes the method: the rows of the old one go later, and inside the panel."""
    before = {*QApplication.topLevelWidgets()}
    for name in presets.OURS:
        panel["preset"].value = name
    windows = {w for w in {*QApplication.topLevelWidgets()} - before if w.parent() is None}
    assert windows == set()


def test_the_names_of_ours_fit_in_a_dock_of_300(panel: Any, qtbot: Any) -> None:
    panel.native.window().resizeDocks([_dock(panel)], [300], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: _dock(panel).width() == 300)
    box, option = panel["preset"].native, QStyleOptionComboBox()
    box.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    room = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, box)
    wide = max(map(box.fontMetrics().horizontalAdvance, presets.OURS))
    assert wide <= room.width() - 2 * PADDING


def _dock(panel: Any) -> Any:
    part = panel.native
    while not isinstance(part, QDockWidget):
        part = part.parent()
    return part


def test_ours_set_the_rows_and_make_a_result(viewer: Any, panel: Any, run: Any, until: Any) -> None:
    viewer.add_image(MOON, name="moon")
    panel["plot"].value, panel["replace"].value = False, True
    for name, wanted in presets.OURS.items():
        panel["preset"].value = name
        assert panel.choice().recipe == wanted
        assert panel["preset"].value == name
        run()
        found = viewer.layers["moon equalized"].data
        wanted_pixels = equalize(MOON, wanted.method, **wanted.keywords())
        np.testing.assert_array_equal(found, wanted_pixels, name)
        panel["strength"].value = 0.5
        until(lambda: panel["preset"].value is None)  # the rows say something else now


def test_ones_own_are_kept_and_forgotten(viewer: Any, panel: Any, kept: Any, until: Any) -> None:
    viewer.add_image(np.stack([MOON, MOON]), name="stack")
    panel["method"].value = "clahe"
    panel["clip_limit"].value, panel["strength"].value = 0.25, 0.75
    panel["axes"].value = (-2, -1)
    panel.presets.save("Mine")
    assert panel["preset"].value == "Mine"
    panel["method"].value = "global"
    until(lambda: panel["preset"].value is None)
    panel["preset"].value = "Mine"
    assert (panel["method"].value, panel["clip_limit"].value) == ("clahe", 0.25)
    assert panel["axes"].value == panel["axes"].names[1:]  # those of the layer stay
    assert json.loads(kept.read_text())["presets"]["Mine"]["strength"] == 0.75
    panel.presets.delete()
    assert "Mine" not in panel["preset"].choices
    assert panel["clip_limit"].value == 0.25


def test_a_name_of_ours_is_not_taken(panel: Any, kept: Any) -> None:
    with pytest.raises(ValueError, match="choose another name"):
        panel.presets.save("As OpenCV")


def test_presets_that_nobody_can_read_are_left_alone(panel: Any, kept: Any) -> None:
    kept.parent.mkdir()
    strange = {"presets": {"newer": {"method": {"name": "nobodys"}}}}
    kept.write_text(json.dumps(strange))
    panel.presets.save("Mine")
    assert {*json.loads(kept.read_text())["presets"]} == {"newer", "Mine"}
    assert "newer" not in panel["preset"].choices
    kept.write_text("{damaged")
    panel.presets.save("Another")
    assert kept.with_suffix(".damaged.json").read_text() == "{damaged"
    assert [*json.loads(kept.read_text())["presets"]] == ["Another"]


def test_settings_go_as_text_from_panel_to_panel(viewer: Any, panel: Any) -> None:
    viewer.add_image(MOON, name="moon")
    panel["method"].value = "stretch"
    panel["out_range"].value = "custom"
    panel["low"].value, panel["high"].value = 10, 200
    panel.presets.copy()
    wanted = panel.choice().recipe
    panel["method"].value, panel["out_range"].value = "global", "auto"
    panel.presets.paste()
    assert panel.choice().recipe == wanted
    QApplication.clipboard().setText("no settings")
    panel.presets.paste()
    assert "holds no settings" in panel["status"].value
    assert panel.choice().recipe == wanted


def test_the_panel_opens_as_it_was_left(
    make_napari_viewer: Any, viewer: Any, panel: Any, kept: Any, qtbot: Any
) -> None:
    viewer.add_image(MOON, name="moon")
    panel["method"].value, panel["strength"].value = "clahe", 0.5
    panel["clip_limit"].value = 0.125
    panel["plot"].value, panel["replace"].value = False, True
    panel["output"].value = "display only"
    qtbot.waitUntil(kept.exists)
    qtbot.waitUntil(lambda: json.loads(kept.read_text())["panel"]["rows"]["replace"])
    panel.disconnect_all()
    other = open_panel(make_napari_viewer())
    assert (other["method"].value, other["clip_limit"].value) == ("clahe", 0.125)
    assert (other["strength"].value, other["plot"].value) == (0.5, False)
    assert (other["replace"].value, other["output"].value) == (True, "display only")


def test_what_is_kept_may_be_nonsense(viewer: Any, kept: Any) -> None:
    kept.parent.mkdir()
    rows = {"output": "no such", "plot": 3, "run": True}
    kept.write_text(json.dumps({"panel": {"recipe": {"method": 3}, "rows": rows}}))
    panel = open_panel(viewer)
    assert panel["method"].value == "global"
    assert panel["output"].value == "new layer"
    assert panel["plot"].value is True
