"""Several selected layers: what is left out is named; plot, preview, and runs that end early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from napari.experimental import link_layers

from helpers.menus import menu_of
from helpers.viewers import idle, names, state_of
from napari_histeq import compute_histogram, equalize, layers

if TYPE_CHECKING:
    import napari

pytestmark = pytest.mark.whole

RNG = np.random.default_rng(5)
DIM = RNG.gamma(2, 20, (60, 70)).clip(0, 255).astype(np.uint8)
BRIGHT = (200 - DIM // 2).astype(np.uint8)


@pytest.fixture
def pair(viewer: napari.Viewer, panel: Any) -> list[Any]:
    """Two channels, selected, of which new layers are to be made."""
    panel["plot"].value = False
    added = [
        viewer.add_image(DIM, name="dim", colormap="green", blending="additive"),
        viewer.add_image(BRIGHT, name="bright", colormap="magenta", blending="additive"),
    ]
    viewer.layers.selection = set(added)
    panel["output"].value = "new layer"
    return added


def test_what_is_left_out_is_named_before_and_not_touched(
    viewer: Any, panel: Any, pair: Any, run: Any
) -> None:
    viewer.add_image(DIM.astype(np.float32), name="float")
    viewer.add_image(np.stack([DIM] * 3, axis=-1), name="photo")
    viewer.add_labels(DIM // 100, name="cells")
    viewer.layers.selection = {*viewer.layers}
    assert panel["layer"].native.currentText() == "4 selected layers"
    words = "“cells” is a Labels layer, not an image. It is left as it is."
    assert panel["message"].value == words
    panel["together"].value = "one histogram for all"
    assert panel["message"].value == (
        f"“float” is float32, not uint8: left out. “photo” is in color: left out. {words}"
    )
    run()
    assert "dim equalized" in viewer.layers
    assert "bright equalized" in viewer.layers
    assert "float equalized" not in viewer.layers
    assert "photo equalized" not in viewer.layers


def test_each_on_its_own_takes_any_kind(viewer: Any, panel: Any, pair: Any, run: Any) -> None:
    viewer.layers.selection.add(viewer.add_image(DIM[:20] * 0.5, name="float"))
    viewer.layers.selection = {*viewer.layers}
    run()
    for layer in [*pair, viewer.layers["float"]]:
        found = viewer.layers[f"{layer.name} equalized"].data
        np.testing.assert_array_equal(found, equalize(layer.data))


def test_linked_layers_stay_as_they_are(viewer: Any, panel: Any, pair: Any, run: Any) -> None:
    link_layers(pair)
    before = [layer.as_layer_data_tuple()[1] for layer in pair]
    panel["output"].value = "display only"
    run()
    after = [layer.as_layer_data_tuple()[1] for layer in pair]
    for old, new in zip(before, after, strict=True):
        for state in (old, new):
            assert isinstance(state.pop("visible"), bool)  # additive ones would mix in
        np.testing.assert_equal(new, old)


def test_the_plot_is_of_all_with_a_line_for_each(
    viewer: Any, panel: Any, pair: Any, until: Any
) -> None:
    until(lambda: panel.plotbox.shown is not None and len(panel.plotbox.shown.parts) == 2)
    shown = panel.plotbox.shown
    both = compute_histogram(np.stack([DIM, BRIGHT]))
    np.testing.assert_array_equal(shown.before.counts, both.counts)
    assert shown.after is None  # each has a curve of its own
    colors = [to_hex(line.get_color()) for line in panel.plotbox._plot.before.thin]
    assert colors == ["#00ff00", "#ff00ff"]
    panel["together"].value = "one histogram for all"
    until(lambda: panel.plotbox.shown is not None and panel.plotbox.shown.after is not None)
    wanted = compute_histogram(equalize(np.stack([DIM, BRIGHT])))
    np.testing.assert_array_equal(panel.plotbox.shown.after.counts, wanted.counts)
    viewer.layers.selection = {pair[0]}
    until(lambda: panel.plotbox.shown is not None and not panel.plotbox.shown.parts)


@pytest.mark.parametrize("together", ["each on its own", "one histogram for all"])
def test_the_preview_is_seen_on_all_and_leaves_no_trace(
    viewer: Any, panel: Any, pair: Any, until: Any, together: str
) -> None:
    before = state_of(viewer)
    panel["together"].value = together
    panel["preview"].value = True
    until(lambda: all("equalized" in layer.colormap.name for layer in pair))
    panel["preview"].value = False
    until(lambda: not panel._live._worn)
    np.testing.assert_equal(state_of(viewer), before)


def test_one_that_was_removed_is_left_out_and_the_others_are_done(
    viewer: Any, panel: Any, pair: Any, slow: Any, qtbot: Any
) -> None:
    panel["run"].native.click()
    qtbot.waitUntil(lambda: "(1 of 2)" in panel["status"].value)
    # napari itself may crash (in Mesa's glDrawArrays) when a bar of progress has it paint right after.
    viewer.window._qt_viewer.canvas.native.setUpdatesEnabled(False)
    viewer.layers.remove(pair[0])
    slow.set()
    qtbot.waitUntil(lambda: idle() and not panel["cancel"].enabled, timeout=20_000)
    assert names(viewer) == ["bright", "bright equalized"]


def test_cancel_adds_nothing(viewer: Any, panel: Any, pair: Any, slow: Any, qtbot: Any) -> None:
    panel["run"].native.click()
    qtbot.waitUntil(lambda: "(1 of 2)" in panel["status"].value)
    panel["cancel"].native.click()
    qtbot.waitUntil(idle)
    assert names(viewer) == ["dim", "bright"]


def test_a_method_that_is_no_curve_is_refused_together(
    viewer: Any, panel: Any, pair: Any, run: Any
) -> None:
    panel["together"].value = "one histogram for all"
    panel["method"].value = "clahe"
    run()
    assert "Clahe is not a single curve" in panel["status"].value
    assert names(viewer) == ["dim", "bright"]
    panel["together"].value = "each on its own"
    run()
    assert "bright equalized" in viewer.layers


@pytest.mark.parametrize("same_curve", [True, False])
def test_the_same_is_applied_to_all_selected_layers(
    viewer: Any, panel: Any, pair: Any, run: Any, qtbot: Any, same_curve: bool
) -> None:
    viewer.layers.selection = {pair[0]}
    panel["strength"].value = 0.5
    run()
    made = viewer.layers["dim equalized"]
    others = [viewer.add_image(DIM // n, name=f"dim {n}") for n in (2, 3)]
    viewer.layers.selection = {*others, pair[0]}
    panel.tools.made = lambda: made
    panel.tools.fill()
    name = "Apply the same curve to" if same_curve else "Apply the same settings to"
    (menu,) = [menu_of(a) for a in panel.tools.menu.actions() if a.text() == name]
    assert menu.actions()[0].text() == "2 selected layers"
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: "dim 3 equalized" in viewer.layers and idle(), timeout=15_000)
    record = layers.record_of(made)
    assert record is not None
    assert record.curve is not None
    for layer in others:
        wanted = record.curve(layer.data) if same_curve else equalize(layer.data, strength=0.5)
        np.testing.assert_array_equal(viewer.layers[f"{layer.name} equalized"].data, wanted)
