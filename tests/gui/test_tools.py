"""What can be done with a result: bake, restore, follow, reproduce, apply, save."""

from __future__ import annotations

import csv
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import imageio.v3
import napari_builtins
import numpy as np
import pytest
from qtpy.QtWidgets import QApplication, QFileDialog

from helpers.images import hard_images
from helpers.viewers import add_stack
from napari_histeq import equalize, transfer_function
from napari_histeq.gui.preview.follow_slice import followed
from napari_histeq.gui.table import SHOWN
from napari_histeq.layers.source import record_of

IMAGES = hard_images()
IMAGE = IMAGES["16 bit log-normal, hot pixels"]


@pytest.fixture
def shown(viewer: Any, panel: Any, run: Any, qtbot: Any) -> Any:
    """A display-only layer of a source in magma."""
    viewer.add_image(IMAGE, name="cells", colormap="magma", gamma=0.9)
    panel["output"].value = "display only"
    panel["plot"].value = False
    panel["strength"].value = 0.8
    run()
    qtbot.waitUntil(lambda: panel.plotbox.measures is not None, timeout=5000)
    qtbot.waitUntil(lambda: panel.plotbox.shown is not None, timeout=5000)
    return viewer.layers["cells equalized"]


def item(panel: Any, text: str, *under: str) -> Any:
    """An item of the menu, as a person finds it."""
    panel.tools.menu.aboutToShow.emit()
    menu = panel.tools.menu
    for name in (text, *under):
        action = next(a for a in menu.actions() if a.text() == name)
        menu = action.menu()
    assert action.isEnabled()
    return action


def screen(viewer: Any) -> Any:
    return viewer.export_figure(scale_factor=1, flash=False).astype(int)


def test_bake_makes_a_real_layer_by_the_identical_curve(
    viewer: Any, panel: Any, shown: Any, qtbot: Any
) -> None:
    item(panel, "Bake into a new layer").trigger()
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=10_000)
    baked = viewer.layers[-1]
    assert baked.name == "cells equalized (baked)"
    np.testing.assert_array_equal(baked.data, equalize(IMAGE, strength=0.8))
    np.testing.assert_array_equal(baked.data, record_of(shown).curve(IMAGE))
    assert (baked.colormap.name, baked.gamma) == ("magma", 0.9)
    seen = screen(viewer)
    baked.visible = False
    assert np.percentile(np.abs(screen(viewer) - seen).max(axis=-1), 99) <= 2


def test_restore(viewer: Any, panel: Any, shown: Any) -> None:
    item(panel, "Remove display-only layer").trigger()
    assert [layer.name for layer in viewer.layers] == ["cells"]


def test_a_display_layer_can_be_equalized_itself(
    viewer: Any, panel: Any, shown: Any, run: Any
) -> None:
    panel["layer"].value = shown
    panel["strength"].value = 0.4
    run()
    again = viewer.layers[-1]
    assert again.data is IMAGE
    seen = screen(viewer)
    again.visible = False
    real = viewer.add_image(
        equalize(IMAGE, strength=0.4), colormap="magma", gamma=0.9,
        contrast_limits=again.metadata["napari_histeq"]["curve"]["y"][[IMAGE.min(), IMAGE.max()]],
    )  # fmt: skip
    real.contrast_limits = record_limits(again)
    assert np.percentile(np.abs(screen(viewer) - seen).max(axis=-1), 99) <= 2


def record_limits(layer: Any) -> tuple[float, float]:
    low, high = float(IMAGE.min()), float(IMAGE.max())
    return 0.6 * low, 0.6 * high + 0.4 * 65535


def test_follow_the_slice(viewer: Any, panel: Any, run: Any) -> None:
    stack = add_stack(viewer)
    panel["output"].value = "display only"
    panel["plot"].value = False
    run()
    layer = viewer.layers["stack equalized"]
    item(panel, "Follow the slice").trigger()
    for plane in (0, 3, 1):
        viewer.dims.set_current_step(0, plane)
        curve = record_of(layer).curve
        true = transfer_function(stack.data[plane])
        np.testing.assert_allclose(curve.y, true.y)
        stack.visible = False
        seen = viewer.screenshot(flash=False)[..., 0]
        assert np.ptp(np.percentile(seen[seen > 0], [10, 90])) > 150, "each plane is spread"
    assert item(panel, "Follow the slice").isChecked()
    item(panel, "Follow the slice").trigger()
    viewer.dims.set_current_step(0, 2)
    np.testing.assert_allclose(record_of(layer).curve.y, transfer_function(stack.data[1]).y)
    assert not followed(layer)


