"""The histogram of what is chosen: counted in the background, and kept as long as it is true."""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_histeq import layers
from napari_histeq.core.arrays import is_lazy
from napari_histeq.display import load_solver
from napari_histeq.gui.background import Runner, give_way
from napari_histeq.gui.links import Links
from napari_histeq.gui.preview.displayed import of_displayed, stands_for_all
from napari_histeq.gui.runs import EXPECTED, Choice, color_of, counted_with, task_of
from napari_histeq.layers import geometry_of, is_current, place_of, plain, slice_of
from napari_histeq.records import joint_of, survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image, Labels, Layer, Shapes
    from napari.viewer import Viewer

    from napari_histeq.core import Histogram
    from napari_histeq.records import Report, Task

    Key = tuple[Any, ...]

#: Images of more pixels than this (and all lazy ones) are judged by their displayed slice.
WHOLE = 1 << 24

#: Events after which a mask covers other pixels.
MOVES = ("scale", "translate", "rotate", "shear", "affine", "units")


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A histogram, or why there is none.

    Attributes
    ----------
    histogram : Histogram or None
    digest : str or None
        Of the pixels, if there are not too many.
    part : str
        What was counted, in words, if not all.
    problem : str
        Why there is no histogram, in words.
    parts : tuple of (str, Histogram)
        Of several layers whose pixels were counted as one: each one's color, and its own.
    """

    histogram: Histogram | None = None
    digest: str | None = None
    part: str = ""
    problem: str = ""
    parts: tuple[tuple[str, Histogram], ...] = ()

    def says_the_same(self, other: Counted) -> bool:
        """Whether two counts found the same pixels."""
        mine, others = self.histogram, other.histogram
        if mine is None or others is None:
            return mine is others
        return (
            self.digest == other.digest
            and np.array_equal(mine.counts, others.counts)
            and np.array_equal(mine.bin_edges, others.bin_edges)
        )


class Counter(QObject):
    """Counts what is chosen: once, and again when the pixels were changed.

    Parameters
    ----------
    viewer : Viewer
    parent : QObject

    Attributes
    ----------
    changed : Signal
        There is something new: ask again.
    """

    changed = Signal()

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._key: Key | None = None
        self._found: Counted | None = None
        self._runner = Runner(newest=True)
        self._edits = 0
        self._doubted = False
        self._watched: list[Layer] = []
        self._links = Links()
        self._places: dict[int, Key] = {}

    def of(self, source: Image, choice: Choice) -> Counted | None:
        """The count of what is chosen; None while it is under way.

        Raises
        ------
        ValueError
            If the choice does not fit the layer.
        """
        images = counted_with(source, choice.others)
        self._watch([*images, choice.region])
        for image in images:
            if not is_small(image) and not is_current(image):
                self._runner.cancel()
                self._key = self._found = None
                return Counted(problem=_not_displayed(image))
        key = self.pixels_of(source, choice), tuple(map(_part_of, images)), _awaited(choice)
        if not _covers(self._key, key) or (self._doubted and not self._runner.busy):
            self._begin(source, choice, key)
        return self._found

    def pixels_of(self, source: Image, choice: Choice) -> Key:
        """Which pixels count: all that it depends on."""
        images = counted_with(source, choice.others)
        return (self._edits, choice.ignored, *(self._pixels_in(la, choice.region) for la in images))

    def _pixels_in(self, image: Image, region: Labels | Shapes | None) -> Key:
        covered: Key = ()
        if region is not None:
            beyond = tuple(self._viewer.dims.point) if region.ndim > image.ndim else ()
            covered = (weakref.ref(region), geometry_of(image), geometry_of(region), beyond)
        return weakref.ref(image), id(image.data), covered

    def stop(self) -> None:
        """Drop what is under way, forget what was counted, and hear of nothing more."""
        self._runner.cancel()
        self._links.undo()
        self._watched, self._key, self._found = [], None, None

    # ---- the count ----

    def _begin(self, source: Image, choice: Choice, key: Key) -> None:
        self._runner.cancel()
        if key != self._key:
            self._key = self._found = None
        images = counted_with(source, choice.others)
        asked = [self._asked(image, choice) for image in images]
        colors = [color_of(image) for image in images]
        self._key, self._doubted = key, False
        self._runner.submit(
            "counting", _counted, asked, colors,
            done=partial(self._answer, key), failed=partial(self._fail, key),
        )  # fmt: skip

    def _asked(self, image: Image, choice: Choice) -> tuple[Task, str]:
        """The task, and what of the image it is for, in words, if not all."""
        task = task_of(self._viewer, image, choice)
        if is_small(image):
            return task, ""
        return of_displayed(task, image, tuple(image.world_to_data(self._viewer.dims.point)))

    def _answer(self, key: Key, counted: Counted) -> None:
        if key != self._key:  # too late: the person moved on
            return
        known, self._found = self._found, counted
        if known is None or not known.says_the_same(counted):
            if known is not None:
                self._edits += 1
                self._key = (self._edits, *key[0][1:]), *key[1:]
            self.changed.emit()
        elif self._doubted:
            self.changed.emit()

    def _fail(self, key: Key, error: BaseException) -> None:
        self._answer(key, Counted(problem=f"{type(error).__name__}: {error}"))

    # ---- the pixels change ----

    def _watch(self, given: Sequence[Image | Labels | Shapes | None]) -> None:
        """Hear of what is done to some images and, the last of them, the mask."""
        wanted: list[Layer] = [layer for layer in given if layer is not None]
        if wanted == self._watched:
            return
        self._links.undo()
        self._watched, self._places = wanted, {}
        for layer in wanted:
            self._places[id(layer)] = place_of(layer)
            self._links.connect(layer.events.set_data, self._refreshed)
            for name in ("data", "paint"):
                if name in layer.events:
                    self._links.connect(layer.events[name], self._edited)
            for name in MOVES if given[-1] is not None else ():
                if name in layer.events:
                    self._links.connect(layer.events[name], self._moved)

    def _edited(self, _: object = None) -> None:
        self._edits += 1
        self.changed.emit()

    def _moved(self, _: object = None) -> None:
        self.changed.emit()

    def _refreshed(self, event: Any) -> None:
        """Another slice is displayed; or the same anew: then its pixels may have been changed."""
        layer = event.source
        place = place_of(layer)
        moved = self._places.get(id(layer)) != place
        self._places[id(layer)] = place
        if not moved:
            self._doubted = True
        self.changed.emit()


def is_small(source: Image) -> bool:
    """Whether the whole image is counted in a moment."""
    pixels = layers.pixels_of(source)
    return not is_lazy(pixels) and math.prod(pixels.shape) <= WHOLE


def _part_of(source: Image) -> Key:
    """What of the source is counted: all of it, or what is displayed."""
    if is_small(source):
        return ()
    place = place_of(source)
    return place[:2] if stands_for_all(source) else place


def _covers(known: Key | None, key: Key) -> bool:
    """Whether what was counted (or is being) is what is wanted: a method may be ready since."""
    return known is not None and known[:2] == key[:2] and key[2] in (None, known[2])


def _awaited(choice: Choice) -> Any:
    """The method, if it has to find out something first."""
    return None if choice.recipe.method.is_ready else choice.recipe.method


def _not_displayed(source: Image) -> str:
    what = "hidden, so no slice of it is read" if not source.visible else "not displayed here"
    return f"“{source.name}” is {what}: the plot would be of its displayed slice."


def why_nothing(source: Image, choice: Choice) -> str:
    """Why no pixel is counted, in plain words."""
    if choice.region is not None or choice.ignored is not None:
        return "No pixels are counted: see Region."
    pixels = slice_of(source)
    if pixels.dtype.kind == "f" and np.isnan(pixels).all():
        return "All pixels are NaN: nothing to equalize."
    if source.rgb:
        return "All pixels are transparent or not finite: nothing to equalize."
    return "All pixels are NaN or infinite: nothing to equalize."


def _counted(asked: list[tuple[Task, str]], colors: list[str], report: Report) -> Counted:
    """On a worker's thread."""
    from napari_histeq.gui.evidence import warm_up

    def pause() -> None:
        report(0.0, "loading")
        give_way()

    warm_up(pause)  # or the first drawing would hold the GUI
    load_solver()  # or the first preview
    tasks, part = [task for task, _ in asked], next((words for _, words in asked if words), "")
    try:
        tasks[0].recipe.method.prepare()
        found = [survey(task, report) for task in tasks]
        each = [outcome.before for outcome in found]
        joint = each[0] if len(each) == 1 else joint_of(tasks, each, report)
    except EXPECTED as error:
        return Counted(problem=plain(error))
    digests = [outcome.record.digest for outcome in found]
    digest = None if None in digests else " ".join(map(str, digests))
    parts = tuple(zip(colors, each, strict=True)) if len(each) > 1 else ()
    return Counted(joint, digest, part, parts=parts)
