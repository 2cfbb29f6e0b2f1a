"""What is too large to be counted in a moment: its displayed slice stands for it, honestly."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest

from helpers.viewers import camera_of
from napari_histeq import compute_histogram
from napari_histeq.gui.preview import counter

RNG = np.random.default_rng(3)
PLANES = RNG.gamma(2, 20, (5, 200, 300)).clip(0, 255).astype(np.uint8)
PLANES[:, :50, :60] = 0


@pytest.fixture(autouse=True)
def small(monkeypatch: Any) -> None:
    """Let images be large that are small."""
    from napari_histeq.gui.preview import displayed
    from napari_histeq.layers import displayed_slice

    monkeypatch.setattr(counter, "WHOLE", 1 << 14)
    monkeypatch.setattr(displayed_slice, "MOST", 1 << 14)
    monkeypatch.setattr(displayed, "ENOUGH", 1 << 12)


def counted(panel: Any, qtbot: Any, expected: Any) -> None:
    """Wait until the plot shows the histogram of `expected`."""

    def same() -> bool:
        shown = panel.plotbox.shown
        want = compute_histogram(expected)
        if shown is None or shown.before.total != want.total:
            return False
        at = shown.before.levels[shown.before.populated]
        return bool(np.array_equal(at, want.levels[want.populated]))

    qtbot.waitUntil(same, timeout=10_000)


@pytest.mark.parametrize("lazy", [False, True])
def test_the_region_and_the_ignored_value_count(
    viewer: Any, panel: Any, qtbot: Any, lazy: bool
) -> None:
    data = da.from_array(PLANES, chunks=(1, 100, 100)) if lazy else PLANES
    source = viewer.add_image(data, name="stack", scale=(3, 2, 2), contrast_limits=(0, 255))
    labels = np.zeros(PLANES.shape, np.uint8)
    labels[:3, 20:130, 10:200] = 7
    region = viewer.add_labels(labels, name="part", scale=(3, 2, 2))
    panel["layer"].value = source
    viewer.dims.set_current_step(0, 1)
    thin = np.s_[1, ::2, ::2]
    counted(panel, qtbot, PLANES[thin])
    assert "the displayed slice. They use one of 2 rows and columns." in panel["status"].value
    panel["mask"].value = region
    counted(panel, qtbot, PLANES[thin][labels[thin] > 0])
    panel["ignore"].value = True
    panel["ignored_value"].value = 0
    counted(panel, qtbot, PLANES[thin][(labels[thin] > 0) & (PLANES[thin] > 0)])
    viewer.dims.set_current_step(0, 2)
    thin = np.s_[2, ::2, ::2]
    counted(panel, qtbot, PLANES[thin][(labels[thin] > 0) & (PLANES[thin] > 0)])
    panel["preview"].value = True
    qtbot.waitUntil(lambda: source.colormap.name != "gray", timeout=5000)
    viewer.dims.set_current_step(0, 4)  # where the region is not
    qtbot.waitUntil(lambda: panel.plotbox.shown is None, timeout=5000)
    qtbot.waitUntil(
        lambda: "No pixels are counted: see Region." in panel["status"].value, timeout=5000
    )
    assert source.colormap.name == "gray"
    viewer.dims.set_current_step(0, 1)
    qtbot.waitUntil(lambda: source.colormap.name != "gray", timeout=5000)


def test_of_a_mask_no_more_is_read_than_is_displayed(
    viewer: Any, panel: Any, qtbot: Any, monkeypatch: Any
) -> None:
    read = []

    def block(block_id: Any) -> Any:
        read.append(block_id)
        return np.ones((1, 200, 300), np.uint8)

    labels = da.map_blocks(block, chunks=((1,) * 5, (200,), (300,)), dtype=np.uint8)
    source = viewer.add_image(da.from_array(PLANES, chunks=(1, 200, 300)), contrast_limits=(0, 255))
    region = viewer.add_labels(labels, visible=False)
    panel["layer"].value = source
    viewer.dims.set_current_step(0, 3)
    qtbot.wait(300)
    read.clear()
    panel["mask"].value = region
    qtbot.waitUntil(lambda: len(read) > 0, timeout=5000)
    qtbot.wait(300)
    assert {index[0] for index in read} == {3}


def test_shapes_and_other_axes_displayed(viewer: Any, panel: Any, qtbot: Any) -> None:
    source = viewer.add_image(da.from_array(PLANES), name="stack", contrast_limits=(0, 255))
    viewer.dims.set_current_step(0, 1)
    corners = [[20, 40], [20, 240], [150, 240], [150, 40]]
    region = viewer.add_shapes([corners], name="box")
    panel["layer"].value = source
    panel["mask"].value = region
    inside = PLANES[1, 20:150:2, 40:240:2]

    def is_about(part: float, within: float) -> bool:
        shown = panel.plotbox.shown  # between two counts there is none
        return shown is not None and abs(shown.before.total / inside.size - part) < within

    qtbot.waitUntil(lambda: is_about(1, 0.04), timeout=5000)
    region.data = [[[20, 40], [20, 140], [150, 140], [150, 40]]]
    qtbot.waitUntil(lambda: is_about(0.5, 0.02), timeout=5000)
    labels = np.zeros(PLANES.shape, np.uint8)
    labels[:, 60:, :150] = 1
    panel["mask"].value = viewer.add_labels(labels, name="labels")
    viewer.dims.order = (2, 1, 0)
    viewer.dims.set_current_step(2, 100)
    counted(panel, qtbot, PLANES[:, 60:, 100])
    viewer.layers["labels"].fill((0, 90, 100), 0)
    qtbot.waitUntil(lambda: panel.plotbox.shown is None, timeout=5000)
    viewer.layers["labels"].paint((2, 90, 100), 3)
    qtbot.waitUntil(lambda: panel.plotbox.shown is not None, timeout=5000)


def test_a_pyramid_by_all_of_its_slice(viewer: Any, panel: Any, qtbot: Any) -> None:
    """Not by the part that is loaded: zooming in changes nothing."""
    large = np.kron(PLANES, np.ones((1, 8, 8), np.uint8))
    levels = [da.from_array(large[:, ::s, ::s], chunks=(1, 256, 256)) for s in (1, 2, 8)]
    source = viewer.add_image(levels, name="slides", multiscale=True, contrast_limits=(0, 255))
    labels = np.zeros(large.shape[1:], np.uint8)
    labels[160:800, 160:1600] = 1
    region = viewer.add_labels(labels, name="part")
    panel["layer"].value = source
    camera_of(viewer).zoom = 4
    camera_of(viewer).center = (0, 200, 200)
    qtbot.wait(300)
    viewer.dims.set_current_step(0, 2)
    panel["mask"].value = region
    inside = np.s_[2, 20:100:2, 20:200:2]
    counted(panel, qtbot, PLANES[inside])
    assert "They use its coarsest level." in panel["status"].value
