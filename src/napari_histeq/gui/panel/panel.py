"""The panel: the only place where everything meets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import napari.viewer
from magicgui.widgets import Container
from napari.layers import Image
from napari.utils.notifications import Notification, NotificationSeverity, notification_manager

from napari_histeq import layers
from napari_histeq.core import METHODS
from napari_histeq.core.kernels import be_patient
from napari_histeq.core.methods import OptionField
from napari_histeq.core.recipe import Recipe
from napari_histeq.gui.background import aside
from napari_histeq.gui.evidence import PlotBox, brief, table
from napari_histeq.gui.links import Links
from napari_histeq.gui.panel.about import About
from napari_histeq.gui.panel.arrange import arrange_rows
from napari_histeq.gui.panel.chosen import Chosen
from napari_histeq.gui.panel.options import OptionRows
from napari_histeq.gui.panel.outputs import Outputs
from napari_histeq.gui.panel.references import References, reference_rows
from napari_histeq.gui.panel.rows import (
    CUSTOM,
    can_clip,
    output_rows,
    region_rows,
    run_rows,
    what_rows,
)
from napari_histeq.gui.panel.running import Runs
from napari_histeq.gui.panel.style import sheet
from napari_histeq.gui.panel.suggest import Suggest
from napari_histeq.gui.preview import Live, OverPlanes, news
from napari_histeq.gui.result import Comparing, Tools
from napari_histeq.gui.runs import Choice, Several, lead_of, selected_of, why_no_curve
from napari_histeq.gui.settings import Presets, Remembering, put
from napari_histeq.gui.widgets import FocusKeeper


class EqualizePanel(Container[Any]):
    """The panel in the dock: choose a layer and a method, press the button.

    Its rows are reached by name: ``panel["layer"]``, ``panel["method"]``, ...

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers to choose from, and to add to.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        be_patient(aside)
        self._viewer = viewer
        self._links, self._layer_links = Links(), Links()
        self._chosen = Chosen(self, viewer)
        super().__init__(
            widgets=[
                *what_rows(self._chosen.sources),
                *reference_rows(self._chosen.regions),
                *region_rows(self._chosen.regions),
                *output_rows(),
                *run_rows(),
            ],
            labels=False,
        )
        self.plotbox = PlotBox()
        self.tools = Tools(viewer, self.plotbox, partial(_lead_in, self["layer"]))
        self._live = Live(viewer, self.plotbox, self._chosen.source_and_choice)
        self.over = OverPlanes(
            viewer, self._live, self._chosen.images, self._chosen.source_and_choice
        )
        self._runs = Runs(viewer, self, self._live)
        self.suggest = Suggest(self, viewer)
        self.about = About(self.native, self["method"].get_value)
        self.presets = Presets(self, self._chosen.recipe, self._put)
        self._outputs = Outputs(self["output"])
        self._memory = Remembering(self, self._chosen.recipe, self._put, self._outputs)
        self._parts = arrange_rows(self)
        self._options = OptionRows(self, self._parts, self._chosen.references, self._show_rows)
        hold = self["hold"].native
        FocusKeeper(self.native)
        self._comparing = Comparing(viewer, hold, self.native, self._live, self._chosen.images)
        self._link()
        self._memory.restore()
        self.native_parent_changed.connect(self._moved)

    # ---- what is chosen ----

    @property
    def source(self) -> Image | None:
        """The chosen layer, or the first of several."""
        return self._chosen.source

    def choice(self) -> Choice:
        """What the rows say; raises ValueError if they do not fit together."""
        return self._chosen.choice()

    @property
    def options_shown(self) -> tuple[OptionField, ...]:
        """The options of the method whose rows are shown."""
        return self._options.fields

    @property
    def references(self) -> References:
        """What there is to match."""
        return self._chosen.references

    def _put(self, recipe: Recipe) -> None:
        """Set the rows to a recipe."""
        put(self, recipe, CUSTOM)

    def attempt(self, act: Callable[[], object]) -> None:
        """Do something that a person asked for, or say why it cannot be done."""
        self._runs.attempt(act)

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
        link(self["reference_file"].changed, self.references.ask)
        for row in (
            "ignore",
            "mask",
            "each_label",
            "inside",
            "axes",
            "reference_mask",
            "each_plane",
        ):
            link(self[row].changed, self._show_rows)
        link(self["out_range"].changed, self._show_rows)
        link(self["output"].changed, self._outputs.changed)
        for row in ("together", "output", "axes"):
            link(self[row].changed, self.show_message)
        link(self["run"].changed, self._runs.start)
        link(self.tools.wanted, self._runs.begin_unless_busy)
        link(self.tools.told, self._runs.show_files)
        link(self["cancel"].changed, self._runs.cancel)
        link(self["preview"].changed, self._live.set_preview)
        link(self.changed, self._live.touch)
        link(self.changed, self.suggest.check)
        link(self.changed, self.over.touch)
        link(self._live.measured, self._show_measures)
        link(self._live.told, self._runs.show_told)
        link(news.changed, self._live.touch)
        dims = self._viewer.dims.events
        for moved in (dims.current_step, dims.margin_left, dims.margin_right):
            link(moved, self._live.touch)
            link(moved, self.over.follow)
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
        self.about.close()
        self._runs.cancel()
        self._live.close()
        self.over.close_down()
        self.suggest.forget()
        self._links.undo()
        self._layer_links.undo()
        self.references.disconnect()

    def _noticed(self, notification: Notification) -> None:
        """An error: if a slice could not be read, napari tells of the move in no other way."""
        if notification.severity == NotificationSeverity.ERROR:
            self._live.touch()

    # ---- the layers change ----

    def reset_choices_of_layers(self, _: object = None) -> None:
        """Offer the layers that there are now."""
        if self._runs.adding:  # all together, at its end
            return
        for name in ("layer", "mask", "reference_mask"):
            self[name].reset_choices()
        self._layer_chosen()

    def _follow_selection(self, _: object = None) -> None:
        if self._runs.adding:
            return
        several, active = selected_of(self._viewer), self._viewer.layers.selection.active
        if several != self["layer"].value and (several or isinstance(self["layer"].value, Several)):
            self["layer"].reset_choices()
            self["layer"].value = several or self["layer"].value
        own = layers.is_of(active, self.source)
        if layers.is_source(active) and active in self["layer"].choices and not own:
            self["layer"].value = active
        self.show_message()

    def _layer_chosen(self, _: object = None) -> None:
        self._layer_links.undo()
        for field in self.options_shown:
            if field.values:
                self[field.name].reset_choices()
        for source in self._chosen.images():
            self._layer_links.connect(source.events.axis_labels, self._show_rows)
            self._layer_links.connect(source.events.data, self._show_rows)
            self._layer_links.connect(source.events.data, self._live.touch)
            self._layer_links.connect(source.events.data, self.over.touch)
            self._layer_links.connect(source.events.projection_mode, self._live.touch)
        self._show_rows()
        self.show_message()
        self._mark()
        self._live.touch()
        self.over.touch()

    # ---- what is shown ----

    def _show_measures(self, found: tuple[Any, str, dict[str, str]] | None) -> None:
        self.plotbox.measures = None if found is None else found[0]
        self.plotbox.settings = {} if found is None else found[2]
        self["evidence"].brief = "" if found is None else brief(found[0])
        self["evidence"].value = "" if found is None else table(*found[:2])
        self["evidence"].visible = found is not None

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
        self.over.renew(self._viewer.theme)
        self._parts.align()

    def show_message(self, _: object = None) -> None:
        """Say in plain words why the selected layer is not the one that is equalized."""
        words = self["message"].value = self._chosen.layer_in_words()
        self._parts.what.show_row(self["message"], bool(words))
        self["run"].enabled = self.source is not None

    def _show_method(self, _: object = None) -> None:
        """Give the chosen method its rows; each method keeps its values meanwhile."""
        name = self["method"].value
        if name == self._options.method:
            return
        try:
            self._options.show(name)
        except ValueError as error:
            self._runs.refuse(error)
            self["method"].value = self._options.method
            return
        self["summary"].value = METHODS[name].summary
        self.about.follow()
        self.suggest.offer(METHODS[name].suggests)
        self._parts.output.show_row(self["gain"], METHODS[name].has_gain)
        self._show_rows()

    def _show_rows(self, _: object = None) -> None:
        """Show the rows that matter for the layer and the ticks."""
        source = self.source
        names = layers.axis_names(source) if source is not None else ()
        if self["axes"].names != tuple(names):
            self["axes"].names = names
            self._parts.set_tab_order()
        self._parts.region.show_row(self["axes"], len(self["axes"].names) > 2)
        self._parts.region.show_row(self["ignored_value"], self["ignore"].value)
        self._parts.region.show_row(self["smooth"], self._chosen.has_planes)
        each, outside = self._chosen.by_label, self._chosen.has_outside
        self._parts.region.show_row(self["each_label"], self._chosen.has_labels)
        self._parts.region.show_row(self["inside"], outside and not each)
        self._parts.region.show_row(self["feather"], each or (outside and self["inside"].value))
        self._options.show_those_with_a_say()
        self._parts.output.show_row(self["clip"], can_clip(METHODS[self["method"].value]))
        custom = self["out_range"].value == CUSTOM
        for bound in ("low", "high"):
            self._parts.output.show_row(self[bound], custom)
        several = isinstance(self["layer"].value, Several)
        self._parts.what.show_row(self["together"], several)
        why_not = why_no_curve(source) if source else ""
        self._outputs.follow(channels=self._chosen.are_channels, why_not=why_not)


def _lead_in(box: Any) -> Image | None:
    return lead_of(box.value)
