"""How the panel opens by the preferences: in the dialog, kept by napari, and obeyed."""

from __future__ import annotations

import json

import pytest
from npe2 import PluginManifest
from qtpy.QtWidgets import QCheckBox, QComboBox

from helpers.viewers import MANIFEST, open_panel
from napari_histeq.core import METHODS
from napari_histeq.gui.settings import stored
from napari_histeq.gui.settings.remembering import THESE, preferred

settings = pytest.importorskip("napari.settings")
if not hasattr(settings, "get_plugin_settings"):
    pytest.skip("napari before 0.9 has no preferences of plugins", allow_module_level=True)

ROWS = ("plot", "compare", "replace")


@pytest.fixture
def preferences(plugin_settings, viewer):
    return settings.get_plugin_settings("napari-histeq").panel


def test_every_method_can_be_chosen():
    manifest = PluginManifest.from_file(MANIFEST)
    properties = manifest.contributions.configurations["panel"].properties
    assert properties["method"].enum == [
        m for m in METHODS if METHODS[m].__module__.startswith("napari_histeq.")
    ]


def test_by_default_the_panel_opens_as_it_was_left(preferences, viewer, tmp_path, monkeypatch):
    path = tmp_path / "kept.json"
    path.write_text(json.dumps({"panel": {"rows": {"plot": False, "replace": True}}}))
    monkeypatch.setenv(stored.VARIABLE, str(path))
    preferences.method = "clahe"
    panel = open_panel(viewer)
    assert panel["method"].value == "global"
    assert [panel[row].value for row in ROWS] == [False, False, True]


def test_with_these_settings(preferences, viewer, tmp_path, monkeypatch):
    path = tmp_path / "kept.json"
    path.write_text(json.dumps({"panel": {"rows": {"plot": True, "replace": True}}}))
    monkeypatch.setenv(stored.VARIABLE, str(path))
    preferences.opens = THESE
    preferences.method, preferences.side_by_side = "clahe", True
    preferences.histogram_layer = False
    panel = open_panel(viewer)
    assert panel["method"].value == "clahe"
    assert [panel[row].value for row in ROWS] == [False, True, False]


def test_they_are_in_the_dialog(preferences, viewer, qtbot):
    from napari._qt.dialogs.preferences_dialog import PreferencesDialog

    dialog = PreferencesDialog(parent=viewer.window._qt_window)
    names = [dialog._list.item(i).text() for i in range(dialog._list.count())]
    page = dialog._stack.widget(names.index("napari-histeq"))
    (method,) = (box for box in page.findChildren(QComboBox) if box.findText("clahe") >= 0)
    assert method.currentText() == "global"
    method.setCurrentText("clahe")
    assert preferences.method == "clahe"
    (opens,) = (box for box in page.findChildren(QComboBox) if box.findText(THESE) >= 0)
    opens.setCurrentText(THESE)
    ticks = page.findChildren(QCheckBox)
    assert [tick.isChecked() for tick in ticks] == [True, False, False]
    for tick in ticks:
        tick.click()
    assert preferred() == {"method": "clahe", "plot": False, "compare": True, "replace": True}
    dialog.close()
