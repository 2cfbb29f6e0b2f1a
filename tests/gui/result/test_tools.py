"""What can be done with a result: bake, restore, follow, apply."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest

from helpers.tools import IMAGE, copied, item
from helpers.viewers import add_stack, camera_of, screen
from napari_histeq import equalize, transfer_function
from napari_histeq.gui.preview.follow_slice import followed
from napari_histeq.layers.source import record_of


def test_bake_makes_a_real_layer_by_the_identical_curve(
    viewer: Any, panel: Any, shown: Any, qtbot: Any
) -> None:
    item(panel, "Bake into a new layer").trigger()
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=10_000)
    baked = viewer.layers[-1]
    assert baked.name == "cells equalized (baked)"
    qtbot.waitUntil(lambda: "baked into a new layer in" in panel["status"].value, timeout=10_000)
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


def test_follow_the_slice(viewer: Any, panel: Any, run: Any, qtbot: Any) -> None:
    stack = add_stack(viewer)
    panel["output"].value = "display only"
    panel["plot"].value = False
    run()
    layer = viewer.layers["stack equalized"]
    item(panel, "Follow the slice").trigger()
    for plane in (0, 3, 1):
        viewer.dims.set_current_step(0, plane)
        true = transfer_function(stack.data[plane])
        qtbot.waitUntil(lambda true=true: np.allclose(record_of(layer).curve.y, true.y))
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
    camera_of(viewer).center = (20, 20)
    camera_of(viewer).zoom = 40

    def brightness(percent: int) -> float:
        return float(np.percentile(viewer.screenshot(flash=False)[..., 0], percent))

    qtbot.waitUntil(lambda: brightness(95) > 220)
    assert brightness(5) < 30
    viewer.layers.remove(layer)
    assert not followed(layer)


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
    text = copied(panel, qtbot, "Copy as Python")
    (tmp_path / "again.py").write_text(text, encoding="utf-8")
    np.save(tmp_path / "image.npy", other)
    subprocess.run(
        [sys.executable, "again.py", "image.npy", "result.npy"], cwd=tmp_path, check=True
    )
    np.testing.assert_array_equal(np.load(tmp_path / "result.npy"), made.data)


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
