"""The panel opens as it was left, in the next session too."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari import settings
from qtpy.QtCore import QObject, QTimer

from napari_histeq.core import METHODS
from napari_histeq.core.methods import options_of
from napari_histeq.gui.settings import stored
from napari_histeq.gui.settings.presets import general
from napari_histeq.records import recipe_as_dict, recipe_of_dict

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_histeq.core.recipe import Recipe

#: Rows that are remembered beside the recipe: none of them is about one layer.
ROWS = ("gain", "plot", "compare", "replace", "together", "each_plane")

#: Milliseconds after the last change.
PAUSE = 500

PLUGIN = "napari-histeq"

#: What the preference `opens` says if the panel is not to open as it was left.
THESE = "with these settings"

#: The rows of the panel that have a preference, and that preference.
PREFERRED = {
    "method": "method",
    "plot": "histogram_layer",
    "compare": "side_by_side",
    "replace": "replace",
}


class Remembering(QObject):
    """Keeps what the rows say, a moment after the last change.

    Parameters
    ----------
    panel : EqualizePanel
    recipe : callable
        What the rows say; raises ValueError if they do not fit together.
    put_on : callable
        Sets the rows to a recipe.
    outputs : Outputs
        Has the row of the output, which is remembered for channels and for others.
    """

    def __init__(
        self,
        panel: Any,
        recipe: Callable[[], Recipe],
        put_on: Callable[[Recipe], None],
        outputs: Any,
    ) -> None:
        super().__init__(panel.native)
        self._panel, self._recipe, self._put, self._outputs = panel, recipe, put_on, outputs
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self.keep)

    def restore(self) -> None:
        """Set the rows as they were left, or as the preferences say.

        What cannot be used is as at the first time.
        """
        wanted = preferred()
        if wanted is not None:
            for name, value in wanted.items():
                self._panel[name].value = value
            return
        kept = stored.read().get("panel")
        if not isinstance(kept, dict):
            return
        with suppress(ValueError, TypeError, KeyError):
            self._put(recipe_of_dict(kept.get("recipe")))
            if isinstance(file := kept.get("file"), str):
                self._panel.references.rename(file)
        rows = kept.get("rows")
        rows = rows if isinstance(rows, dict) else {}
        self._outputs.restore(rows)
        for name, value in rows.items():
            with suppress(ValueError, TypeError):
                if name in ROWS and type(value) is type(self._panel[name].value):
                    self._panel[name].value = value

    def touch(self, _: object = None) -> None:
        """Something changed."""
        self._later.start(PAUSE)

    def flush(self) -> None:
        """The panel goes: keep now what would be kept soon."""
        if self._later.isActive():
            self._later.stop()
            self.keep()

    def keep(self) -> None:
        """Keep what the rows say, unless that makes no sense or cannot be written."""
        with suppress(ValueError, TypeError, OSError):
            rows = {name: self._panel[name].value for name in ROWS} | self._outputs.kept()
            recipe = recipe_as_dict(general(self._of_no_layer(self._recipe())))
            file = self._panel.references.name_of_file()
            stored.write(panel={"recipe": recipe, "rows": rows} | ({"file": file} if file else {}))

    def _of_no_layer(self, recipe: Recipe) -> Recipe:
        """The recipe without what was counted of a layer: which layer is matched is not kept."""
        method: Any = recipe.method
        known = [value for _, value in self._panel.references.files]
        kind: Any = type(method)
        for field in options_of(kind):
            value = getattr(method, field.name)
            if isinstance(value, field.values) and all(value is not one for one in known):
                method = replace(method, **{field.name: field.words[0]})
        return replace(recipe, method=method)


def preferred() -> dict[str, Any] | None:
    """The rows that the preferences set, with their values; None: the panel opens as it was left."""
    if not hasattr(settings, "get_plugin_settings"):  # before napari 0.9
        return None
    known = settings.get_plugin_settings()
    if PLUGIN not in known or known[PLUGIN].panel.opens != THESE:
        return None
    told = {row: getattr(known[PLUGIN].panel, name) for row, name in PREFERRED.items()}
    return told if told["method"] in METHODS else told | {"method": "global"}
