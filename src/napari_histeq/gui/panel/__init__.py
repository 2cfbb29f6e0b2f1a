"""The panel in the dock."""

from napari_histeq.gui.panel.panel import EqualizePanel
