"""What is kept between sessions: presets, and the panel as it was left."""

from napari_histeq.gui.settings.presets import PresetBox, Presets, copy_settings, put
from napari_histeq.gui.settings.remembering import Remembering
