"""The panel: the only place where everything meets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import napari.viewer
from magicgui.widgets import Container
from napari.layers import Image, Labels, Shapes
from napari.utils.notifications import (
    Notification,
    NotificationSeverity,
    notification_manager,
    show_error,
)

from napari_histeq import layers
from napari_histeq.core import METHODS, Reference
from napari_histeq.core.kernels import be_patient
from napari_histeq.core.methods import Method, OptionField, options_of
from napari_histeq.core.recipe import Recipe
from napari_histeq.gui.evidence import PlotBox, brief, table
from napari_histeq.gui.links import Links
from napari_histeq.gui.panel.arrange import arrange_rows
from napari_histeq.gui.panel.rows import (
    CUSTOM,
    DISPLAY_ONLY,
    FRAMES,
    TOGETHER,
    output_rows,
    region_rows,
    run_rows,
    what_rows,
)
from napari_histeq.gui.panel.running import Runs
from napari_histeq.gui.panel.style import sheet
from napari_histeq.gui.panel.suggest import Suggest
from napari_histeq.gui.preview import Live, news
from napari_histeq.gui.result import Comparing, Tools
from napari_histeq.gui.runs import (
    EXPECTED,
    Choice,
    Several,
    lead_of,
    left_out,
    selected_of,
    why_no_curve,
    with_others,
)
from napari_histeq.gui.settings import Presets, Remembering, put
from napari_histeq.gui.widgets import check_names, control_for, kept
from napari_histeq.layers import Length, kernel_of, plain, reference_to


class EqualizePanel(Container[Any]):
    """The panel in the dock: choose a layer and a method, press the button.

    Its rows are reached by name: ``panel["layer"]``, ``panel["method"]``, ...

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers to choose from, and to add to.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        be_patient()
        self._viewer = viewer
        self._links, self._layer_links = Links(), Links()
        self._kept: dict[str, dict[str, Any]] = {}
        self._method_shown = ""
        self._options_shown: tuple[OptionField, ...] = ()
        self._referred: WeakKeyDictionary[Image, tuple[Any, Reference]] = WeakKeyDictionary()
        super().__init__(
            widgets=[
                *what_rows(self._sources),
                *region_rows(self._regions),
                *output_rows(),
                *run_rows(),
            ],
            labels=False,
        )
        self.plotbox = PlotBox()
        self.tools = Tools(viewer, self.plotbox, partial(_lead_in, self["layer"]))
        self._live = Live(viewer, self.plotbox, self._chosen)
        self._runs = Runs(viewer, self, self._live)
        self.suggest = Suggest(self, viewer)
        self.presets = Presets(self, self._recipe, self._put)
        self._memory = Remembering(self, self._recipe, self._put)
        self._parts = arrange_rows(self)
        self._comparing = Comparing(
            viewer, self["hold"].native, self.native, self._live, self._chosen_images
        )
        self._link()
        self._memory.restore()
        self.native_parent_changed.connect(self._moved)

    # ---- what can be chosen, and what is ----

    @property
    def source(self) -> Image | None:
        """The chosen layer, or the first of several."""
        return lead_of(self["layer"].value)

    def _chosen_images(self) -> tuple[Image, ...]:
        chosen = self["layer"].value
        return chosen.images if isinstance(chosen, Several) else (chosen,) if chosen else ()

    def _sources(self, *_: object) -> list[tuple[str, Image | Several]]:
        found = [(layer.name, layer) for layer in self._viewer.layers if layers.is_source(layer)]
        several = selected_of(self._viewer)
        return found if several is None else [*found, (str(several), several)]

    def _references(self, *_: object) -> list[tuple[str, Image | str]]:
        source = self.source
        found = [layer for layer in self._viewer.layers if layers.is_source(layer)]
        others: list[tuple[str, Image | str]] = [(la.name, la) for la in found if la is not source]
        return others + [*FRAMES] * (source is not None and len(layers.axis_names(source)) > 2)

    def _regions(self, *_: object) -> list[tuple[str, Labels | Shapes]]:
        found = [layer for layer in self._viewer.layers if isinstance(layer, Labels | Shapes)]
        return [(layer.name, layer) for layer in found]

    def choice(self) -> Choice:
        """What the rows say.

        Raises
        ------
        ValueError
            If they do not fit together.
        """
        choice = Choice(
            recipe=self._recipe(),
            region=self["mask"].value,
            ignored=self["ignored_value"].value if self["ignore"].value else None,
            plot=self["plot"].value,
            compare=self["compare"].value,
            replace=self["replace"].value,
            display=self["output"].value == DISPLAY_ONLY,
            gain=self["gain"].value and METHODS[self["method"].value].has_gain,
            together=self["together"].value == TOGETHER,
        )
        return with_others(self["layer"].value, choice)

    def _chosen(self) -> tuple[Image | None, Choice]:
        return self.source, self.choice()

    def _recipe(self) -> Recipe:
        source, axes, out_range = self.source, self["axes"], self["out_range"].value
        shared = None
        if source is not None and len(axes.names) > 2:
            shared = layers.axis_numbers(source, axes.value)
        if out_range == CUSTOM:
            out_range = self["low"].value, self["high"].value
        method = self.chosen_method()
        return Recipe(
            method, shared, out_range=out_range, strength=self["strength"].value, **self._inside(),
            smooth=self["smooth"].value if self._has_planes else None,
        )  # fmt: skip

    @property
    def _has_planes(self) -> bool:
        """Whether each plane of a stack gets a curve of its own."""
        axes, method = self["axes"], METHODS[self["method"].value]
        stacked = len(axes.names) > 2 and 0 < len(axes.value) < len(axes.names)
        words = [self[f.name].value for f in self._options_shown if f.words]
        among = any(isinstance(value, str) for value in words)
        return stacked and method.is_single_curve and not among

    def _inside(self) -> dict[str, Any]:
        """Whether only the pixels that count are changed, if not all do."""
        inside = self._has_outside and self["inside"].value
        return {"inside": inside, "feather": self["feather"].value if inside else 0}

    @property
    def _has_outside(self) -> bool:
        return self["mask"].value is not None or self["ignore"].value

    def _put(self, recipe: Recipe) -> None:
        """Set the rows to a recipe."""
        put(self, recipe, CUSTOM)

    def attempt(self, act: Callable[[], object]) -> None:
        """Do something that a person asked for, or say why it cannot be done."""
        try:
            act()
        except (*EXPECTED, OSError) as error:
            self._refuse(error)

    def chosen_method(self) -> Method:
        """The method, made from its rows."""
        options = {field.name: self[field.name].value for field in self._options_shown}
        source, axes = self.source, self["axes"]
        for name, value in options.items():
            if isinstance(value, Length) and source is not None:
                spanned = axes.value if len(axes.names) > 2 else None
                options[name] = kernel_of(source, value, spanned)
            elif isinstance(value, Image):
                options[name] = self._reference_to(value)
        return METHODS[self["method"].value](**options)

    def _reference_to(self, layer: Image) -> Reference:
        """A layer as reference: the same one as long as it has the same pixels."""
        key = layer.name, id(layer.data)
        known = self._referred.get(layer)
        if known is None or known[0] != key:
            known = self._referred[layer] = key, reference_to(layer)
        return known[1]

    # ---- every connect has its disconnect ----

    def _link(self) -> None:
        """Follow the viewer and the rows, and show how things stand."""
        events, link = self._viewer.layers.events, self._links.connect
        for change in (events.inserted, events.removed, events.reordered, events.renamed):
            link(change, self.reset_choices_of_layers)
        link(self._viewer.layers.selection.events.changed, self._follow_selection)
        link(self._viewer.layers.selection.events.active, self._follow_selection)
        link(self._viewer.events.theme, self._paint)
        link(self["layer"].changed, self._layer_chosen)
        link(self["preset"].changed, self.presets.chosen)
        link(self.changed, self.presets.rows_changed)
        link(self.changed, self._memory.touch)
        link(self["method"].changed, self._show_method)
        for row in ("ignore", "mask", "inside", "axes"):
            link(self[row].changed, self._show_rows)
        link(self["out_range"].changed, self._show_rows)
        for row in ("together", "output", "axes"):
            link(self[row].changed, self.show_message)
        link(self["run"].changed, self._start)
        link(self.tools.wanted, self._begin_wanted)
        link(self.tools.told, self._show_files)
        link(self["cancel"].changed, self._runs.cancel)
        link(self["preview"].changed, self._live.set_preview)
        link(self.changed, self._live.touch)
        link(self.changed, self.suggest.check)
        link(self._live.measured, self._show_measures)
        link(self._live.told, self._show_told)
        link(news.changed, self._live.touch)
        dims = self._viewer.dims.events
        for moved in (dims.current_step, dims.margin_left, dims.margin_right):
            link(moved, self._live.touch)
        link(notification_manager.notification_ready, self._noticed)
        link(self._viewer.cursor.events.position, self._mark)
        link(self._viewer.events.mouse_over_canvas, self._mark)
        self._paint()
        self._show_method()
        self.reset_choices_of_layers()
        self._follow_selection()
        self._runs.show_idle()

    def _moved(self, _: object = None) -> None:
        """The panel was put into a dock, or its dock was closed."""
        if self.native.parent() is None:
            self.disconnect_all()
            return
        if not self._links:
            self._link()
        self._paint()

    def disconnect_all(self) -> None:
        """Let go of the viewer: stop the run, and hear of nothing more."""
        self._comparing.release()
        self._memory.flush()
        self._runs.cancel()
        self._live.close()
        self.suggest.forget()
        self._links.undo()
        self._layer_links.undo()

    def _noticed(self, notification: Notification) -> None:
        """An error: if a slice could not be read, napari tells of the move in no other way."""
        if notification.severity == NotificationSeverity.ERROR:
            self._live.touch()

    # ---- the layers change ----

    def reset_choices_of_layers(self, _: object = None) -> None:
        """Offer the layers that there are now."""
        if self._runs.adding:  # all together, at its end
            return
        for name in ("layer", "mask"):
            _choose_again(self[name])
        self._layer_chosen()

    def _follow_selection(self, _: object = None) -> None:
        if self._runs.adding:
            return
        several, active = selected_of(self._viewer), self._viewer.layers.selection.active
        if several != self["layer"].value and (several or isinstance(self["layer"].value, Several)):
            _choose_again(self["layer"])
            self["layer"].value = several or self["layer"].value
        own = layers.is_of(active, self.source)
        if layers.is_source(active) and active in self["layer"].choices and not own:
            self["layer"].value = active
        self.show_message()

    def _layer_chosen(self, _: object = None) -> None:
        self._layer_links.undo()
        for field in self._options_shown:
            if field.values:
                _choose_again(self[field.name])
        for source in self._chosen_images():
            self._layer_links.connect(source.events.axis_labels, self._show_rows)
            self._layer_links.connect(source.events.data, self._show_rows)
            self._layer_links.connect(source.events.data, self._live.touch)
            self._layer_links.connect(source.events.projection_mode, self._live.touch)
        self._show_rows()
        self.show_message()
        self._mark()
        self._live.touch()

    # ---- what is shown ----

    def _show_measures(self, found: tuple[Any, str, dict[str, str]] | None) -> None:
        self.plotbox.measures = None if found is None else found[0]
        self.plotbox.settings = {} if found is None else found[2]
        self["evidence"].brief = "" if found is None else brief(found[0])
        self["evidence"].value = "" if found is None else table(*found[:2])
        self["evidence"].visible = found is not None

    def _show_told(self, words: str) -> None:
        if self._runs:
            return
        if self._live.problem and self._live.problem in words:
            self["status"].fail(words)
        else:
            self["status"].value = words

    def _show_files(self, words: str, problem: bool) -> None:
        """How a run on files goes."""
        if not self._runs:
            (self["status"].fail if problem else self["status"].set_value)(words)

    def _mark(self, _: object = None) -> None:
        """Mark the value under the cursor on all curves; none where there is no cursor."""
        if not self.plotbox.isVisible():
            return
        source, value = self.source, None
        if source is not None and not source.rgb and self._viewer.mouse_over_canvas:
            value = source.get_value(self._viewer.cursor.position, world=True)
            value = value[1] if isinstance(value, tuple) else value
        self.plotbox.mark(None if value is None else float(value))

    def _paint(self, _: object = None) -> None:
        self.native.setStyleSheet(sheet(self._viewer.theme))
        self.plotbox.renew(self._viewer.theme)
        self._parts.align()

    def show_message(self, _: object = None) -> None:
        """Say in plain words why the selected layer is not the one that is equalized."""
        source, active = self.source, self._viewer.layers.selection.active
        words = ""
        if isinstance(self["layer"].value, Several):
            words = self._left_out()
        elif source is None:
            words = "Open an image to equalize it."
            if active is not None:
                words = f"{layers.why_not(active)}: select an image layer."
        elif active is not None and not layers.is_source(active):
            words = f"{layers.why_not(active)}: still using “{source.name}”."
        elif layers.is_of(active, source):
            words = (
                f"“{active.name}” is a result: still using “{source.name}”, from which it was "
                "made. To equalize it again, choose it under Layer."
            )
        elif layers.kind_of(source):
            words = f"“{source.name}” is a result: this equalizes it once more."
        self["message"].value = words
        self._parts.what.show_row(self["message"], bool(words))
        self["run"].enabled = source is not None

    def _left_out(self) -> str:
        """Which of the selected layers stay as they are."""
        chosen = self._viewer.layers.selection
        selected = [layer for layer in self._viewer.layers if layer in chosen]
        try:
            return left_out(selected, self.source, self.choice())
        except EXPECTED:  # settings that do not fit, which are told as such
            return ""

    def _show_method(self, _: object = None) -> None:
        """Give the chosen method its rows; each method keeps its values meanwhile."""
        name = self["method"].value
        if name == self._method_shown:
            return
        old = self._options_shown
        try:
            check_names(METHODS[name], {row.name for row in self} - {f.name for f in old})
        except ValueError as error:
            self._refuse(error)
            self["method"].value = self._method_shown
            return
        self._kept[self._method_shown] = {f.name: kept(self[f.name]) for f in old}
        self._parts.show_options([], [])
        for field in old:
            row = self[field.name]
            self.remove(row)
            row.native.setParent(self.native)  # until Qt deletes it: no window of its own
            row.native.deleteLater()
        self._method_shown = name
        self._add_options(METHODS[name], self._kept.get(name, {}))
        self["summary"].value = METHODS[name].summary
        self.suggest.offer(METHODS[name].suggests)
        self._parts.output.show_row(self["gain"], METHODS[name].has_gain)
        self._show_rows()

    def _add_options(self, method: Any, kept: dict[str, Any]) -> None:
        options = self._options_shown = options_of(method)
        made = [control_for(f, kept.get(f.name, f.default), self._references) for f in options]
        for row in reversed(made):
            self.insert(0, row)
        for field, row in zip(options, made, strict=True):
            if field.words:
                row.changed.connect(self._show_rows)
        pairs = list(zip(options, made, strict=True))
        self._parts.show_options(
            [row for f, row in pairs if not f.option.advanced],
            [row for f, row in pairs if f.option.advanced],
        )

    def _show_rows(self, _: object = None) -> None:
        """Show the rows that matter for the layer and the ticks."""
        source = self.source
        names = layers.axis_names(source) if source is not None else ()
        if self["axes"].names != tuple(names):
            self["axes"].names = names
            self._parts.set_tab_order()
        self._parts.region.show_row(self["axes"], len(self["axes"].names) > 2)
        self._parts.region.show_row(self["ignored_value"], self["ignore"].value)
        self._parts.region.show_row(self["smooth"], self._has_planes)
        self._parts.region.show_row(self["inside"], self._has_outside)
        self._parts.region.show_row(self["feather"], self._has_outside and self["inside"].value)
        custom = self["out_range"].value == CUSTOM
        for bound in ("low", "high"):
            self._parts.output.show_row(self[bound], custom)
        several = isinstance(self["layer"].value, Several)
        self._parts.what.show_row(self["together"], several)
        self["output"].offer(DISPLAY_ONLY, why_no_curve(source) if source else "")

    # ---- the run ----

    def _start(self, _: object = None) -> None:
        source = self.source
        if source is None:
            return
        self["preview"].value = False
        self._referred.clear()  # their pixels may have been changed in place
        try:
            choice = self.choice()
        except EXPECTED as error:
            self._refuse(error)
        else:
            self._runs.begin(source, choice)

    def _refuse(self, error: Exception) -> None:
        show_error(plain(error))
        self._live.say(plain(error), problem=True)

    def _begin_wanted(self, source: Image, choice: Choice) -> None:
        """From the menu of results, which is off while a run goes on: a second click is impatience."""
        if not self._runs:
            self._runs.begin(source, choice)


def _lead_in(box: Any) -> Image | None:
    return lead_of(box.value)


def _choose_again(box: Any) -> None:
    """Renew what a box offers; it keeps what was chosen, if that is still there."""
    chosen = box.value
    box.reset_choices()  # which forgets what was chosen if it was renamed
    if isinstance(chosen, Several) and chosen not in box.choices:
        chosen = chosen.images[0]
    if chosen is not None and chosen in box.choices:
        box.value = chosen
