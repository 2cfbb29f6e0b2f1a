"""The panel's fixed rows: their names, captions and tooltips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    Label,
    ProgressBar,
    PushButton,
)
from qtpy.QtWidgets import QComboBox, QSizePolicy

from napari_histeq._panel.fields import MOST, AxesRow, Either, ExactSlider, ExactSpinBox
from napari_histeq.core import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from magicgui.widgets import Widget

CUSTOM = "custom"
NEW_LAYER, DISPLAY_ONLY = "new layer", "display only"

OUT_RANGES = (
    ("automatic", "auto"),
    ("of the data type", "dtype"),
    ("of the image", "image"),
    ("from … to …", CUSTOM),
)


def title(method: str) -> str:
    """A method's name as a person reads it."""
    return {"bihistogram": "Bi-histogram", "clahe": "CLAHE"}.get(method, method.capitalize())


def what_rows(sources: Callable[..., Any]) -> list[Widget]:
    """Which layer, and how."""
    return [
        _narrow(ComboBox(name="layer", choices=sources, tooltip="The image to equalize.")),
        _text("message", "histeq_problem"),
        _narrow(ComboBox(name="method", choices=[(title(m), m) for m in METHODS])),
        _text("summary", "histeq_note"),
    ]


def region_rows(regions: Callable[..., Any]) -> list[Widget]:
    """Which pixels count."""
    return [
        _narrow(
            ComboBox(
                name="mask",
                choices=regions,
                nullable=True,
                tooltip="Only pixels inside the labels or shapes of this layer are counted; "
                "the whole image is equalized.",
            )
        ),
        CheckBox(
            name="ignore",
            text="ignore the value",
            tooltip="Pixels of this intensity are not counted: a black background, say.",
        ),
        ExactSpinBox(name="ignored_value", value=0, min=-MOST, max=MOST, step=1),
        AxesRow(
            name="axes",
            tooltip="The ticked axes share one histogram. Untick the axis of a stack "
            "to equalize every slice on its own.",
        ),
    ]


def output_rows() -> list[Widget]:
    """How strong, to what range, and what to add."""
    return [*_range_rows(), *_added_rows()]


def _range_rows() -> list[Widget]:
    return [
        ExactSlider(
            name="strength",
            value=1.0,
            min=0.0,
            max=1.0,
            step=0.01,
            tooltip="0 is the image as it was, 1 is fully equalized.",
        ),
        _narrow(
            ComboBox(
                name="out_range",
                choices=OUT_RANGES,
                tooltip="The range of the result. Automatic: that of the data type for "
                "unsigned integers, that of the image for all others.",
            )
        ),
        ExactSpinBox(name="low", value=0, min=-MOST, max=MOST),
        ExactSpinBox(name="high", value=255, min=-MOST, max=MOST),
    ]


def _added_rows() -> list[Widget]:
    return [
        Either(
            name="output",
            choices=[NEW_LAYER, DISPLAY_ONLY],
            orientation="horizontal",
            tooltip="Display only: a layer that shares the data of its source, and shows them "
            "equalized by its colormap; the values under the cursor stay the measured ones.",
        ),
        CheckBox(
            name="gain",
            text="local gain map",
            tooltip="Add a layer that shows how much the contrast was amplified at each pixel: "
            "where it is high, noise was amplified too.",
        ),
        CheckBox(
            name="plot",
            text="histogram layer",
            value=True,
            tooltip="Add a plot of the histogram before and after, under the image.",
        ),
        CheckBox(
            name="compare",
            text="side by side",
            tooltip="Show the original to the left of the result: a layer that shares its data.",
        ),
        CheckBox(
            name="preview",
            text="live preview",
            tooltip="Show the result on the image while you move the controls; "
            "nothing is added before you press the button.",
        ),
    ]


def run_rows() -> list[Widget]:
    """Go, stop, and how far it is."""
    run = PushButton(name="run", text="Equalize")
    run.native.setObjectName("histeq_run")
    cancel = PushButton(name="cancel", text="Cancel", enabled=False)
    cancel.native.setObjectName("histeq_cancel")
    bar = ProgressBar(name="progress", value=0, min=0, max=100)
    return [
        _text("evidence", "histeq_evidence", visible=False),
        run,
        cancel,
        bar,
        _text("status", "histeq_note"),
    ]


def _text(name: str, look: str, visible: bool | None = None) -> Label:
    label = Label(name=name, value="", gui_only=True, visible=visible)
    label.native.setObjectName(look)
    label.native.setWordWrap(True)
    label.native.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def _narrow(box: ComboBox) -> ComboBox:
    """A long layer name may not widen the panel."""
    box.native.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.native.setMinimumContentsLength(8)
    return box
