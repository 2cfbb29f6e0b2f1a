"""What is copied or saved of a result: scripts, legends, the plot, the table."""

from __future__ import annotations

import csv
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import imageio.v3
import napari_builtins
import numpy as np
import pytest
from qtpy.QtWidgets import QApplication, QFileDialog

from helpers.left_behind import at_work
from helpers.tools import IMAGE, copied, item
from helpers.viewers import add_stack
from napari_histeq import equalize
from napari_histeq.gui.evidence.measures import SHOWN
from napari_histeq.gui.result import tools
from napari_histeq.gui.result.tools import PLOTS
from napari_histeq.layers.source import record_of
from napari_histeq.records import script

pytestmark = pytest.mark.whole


def test_copy_as_python(viewer: Any, panel: Any, shown: Any, tmp_path: Any, qtbot: Any) -> None:
    text = copied(panel, qtbot, "Copy as Python")
    (tmp_path / "again.py").write_text(text, encoding="utf-8")
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


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_save_the_plot(
    viewer: Any, panel: Any, shown: Any, until: Any, tmp_path: Any, monkeypatch: Any, ending: str
) -> None:
    """Off the GUI thread, which goes on; and it is told when it is done."""
    said: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.result.tools.show_info", said.append)
    path = tmp_path / f"plot.{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    item(panel, "Save plot...").trigger()
    assert not path.exists()
    until(lambda: said == [f"Saved plot.{ending}."])
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
    viewer: Any, panel: Any, shown: Any, until: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    proposed = asked(monkeypatch, tmp_path / "plot", "PDF (*.pdf)")
    item(panel, "Save plot...").trigger()
    until(lambda: not PLOTS.busy)
    assert (tmp_path / "plot.pdf").read_bytes()[:5] == b"%PDF-"
    item(panel, "Save table...").trigger()
    assert proposed == ["cells histogram.svg", "cells measures.csv"]


@pytest.mark.parametrize("text", ["Save plot...", "Save table..."])
def test_a_file_that_cannot_be_written_is_told(
    viewer: Any, panel: Any, shown: Any, until: Any, tmp_path: Any, monkeypatch: Any, text: str
) -> None:
    said: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.result.tools.show_error", said.append)
    asked(monkeypatch, tmp_path / "no such folder" / "file.svg")
    item(panel, text).trigger()
    until(lambda: len(said) == 1)
    assert "no such folder" in said[0]


def test_copied_script_of_a_display_only_layer(
    viewer: Any, panel: Any, shown: Any, qtbot: Any
) -> None:
    assert "keeps the pixels of its source" in copied(panel, qtbot, "Copy as Python")


def test_a_script_is_written_elsewhere_and_what_is_copied_last_stays(
    viewer: Any, panel: Any, shown: Any, qtbot: Any, monkeypatch: Any
) -> None:
    gate, threads = threading.Event(), list[int]()

    def slow(*given: Any, **how: Any) -> str:
        threads.append(threading.get_ident())
        assert gate.wait(60)
        return script(*given, **how)

    monkeypatch.setattr(tools, "script", slow)
    item(panel, "Copy as Python").trigger()
    qtbot.waitUntil(lambda: bool(threads))
    legend = copied(panel, qtbot, "Copy figure legend")
    gate.set()
    qtbot.waitUntil(lambda: not at_work())
    assert QApplication.clipboard().text() == legend
    assert "def equalized" in copied(panel, qtbot, "Copy as Python")
    assert threading.get_ident() not in threads


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