def test_follow_the_view_lights_up_a_dark_corner(
    viewer: Any, panel: Any, run: Any, qtbot: Any
) -> None:
    image = np.full((200, 200), 60000, np.uint16)
    image[:40, :40] = np.arange(1600).reshape(40, 40)
    viewer.add_image(image, name="corner")
    panel["output"].value = "display only"
    panel["plot"].value = False
    run()
    layer = viewer.layers["corner equalized"]
    item(panel, "Follow the view").trigger()
    viewer.scene.camera.center = (20, 20)
    viewer.scene.camera.zoom = 40
    qtbot.wait(300)
    seen = viewer.screenshot(flash=False)[..., 0].astype(int)
    assert np.percentile(seen, 5) < 30
    assert np.percentile(seen, 95) > 220
    viewer.layers.remove(layer)
    assert not followed(layer)


def test_copy_as_python(viewer: Any, panel: Any, shown: Any, tmp_path: Any) -> None:
    item(panel, "Copy as Python").trigger()
    (tmp_path / "again.py").write_text(QApplication.clipboard().text(), encoding="utf-8")
    np.save(tmp_path / "image.npy", IMAGE)
    subprocess.run(
        [sys.executable, "again.py", "image.npy", "result.npy"], cwd=tmp_path, check=True
    )
    np.testing.assert_array_equal(np.load(tmp_path / "result.npy"), equalize(IMAGE, strength=0.8))


def test_copy_figure_legend(viewer: Any, panel: Any, shown: Any) -> None:
    item(panel, "Copy figure legend").trigger()
    text = QApplication.clipboard().text()
    assert text.startswith("Display contrast was changed by histogram equalization with convention")
    assert "; strength 0.8 (napari-histeq" in text
    assert text.endswith("The data themselves are as measured.")


