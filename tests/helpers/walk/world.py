"""The viewer of a walk, what a person has in it, and waiting until it has come to rest."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QCoreApplication, QEvent
from qtpy.QtWidgets import QApplication

from helpers.left_behind import at_work
from helpers.viewers import open_panel
from helpers.walk.pixels import bits
from napari_histeq import layers
from napari_histeq.gui.preview import follow_slice
from napari_histeq.gui.result import tools
from napari_histeq.gui.result.on_files import running_on_files
from napari_histeq.gui.runs import results
from napari_histeq.gui.runs import run as run_module
from napari_histeq.gui.runs.showing import grid_of
from napari_histeq.gui.saving import export

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari.layers import Layer

    from helpers.walk.faults import Faults
    from helpers.walk.runs import Watch

#: Seconds that nothing takes, however busy the machine: whoever takes them hangs.
HANGS = 240

#: What of a layer's look nobody but the person may change.
LOOK = ("visible", "opacity", "blending")
COLORS = ("contrast_limits", "contrast_limits_range", "gamma", "colormap")


@dataclass(eq=False)
class Own:
    """A layer as the person has it: its pixels, bit for bit, and its look."""

    layer: Layer
    kind: str
    data: Any = None
    kept: tuple[bytes, ...] = ()
    look: dict[str, Any] = field(default_factory=dict)

    def note_data(self) -> None:
        self.data, self.kept = self.layer.data, bits(self.layer)

    def note_look(self) -> None:
        self.look = look_of(self.layer)


def look_of(layer: Layer) -> dict[str, Any]:
    """How a layer is displayed."""
    names = [*LOOK, *(COLORS if hasattr(layer, "gamma") and not layer.rgb else ())]
    found = {name: getattr(layer, name) for name in names}
    if "colormap" in found:
        found["colormap"] = found["colormap"].name
    return {name: tuple(v) if isinstance(v, list) else v for name, v in found.items()}


class Gate:
    """Holds runs up in the middle, until it is opened."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self._opened.set()
        self.waiting = 0

    def close(self) -> None:
        self._opened.clear()

    def open(self) -> None:
        self._opened.set()

    def before(self, perform: Any) -> Any:
        """`perform`, which waits meanwhile and goes on reporting."""

        def held(task: Any, report: Any, **how: Any) -> Any:
            if not self._opened.is_set():
                self.waiting += 1
                try:
                    while not self._opened.wait(0.01):
                        report(0.3, "waiting")
                finally:
                    self.waiting -= 1
            return perform(task, report, **how)

        return held


