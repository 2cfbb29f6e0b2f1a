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

from napari_histeq.core import METHODS
from napari_histeq.core.methods import MOST_FRAMES, MOST_SATURATED, Method, Option, clips
from napari_histeq.gui.evidence import EXPLAINED
from napari_histeq.gui.panel.foot import Evidence, Note, RunButton, Status, wrapped
from napari_histeq.gui.panel.methodbox import MethodBox, grouped, title
from napari_histeq.gui.result import KEY_NAME
from napari_histeq.gui.settings import PresetBox
from napari_histeq.gui.widgets import Auto, AxesRow, Either, LayerBox, Number, Sliding, elide, tip

if TYPE_CHECKING:
    from collections.abc import Callable

    from magicgui.widgets import Widget

CUSTOM = "custom"

#: What of a stack itself may be the reference of each of its frames, when matching.
FRAMES = (
    ("Neighboring frames", "neighbors"),
    ("First frame", "first"),
    ("Previous frame", "previous"),
    ("Median of all frames", "median"),
)

#: Pixels of the widest soft edge that the slider offers.
SOFTEST = 50
NEW_LAYER, DISPLAY_ONLY = "new layer", "display only"
APART, TOGETHER = "each on its own", "one histogram for all"

OUT_RANGES = (
    ("Automatic", "auto"),
    ("Data type range", "dtype"),
    ("Image range", "image"),
    ("Custom...", CUSTOM),
)


def can_clip(kind: type[Method]) -> bool:
    """Whether the row "Clip" is for a kind of method: one curve, and no option of its own for it."""
    return kind.is_single_curve and not clips(kind)


def clipped(row: Any, method: Method) -> float | None:
    """The per cent of the pixels to be clipped, if the method goes by the row."""
    return row.value or None if can_clip(type(method)) else None


def what_rows(sources: Callable[..., Any]) -> list[Widget]:
    """Which layer, and how."""
    together = Either(
        name="together",
        choices=[("Each on its own", APART), ("One histogram for all", TOGETHER)],
        orientation="vertical",
        visible=False,
        tooltip=tip(
            "Each on its own: every layer gets the curve of its own histogram.\n"
            "One histogram for all: the pixels of all layers are counted as one image, and "
            "one curve is used, so that equal intensities stay equal and can be compared."
        ),
    )
    together.native.setObjectName("histeq_choice")
    return [
        _narrow(
            LayerBox(sources, name="layer", tooltip=tip("The image to equalize.")),
            tell=True,
        ),
        together,
        _text("message", "histeq_problem"),
        _narrow(PresetBox()),
        _narrow(
            MethodBox(
                name="method",
                tooltip=tip("\n".join(f"{title(m)}: {METHODS[m].summary}" for m in grouped())),
            )
        ),
        _text("summary", "histeq_note"),
    ]


def region_rows(regions: Callable[..., Any]) -> list[Widget]:
    """Which pixels count."""
    return [
        _narrow(
            LayerBox(
                regions,
                none="Whole image",
                name="mask",
                tooltip=tip(
                    "Count only pixels inside the labels or shapes of this layer. "
                    "The whole image is equalized, unless “Only inside” is ticked."
                ),
            ),
            tell=True,
        ),
        _tick(
            "each_label",
            "Each label on its own",
            "Every label of the mask layer gets the curve of its own pixels. What has no label "
            "stays as it is.",
            visible=False,
        ),
        _tick(
            "ignore",
            "Ignore pixels equal to",
            "Do not count pixels of one intensity, such as a black background.",
        ),
        Number(0, name="ignored_value", label="Value", tooltip=tip("The intensity to ignore.")),
        _tick(
            "inside",
            "Only inside",
            "Change only the pixels that are counted: those inside the mask layer and not of "
            "the ignored value. All others stay exactly as they are.",
        ),
        Sliding(
            0,
            option=Option("", ge=0, le=SOFTEST),
            step=1,
            kind=int,
            name="feather",
            label="Soft edge",
            tooltip=tip(
                "Over how many pixels, from the edge of the region inward, the change sets in "
                "gradually. 0 is a sharp edge."
            ),
        ),
        AxesRow(
            name="axes",
            tooltip=tip(
                "Ticked axes share one histogram. Untick the axis of a stack to equalize "
                "every slice separately."
            ),
        ),
        Auto(
            None,
            name="smooth",
            label="Smooth",
            option=Option("", ge=1, le=MOST_FRAMES, empty="off; or 11 slices"),
            tooltip=tip(
                "Average the curve of each slice over so many neighboring slices (say 11), so "
                "that a movie does not jump when something enters or leaves. Empty: off. For "
                "viewing, not for measuring intensities."
            ),
        ),
    ]


