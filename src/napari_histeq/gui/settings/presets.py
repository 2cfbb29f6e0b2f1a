"""Presets: settings under a name, ours and the person's; and settings as text."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from napari.utils.notifications import show_info
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QInputDialog, QMenu, QToolButton

from napari_histeq.core import METHODS, Asinh, Clahe, Global, Stretch
from napari_histeq.core.methods import options_of
from napari_histeq.core.recipe import Recipe
from napari_histeq.gui.settings import stored
from napari_histeq.gui.widgets import tip
from napari_histeq.records import (
    RecordError,
    recipe_as_dict,
    recipe_as_text,
    recipe_of_dict,
    recipe_of_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

#: By purpose, as a person asks for it.
OURS = {
    "X-ray or CT slice": Recipe(Clahe(clip_limit=0.01)),
    "Fluorescence, dim": Recipe(Asinh()),
    "Brightfield with uneven light": Recipe(Clahe(clip_limit=0.03)),
    "Print or figure": Recipe(Stretch()),
    "As OpenCV": Recipe(Global(convention="cdf_min")),
    "As ImageJ": Recipe(Global(convention="midpoint", power=0.5)),
}

#: The fields of a recipe that belong to one layer, and are no part of a preset.
OF_A_LAYER = ("axes", "channel_axis", "smooth")


class PresetBox(ComboBox):
    """The names of the presets; none of them when the rows say something else."""

    null_string = "Choose a preset"

    def __init__(self) -> None:
        super().__init__(
            name="preset",
            choices=lambda *_: [*OURS, *own()],
            nullable=True,
            tooltip=tip(
                "Settings by purpose. Choose one, then change what you like. "
                "With ⋯ beside it you save the settings under a name of yours."
            ),
        )
        self.native.setAccessibleName("Preset")  # there is no caption


def own() -> dict[str, Recipe]:
    """The person's presets; of those that cannot be read there is none."""
    found: dict[str, Recipe] = {}
    kept = stored.read().get("presets")
    for name, plain in kept.items() if isinstance(kept, dict) else ():
        try:
            found[str(name)] = recipe_of_dict(plain)
        except RecordError:
            continue
    return found


def keep(name: str, recipe: Recipe | None) -> None:
    """Keep a preset under a name, or (None) forget it; the others stay, readable or not."""
    kept = stored.read().get("presets")
    presets = dict(kept) if isinstance(kept, dict) else {}
    presets.pop(name, None)
    if recipe is not None:
        presets[name] = recipe_as_dict(general(recipe))
    stored.write(presets=presets)


def general(recipe: Recipe) -> Recipe:
    """A recipe without what belongs to one layer."""
    return replace(recipe, axes=None, channel_axis=None, smooth=None)


def put(panel: Any, recipe: Recipe, custom: str) -> None:
    """Set the rows to a recipe; the axes stay as they are.

    Parameters
    ----------
    panel : EqualizePanel
    recipe : Recipe
    custom : str
        What the row of the range says if that is two numbers.

    Raises
    ------
    ValueError
        If a row cannot hold what the recipe says.
    """
    kind: Any = type(recipe.method)
    if kind not in METHODS.values():
        raise ValueError(f"there is no method {recipe.method.name!r} here")
    panel["method"].value = recipe.method.name
    for option in options_of(kind):
        value = getattr(recipe.method, option.name)
        if not option.values:
            panel[option.name].value = value
        elif isinstance(value, option.values):  # frames are chosen where there is a stack
            panel.references.offer(value)
    rows = {row.name for row in panel}
    if isinstance(recipe.out_range, str):
        panel["out_range"].value = recipe.out_range
    else:
        panel["out_range"].value = custom
        panel["low"].value, panel["high"].value = recipe.out_range
    for name in (f.name for f in fields(Recipe)):
        if name in rows and name not in ("method", "out_range", "saturated", *OF_A_LAYER):
            panel[name].value = getattr(recipe, name)
    panel["clip"].value = recipe.saturated or 0.0  # Stretch has a row "saturated" of its own