class World:
    """A viewer, the panel in it (or None), and the layers of a person.

    `made` are the layers that were added here, with the look in which they were left.
    """

    def __init__(
        self,
        viewer: Any,
        faults: Faults,
        gate: Gate,
        watch: Watch,
        make_viewer: Callable[[], Any],
        folder: Path,
    ) -> None:
        self.viewer, self.faults, self.gate, self.watch = viewer, faults, gate, watch
        self.panel: Any = None
        self.own: dict[Layer, Own] = {}
        self.made: dict[Layer, Own] = {}
        self.steps: list[str] = []
        self.rows: dict[str, str] = {}  # what they said after the last step
        self.touched = True  # since then, by the person
        self.answer = ""  # to the next dialog that asks for a file
        self.another_panel: Any = None
        self._make_viewer, self._folder = make_viewer, folder
        self._another: Any = None
        self._files = 0

    # ---- the layers ----

    @property
    def preview(self) -> Layer | None:
        """The layer of the preview, if there is one."""
        found = [la for la in self.viewer.layers if layers.kind_of(la) == layers.PREVIEW]
        assert len(found) <= 1, f"{len(found)} previews"
        return found[0] if found else None

    @property
    def known(self) -> dict[Layer, Own]:
        """All that is not a preview."""
        return self.own | self.made

    @property
    def all(self) -> list[Layer]:
        """Them as the viewer lists them."""
        return [la for la in self.viewer.layers if layers.kind_of(la) != layers.PREVIEW]

    def pick(self, number: int, among: list[Layer] | None = None) -> Layer | None:
        """One of the layers, by a number."""
        found = self.all if among is None else among
        return found[number % len(found)] if found else None

    @property
    def previewed(self) -> set[Layer]:
        """Those that are displayed by a preview."""
        return set() if self.panel is None else set(self.panel._live._worn)

    def forget(self, layer: Layer) -> None:
        self.own.pop(layer, None)
        self.made.pop(layer, None)

    def clear(self) -> None:
        """All is as in a new viewer."""
        viewer = self.viewer
        self.gate.open()
        grid_of(viewer).enabled = False
        viewer.dims.ndisplay = 2
        self.settle()
        if self.panel is not None:
            self.close()
        self.settle()
        for layer in reversed(self.all):
            self.forget(layer)
            viewer.layers.remove(layer)
            self.settle()  # vispy crashes if one is added before it has painted
        viewer.dims.margin_left = viewer.dims.margin_right = (0,) * viewer.dims.ndim
        viewer.dims.order = tuple(range(viewer.dims.ndim))
        viewer.theme = "dark"
        viewer.reset_view()
        self.watch.asked.clear()
        self.settle()

    # ---- files, and another viewer ----

    def new_path(self, ending: str) -> Path:
        """One of which there is nothing yet."""
        self._files += 1
        return self._folder / f"file {self._files}{ending}"

    def another_viewer(self) -> Any:
        """The same one each time: napari keeps something of each."""
        if self._another is None:
            self._another = self._make_viewer()
        _activate(self._another)
        return self._another

    def close_another(self) -> None:
        """Its panel, and its layers."""
        panel, self.another_panel = self.another_panel, None
        self._put_away(self._another, panel)
        for layer in reversed([*self._another.layers]):
            self._another.layers.remove(layer)
            self.settle()
        _activate(self.viewer)

    # ---- the panel ----

    def open(self) -> None:
        self.panel, self.touched = open_panel(self.viewer), True

    def close(self) -> None:
        panel, self.panel = self.panel, None
        self._put_away(self.viewer, panel)

    def _put_away(self, viewer: Any, panel: Any) -> None:
        viewer.window.remove_dock_widget(panel.native)
        panel.native.deleteLater()
        panel.native.setParent(None)

    # ---- rest ----

    def busy(self) -> str:
        """What goes on; empty when all has come to rest."""
        doing: dict[str, Any] = {
            "runs": run_module._running or run_module.RUNS.busy,
            "plots": results.PLOTS.busy or tools.PLOTS.busy,
            "script": tools.SCRIPTS.busy,
            "saves": export._running,
            "files": running_on_files(self.viewer),
            "threads": at_work(),
            "follow": any(f.busy or f._timer.isActive() for f in follow_slice._following.values()),
        }
        for panel in (self.panel, self.another_panel):
            if panel is None:
                continue
            live = panel._live
            found = {
                "reaction": live._awaited,
                "table": live._shown._later.isActive(),
                "count": live._counter._runner.busy,
                "patch": live._patch._runner.busy or live._patch._timer.isActive(),
                "suggest": panel.suggest._runner.busy,
                "preset": panel.presets._later.isActive(),
            }
            doing |= {name: on for name, on in found.items() if on}
        return ", ".join(name for name, on in doing.items() if on)

    def settle(self) -> None:
        """Let Qt work until nothing goes on, and nothing follows."""
        until, quiet = time.monotonic() + HANGS, 0
        while quiet < 3:
            QApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            busy = self.busy()
            quiet = 0 if busy else quiet + 1
            assert time.monotonic() < until, f"it does not come to rest: {busy}"
            if busy:
                time.sleep(0.001)

    def until(self, condition: Any, what: str) -> None:
        """Let Qt work until something is so."""
        until = time.monotonic() + HANGS
        while not condition():
            QApplication.processEvents()
            time.sleep(0.001)
            assert time.monotonic() < until, f"waited in vain until {what}"


def _activate(viewer: Any) -> None:
    """As a click into its window does: menus are about the viewer whose window is active."""
    event = QEvent(QEvent.Type.WindowActivate)
    QApplication.sendEvent(viewer.window._qt_window, event)
