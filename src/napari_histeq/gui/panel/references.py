"""What there is to match: other layers, frames of the stack, and what was read from a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from magicgui.widgets import CheckBox, PushButton
from napari.layers import Image
from qtpy.QtWidgets import QFileDialog

from napari_histeq import layers
from napari_histeq.batch import stored_in
from napari_histeq.core import METHODS, Histogram, Reference
from napari_histeq.core.methods import options_of
from napari_histeq.gui.links import Links
from napari_histeq.gui.panel.rows import FRAMES
from napari_histeq.gui.widgets import LayerBox, elide, tip
from napari_histeq.layers import mask_on, reference_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from magicgui.widgets import Widget
    from napari.viewer import Viewer

    from napari_histeq.core.methods import OptionField
    from napari_histeq.gui.panel.chosen import Chosen

#: The rows that tell more of a reference, in their order.
ROWS = ("reference_file", "reference_mask", "each_plane")


def reference_rows(regions: Callable[..., Any]) -> list[Widget]:
    """What of an image is matched; or a file in its place: below the row of the reference."""
    file = PushButton(
        name="reference_file",
        text="From a file...",
        visible=False,
        tooltip=tip(
            "Match to what a JSON file holds: a standard that was learned from a series "
            "(“napari-histeq learn”), or a stored histogram."
        ),
    )
    mask = LayerBox(
        regions,
        none="Whole image",
        name="reference_mask",
        visible=False,
        tooltip=tip(
            "Count only pixels of the reference inside the labels or shapes of this layer."
        ),
    )
    elide(mask, tell=True)
    return [
        file,
        mask,
        CheckBox(
            name="each_plane",
            text="Each plane to its own plane",
            visible=False,
            tooltip=tip(
                "Match each plane of the stack to the plane at the same place in the reference, "
                "which needs as many planes. Otherwise every plane is matched to the one "
                "histogram of the whole reference."
            ),
        ),
    ]


class References:
    """The images that can be matched, and the rows below the one that names them.

    Parameters
    ----------
    panel : EqualizePanel
    viewer : Viewer
    chosen : Chosen
        What the other rows say.

    Attributes
    ----------
    files : list of (str, value)
        What was read from files, and what each is called; offered among the layers.
    """

    def __init__(self, panel: Any, viewer: Viewer, chosen: Chosen) -> None:
        self._panel, self._viewer, self._chosen = panel, viewer, chosen
        self._counted: WeakKeyDictionary[Image, tuple[Any, Any]] = WeakKeyDictionary()
        self._links = Links()
        self._watched: tuple[Any, ...] = ()
        self.files: list[tuple[str, Any]] = []

    # ---- what can be chosen ----

    def offered(self, *_: object) -> list[tuple[str, Any]]:
        """The other images, of a stack its own frames, and what was read from files."""
        source = self._chosen.source
        others: list[tuple[str, Any]] = [
            (layer.name, layer)
            for layer in self._viewer.layers
            if layers.is_source(layer) and layer is not source
        ]
        stack = source is not None and len(layers.axis_names(source)) > 2
        return [*others, *([*FRAMES] * stack), *self.files]

    def beside(self, field: OptionField) -> list[tuple[Widget, str | None]]:
        """The rows that follow that of an option, and their captions."""
        captions = "", "Its mask", None
        return [*zip(self.rows(), captions, strict=True)] if field.values else []

    def rows(self) -> list[Widget]:
        """All of them."""
        return [self._panel[name] for name in ROWS]

    def shown(self) -> Iterator[tuple[Widget, bool]]:
        """The rows beside that of the reference, and whether they matter for what is chosen."""
        self._watch()
        if self._option is None:
            return
        image = self._layer is not None
        for name, matters in zip(ROWS, (True, image, self._has_planes), strict=True):
            yield self._panel[name], matters

    @property
    def _option(self) -> OptionField | None:
        """The option of the chosen method that is an image, if it has one."""
        return next((field for field in self._panel.options_shown if field.values), None)

    @property
    def _layer(self) -> Image | None:
        option = self._option
        value = None if option is None else self._panel[option.name].value
        return value if isinstance(value, Image) else None

    @property
    def _has_planes(self) -> bool:
        """Whether the reference has planes of its own for those of the source."""
        layer, axes = self._layer, self._axes
        if layer is None or not axes or not self._chosen.is_stacked:
            return False
        return bool(layer.ndim > len(axes) and layer.ndim >= -min(axes))

    @property
    def _axes(self) -> tuple[int, ...]:
        """The axes of a plane of the source, counted from the last."""
        source = self._chosen.source
        if source is None or not self._chosen.is_stacked:
            return ()
        found = layers.axis_numbers(source, self._panel["axes"].value) or ()
        return tuple(axis - source.ndim for axis in found)

    @property
    def plane_by_plane(self) -> bool:
        """Whether each plane is matched to a plane of its own."""
        return self._has_planes and bool(self._panel["each_plane"].value)

    # ---- what is chosen ----

    def of_layer(self, layer: Image) -> Any:
        """A layer as reference: the same one as long as it has the same pixels that count."""
        region = self._panel["reference_mask"].value
        axes = self._axes if self.plane_by_plane else None
        point = self._viewer.dims.point if region is not None else ()
        beyond = tuple(point) if region is not None and region.ndim > layer.ndim else ()
        within = "" if region is None else region.name
        key = layer.name, id(layer.data), within, region and id(region), beyond, axes
        known = self._counted.get(layer)
        if known is None or known[0] != key:
            mask = region and partial(mask_on, layer, region, point)
            known = self._counted[layer] = key, reference_to(layer, mask, axes, within)
        return known[1]

    def forget(self, _: object = None) -> None:
        """Count anew: pixels may have been changed in place."""
        self._counted.clear()

    def _watch(self) -> None:
        """Hear of it when somebody draws in the mask of the reference, or moves one of the two."""
        mask = self._panel["reference_mask"].value
        wanted = () if self._layer is None or mask is None else (self._layer, mask)
        if wanted == self._watched:
            return
        self._links.undo()
        self._watched = wanted
        for layer in wanted:
            for name in ("data", "paint", "scale", "translate", "rotate", "shear", "affine"):
                if name in layer.events:
                    self._links.connect(layer.events[name], self._changed)

    def _changed(self, _: object = None) -> None:
        self.forget()
        self._panel.changed.emit(self._panel)

    def disconnect(self) -> None:
        """Hear of nothing more."""
        self._links.undo()
        self._watched = ()

    # ---- files ----

    def ask(self) -> None:
        """Ask for a file, and match to what it holds."""
        path, _ = QFileDialog.getOpenFileName(
            self._panel.native,
            "Standard or histogram to match",
            filter="Standards and histograms (*.json)",
        )
        if path:
            self._panel.attempt(lambda: self.read(Path(path)))

    def read(self, path: Path) -> None:
        """Match to what a file holds.

        Raises
        ------
        ValueError
            If it holds nothing that can be matched.
        """
        kind: Any = METHODS[self._panel["method"].value]
        (field,) = (field for field in options_of(kind) if field.values)
        value = stored_in(path, field)
        self.offer(
            Reference(value, path.stem) if isinstance(value, Histogram) else value, path.name
        )

    def offer(self, value: Any, called: str = "") -> None:
        """Offer something that is no layer, and choose it."""
        option = self._option
        assert option is not None
        known = [one for one in self.files if one[1] == value and called in ("", one[0])]
        if not known:
            text = called or str(value)
            self.files = [one for one in self.files if one[0] != text] + [(text, value)]
        box = self._panel[option.name]
        box.reset_choices()
        box.value = known[0][1] if known else value

    def rename(self, called: str) -> None:
        """Call the chosen one, which is no layer, otherwise."""
        option = self._option
        assert option is not None
        box = self._panel[option.name]
        self.files = [(called if value is box.value else text, value) for text, value in self.files]
        box.reset_choices()

    def name_of_file(self) -> str:
        """What the chosen one is called, if it was read from a file."""
        option = self._option
        chosen = None if option is None else self._panel[option.name].value
        return next((text for text, value in self.files if value is chosen), "")