class Presets:
    """The row of presets, and the menu beside it.

    Parameters
    ----------
    panel : EqualizePanel
    recipe : callable
        What the rows say; raises ValueError if they do not fit together.
    put_on : callable
        Sets the rows to a recipe.
    """

    def __init__(
        self, panel: Any, recipe: Callable[[], Recipe], put_on: Callable[[Recipe], None]
    ) -> None:
        self._box, self._panel = panel["preset"], panel
        self._recipe, self._put = recipe, put_on
        self._busy, self._shown = False, ""
        self.button = QToolButton()
        self.button.setText("⋯")
        self.button.setObjectName("histeq_menu")
        self.button.setToolTip(tip("Save these settings under a name; copy or paste settings."))
        self.button.setAccessibleName("Presets and settings")
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._later = QTimer(self.button, singleShot=True)
        self._later.timeout.connect(self.check)
        self.menu = QMenu(self.button)
        self.menu.aboutToShow.connect(self.fill)
        self.button.setMenu(self.menu)

    def fill(self) -> None:
        """What can be done now."""
        name = self._box.value
        menu = self.menu
        menu.clear()
        menu.addAction("Save as a preset...").triggered.connect(lambda *_: self.ask())
        forget = menu.addAction(f"Delete “{name}”" if name in own() else "Delete this preset")
        forget.setEnabled(name in own())
        forget.triggered.connect(lambda *_: self.delete())
        menu.addSeparator()
        menu.addAction("Copy settings").triggered.connect(lambda *_: self.copy())
        paste = menu.addAction("Paste settings")
        paste.setEnabled(bool(QApplication.clipboard().text().strip()))
        paste.triggered.connect(lambda *_: self.paste())

    # ---- what the rows say ----

    def chosen(self, _: object = None) -> None:
        """A preset was chosen: set the rows."""
        recipe = (OURS | own()).get(self._box.value)
        if recipe is not None and not self._busy:
            self._show(recipe)
            self._shown = self._box.value

    def rows_changed(self, _: object = None) -> None:
        """Look at them when they have settled: a method and its options change one by one."""
        self._later.start(0)

    def check(self) -> None:
        """The box names a preset only as long as the rows say just that."""
        if self._busy or self._box.value in (None, "") or self._box.value != self._shown:
            return
        wanted = (OURS | own()).get(self._box.value)
        try:
            same = wanted is not None and general(self._recipe()) == general(wanted)
        except (ValueError, TypeError):
            same = False
        if not same:
            self._name(None)

    def _show(self, recipe: Recipe) -> None:
        self._busy = True
        try:
            self._put(recipe)
        finally:
            self._busy = False

    def _name(self, name: str | None) -> None:
        self._busy = True
        self._box.reset_choices()
        self._box.value, self._shown = name, name or ""
        self._busy = False

    # ---- what the items do ----

    def ask(self) -> None:
        """Ask for a name, and save."""
        name, given = QInputDialog.getText(
            self._panel.native, "Save as a preset", "Name of the preset:"
        )
        if given and name.strip():
            self._panel.attempt(partial(self.save, " ".join(name.split())))

    def save(self, name: str) -> None:
        """Keep what the rows say under a name; an earlier preset of that name is replaced.

        Raises
        ------
        ValueError
            If it is the name of one of ours, or if the rows do not fit together.
        """
        if name in OURS:
            raise ValueError(f"“{name}” is a preset of the plugin: choose another name")
        if stored.place() is None:
            raise ValueError("presets cannot be kept: napari has no folder for its settings")
        keep(name, self._recipe())
        self._name(name)

    def delete(self) -> None:
        """Forget the chosen preset; the rows stay."""
        name = self._box.value
        if name in own():
            self._panel.attempt(partial(keep, name, None))
            self._name(None)

    def copy(self) -> None:
        """Put what the rows say on the clipboard, as text."""
        self._panel.attempt(lambda: copy_settings(self._recipe()))

    def paste(self) -> None:
        """Set the rows to the settings on the clipboard."""
        self._panel.attempt(lambda: self._show(recipe_of_text(QApplication.clipboard().text())))
        self.rows_changed()


def copy_settings(recipe: Recipe) -> None:
    """Put settings on the clipboard, as text."""
    QApplication.clipboard().setText(recipe_as_text(general(recipe)))
    show_info("Settings copied: paste them in any panel, or save them for the command line.")
