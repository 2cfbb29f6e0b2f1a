"""Where each row stands, from top to bottom in the order a person decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_histeq._panel import frame
from napari_histeq._panel.frame import Fold, Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magicgui.widgets import Widget
    from qtpy.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The parts of the panel that change while it is open."""

    what: Form
    options: Form
    advanced: Form
    advanced_fold: Fold
    region: Form
    output: Form

    def align(self) -> None:
        """Give all captions one width, in the font they now have."""
        frame.align(self.forms())

    def forms(self) -> tuple[Form, ...]:
        """All forms: their columns are aligned."""
        return self.what, self.options, self.advanced, self.region, self.output

    def show_options(self, plain: Sequence[Widget], advanced: Sequence[Widget]) -> None:
        """Put a method's controls in the place of those of another one."""
        for form, widgets in ((self.options, plain), (self.advanced, advanced)):
            form.clear()
            for widget in widgets:
                form.add(widget, widget.label)
            form.setVisible(bool(widgets) and form is self.options)
        self.advanced_fold.setVisible(bool(advanced))
        self.align()


def arrange(panel: Any) -> Arrangement:
    """Move the panel's controls to their places."""
    options, advanced = Form(), Form()
    parts = Arrangement(
        _what(panel),
        options,
        advanced,
        Fold("More options", advanced, "Options of the method that are rarely needed."),
        _region(panel),
        _output(panel),
    )
    frame.put_in(
        panel.native,
        [
            parts.what,
            options,
            parts.advanced_fold,
            Fold("Region", parts.region, "Which pixels are counted, and which share a histogram."),
            parts.output,
            frame.line(panel["plot"], panel["compare"], panel["preview"]),
            panel.plotbox,
            panel.tools,
            panel["evidence"].native,
        ],
        [_buttons(panel), panel["progress"].native, panel["status"].native],
        restyled=parts.align,
    )
    return parts


def _what(panel: Any) -> Form:
    form = Form()
    form.add(panel["layer"], "Layer")
    form.add(panel["message"])
    form.add(panel["method"], "Method")
    form.add(panel["summary"], "")
    return form


def _region(panel: Any) -> Form:
    form = Form()
    form.add(panel["mask"], "Mask layer")
    form.add(panel["ignore"], "")
    form.add(panel["ignored_value"], "Value")
    form.add(panel["axes"], "Axes")
    return form


def _output(panel: Any) -> Form:
    form = Form()
    form.add(panel["strength"], "Strength")
    form.add(panel["out_range"], "Range")
    form.add(panel["low"], "From")
    form.add(panel["high"], "To")
    form.add(panel["output"], "Output")
    form.add(panel["gain"], "")
    return form


def _buttons(panel: Any) -> QWidget:
    return frame.line(panel["run"], panel["cancel"], stretch=(3, 1))
