"""What a person sees of a stack: the slice that a layer follows, and thick slices."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.components import ViewerModel

from helpers.viewers import add_stack, see_all
from napari_histeq import (
    compute_histogram,
    equalize,
    layers,
    measures,
    transfer_function,
)
from napari_histeq.gui.preview.follow_slice import follow
from napari_histeq.layers.displayed_slice import thickness
from napari_histeq.records import legend

pytestmark = pytest.mark.whole


def test_following_the_slice_is_plotted_told_and_baked(viewer: Any, panel: Any, qtbot: Any) -> None:
    """Plot and table are of the displayed slice, and the legend says so."""
    source = add_stack(viewer, axis_labels=("z", "y", "x"))
    panel["output"].value = "display only"
    panel["plot"].value = False
    panel["run"].native.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    made = viewer.layers[1]
    assert "curve of" not in legend(layers.record_of(made), display_only=True)
    follow(viewer, made, "slice")
    for z in (2, 1):
        viewer.dims.set_current_step(0, z)
        wanted = compute_histogram(source.data[z])
        qtbot.waitUntil(lambda z=z: f"z = {z}" in panel["status"].value, timeout=10_000)
        shown = panel.plotbox.shown
        np.testing.assert_array_equal(shown.before.counts, wanted.counts)
        np.testing.assert_array_equal(
            shown.after.counts, transfer_function(wanted, "global").push(wanted).counts
        )
        qtbot.waitUntil(
            lambda n=wanted: (
                panel.plotbox.measures["before"]["mean"]
                == pytest.approx(measures.summary(n, n)["mean"][0])
            ),
            timeout=10_000,
        )
        told = legend(layers.record_of(made), display_only=True)
        assert f"the curve of the displayed slice (z = {z})" in told
    panel.tools.bake(made)
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=10_000)
    assert "the curve of the displayed slice (z = 1)" in legend(layers.record_of(viewer.layers[2]))
    follow(viewer, made, "")

    def is_of_all() -> bool:
        shown = panel.plotbox.shown
        return shown is not None and shown.before.total == source.data.size

    qtbot.waitUntil(is_of_all, timeout=10_000)


@pytest.mark.crossed
@pytest.mark.parametrize("mode", ["mean", "sum", "max", "min"])
@pytest.mark.parametrize("method", ["clahe", "global"])
def test_a_thick_slice_is_previewed_as_the_result_will_be_projected(
    viewer: Any, panel: Any, qtbot: Any, mode: str, method: str
) -> None:
    source = add_stack(viewer, projection_mode=mode)
    see_all(viewer)
    viewer.dims.set_current_step(0, 1)
    viewer.dims.margin_left = viewer.dims.margin_right = (1, 0, 0)
    panel["method"].value = method
    panel["axes"].value = (1, 2) if method == "clahe" else (0, 1, 2)
    panel["preview"].value = True
    wanted = equalize(source.data, method, axes=(1, 2) if method == "clahe" else None)
    wanted = getattr(np, mode)(wanted[0:3], axis=0)
    if method == "global" and mode in ("max", "min"):  # by the colormap of the source itself
        qtbot.waitUntil(lambda: "equalized" in source.colormap.name, timeout=10_000)
        assert len(viewer.layers) == 1
        return
    qtbot.waitUntil(lambda: "stack preview" in viewer.layers, timeout=10_000)
    np.testing.assert_allclose(viewer.layers["stack preview"].data, wanted)
    panel["plot"].value = False
    panel["run"].native.click()
    qtbot.waitUntil(lambda: "stack equalized" in viewer.layers, timeout=10_000)
    np.testing.assert_allclose(viewer.layers["stack equalized"]._slice.image.raw, wanted)


def test_a_slice_that_is_too_thick_or_lazy_is_told(viewer: Any, panel: Any, qtbot: Any) -> None:
    pixels = np.random.default_rng(0).integers(0, 200, (50, 8, 9), np.uint8)
    viewer.add_image(da.from_array(pixels, chunks=(10, 8, 9)), name="lazy")
    viewer.dims.margin_left = (2, 0, 0)
    panel["method"].value = "clahe"
    panel["axes"].value = (1, 2)
    panel["preview"].value = True
    qtbot.waitUntil(lambda: "thick slice" in panel["status"].value, timeout=10_000)
    viewer.dims.margin_left = (0, 0, 0)
    qtbot.waitUntil(lambda: "lazy preview" in viewer.layers, timeout=10_000)
    assert "thick" not in panel["status"].value


@pytest.mark.parametrize("margins", [(0, 0), (1, 1), (0.4, 0.4), (3, 2), (100, 100), (0, 1.5)])
@pytest.mark.parametrize("step", [0, 2, 6])
def test_the_planes_of_a_thick_slice_are_those_that_napari_projects(
    margins: Any, step: int
) -> None:
    viewer = ViewerModel()
    stack = np.arange(7)[:, None, None] * np.ones((4, 5))
    layer = viewer.add_image(10.0**stack, projection_mode="sum", scale=(2, 1, 1))
    viewer.dims.margin_left, viewer.dims.margin_right = ((2 * m, 0, 0) for m in margins)
    viewer.dims.set_current_step(0, step)
    ((start, stop),) = thickness(layer)
    shown = np.asarray(layer._slice.image.raw)[0, 0]
    assert shown == pytest.approx(sum(10.0**z for z in range(start, stop)))
