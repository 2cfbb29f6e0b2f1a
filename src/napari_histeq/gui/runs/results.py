"""The new layers of a run: the results, one source after the other, and then one plot."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from napari.utils.notifications import show_error

from napari_histeq.core import ChunkError
from napari_histeq.display import taken_off
from napari_histeq.gui.background import Runner, on_gui_thread, tell_fault
from napari_histeq.gui.runs.showing import add_results, in_words
from napari_histeq.layers import PlotStack, histogram_layer, histogram_stack_layer, plain, short
from napari_histeq.records import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_histeq.gui.runs.showing import Placed
    from napari_histeq.gui.runs.subject import Subject
    from napari_histeq.gui.runs.work import Found, Measured, Picture
    from napari_histeq.records import Outcome

#: Plots of the planes of a stack, drawn when they are looked at.
PLOTS = Runner()


#: What the last run on a source added; neither that nor the source is kept by it.
_last: WeakKeyDictionary[Image, list[ref[Image]]] = WeakKeyDictionary()


class Results:
    """What a run adds to the viewer.

    Parameters
    ----------
    viewer : Viewer
    subjects : sequence of Subject
        The layers that are equalized.
    replace : bool
        Whether to take away what the last run on each of them added.

    Attributes
    ----------
    outcomes : list of Outcome
        What came of the layers so far, in their order.
    """

    def __init__(
        self, viewer: Viewer, subjects: Sequence[Subject], *, replace: bool = False
    ) -> None:
        self._viewer, self._subjects, self._replace = viewer, subjects, replace
        self._made: dict[int, tuple[Outcome, list[Image]]] = {}
        self._first: Subject | None = None
        self._added: list[Image] = []
        self._beside: list[Image] = []  # what stands beside the first source
        self._placed: list[Placed] = []

    def __len__(self) -> int:
        return len(self._added)

    @property
    def outcomes(self) -> list[Outcome]:  # noqa: D102
        return [outcome for outcome, _ in self._made.values()]

    @property
    def words(self) -> str:
        """What was hidden or moved."""
        return in_words(self._placed)

    @property
    def so_far(self) -> str:
        """What there is of the results: a sentence."""
        if not self._added:
            return "Nothing was added."
        if len(self.outcomes) > 1:
            return f"The results of {len(self.outcomes)} layers stay, without a plot."
        return f"“{short(self._added[-1].name)}” stays, without a plot."

    def are_those_of(self, layer: Image) -> bool:
        """Whether a layer is one of the results, and none of them is left."""
        return layer in self._added and not {*self._added} & {*self._viewer.layers}

    def add(self, found: Found) -> None:
        """Add what was made of one layer, unless that was removed meanwhile."""
        subject = self._subjects[found.index]
        if subject.source not in self._viewer.layers:
            return
        with taken_off(subject.source):  # all are made before the first is added
            made, beside = subject.made(subject.as_it_was(), found)
        if self._first is None:
            self._first, self._beside = subject, beside
        if self._replace:
            sources = [one.source for one in self._subjects]
            _take_away(self._viewer, subject.source, sources)
        _begin(subject.source)
        self._put(subject.source, made, ())
        self._made[found.index] = found.outcome, made

    def complete(self, measured: Measured) -> None:
        """Keep, with the layers too, what was found since they were added."""
        _, made = self._made.get(measured.index, (None, ()))
        if not made:
            return
        self._made[measured.index] = measured.outcome, [*made]
        told = measured.outcome.record.as_dict()
        for kept in (layer.metadata.get(KEY, {}) for layer in made):
            kept |= {name: deepcopy(told[name]) for name in ("digest", "measures") if name in kept}

    def add_plot(self, picture: Picture, outcome: Outcome) -> None:
        """Add the plot, under the first of the sources."""
        subject = self._first
        if subject is None or subject.source not in self._viewer.layers:
            return
        with taken_off(subject.source):
            made = self._plot(subject.as_it_was(), picture, outcome)
        if len(self._subjects) > 1:
            made.name = f"{len(self.outcomes)} layers histogram"
        self._put(subject.source, [made], self._added)

    def _put(self, source: Image, made: list[Image], earlier: Sequence[Image]) -> None:
        self._placed.append(add_results(self._viewer, source, made, earlier))
        self._added += made
        _note(source, made)

    def _plot(self, source: Image, picture: Picture, outcome: Outcome) -> Image:
        if not isinstance(picture, PlotStack):
            return histogram_layer(source, picture, outcome, beside=self._beside)
        made = histogram_stack_layer(source, picture, outcome, beside=self._beside)
        picture.in_background(partial(_draw, ref(made)))
        return made


def _draw(layer: ref[Image], work: Callable[..., bool]) -> None:
    """Have a plot drawn in the background, and shown in its layer if that is there still."""

    def show(wanted: bool) -> None:
        shown = layer()
        if wanted and shown is not None:
            shown.refresh()

    on_gui_thread(partial(PLOTS.submit, "drawing a plot", work, done=show, failed=_not_drawn))


def _not_drawn(fault: BaseException) -> None:
    """What a reader says is told in words, as of a run; it is no fault of ours."""
    if isinstance(fault, OSError | ChunkError):
        show_error(f"The plot of this plane could not be drawn: {plain(fault)}")
    else:
        tell_fault(fault)


def _begin(source: Image) -> None:
    """A run adds something now: it is the last one."""
    _last[source] = []


def _note(source: Image, added: Iterable[Image]) -> None:
    """Some layers were added by the last run on a source."""
    _last.setdefault(source, []).extend(map(ref, added))


def _take_away(viewer: Viewer, source: Image, spared: Collection[Image]) -> None:
    """Remove what the last run on a source added; what is spared or locked stays."""
    for layer in (known() for known in _last.get(source, [])):
        if layer is None or layer not in viewer.layers:
            continue
        if layer not in spared and not _locked(layer):
            viewer.layers.remove(layer)


def _locked(layer: Image) -> bool:
    """Whether the person does not want it removed; napari knows that from 0.9 on."""
    locks: Any = getattr(layer, "locked", None)
    return bool(locks) and bool(locks & type(locks).DELETION)