@pytest.mark.parametrize("same", ["curve", "settings"])
def test_apply_the_same_to_another_layer(
    viewer: Any, panel: Any, run: Any, qtbot: Any, same: str, tmp_path: Any
) -> None:
    viewer.add_image(IMAGE, name="cells")
    other = (IMAGE // 3 + 7).astype(np.uint16)
    viewer.add_image(other, name="other")
    viewer.layers.selection.active = viewer.layers["cells"]
    panel["plot"].value = False
    panel["strength"].value = 0.6
    run()
    item(panel, f"Apply the same {same} to", "other").trigger()
    qtbot.waitUntil(lambda: "other equalized" in viewer.layers, timeout=10_000)
    curve = transfer_function(IMAGE if same == "curve" else other, strength=0.6)
    made = viewer.layers["other equalized"]
    np.testing.assert_array_equal(made.data, curve(other))
    viewer.layers.selection.active = made
    item(panel, "Copy as Python").trigger()
    (tmp_path / "again.py").write_text(QApplication.clipboard().text(), encoding="utf-8")
    np.save(tmp_path / "image.npy", other)
    subprocess.run(
        [sys.executable, "again.py", "image.npy", "result.npy"], cwd=tmp_path, check=True
    )
    np.testing.assert_array_equal(np.load(tmp_path / "result.npy"), made.data)


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_save_the_plot(
    viewer: Any, panel: Any, shown: Any, tmp_path: Any, monkeypatch: Any, ending: str
) -> None:
    path = tmp_path / f"plot.{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    item(panel, "Save plot...").trigger()
    assert path.read_bytes()[:5] in (b"<?xml", b"\x89PNG\r", b"%PDF-")


def asked(monkeypatch: Any, path: Any, kind: str = "") -> list[str]:
    """Answer a dialog for files; what it proposed is in the list then."""
    proposed: list[str] = []

    def answer(_: Any, __: str, name: str, *___: Any, **____: Any) -> tuple[str, str]:
        proposed.append(name)
        return str(path), kind

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    return proposed


@pytest.mark.parametrize("output", ["new layer", "display only"])
def test_save_the_table(
    viewer: Any, panel: Any, run: Any, qtbot: Any, tmp_path: Any, monkeypatch: Any, output: str
) -> None:
    viewer.add_image(IMAGE, name="cells,\nday 1")
    panel["output"].value, panel["plot"].value = output, False
    panel["strength"].value, panel["plateau"].value = 0.8, 2.5
    panel["ignore"].value, panel["ignored_value"].value = True, 7
    run()
    measures = 10 if output == "new layer" else 6
    qtbot.waitUntil(lambda: panel["evidence"].value.count("<tr>") == measures + 1, timeout=5000)
    asked(monkeypatch, tmp_path / "table", "Table (*.csv)")
    item(panel, "Save table...").trigger()
    lines = (tmp_path / "table.csv").read_text(encoding="utf-8").splitlines()
    for line in (
        "# layer: cells, day 1", "# method: global", "# strength: 0.8", "# plateau: 2.5",
        "# ignored value: 7", "# region: whole image", "# range: auto",
        f"# data type: {IMAGE.dtype}", "# axes that share a histogram: all",
    ):  # fmt: skip
        assert line in lines
    table = list(csv.reader(line for line in lines if not line.startswith("#")))
    assert table[0] == ["measure", "before", "after"]
    assert len(table) == measures + 1
    shown = {caption: (name, write) for name, caption, write in SHOWN}
    made = record_of(viewer.layers[-1]).measures
    for caption, before, after in table[1:]:
        name, write = shown[caption]
        assert (float(before), float(after)) == (made["before"][name], made["after"][name])
        assert f">{write(float(after))}<" in panel["evidence"].value


def test_the_table_tells_the_settings_that_are_chosen_now(
    viewer: Any, panel: Any, shown: Any, qtbot: Any, tmp_path: Any
) -> None:
    panel["strength"].value = 0.3
    qtbot.waitUntil(lambda: panel.plotbox.settings["strength"] == "0.3", timeout=5000)
    panel.tools.save_table(str(tmp_path / "table.csv"))
    assert "# strength: 0.3" in (tmp_path / "table.csv").read_text().splitlines()


def test_files_are_called_after_the_layer(
    viewer: Any, panel: Any, shown: Any, qtbot: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    proposed = asked(monkeypatch, tmp_path / "plot", "PDF (*.pdf)")
    item(panel, "Save plot...").trigger()
    assert (tmp_path / "plot.pdf").read_bytes()[:5] == b"%PDF-"
    item(panel, "Save table...").trigger()
    assert proposed == ["cells histogram.svg", "cells measures.csv"]


@pytest.mark.parametrize("text", ["Save plot...", "Save table..."])
def test_a_file_that_cannot_be_written_is_told(
    viewer: Any, panel: Any, shown: Any, tmp_path: Any, monkeypatch: Any, text: str
) -> None:
    said: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.result.show_error", said.append)
    asked(monkeypatch, tmp_path / "no such folder" / "file.svg")
    item(panel, text).trigger()
    assert len(said) == 1
    assert "no such folder" in said[0]


def test_copied_script_of_a_display_only_layer(viewer: Any, panel: Any, shown: Any) -> None:
    item(panel, "Copy as Python").trigger()
    assert "keeps the pixels of its source" in QApplication.clipboard().text()


@pytest.mark.parametrize("planes", [False, True])
def test_napari_saves_the_plot_at_its_finest(
    viewer: Any, panel: Any, run: Any, npe2pm: Any, tmp_path: Any, planes: bool
) -> None:
    add_stack(viewer)
    if planes:
        panel["axes"].value = (1, 2)
    run()
    plot = viewer.layers["stack histogram"]
    viewer.layers.selection = {plot}
    path = tmp_path / ("plot.tif" if planes else "plot.png")
    with npe2pm.tmp_plugin(manifest=str(Path(napari_builtins.__file__).with_name("builtins.yaml"))):
        viewer.layers.save(str(path), selected=True)
    written = imageio.v3.imread(path)
    assert written.shape == plot.data[0].shape
    pictures = written if planes else [written]
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)
    np.testing.assert_array_equal(
        pictures[0], np.asarray(plot.data[0])[0] if planes else plot.data[0]
    )


def test_log_kde_and_bins(viewer: Any, panel: Any, shown: Any, qtbot: Any) -> None:
    for act in (
        panel.tools.log.click,
        panel.tools.kde.click,
        lambda: panel.tools.bins.setCurrentText("20 bins"),
    ):
        with qtbot.waitSignal(panel.plotbox.drawn, timeout=5000):
            act()
    look = panel.plotbox._plot.look
    assert (look.log, look.kde, look.nbins) == (True, False, 20)


def test_without_a_result_there_is_little_to_do(viewer: Any, panel: Any) -> None:
    panel.tools.menu.aboutToShow.emit()
    assert not any(a.isEnabled() for a in panel.tools.menu.actions() if not a.isSeparator())


def test_each_plane_has_its_own_plot(viewer: Any, panel: Any, run: Any, qtbot: Any) -> None:
    source = add_stack(viewer, scale=(3, 2, 2), translate=(1, 0, 0), units=("um",) * 3)
    panel["axes"].value = (1, 2)
    run()
    plot = viewer.layers["stack histogram"]
    assert plot.ndim == 3
    assert plot.rgb
    np.testing.assert_array_equal(plot.extent.world[:, 0], source.extent.world[:, 0])
    assert viewer.layers.extent.units == source.units
    level, pictures = plot.data[0], []

    def is_new(index: int) -> bool:
        shown = np.asarray(level[index])
        return not any(np.array_equal(shown, known) for known in pictures)

    for index in range(4):
        viewer.dims.set_current_step(0, index)
        qtbot.waitUntil(partial(is_new, index), timeout=10_000)
        pictures.append(np.asarray(level[index]))
    assert plot.extent.world[0, 1] > source.extent.world[1, 1]
