"""Where each row stands, from top to bottom in the order a person decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_histeq.gui.widgets import (
    BAR,
    Fold,
    Form,
    align,
    beside,
    column,
    keep_room,
    put_in,
    set_tab_order,
    side_by_side,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magicgui.widgets import Widget
    from qtpy.QtWidgets import QWidget

    Row = tuple[Widget, str | None]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The parts of the panel that change while it is open."""

    panel: QWidget
    what: Form
    options: Form
    advanced: Form
    advanced_fold: Fold
    region: Form
    output: Form

    def align(self) -> None:
        """Give all captions one width, in the font they now have."""
        align(self.forms())

    def forms(self) -> tuple[Form, ...]:
        """All forms: their columns are aligned."""
        return self.what, self.options, self.advanced, self.region, self.output

    def take_options(self) -> None:
        """Take a method's controls out of their places, hidden: Qt styles nothing meanwhile."""
        for form in (self.options, self.advanced):
            form.hide()
            form.clear()

    def show_options(self, plain: Sequence[Row], advanced: Sequence[Row]) -> None:
        """Put a method's controls, each with its caption, in their places, which are free."""
        for form, rows in ((self.options, plain), (self.advanced, advanced)):
            for widget, caption in rows:
                form.add(widget, caption)
            form.setVisible(bool(rows))
        self.advanced_fold.setVisible(bool(advanced))
        self.align()
        self.set_tab_order()

    def show_option(self, widget: Widget, shown: bool) -> None:
        """Show or hide a row of the method; with all of its rows hidden, "More options" goes too."""
        rare = self.advanced.has(widget)
        (self.advanced if rare else self.options).show_row(widget, shown)
        if rare:
            self.advanced_fold.setVisible(self.advanced.shows_any())

    def set_tab_order(self) -> None:
        """Let the Tab key follow the eye: to be called when controls were added."""
        set_tab_order(self.panel)


def arrange_rows(panel: Any) -> Arrangement:
    """Move the panel's controls to their places."""
    options, advanced = Form(), Form()
    parts = Arrangement(
        panel.native,
        _what(panel),
        options,
        advanced,
        Fold("More options", advanced, "Options of the method that are rarely needed."),
        _region(panel),
        _output(panel),
    )
    controls = column(
        parts.what,
        options,
        panel.suggest,
        parts.advanced_fold,
        Fold("Region", parts.region, "Which pixels are counted, and which share a histogram."),
        Fold("Output", parts.output, "How strong the result is, and what is added."),
        side_by_side(panel["preview"].native, panel["hold"].native),
    )
    picture = column(panel.plotbox, panel.tools, panel["evidence"].framed(), panel.over)
    put_in(panel.native, [controls, picture], _foot(panel), restyled=parts.align)
    return parts


def _foot(panel: Any) -> list[QWidget]:
    """What was or went wrong, the buttons, and how far it is."""
    bar = panel["progress"].native
    bar.setFixedHeight(BAR)  # hidden, it has no style yet to tell its height
    keep_room(bar)
    return [panel["status"].framed(), _buttons(panel), bar]


def _what(panel: Any) -> Form:
    form = Form()
    form.add(panel["layer"], "Layer")
    form.add(panel["together"])  # beside a caption it would be wider than a narrow panel
    form.add(panel["message"])
    form.add(panel["preset"], None, panel.presets.button)  # its names need the width
    panel["method"].native.setMinimumContentsLength(3)  # the button needs room, too
    form.add(panel["method"], "Method", panel.about.button)
    form.add(panel["summary"], "")
    return form


def _region(panel: Any) -> Form:
    form = Form()
    form.add(panel["mask"], "Mask layer")
    form.add(panel["each_label"])
    form.add(panel["ignore"])
    form.add(panel["ignored_value"], "Value")
    form.add(panel["inside"])
    form.add(panel["feather"], "Soft edge")
    form.add(panel["axes"], "Axes")
    form.add(panel["smooth"], "Smooth")
    return form


def _output(panel: Any) -> Form:
    form = Form()
    form.add(panel["strength"], "Strength")
    form.add(panel["clip"], "Clip [%]")
    form.add(panel["out_range"], "Range")
    form.add(panel["low"], "From")
    form.add(panel["high"], "To")
    form.add(panel["output"])
    for name in ("gain", "plot", "compare", "replace"):
        form.add(panel[name])
    return form


def _buttons(panel: Any) -> QWidget:
    """Equalize, and beside it what there is to do: with the result, or while something runs."""
    run, cancel, menu = panel["run"].native, panel["cancel"].native, panel.tools.button
    return beside(run, cancel, menu)
