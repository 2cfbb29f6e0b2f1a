"""A display-only layer whose curve follows what is shown: the slice, or the view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from napari.utils.notifications import show_error, show_warning
from qtpy.QtCore import QObject, QTimer, Signal

from napari_histeq import display, layers
from napari_histeq.core import ChunkError, compute_histogram
from napari_histeq.display import show_on
from napari_histeq.gui.links import Links
from napari_histeq.layers import plain, slice_of, thinned, visible_of
from napari_histeq.records import KEY, RecordError, counting

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_histeq.core import Histogram

    What = Literal["slice", "view"]

#: Milliseconds without a move of the camera before the view counts anew.
STILL = 30

_following: dict[int, Follower] = {}


class _News(QObject):
    """Tells when a layer that follows shows something else, or follows no more."""

    changed = Signal(object)


news = _News()


def following(source: Image) -> Follower | None:
    """Who has a layer, or one that displays the same data, follow the slice or the view."""
    found = [
        f for f in _following.values() if f.layer.data is source.data and f.histogram is not None
    ]
    own = [f for f in found if f.layer is source]
    return next(iter(own or found), None)


def followed(layer: Image) -> str:
    """What a layer follows: ``"slice"``, ``"view"`` or nothing (empty)."""
    follower = _following.get(id(layer))
    return follower.what if follower is not None else ""


def follow(viewer: Viewer, layer: Image, what: What | Literal[""]) -> None:
    """Have a display-only layer follow the displayed slice or view, or nothing any more.

    Raises
    ------
    RecordError
        If the layer's record, which says how it is equalized, is damaged.
    """
    old = _following.pop(id(layer), None)
    if old is not None:
        old.stop()
    if what:
        layers.record_of(layer)
        _following[id(layer)] = Follower(viewer, layer, what)
    news.changed.emit(layer)


class Follower(QObject):
    """Sets the look of one layer whenever napari shows another slice (or view) of it.

    It looks at the pixels that napari holds already, thinned out to a million, so that
    scrubbing is not held up.
    """

    def __init__(self, viewer: Viewer, layer: Image, what: What) -> None:
        super().__init__()
        self._viewer, self._layer, self.what = viewer, layer, what
        self.histogram: Histogram | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._renew)
        self._links = Links()
        self._links.connect(layer.events.set_data, self._renew)
        self._links.connect(viewer.layers.events.removed, self._removed)
        if what == "view":
            camera = getattr(viewer, "scene", viewer).camera  # napari < 0.9 has it on the viewer
            for event in (camera.events.center, camera.events.zoom):
                self._links.connect(event, self._later)
        self._renew()

    @property
    def layer(self) -> Image:
        """The layer that follows."""
        return self._layer

    def stop(self) -> None:
        """Leave the layer as it is now."""
        self._timer.stop()
        self._links.undo()

    def _later(self, _: object = None) -> None:
        self._timer.start(STILL)

    def _removed(self, event: Any) -> None:
        if event.value is self._layer:
            follow(self._viewer, self._layer, "")

    def _renew(self, _: object = None) -> None:
        layer = self._layer
        try:
            record = layers.record_of(layer)
            pixels = (visible_of if self.what == "view" else slice_of)(layer)
        except RecordError as error:  # it was changed meanwhile
            follow(self._viewer, layer, "")
            show_error(plain(error))
            return
        except ChunkError as error:  # another slice may do
            show_warning(f"“{layer.name}” cannot follow: {plain(error)}")
            return
        if record is None or not pixels.size:
            return
        pixels = thinned(pixels)
        histogram = compute_histogram(pixels, mask=counting(pixels, None, record.ignored, None))
        if histogram.populated.size < 2:  # nothing to spread
            return
        curve = record.recipe.curve(histogram)
        colormap, gamma = layers.look_of(layer)
        limits = record.recipe.limits(histogram.levels.dtype, histogram.range)
        settings = display.display_settings(
            curve, histogram, limits, colormap=colormap, gamma=gamma
        )
        show_on(layer, settings)
        self.histogram = histogram
        shown = {"x": curve.x, "y": curve.y, "end_slope": curve.end_slope}
        made = {"curve": shown, "given": True, "curve_of": self.in_words(), "limits": limits}
        layer.metadata[KEY] |= made | {"error": settings.error}
        news.changed.emit(layer)

    def in_words(self) -> str:
        """What the curve is of."""
        layer, slice_input = self._layer, self._layer._slice_input  # noqa: SLF001
        names, point = layers.axis_names(layer), layer.world_to_data(self._viewer.dims.point)
        at = ", ".join(f"{names[a]} = {round(point[a])}" for a in slice_input.not_displayed)
        what = "the displayed slice" if self.what == "slice" else "the part in view"
        return f"{what} ({at})" if at else what
