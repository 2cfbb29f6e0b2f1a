"""Matching in the panel: the reference is a layer, counted off the GUI thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest
from skimage import data

from napari_histeq import Match, equalize
from napari_histeq.layers import DISPLAY, record_of
from napari_histeq.records import KEY, legend, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari

CAMERA, MOON = data.camera(), data.moon()


@pytest.fixture
def match(viewer: napari.Viewer, panel: Any, qtbot: Any) -> Iterator[Any]:
    """The panel with an image to match, and the method chosen."""
    viewer.add_image(MOON, name="moon")
    viewer.add_image(CAMERA, name="camera")
    panel["method"].value = "match"
    yield panel
    qtbot.wait(1)  # Qt deletes the rows that are gone


def test_a_reference_has_to_be_chosen(match: Any, qtbot: Any) -> None:
    words = "Choose the image to match under Reference."
    qtbot.waitUntil(lambda: words in match["status"].value)
    match["run"].native.click()
    assert words in match["status"].value
    assert not match._runs


def test_it_is_any_image_but_the_source(viewer: napari.Viewer, match: Any) -> None:
    viewer.add_labels(CAMERA // 128)
    box = match["reference"]
    assert [layer and layer.name for layer in box.choices] == [None, "moon"]
    match["layer"].value = viewer.layers["moon"]
    assert [layer and layer.name for layer in box.choices] == [None, "camera"]
    box.value = viewer.layers["camera"]
    viewer.layers["camera"].name = "the camera"
    assert box.value is viewer.layers["the camera"]
    match["method"].value = "global"
    match["method"].value = "match"
    assert match["reference"].value is viewer.layers["the camera"]
    match["method"].value = "global"
    viewer.layers.remove("the camera")
    match["method"].value = "match"
    assert match["reference"].value is None


@pytest.mark.parametrize("reference", [MOON, da.from_array(MOON, chunks=100), data.coffee()])
def test_a_run(viewer: napari.Viewer, match: Any, run: Callable[..., None], reference: Any) -> None:
    layer = viewer.add_image(reference, name="model")
    match["layer"].value = viewer.layers["camera"]
    match["reference"].value = layer
    match["landmarks"].native.setText("1, 50, 99.5")
    run()
    made = viewer.layers["camera equalized"]
    colors = -1 if layer.rgb else None
    method = Match.of(reference, channel_axis=colors, landmarks=(1, 50, 99.5), name="model")
    np.testing.assert_array_equal(made.data, equalize(CAMERA, method))
    record = record_of(made)
    assert record is not None
    assert "with reference “model”, landmarks 1, 50, 99.5" in legend(record)
    assert "those of the reference" in legend(record)
    compile(script(record), "script", "exec")
    np.testing.assert_array_equal(record.reproduce(CAMERA), made.data)


def test_the_reference_is_counted_beside_the_gui(
    viewer: napari.Viewer, match: Any, qtbot: Any
) -> None:
    seen = []

    def read(block: Any) -> Any:
        seen.append(threading.current_thread())
        return block

    lazy = da.from_array(MOON, chunks=200).map_blocks(read, dtype=np.uint8, meta=MOON[:1, :1])
    layer = viewer.add_image(lazy, name="model", visible=False, contrast_limits=(0, 255))
    match["layer"].value = viewer.layers["camera"]
    seen.clear()
    match["reference"].value = layer
    qtbot.waitUntil(lambda: match.plotbox.measures is not None, timeout=15_000)
    assert seen
    assert threading.main_thread() not in seen
    after = match.plotbox.measures["after"]["mean"]
    assert after == pytest.approx(MOON.mean(), abs=1)


def test_a_preview_and_display_only(
    viewer: napari.Viewer, match: Any, run: Callable[..., None], qtbot: Any
) -> None:
    match["reference"].value = viewer.layers["moon"]
    before = viewer.layers["camera"].contrast_limits
    match["preview"].value = True
    qtbot.waitUntil(lambda: viewer.layers["camera"].contrast_limits != before, timeout=15_000)
    match["preview"].value = False
    assert viewer.layers["camera"].contrast_limits == before
    match["output"].value = "display only"
    run()
    assert any(layer.metadata.get(KEY, {}).get("kind") == DISPLAY for layer in viewer.layers)


def test_pixels_changed_in_place_are_counted_anew(
    viewer: napari.Viewer, match: Any, run: Callable[..., None]
) -> None:
    model = viewer.add_image(MOON.copy(), name="model")
    match["layer"].value = viewer.layers["camera"]
    match["reference"].value = model
    run()
    model.data[:] //= 2
    run()
    found = viewer.layers["camera equalized [1]"].data
    np.testing.assert_array_equal(found, equalize(CAMERA, Match(MOON // 2)))


def test_what_is_typed_is_read_or_told(viewer: napari.Viewer, match: Any) -> None:
    match["reference"].value = viewer.layers["moon"]
    for text, wanted in (("", None), ("7", 7), ("0, 50.5, 100", (0, 50.5, 100))):
        match["landmarks"].native.setText(text)
        assert match.choice().recipe.method.landmarks == wanted
    for text, words in (
        ("a few", "“a few” is not a number: give empty, a number such as 7"),
        ("7.5", "“7.5” cannot be used: give empty, a number such as 7"),
        ("50, 10", "Landmarks (50.0, 10.0) are out of order"),
        ("0", "Landmarks 0 is out of range"),
    ):
        match["landmarks"].native.setText(text)
        match["run"].native.click()
        assert words in match["status"].value
