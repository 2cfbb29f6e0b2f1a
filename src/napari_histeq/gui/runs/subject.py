"""One layer of a run: as it was when the run began, and the layers that are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_histeq import layers
from napari_histeq.display import result_look, taken_off
from napari_histeq.gui.runs.work import Asked, color_of, display_layer_of, task_of
from napari_histeq.layers import affine_beside, original_layer, original_of

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_histeq.gui.runs.work import Choice, Found


class Subject:
    """A layer that is equalized.

    Attributes
    ----------
    source : Image
    asked : Asked
        What the worker needs to know.

    Raises
    ------
    ValueError
        If the choice does not fit the layer.
    """

    def __init__(self, viewer: Viewer, source: Image, choice: Choice) -> None:
        self._viewer, self._choice = viewer, choice
        self.source = source
        with taken_off(source):
            self._data, self._state = source.data, source.as_layer_data_tuple()[1]
        self.asked = Asked(task_of(viewer, source, choice), result_look(source), color_of(source))

    def has_data_of(self, source: Image) -> bool:
        """Whether it is this layer with the data that it has now."""
        return self.source is source and self._data is source.data

    @property
    def changed(self) -> bool:
        """Whether the layer has other data than when the run began."""
        return self.source.data is not self._data

    def as_it_was(self) -> Image:
        """The source; or, if it has other data by now, a layer as it was when the run began."""
        return layers.layer_of(self._data, self._state) if self.changed else self.source

    def made(self, source: Image, found: Found) -> tuple[list[Image], list[Image]]:
        """The layers of the result, and what of them (or of earlier ones) stands beside it."""
        choice, outcome = self._choice, found.outcome
        made: list[Image] = []
        beside: list[Image] = []
        if choice.image and choice.compare:
            original = original_of(self._viewer, source)
            if original is None:
                original = original_layer(source)
                made.append(original)
            beside.append(original)
        if outcome.gain is not None:
            gain = layers.gain_layer(source, outcome)
            gain.affine = affine_beside(source, 1)
            made.append(gain)
            beside.append(gain)
        if found.settings is not None:
            made.append(display_layer_of(source, outcome, found.settings))
        elif choice.image:
            made.append(layers.equalized_layer(source, outcome))
        return made, beside
