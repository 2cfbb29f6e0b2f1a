"""What more is told of a reference: its mask, plane by plane, and a standard from a file."""

from __future__ import annotations

import json
import runpy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from skimage import data

from helpers.viewers import camera_of
from napari_histeq import Match, Standard, compute_histogram, equalize
from napari_histeq.gui.panel import references as module
from napari_histeq.layers import record_of
from napari_histeq.records import legend, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import napari

CAMERA, MOON = data.camera()[:100, :120], data.moon()[:90, :80]
STACK = np.stack([CAMERA, CAMERA // 2, 255 - CAMERA])
OTHER = np.stack([MOON, MOON // 3 + 9, MOON // 2 + 100])
STANDARD = Standard.learn([CAMERA, CAMERA // 2], scale=(0, 200))


@pytest.fixture
def match(viewer: napari.Viewer, panel: Any, qtbot: Any) -> Iterator[Any]:
    """The panel with a stack and another one, and the method chosen."""
    viewer.add_image(OTHER, name="model")
    viewer.add_image(STACK, name="movie")
    panel["method"].value = "match"
    yield panel
    qtbot.wait(1)  # Qt deletes the rows that are gone


@pytest.fixture
def standard(tmp_path: Path) -> Path:
    path = tmp_path / "series.json"
    path.write_text(STANDARD.to_json())
    return path


def shown(panel: Any) -> dict[str, bool]:
    return {name: not panel[name].native.isHidden() for name in module.ROWS}


def test_the_rows_are_shown_where_they_matter(viewer: napari.Viewer, match: Any) -> None:
    file, mask, each = module.ROWS
    assert shown(match) == {file: True, mask: False, each: False}
    match["reference"].value = viewer.layers["model"]
    assert shown(match) == {file: True, mask: True, each: False}
    match["axes"].value = (1, 2)
    assert shown(match) == {file: True, mask: True, each: True}
    assert match.native.minimumSizeHint().width() <= 260
    assert not match["smooth"].native.isHidden()
    match["each_plane"].value = True
    assert match["smooth"].native.isHidden()
    flat = viewer.add_image(MOON, name="flat")
    match["layer"].value = viewer.layers["movie"]
    match["reference"].value = flat
    assert shown(match) == {file: True, mask: True, each: False}
    match["reference"].value = "median"
    assert shown(match) == {file: True, mask: False, each: False}
    match["method"].value = "global"
    assert not any(shown(match).values())
    match["method"].value = "match"
    assert shown(match) == {file: True, mask: False, each: False}


def test_a_mask_of_the_reference(
    viewer: napari.Viewer, match: Any, run: Callable[..., None], qtbot: Any
) -> None:
    labels = np.zeros(OTHER.shape, np.uint8)
    labels[:, 10:60, 5:50] = 3
    layer = viewer.add_labels(labels, name="where")
    match["layer"].value = viewer.layers["movie"]
    match["reference"].value = viewer.layers["model"]
    match["reference_mask"].value = layer
    run()
    wanted = equalize(STACK, Match.of(OTHER, labels > 0))
    np.testing.assert_array_equal(viewer.layers["movie equalized"].data, wanted)
    record = record_of(viewer.layers["movie equalized"])
    assert record is not None
    assert "with reference “model (within where)”" in legend(record)
    reference = match.choice().recipe.method.reference
    assert match.choice().recipe.method.reference is reference
    layer.data_setitem(np.nonzero(np.ones(OTHER.shape)), 1)  # drawn in
    assert match.choice().recipe.method.reference is not reference
    run()
    again = viewer.layers["movie equalized [1]"].data
    np.testing.assert_array_equal(again, equalize(STACK, Match(OTHER)))
    viewer.layers.remove("where")
    assert match["reference_mask"].value is None


def test_each_plane_to_its_own_plane(
    viewer: napari.Viewer, match: Any, run: Callable[..., None], tmp_path: Path
) -> None:
    match["reference"].value = viewer.layers["model"]
    match["axes"].value = (1, 2)
    match["each_plane"].value = True
    run()
    made = viewer.layers["movie equalized"]
    wanted = [equalize(plane, Match(other)) for plane, other in zip(STACK, OTHER, strict=True)]
    np.testing.assert_array_equal(made.data, wanted)
    record = record_of(made)
    assert record is not None
    assert "with reference “model”, plane by plane; separately for each plane" in legend(record)
    np.testing.assert_array_equal(record.reproduce(STACK), made.data)
    (tmp_path / "again.py").write_text(script(record))
    again = runpy.run_path(str(tmp_path / "again.py"))["equalized"]
    np.testing.assert_array_equal(again(STACK), made.data)
    match["each_plane"].value = False
    run()
    one = viewer.layers["movie equalized [1]"].data
    np.testing.assert_array_equal(one, equalize(STACK, Match(OTHER), axes=(1, 2)))


def test_the_preview_is_of_the_planes_own_reference(
    viewer: napari.Viewer, match: Any, qtbot: Any
) -> None:
    match["reference"].value = viewer.layers["model"]
    match["axes"].value = (1, 2)
    match["each_plane"].value = True
    viewer.dims.set_current_step(0, 2)
    viewer.reset_view()
    camera_of(viewer).zoom /= 2  # all of it is visible
    match["preview"].value = True
    wanted = equalize(STACK[2], Match(OTHER[2]))

    def same() -> bool:
        found = [layer for layer in viewer.layers if "preview" in layer.name.lower()]
        return any(np.array_equal(np.squeeze(layer.data), wanted) for layer in found)

    qtbot.waitUntil(same, timeout=20_000)
    match["preview"].value = False


def test_another_number_of_planes_is_told(viewer: napari.Viewer, match: Any, qtbot: Any) -> None:
    viewer.add_image(OTHER[:2], name="short")
    match["layer"].value = viewer.layers["movie"]
    match["reference"].value = viewer.layers["short"]
    match["axes"].value = (1, 2)
    match["each_plane"].value = True
    match["run"].native.click()
    words = "the reference has 2 planes, the image 3 planes: give"
    qtbot.waitUntil(lambda: words in match["status"].value, timeout=20_000)


def test_a_standard_from_a_file(
    viewer: napari.Viewer, match: Any, run: Callable[..., None], standard: Path, monkeypatch: Any
) -> None:
    ask = lambda *_, **__: (str(standard), "")
    monkeypatch.setattr(module.QFileDialog, "getOpenFileName", ask)
    match["reference_file"].native.click()
    assert match["reference"].native.currentText() == "series.json"
    assert shown(match)["reference_mask"] is False
    run()
    made = viewer.layers["movie equalized"]
    np.testing.assert_array_equal(made.data, equalize(STACK, Match(STANDARD)))
    record = record_of(made)
    assert record is not None
    assert "with reference a standard of 2 images" in legend(record)
    match["reference"].value = viewer.layers["model"]
    match["method"].value = "global"
    match["method"].value = "match"
    texts = [
        match["reference"].native.itemText(i) for i in range(match["reference"].native.count())
    ]
    assert texts[-1] == "series.json"


def test_a_stored_histogram_from_a_file(
    viewer: napari.Viewer, match: Any, run: Callable[..., None], tmp_path: Path
) -> None:
    path = tmp_path / "moon.json"
    path.write_text(compute_histogram(MOON).to_json())
    match.references.read(path)
    run()
    found = viewer.layers["movie equalized"].data
    np.testing.assert_array_equal(found, equalize(STACK, Match(MOON)))
    match.references.read(path)  # the same once more is offered once
    texts = [
        match["reference"].native.itemText(i) for i in range(match["reference"].native.count())
    ]
    assert texts.count("moon.json") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "it must be a JSON file of a Histogram or a Reference"),
        ('{"napari_histeq": "Standard", "version": 1}', "the Standard is damaged"),
        (None, "it cannot be read"),
    ],
)
def test_what_is_no_standard_is_told_in_words(
    match: Any, tmp_path: Path, monkeypatch: Any, text: str | None, words: str
) -> None:
    path = tmp_path / "odd.json"
    if text is not None:
        path.write_text(text)
    ask = lambda *_, **__: (str(path), "")
    monkeypatch.setattr(module.QFileDialog, "getOpenFileName", ask)
    match["reference_file"].native.click()
    assert words in match["status"].value
    assert match["reference"].value is None
    monkeypatch.setattr(module.QFileDialog, "getOpenFileName", lambda *_, **__: ("", ""))
    match["reference_file"].native.click()  # the dialog was closed
    assert match["reference"].value is None


def test_it_is_remembered_and_part_of_a_preset(
    viewer: napari.Viewer, match: Any, standard: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    from napari_histeq.gui.panel import EqualizePanel

    kept = tmp_path / "settings" / "kept.json"
    monkeypatch.setenv("NAPARI_HISTEQ_SETTINGS", str(kept))
    match.references.read(standard)
    match["each_plane"].value = True
    match["landmarks"].native.setText("")
    match.presets.save("Our series")
    match._memory.keep()
    other = EqualizePanel(viewer)
    viewer.window.add_dock_widget(other, name="other")
    assert other["method"].value == "match"
    assert other["reference"].value == STANDARD
    assert other["reference"].native.currentText() == "series.json"
    assert other["each_plane"].value is True
    other["method"].value = "global"
    other["preset"].value = "Our series"
    assert other["reference"].value == STANDARD
    # Of a layer only that is kept which is no layer's: no pixel of it is counted for that.
    match["reference"].value = viewer.layers["model"]
    match._memory.keep()
    plain = json.loads(kept.read_text())["panel"]["recipe"]["method"]
    assert plain["reference"] == "neighbors"
    last = EqualizePanel(viewer)
    viewer.window.add_dock_widget(last, name="last")
    assert (last["method"].value, last["reference"].value) == ("match", None)
