"""What the plugin's preferences say of how the panel opens."""

from __future__ import annotations

from typing import Any

from napari import settings

from napari_histeq.core import METHODS

PLUGIN = "napari-histeq"

#: What the preference `opens` says if it is not to be as it was left.
THESE = "with these settings"

#: The rows of the panel that have a preference, and that preference.
ROWS = {
    "method": "method",
    "plot": "histogram_layer",
    "compare": "side_by_side",
    "replace": "replace",
}


def preferred() -> dict[str, Any] | None:
    """The rows that the preferences set, with their values; None: the panel opens as it was left."""
    if not hasattr(settings, "get_plugin_settings"):  # before napari 0.9
        return None
    known = settings.get_plugin_settings()
    if PLUGIN not in known or known[PLUGIN].panel.opens != THESE:
        return None
    told = {row: getattr(known[PLUGIN].panel, name) for row, name in ROWS.items()}
    return told if told["method"] in METHODS else told | {"method": "global"}
