"""A display-only layer whose curve follows what is shown: the slice, or the view."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from napari.utils.notifications import show_error, show_warning
from qtpy.QtCore import QObject, QTimer, Signal

from napari_histeq import display, layers
from napari_histeq.core import ChunkError, compute_histogram
from napari_histeq.display import show_on
from napari_histeq.gui.background import Runner, tell_fault
from napari_histeq.gui.links import Links
from napari_histeq.gui.runs import EXPECTED
from napari_histeq.layers import plain, slice_of, thinned, visible_of
from napari_histeq.records import KEY, RecordError, counting

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from napari_histeq.core import Histogram
    from napari_histeq.display import DisplaySettings
    from napari_histeq.records import Record

    What = Literal["slice", "view"]

#: Milliseconds without a move of the camera before the view counts anew.
STILL = 30

#: Seconds that a new look is waited for: most are found by then, and the slice is never seen with
#: the look of another.
SOON = 0.012

_following: dict[int, Follower] = {}


class _News(QObject):
    """Tells when a layer that follows shows something else, or follows no more."""

    changed = Signal(object)


news = _News()


def following(source: Image) -> Follower | None:
    """Who has a layer, or one that displays the same data, follow the slice or the view."""
    found = [f for f in _following.values() if f.layer.data is source.data and f.knows]
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


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What is displayed, and how the layer is equalized and looks."""

    pixels: NDArray[Any]
    record: Record
    look: tuple[Any, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The histogram of what is displayed; without a look if there is nothing to spread."""

    histogram: Histogram
    settings: DisplaySettings | None = None
    made: dict[str, Any] = field(default_factory=dict)


class Follower(QObject):
    """Sets the look of one layer whenever napari shows another slice (or view) of it.

    It looks at the pixels that napari holds already, thinned out to a million, off the GUI
    thread. Until the look is found that of before stays; that of a slice that was left
    meanwhile is not shown.

    Attributes
    ----------
    histogram : Histogram or None
        Of what is displayed; None while it is counted, or if it cannot be.
    words : str
        What that is of.
    """

    def __init__(self, viewer: Viewer, layer: Image, what: What) -> None:
        super().__init__()
        self._viewer, self._layer, self.what = viewer, layer, what
        self.histogram: Histogram | None = None
        self.words = ""
        self._runner = Runner(newest=True)
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

    @property
    def busy(self) -> bool:
        """Whether what is displayed is being counted."""
        return self._runner.busy

    @property
    def knows(self) -> bool:
        """Whether it has a histogram of what is displayed, or will have one soon."""
        return self.busy or self.histogram is not None

    def stop(self) -> None:
        """Leave the layer as it is now."""
        self._timer.stop()
        self._runner.cancel()
        self._links.undo()

    def _later(self, _: object = None) -> None:
        self._timer.start(STILL)

    def _removed(self, event: Any) -> None:
        if event.value is self._layer:
            follow(self._viewer, self._layer, "")

    def _renew(self, _: object = None) -> None:
        self._runner.cancel()
        self.histogram, layer = None, self._layer
        try:
            record = layers.record_of(layer)
            pixels = (visible_of if self.what == "view" else slice_of)(layer)
        except RecordError as error:  # it was changed meanwhile
            follow(self._viewer, layer, "")
            show_error(plain(error))
            return
        except ChunkError as error:  # another slice may do
            self._warn(error)
            return
        if record is None or not pixels.size:
            return
        self.words = self._in_words()
        asked = _Asked(thinned(pixels), record, layers.look_of(layer))
        job = self._runner.submit("following", _found, asked, done=self._show, failed=self._failed)
        job.hear_soon(SOON)

    def _show(self, found: _Found) -> None:
        self.histogram = found.histogram
        if found.settings is not None and layers.is_made(self._layer):
            show_on(self._layer, found.settings)
            told = {"given": True, "curve_of": self.words, "error": found.settings.error}
            self._layer.metadata[KEY] |= found.made | told
        news.changed.emit(self._layer)

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, EXPECTED):
            self._warn(error)
        else:
            tell_fault(error)
        news.changed.emit(self._layer)

    def _warn(self, error: Exception) -> None:
        show_warning(f"“{self._layer.name}” cannot follow: {plain(error)}")

    def _in_words(self) -> str:
        """What is displayed."""
        layer, held = self._layer, self._layer._slice.slice_input  # noqa: SLF001
        names, point = layers.axis_names(layer), layer.world_to_data(held.world_slice.point)
        at = ", ".join(f"{names[a]} = {round(point[a])}" for a in held.not_displayed)
        what = "the displayed slice" if self.what == "slice" else "the part in view"
        return f"{what} ({at})" if at else what


def _found(asked: _Asked, _: object) -> _Found:
    """On a worker's thread."""
    recipe = asked.record.recipe
    counts = counting(asked.pixels, None, asked.record.ignored, None)
    histogram = compute_histogram(asked.pixels, mask=counts)
    if histogram.populated.size < 2:  # nothing to spread
        return _Found(histogram)
    curve, limits = recipe.curve(histogram), recipe.limits(histogram.levels.dtype, histogram.range)
    colormap, gamma = asked.look
    settings = display.display_settings(curve, histogram, limits, colormap=colormap, gamma=gamma)
    shown = {"x": curve.x, "y": curve.y, "end_slope": curve.end_slope}
    return _Found(histogram, settings, {"curve": shown, "limits": limits})