def output_rows() -> list[Widget]:
    """How strong, to what range, and what to add."""
    return [*_range_rows(), *_added_rows()]


def _range_rows() -> list[Widget]:
    return [
        Sliding(
            1.0,
            option=Option("", ge=0, le=1),
            step=0.01,
            name="strength",
            label="Strength",
            tooltip=tip("How far to go: 0 leaves the image as it is, 1 equalizes fully."),
        ),
        Sliding(
            0.0,
            option=Option("", ge=0, le=MOST_SATURATED),
            step=0.01,
            name="clip",
            label="Clip [%]",
            tooltip=tip(
                "So many per cent of the pixels become black or white, half of them each, and the "
                "range is given to the others. 0 clips nothing; 0.35 is ImageJ's for a stretch."
            ),
        ),
        _narrow(
            ComboBox(
                name="out_range",
                choices=OUT_RANGES,
                tooltip=tip(
                    "Range of the result. Automatic: the data type range for unsigned "
                    "integers, the image range for all others."
                ),
            )
        ),
        Number(0, name="low", label="From", tooltip=tip("Lowest intensity of the result.")),
        Number(255, name="high", label="To", tooltip=tip("Highest intensity of the result.")),
    ]


def _added_rows() -> list[Widget]:
    return [
        Either(
            name="output",
            choices=[("New layer", NEW_LAYER), ("Display only", DISPLAY_ONLY)],
            orientation="horizontal",
            tooltip=tip(
                "New layer: a copy with equalized pixel values.\n"
                "Display only: changes only the display; pixel values stay as measured.\n"
                "Several selected layers that are channels of one image (of one size, in one place, "
                "additive or each in another colormap) are displayed only, until you choose "
                "otherwise here. What you choose for channels is remembered apart."
            ),
        ),
        _tick(
            "gain",
            "Local gain map",
            "Add a layer that shows how much the contrast was amplified at each pixel. "
            "Where it is high, noise was amplified too.",
        ),
        _tick(
            "plot",
            "Histogram layer",
            "Add a plot of the histograms before and after, below the image.",
            value=True,
        ),
        _tick(
            "compare",
            "Side by side",
            "Show the original to the left of the result; it takes no extra memory.",
        ),
        _tick(
            "replace",
            "Replace the last result",
            "Take away what the last run on this layer added, before the new result is added. "
            "Layers that are locked, and all other layers, stay.",
        ),
        _tick(
            "preview",
            "Live preview",
            "Show the result on the image while you move the controls. "
            "No result is added until you press Equalize.",
        ),
        PushButton(
            name="hold",
            text="Hold to compare",
            tooltip=tip(
                "Shows the image without equalization as long as you hold this down, or the key "
                f"{KEY_NAME} while you work in this panel."
            ),
        ),
    ]


def run_rows() -> list[Widget]:
    """Go, stop, and how far it is."""
    run = RunButton(
        name="run",
        text="Equalize",
        tooltip=tip("Equalize the layer, and add the result as a new one."),
    )
    run.native.setObjectName("histeq_run")
    cancel = PushButton(
        name="cancel",
        text="Cancel",
        enabled=False,
        visible=False,
        tooltip=tip("Stop; nothing is added."),
    )
    cancel.native.setObjectName("histeq_cancel")
    table = Evidence(name="evidence", value="", gui_only=True, visible=False)
    table.tooltip = tip(EXPLAINED)
    return [
        table,
        run,
        cancel,
        ProgressBar(name="progress", value=0, min=0, max=100),
        Status(name="status", value="", gui_only=True),
    ]


def _tick(name: str, text: str, about: str, **how: Any) -> CheckBox:
    return CheckBox(name=name, text=text, tooltip=tip(about), **how)


def _text(name: str, look: str) -> Label:
    label = Note(name=name, value="", gui_only=True)
    wrapped(label.native, look)
    return label


def _narrow(box: ComboBox, *, tell: bool = False) -> ComboBox:
    """A box that does not widen the panel; `tell` the whole name in its tooltip."""
    elide(box, tell=tell)
    return box
