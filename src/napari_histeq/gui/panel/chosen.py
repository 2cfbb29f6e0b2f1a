"""What the rows of the panel can say, and what they do say: a layer, and how to equalize it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Image, Labels, Shapes

from napari_histeq import layers
from napari_histeq.core import METHODS
from napari_histeq.core.recipe import Recipe
from napari_histeq.gui.panel.options import has_a_say
from napari_histeq.gui.panel.references import References
from napari_histeq.gui.panel.rows import (
    CUSTOM,
    DISPLAY_ONLY,
    TOGETHER,
    clipped,
)
from napari_histeq.gui.runs import (
    EXPECTED,
    Choice,
    Several,
    are_channels,
    lead_of,
    left_out,
    selected_of,
    with_others,
)
from napari_histeq.layers import Length, kernel_of

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_histeq.core.methods import Method


#: What is said of channels that are displayed only, before they are.
CHANNELS = (
    "Channels of one image: only their display will change, no pixel value. For new values choose "
    "“New layer” under Output."
)


class Chosen:
    """The rows of a panel, read.

    Parameters
    ----------
    panel : EqualizePanel
    viewer : Viewer
        Whose layers can be chosen.
    """

    def __init__(self, panel: Any, viewer: Viewer) -> None:
        self._panel, self._viewer = panel, viewer
        self.references = References(panel, viewer, self)

    # ---- what can be chosen ----

    def sources(self, *_: object) -> list[tuple[str, Image | Several]]:
        """The images; at the end those that are selected, if they are several."""
        several = selected_of(self._viewer)
        return self._images() if several is None else [*self._images(), (str(several), several)]

    def regions(self, *_: object) -> list[tuple[str, Labels | Shapes]]:
        """The layers that may say which pixels count."""
        found = [layer for layer in self._viewer.layers if isinstance(layer, Labels | Shapes)]
        return [(layer.name, layer) for layer in found]

    def _images(self) -> list[tuple[str, Any]]:
        return [(layer.name, layer) for layer in self._viewer.layers if layers.is_source(layer)]

    # ---- what is chosen ----

    @property
    def source(self) -> Image | None:
        """The layer, or the first of several."""
        return lead_of(self._panel["layer"].value)

    def images(self) -> tuple[Image, ...]:
        """The layer, or all of several."""
        chosen = self._panel["layer"].value
        return chosen.images if isinstance(chosen, Several) else (chosen,) if chosen else ()

    def layer_in_words(self) -> str:
        """Why the selected layer is not the one that is equalized, or which of several are not."""
        source, selection = self.source, self._viewer.layers.selection
        active = selection.active
        if isinstance(self._panel["layer"].value, Several):
            selected = [layer for layer in self._viewer.layers if layer in selection]
            try:
                choice = self.choice()
            except EXPECTED:  # settings that do not fit, which are told as such
                return ""
            told = CHANNELS if choice.display and self.are_channels else ""
            return " ".join(filter(None, (told, left_out(selected, source, choice))))
        if source is None:
            if active is None:
                return "Open an image to equalize it."
            return f"{layers.why_not(active)} Select an image layer."
        if active is not None and not layers.is_source(active):
            return f"{layers.why_not(active)} Still using “{source.name}”."
        if layers.is_of(active, source):
            return (
                f"“{active.name}” is a result: still using “{source.name}”, from which it was "
                "made. To equalize it again, choose it under Layer."
            )
        if layers.kind_of(source):
            return f"“{source.name}” is a result: this equalizes it once more."
        return ""

    def source_and_choice(self) -> tuple[Image | None, Choice]:
        """The layer, and what to do with it."""
        return self.source, self.choice()

    def choice(self) -> Choice:
        """What the rows say; raises ValueError if they do not fit together."""
        row = self._panel
        choice = Choice(
            recipe=self.recipe(),
            region=row["mask"].value,
            ignored=row["ignored_value"].value if row["ignore"].value else None,
            plot=row["plot"].value,
            compare=row["compare"].value,
            replace=row["replace"].value,
            display=row["output"].value == DISPLAY_ONLY,
            gain=row["gain"].value and METHODS[row["method"].value].has_gain,
            together=row["together"].value == TOGETHER,
        )
        return with_others(row["layer"].value, choice)

    def recipe(self) -> Recipe:
        """How to equalize; errors as `choice`."""
        row, source = self._panel, self.source
        axes, out_range = row["axes"], row["out_range"].value
        shared = None
        if source is not None and len(axes.names) > 2:
            shared = layers.axis_numbers(source, axes.value)
        if out_range == CUSTOM:
            out_range = row["low"].value, row["high"].value
        method = self._method()
        each = self.by_label
        inside = not each and self.has_outside and row["inside"].value
        return Recipe(
            method, shared, out_range=out_range, strength=row["strength"].value, inside=inside,
            feather=row["feather"].value if inside or each else 0,
            smooth=row["smooth"].value if self.has_planes else None,
            saturated=clipped(row["clip"], method),
            each_label=each,
        )  # fmt: skip

    @property
    def is_stacked(self) -> bool:
        """Whether the source is a stack, each of whose planes is on its own."""
        axes = self._panel["axes"]
        return len(axes.names) > 2 and 0 < len(axes.value) < len(axes.names)

    @property
    def are_channels(self) -> bool:
        """Whether several channels of one image are chosen, and a colormap can show the result."""
        chosen = self._panel["layer"].value
        if not isinstance(chosen, Several) or not are_channels(chosen.images):
            return False
        try:
            return self.recipe().one_curve
        except EXPECTED:  # settings that do not fit, which are told as such
            return False

    @property
    def has_planes(self) -> bool:
        """Whether each plane of a stack gets a curve of its own, which can be smoothed."""
        method = METHODS[self._panel["method"].value]
        words = [self._panel[f.name].value for f in self._panel.options_shown if f.words]
        among = any(isinstance(value, str) for value in words) or self.references.plane_by_plane
        return self.is_stacked and method.is_single_curve and not among and not self.by_label

    @property
    def by_label(self) -> bool:
        """Whether each label of the mask layer is equalized on its own."""
        return bool(self._panel["each_label"].value) and self.has_labels

    @property
    def has_labels(self) -> bool:
        """Whether the mask layer holds labels."""
        return isinstance(self._panel["mask"].value, Labels)

    @property
    def has_outside(self) -> bool:
        """Whether there may be pixels that do not count."""
        return self._panel["mask"].value is not None or self._panel["ignore"].value

    def _method(self) -> Method:
        """The method, made from its rows."""
        row, source, axes = self._panel, self.source, self._panel["axes"]
        shown = [field for field in row.options_shown if has_a_say(row, field)]
        options = {field.name: row[field.name].value for field in shown}
        for name, value in options.items():
            if isinstance(value, Length) and source is not None:
                spanned = axes.value if len(axes.names) > 2 else None
                options[name] = kernel_of(source, value, spanned)
            elif isinstance(value, Image):
                options[name] = self.references.of_layer(value)
        return METHODS[row["method"].value](**options)
