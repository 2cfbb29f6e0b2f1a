"""What a person does with files, and with a second viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import rule
from napari.layers import Image

from helpers.viewers import menu_action, open_panel
from helpers.walk.pixels import levels_of, made, plain
from helpers.walk.rules_layers import MOST, NUMBERS, SEEDS
from helpers.walk.rules_panel import opened
from helpers.walk.runs import Runs
from helpers.walk.truth import results_are_reproduced
from helpers.walk.world import Own
from napari_histeq import layers
from napari_histeq.gui.result.on_files import FilesRun

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.walk.world import World
    from napari_histeq.gui.settings import Presets

SAVE = "Save equalized as OME-Zarr... (napari-histeq)"

#: How a file of each kind begins.
BEGINS = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF-", ".csv": b"# layer"}


class FileRules:
    """Steps that write or read files."""

    world: World
    say: Any

    @rule(number=NUMBERS, opens=st.booleans())
    def save_as_zarr(self, number: int, opens: bool) -> None:
        """And open it as one more image."""
        world = self.world
        results = [la for la in world.all if layers.kind_of(la) == layers.IMAGE]
        layer = world.pick(number, results)
        if layer is None:
            return
        world.viewer.layers.selection = {layer}
        path = world.new_path(".ome.zarr")
        self.say("save", layer.name[:40], "as", path.name)
        world.answer = str(path)
        menu_action(world.viewer.window.layers_menu, SAVE).trigger()
        world.settle()
        assert path.exists(), f"not saved, but said {world.faults.said}"
        self._is_written(layer, path)
        if opens and not layer.rgb and len(world.all) < MOST:
            self.say("open", path.name)
            opened_ = world.viewer.add_image(da.from_zarr(str(path / "0")), name=path.stem)
            own = world.own[opened_] = Own(opened_, "lazy")
            own.note_data()
            own.note_look()

    def _is_written(self, layer: Any, path: Path) -> None:
        found = np.asarray(da.from_zarr(str(path / "0")))
        wanted = plain(levels_of(layer)[0])
        if layer.rgb:  # OME-Zarr has channels before y and x
            wanted = np.moveaxis(wanted, -1, -3)
        assert found.astype(wanted.dtype).tobytes() == np.ascontiguousarray(wanted).tobytes()

    @opened
    @rule(ending=st.sampled_from([*BEGINS]))
    def save_plot_or_table(self, ending: str) -> None:
        world, tools = self.world, self.world.panel.tools
        text = "Save table..." if ending == ".csv" else "Save plot..."
        tools.menu.aboutToShow.emit()
        action = next(a for a in tools.menu.actions() if a.text() == text)
        if not action.isEnabled():
            return
        path = world.new_path(ending)
        self.say(text, path.name)
        world.answer = str(path)
        action.trigger()
        world.settle()
        assert path.read_bytes().startswith(BEGINS[ending]), path

    @opened
    @rule(number=NUMBERS, seed=SEEDS, kind=st.sampled_from(["8 bit", "16 bit, stack", "double"]))
    def run_on_a_file(self, number: int, seed: int, kind: str) -> None:
        """As one of the results was made; a layer as reference, say, is refused in words."""
        world = self.world
        results = [la for la in world.all if layers.kind_of(la) in (layers.IMAGE, layers.DISPLAY)]
        layer = world.pick(number, results)
        record = None if layer is None else layers.record_of(layer)
        if record is None:
            return
        path, folder = world.new_path(".npy"), world.new_path("")
        self.say("run on a file of", kind, "as", record.recipe)
        image = made(kind, seed)
        np.save(path, image)
        folder.mkdir()
        before = len(world.faults.said)
        try:
            FilesRun(world.viewer, record, [str(path)], str(folder)).start()
        except ValueError as error:
            self.say("refused:", error)
            return
        world.settle()
        written = [p for p in folder.iterdir() if p.suffix == ".npy"]
        assert written or len(world.faults.said) > before, "no file, and not a word"
        for file in written:
            found = np.load(file)
            assert (found.shape, found.dtype) == (image.shape, image.dtype), file

    @opened
    @rule(number=NUMBERS)
    def in_another_viewer(self, number: int) -> None:
        """The same data there, and the settings pasted: the result is that of its record."""
        world = self.world
        sources = [la for la in world.own if isinstance(la, Image)]
        layer = world.pick(number, sources)
        if layer is None:
            return
        self.say("in another viewer:", layer.name[:40])
        presets: Presets = world.panel.presets
        presets.copy()
        viewer = world.another_viewer()
        viewer.add_image(layer.data, name="same", rgb=layer.rgb, multiscale=layer.multiscale)
        panel = world.another_panel = open_panel(viewer)
        panel.presets.paste()
        panel["plot"].value = False
        world.settle()
        runs = Runs(world)
        panel["run"].native.click()
        world.settle()
        for asked in runs.asked:
            assert len(asked.ended) == 1, f"it ended {len(asked.ended)} times"
            how, what = asked.ended[0]
            assert what, f"{how}, and not a word"
        for result in viewer.layers[1:]:
            if layers.kind_of(result) == layers.IMAGE:
                results_are_reproduced(Own(result, layers.IMAGE), levels_of(layer)[0])
        world.close_another()
