"""Under the plot: how it is drawn, and what can be done with the layer that was made."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QToolButton,
    QWidget,
)

from napari_histeq import layers
from napari_histeq.gui.background import Runner, tell_fault
from napari_histeq.gui.evidence import with_ending, write_table
from napari_histeq.gui.preview import follow, followed
from napari_histeq.gui.result.on_files import (
    FilesRun,
    ask_for_files,
    ask_for_folder,
    command_line,
    running_on_files,
)
from napari_histeq.gui.runs import Several, choice_of, why_no_curve, with_others
from napari_histeq.gui.settings import copy_settings
from napari_histeq.gui.widgets import tight, tip
from napari_histeq.layers import brief, file_name, plain, short
from napari_histeq.records import RecordError, legend, script

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_histeq.gui.evidence import PlotBox
    from napari_histeq.records import Record

#: Plots are written one after the other: it takes a tenth of a second.
PLOTS = Runner()

#: Scripts on their way to the clipboard, where there is room for one: with the 65,536 levels of a curve it takes a tenth of a second.
SCRIPTS = Runner(newest=True)

BINS = {"auto bins": None, "20 bins": 20, "64 bins": 64, "256 bins": 256, "1024 bins": 1024}


class Tools(QWidget):
    """One row: log, KDE, number of bins; and the button of a menu, which stands elsewhere.

    Attributes
    ----------
    wanted : Signal(object, object)
        A layer, and the choice by which to equalize it.
    told : Signal(str, bool)
        How a run on files goes, and whether that is a problem.
    busy : bool
        Whether a run goes on, so that no other can be started.
    """

    wanted = Signal(object, object)
    told = Signal(str, bool)

    def __init__(self, viewer: Viewer, plot: PlotBox, source: Callable[[], Image | None]) -> None:
        super().__init__()
        self._viewer, self._plot, self._source = viewer, plot, source
        self.busy = False
        self.log, self.kde = QCheckBox("log"), QCheckBox("KDE")
        self.log.setToolTip(tip("Show the number of pixels on a logarithmic axis."))
        self.kde.setToolTip(
            tip("Draw the kernel density estimate: a smooth line through the bars.")
        )
        self.kde.setChecked(True)
        self.bins = QComboBox()
        self.bins.addItems(list(BINS))
        self.bins.setToolTip(tip("How many bars the plot has."))
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(self.fill)
        self.button = QToolButton()
        self.button.setText("Result ▾")
        self.button.setObjectName("histeq_menu")
        self.button.setToolTip(tip("What to do with the result: bake, follow, reproduce, save."))
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self.menu)
        tight(QHBoxLayout(self), self.log, self.kde, self.bins).addStretch(1)
        self.log.toggled.connect(lambda on: plot.choose(log=on))
        self.kde.toggled.connect(lambda on: plot.choose(kde=on))
        self.bins.currentTextChanged.connect(lambda text: plot.choose(nbins=BINS[text]))

    def made(self) -> Image | None:
        """The layer that the menu is about: the active one, or the newest of the source."""
        active, source = self._viewer.layers.selection.active, self._source()
        if layers.is_made(active):
            return active
        for layer in reversed(self._viewer.layers):
            if source is not None and layers.source_name_of(layer) == source.name:
                return layer
        return None

    def fill(self) -> None:
        """Fill the menu for the layer it is about."""
        self.menu.clear()
        made = self.made()
        self._action(_item(made.name) if made else "Equalize an image first", act=None)
        record, problem = _read(made)
        if problem:
            self._action(brief(problem).replace("&", "&&"), act=None)
        self.menu.addSeparator()
        display = made is not None and layers.kind_of(made) == layers.DISPLAY
        shown = display and record is not None
        can_bake = shown and not self.busy
        self._action("Bake into a new layer", can_bake and partial(self.bake, made))
        self._action("Remove display-only layer", display and partial(self.restore, made))
        for what in ("slice", "view"):
            action = self._action(f"Follow the {what}", shown and partial(self.follow, made, what))
            action.setCheckable(True)
            action.setChecked(shown and followed(made) == what)
        self.menu.addSeparator()
        self._action("Copy settings", record and partial(copy_settings, record.recipe))
        self._action("Copy as Python", record and partial(self.copy_script, made))
        self._action("Copy as command", record and partial(self.copy_command, made))
        self._action("Copy figure legend", record and partial(self.copy_legend, made))
        self._apply_menu("Apply the same curve to", made, record, same_curve=True)
        self._apply_menu("Apply the same settings to", made, record, same_curve=False)
        running = running_on_files(self._viewer)
        if running is None:
            self._action("Run on files...", record and partial(self.ask_files, made, ask_for_files))
            in_folder = record and partial(self.ask_files, made, ask_for_folder)
            self._action("Run on a folder or OME-Zarr...", in_folder)
        else:
            self._action("Stop the run on files", running.cancel)
        self.menu.addSeparator()
        ready = self._plot.shown is not None
        self._action("Save plot...", ready and self.ask_plot)
        self._action("Save table...", self._plot.measures is not None and self.ask_table)

    def _action(self, text: str, act: Any) -> Any:
        action = self.menu.addAction(text)
        action.setEnabled(bool(act))
        if act:
            action.triggered.connect(lambda *_: _attempt(act))
        return action

    def _apply_menu(
        self, text: str, made: Image | None, record: Record | None, *, same_curve: bool
    ) -> None:
        targets = [
            layer
            for layer in self._viewer.layers
            if layers.is_source(layer) and layer is not made and made is not None
            and layer.data is not made.data and record is not None and layer.name != record.source
            and not (same_curve and why_no_curve(layer))
        ]  # fmt: skip
        menu = self.menu.addMenu(text)
        usable = bool(targets) and not (same_curve and (record is None or record.curve is None))
        menu.setEnabled(usable and not self.busy)
        several = [layer for layer in targets if layer in self._viewer.layers.selection]
        if len(several) > 1:
            all_of_them = partial(self.apply, made, *several, same_curve=same_curve)
            first = menu.addAction(f"{len(several)} selected layers")
            first.triggered.connect(lambda *_: _attempt(all_of_them))
            menu.addSeparator()
        for target in targets:
            act = partial(self.apply, made, target, same_curve=same_curve)
            menu.addAction(_item(target.name)).triggered.connect(lambda *_, act=act: _attempt(act))

    # ---- what the items do ----

    def bake(self, made: Image) -> None:
        """Make a real layer with the identical curve."""
        record = _record_of(made)
        of = record.curve_of or "the whole image"
        self.wanted.emit(made, choice_of(record, curve=record.curve, curve_of=of))

    def restore(self, made: Image) -> None:
        """Take a display-only layer away."""
        self._viewer.layers.remove(made)

    def follow(self, made: Image, what: Any) -> None:
        """Follow the slice or the view, or stop to."""
        follow(self._viewer, made, "" if followed(made) == what else what)

    def apply(self, made: Image, target: Image, *others: Image, same_curve: bool) -> None:
        """Do the same to another layer, or several: by the same curve, or with the same settings."""
        record = _record_of(made)
        curve = record.curve if same_curve else None
        fit = not any(map(why_no_curve, (target, *others)))
        display = layers.kind_of(made) == layers.DISPLAY and fit
        choice = choice_of(record, curve=curve, display=display)
        self.wanted.emit(target, with_others(Several((target, *others)), choice))

    def copy_script(self, made: Image) -> None:
        """Put the script that makes the layer again on the clipboard."""
        record = _record_of(made)
        write = partial(script, record, display_only=layers.kind_of(made) == layers.DISPLAY)
        SCRIPTS.submit(
            "writing a script", lambda _: write(), failed=_refuse,
            done=partial(_copy, words="Python script copied."),
        )  # fmt: skip

    def copy_command(self, made: Image) -> None:
        """Put the command line that makes the same of files on the clipboard."""
        record = _record_of(made)
        _copy(command_line(self._viewer, record), "Command line copied.")

    def ask_files(self, made: Image, ask: Callable[[Any], tuple[list[str], str] | None]) -> None:
        """Ask for files and a folder of the results, and equalize them as the layer was."""
        record = _record_of(made)
        asked = ask(self)
        if asked is not None:
            run = FilesRun(self._viewer, record, *asked)
            run.told.connect(self.told)
            run.start()

    def copy_legend(self, made: Image) -> None:
        """Put the sentence for a figure's legend on the clipboard."""
        record = _record_of(made)
        display = layers.kind_of(made) == layers.DISPLAY
        _copy(legend(record, display_only=display), "Figure legend copied.")

    def ask_plot(self) -> None:
        """Ask for a name, and save the plot."""
        kinds = "Scalable (*.svg);;PDF (*.pdf);;PNG (*.png)"
        source = self._source()
        name = source.name if source is not None else ""
        path, kind = QFileDialog.getSaveFileName(
            self, "Save plot", file_name(f"{name} histogram", ".svg"), kinds
        )
        if path:
            path = with_ending(path, kind)
            called = Path(path).name
            PLOTS.submit(
                f"saving {called}", self._plot.saving(path, name), failed=_refuse,
                done=lambda _: show_info(f"Saved {called}."),
            )  # fmt: skip

    def ask_table(self) -> None:
        """Ask for a name, and save the measures."""
        name = self._plot.settings.get("layer", "")
        path, kind = QFileDialog.getSaveFileName(
            self, "Save table", file_name(f"{name} measures", ".csv"), "Table (*.csv)"
        )
        if path:
            self.save_table(with_ending(path, kind))

    def save_table(self, path: str) -> None:
        """Write the measures before and after as CSV, with the layer and the settings."""
        assert self._plot.measures is not None
        write_table(path, self._plot.measures, self._plot.settings)


def _read(layer: Image | None) -> tuple[Record | None, str]:
    """The record of a layer, or why there is none."""
    try:
        return layers.record_of(layer), ""
    except RecordError as error:
        return None, str(error)


def _record_of(made: Image) -> Record:
    """That of a layer which the menu has items for: it has one."""
    record = layers.record_of(made)
    assert record is not None
    return record


def _attempt(act: Callable[[], None]) -> None:
    """Do it, or say in a sentence why it cannot be done with this layer or that file."""
    try:
        act()
    except (ValueError, OSError) as error:
        _refuse(error)


def _refuse(error: BaseException) -> None:
    if isinstance(error, ValueError | OSError):
        show_error(plain(error))
    else:
        tell_fault(error)


def _item(name: str) -> str:
    """A layer's name as an item of a menu, where "&" would mark a key."""
    return short(name).replace("&", "&&")


def _copy(text: str, words: str) -> None:
    SCRIPTS.cancel()  # what is copied last stays
    QApplication.clipboard().setText(text)
    show_info(words)
