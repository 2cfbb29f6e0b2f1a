"""Several selected layers: the menus, the commands, and one run for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from skimage import data

from helpers.viewers import idle, menu_action, names
from napari_histeq import compute_histogram, equalize, equalize_together, layers
from napari_histeq.display import display_settings

if TYPE_CHECKING:
    import napari

pytestmark = pytest.mark.whole

CHANNELS = np.stack([data.camera(), data.moon(), data.camera()[::-1] // 2])[:, ::4, ::4]
COLORS = ("red", "green", "blue")
COMMANDS = (
    "Equalize histogram (napari-histeq)",
    "Equalize histogram locally (CLAHE) (napari-histeq)",
    "Equalize display only (napari-histeq)",
    "Plot histogram (napari-histeq)",
)


def add_channels(viewer: napari.Viewer, dtype: str = "uint8") -> list[Any]:
    added = [
        viewer.add_image(pixels.astype(dtype), name=color, colormap=color, blending="additive")
        for pixels, color in zip(CHANNELS, COLORS, strict=True)
    ]
    viewer.layers.selection = set(added)
    return added


def result(viewer: Any, name: str) -> np.ndarray:
    return np.asarray(viewer.layers[f"{name} equalized"].data)


@pytest.fixture
def channels(viewer: Any, panel: Any) -> list[Any]:
    return add_channels(viewer)


@pytest.mark.parametrize("title", COMMANDS)
def test_the_menus_are_not_grayed_out(viewer: Any, title: str) -> None:
    add_channels(viewer)
    assert viewer.layers.selection.active is None
    assert menu_action(viewer.window.layers_menu, title).isEnabled()
    viewer.layers.selection = {viewer.add_points(name="dots")}
    assert not menu_action(viewer.window.layers_menu, title).isEnabled()
    viewer.layers.selection.clear()
    assert not menu_action(viewer.window.layers_menu, title).isEnabled()


def test_a_command_acts_on_all_selected_images(viewer: Any, qtbot: Any) -> None:
    add_channels(viewer)
    other = viewer.add_image(CHANNELS[0], name="other")
    dots = viewer.add_points(name="dots")
    viewer.layers.selection = {*viewer.layers} - {other}
    before = {*viewer.layers.selection}
    menu_action(viewer.window.layers_menu, "Equalize histogram (napari-histeq)").trigger()
    qtbot.waitUntil(lambda: "3 layers histogram" in viewer.layers and idle(), timeout=20_000)
    for color, pixels in zip(COLORS, CHANNELS, strict=True):
        np.testing.assert_array_equal(result(viewer, color), equalize(pixels))
    assert "other equalized" not in viewer.layers
    assert {*viewer.layers.selection} == before
    assert dots in viewer.layers
    said = [record.message for record in notification_manager.records]
    assert "“dots” is a Points layer, not an image. It is left as it is." in said


def test_display_only_shares_the_pixels_of_each(viewer: Any, qtbot: Any) -> None:
    added = add_channels(viewer)
    count = len(viewer.layers)
    menu_action(viewer.window.layers_menu, "Equalize display only (napari-histeq)").trigger()
    qtbot.waitUntil(lambda: len(viewer.layers) == count + 3 and idle(), timeout=20_000)
    for layer in added:
        made = viewer.layers[f"{layer.name} equalized"]
        assert made.data is layer.data
        assert layers.kind_of(made) == layers.DISPLAY


def test_the_layer_row_offers_what_is_selected(viewer: Any, panel: Any, channels: Any) -> None:
    assert panel["layer"].native.currentText() == "3 selected layers"
    assert panel["together"].visible
    assert panel["together"].value == "each on its own"
    viewer.layers.selection.remove(channels[0])
    assert panel["layer"].native.currentText() == "2 selected layers"
    viewer.layers.selection = {channels[1]}
    assert panel["layer"].value is channels[1]
    assert not panel["together"].visible
    assert not any("selected" in str(choice) for choice in panel["layer"].choices)


def test_when_nothing_is_selected_the_first_stays(viewer: Any, panel: Any, channels: Any) -> None:
    viewer.layers.selection.clear()
    assert panel["layer"].value is channels[0]


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("together", ["each on its own", "one histogram for all"])
def test_a_run_on_all(viewer: Any, panel: Any, run: Any, dtype: str, together: str) -> None:
    added = add_channels(viewer, dtype)
    panel["together"].value, panel["output"].value = together, "new layer"
    run()
    images = [layer.data for layer in added]
    wanted = equalize_together(images) if "all" in together else [equalize(i) for i in images]
    for color, pixels in zip(COLORS, wanted, strict=True):
        np.testing.assert_array_equal(result(viewer, color), pixels)
    assert names(viewer).count("3 layers histogram") == 1
    assert panel["status"].value.startswith("3 layers equalized in")
    record = layers.record_of(viewer.layers["red equalized"])
    assert record is not None
    np.testing.assert_array_equal(record.reproduce(images[0]), wanted[0])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_colors_by_one_curve(viewer: Any, panel: Any, run: Any, dtype: str) -> None:
    whole = np.stack([*CHANNELS], -1).astype(dtype) / (255 if dtype == "float32" else 1)
    photos = [whole.astype(dtype), (whole[::-1, :50] / 2).astype(dtype)]
    added = [viewer.add_image(p, name=f"photo {i}") for i, p in enumerate(photos)]
    viewer.layers.selection = {*added, viewer.add_image(photos[0][..., 0], name="gray")}
    panel["together"].value = "one histogram for all"
    assert panel["message"].value == "“gray” is not in color: left out."
    run()
    wanted = equalize_together(photos, channel_axis=-1)
    for layer, pixels in zip(added, wanted, strict=True):
        np.testing.assert_array_equal(result(viewer, layer.name), pixels)
        record = layers.record_of(viewer.layers[f"{layer.name} equalized"])
        assert record is not None
        np.testing.assert_array_equal(record.reproduce(layer.data), pixels)
    assert "2 layers histogram" in viewer.layers


def test_one_curve_for_all_displays(viewer: Any, panel: Any, run: Any, channels: Any) -> None:
    panel["together"].value = "one histogram for all"
    panel["output"].value = "display only"
    panel["plot"].value = False
    run()
    wanted = equalize_together([*CHANNELS])
    for layer, pixels in zip(channels, wanted, strict=True):
        made = viewer.layers[f"{layer.name} equalized"]
        record = layers.record_of(made)
        assert record is not None
        assert record.curve is not None
        np.testing.assert_array_equal(record.curve(layer.data), pixels)
        settings = display_settings(
            record.curve, compute_histogram(layer.data), (0, 255), colormap=layer.colormap
        )
        assert tuple(made.contrast_limits) == settings.contrast_limits


def test_a_mask_counts_in_each(viewer: Any, panel: Any, run: Any, channels: Any) -> None:
    mask = np.zeros(CHANNELS[0].shape, np.uint8)
    mask[20:60, 30:90] = 1
    viewer.add_labels(mask, name="cells")
    viewer.layers.selection = set(channels)
    panel["mask"].value = viewer.layers["cells"]
    panel["together"].value, panel["output"].value = "one histogram for all", "new layer"
    run()
    wanted = equalize_together([*CHANNELS], masks=[mask > 0] * 3)
    for color, pixels in zip(COLORS, wanted, strict=True):
        np.testing.assert_array_equal(result(viewer, color), pixels)


def test_planes_of_stacks_and_levels_of_pyramids(viewer: Any, panel: Any, run: Any) -> None:
    stacks = [np.stack([c, c // 2, c // 3]) for c in CHANNELS[:2]]
    added = [viewer.add_image(stack, name=f"stack {i}") for i, stack in enumerate(stacks)]
    viewer.layers.selection = set(added)
    panel["axes"].value = (-2, -1)
    run()
    for index, stack in enumerate(stacks):
        wanted = equalize(stack, axes=(-2, -1))
        np.testing.assert_array_equal(result(viewer, f"stack {index}"), wanted)
    pyramids = [
        viewer.add_image([c, c[::2, ::2]], name=f"pyramid {i}", multiscale=True)
        for i, c in enumerate(CHANNELS[:2])
    ]
    viewer.layers.selection = set(pyramids)
    panel["together"].value = "one histogram for all"
    run()
    for index, wanted in enumerate(equalize_together([*CHANNELS[:2]])):
        finest, coarser = viewer.layers[f"pyramid {index} equalized"].data
        np.testing.assert_array_equal(finest, wanted)
        np.testing.assert_array_equal(coarser, wanted[::2, ::2])
