"""The live preview of CLAHE: thinned out, of a region, of pyramids, in 3-D, and with its plot."""

from __future__ import annotations

import time
from typing import Any

import dask.array as da
import numpy as np
import pytest
from skimage import data, transform

from helpers.clahe_previews import MOON, difference, is_in_place, look_at, place_in, preview_of
from helpers.viewers import camera_of
from napari_histeq import Clahe, equalize
from napari_histeq.core import ChunkError
from napari_histeq.gui.preview import patch as patching

pytestmark = pytest.mark.whole


def after_of(panel: Any) -> int:
    """How many pixels the plot shows after; 0 if none. Between two counts it may be empty."""
    shown = panel.plotbox.shown
    return 0 if shown is None or shown.after is None else shown.after.total


def test_opencv_thinned_out_is_near_the_result(viewer: Any, clahe: Any, qtbot: Any) -> None:
    large = np.kron(MOON, np.ones((5, 5), np.uint8))
    source = viewer.add_image(large, name="moon")
    clahe["method"].value = "opencv_clahe"
    clahe["clip_limit"].value = 2.56
    patch = preview_of(viewer, clahe, qtbot, source)
    assert patch.data.size < large.size / 2
    full = equalize(large, Clahe.opencv(2.56))
    assert difference(source, patch, full) < 1.5
    clahe["ignore"].value = True
    qtbot.waitUntil(lambda: "knows no mask" in clahe["status"].value, timeout=5000)
    assert list(viewer.layers) == [source]


def test_the_region_and_the_ignored_value_count(viewer: Any, clahe: Any, qtbot: Any) -> None:
    image = MOON.copy()
    image[200:260, 100:400] = 0
    source = viewer.add_image(image, name="moon")
    mask = np.hypot(*np.mgrid[-256:256, -256:256]) < 200
    region = viewer.add_labels(mask.astype(np.uint8), name="round", visible=False)
    clahe["layer"].value = source
    clahe["mask"].value = region
    clahe["ignore"].value = True
    clahe["ignored_value"].value = 0
    look_at(viewer, qtbot, (150, 200), 5)
    clahe["preview"].value = True
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=20_000)
    full = equalize(image, "clahe", mask=mask & (image != 0))
    patch = viewer.layers["moon preview"]
    qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full), timeout=10_000)


def test_in_3d_or_with_other_axes_displayed_there_is_none(
    viewer: Any, clahe: Any, qtbot: Any
) -> None:
    stack = np.stack([MOON[:100, :120] // (z + 1) for z in range(6)])
    source = viewer.add_image(stack, name="stack")
    preview_of(viewer, clahe, qtbot, source)
    viewer.dims.ndisplay = 3
    qtbot.waitUntil(lambda: list(viewer.layers) == [source], timeout=10_000)
    qtbot.waitUntil(lambda: "in 2D" in clahe["status"].value, timeout=5000)
    viewer.dims.ndisplay = 2
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    viewer.dims.order = (1, 0, 2)
    qtbot.waitUntil(lambda: list(viewer.layers) == [source], timeout=10_000)


def test_closing_the_window_meanwhile_is_harmless(
    viewer: Any, clahe: Any, qtbot: Any, monkeypatch: Any
) -> None:
    begun, ended = [], []
    real = patching.equalized

    def slow(*what: Any) -> Any:
        begun.append(1)
        time.sleep(0.5)
        ended.append(1)
        return real(*what)

    monkeypatch.setattr(patching, "equalized", slow)
    clahe["layer"].value = viewer.add_image(MOON, name="moon")
    clahe["preview"].value = True
    qtbot.waitUntil(lambda: bool(begun), timeout=10_000)
    viewer.close()
    qtbot.waitUntil(lambda: bool(ended), timeout=5000)
    qtbot.wait(200)


def test_another_layer_or_none(viewer: Any, clahe: Any, qtbot: Any) -> None:
    color = viewer.add_image(data.astronaut(), name="color")
    gray = viewer.add_image(MOON, name="gray")
    clahe["layer"].value = color
    clahe["preview"].value = True
    qtbot.waitUntil(lambda: "color preview" in viewer.layers, timeout=20_000)
    clahe["layer"].value = gray
    qtbot.waitUntil(lambda: "gray preview" in viewer.layers, timeout=20_000)
    assert "color preview" not in viewer.layers
    viewer.layers.remove(gray)
    qtbot.waitUntil(lambda: [x.name for x in viewer.layers][1:] in ([], ["color preview"]))
    viewer.layers.remove(color)
    qtbot.wait(300)
    assert not viewer.layers


def test_on_a_pyramid_tiles_keep_their_place(viewer: Any, clahe: Any, qtbot: Any) -> None:
    large = (255 * transform.resize(MOON, (4096, 4096), order=1)).astype(np.uint8)
    levels = [large[::s, ::s] for s in (1, 2, 4, 8)]
    source = viewer.add_image(levels, name="slide", multiscale=True)
    clahe["kernel_size"].native.setText("300")
    viewer.reset_view()
    qtbot.wait(300)
    assert source.data_level > 0
    full = equalize(large, Clahe(kernel_size=300))
    patch = preview_of(viewer, clahe, qtbot, source)
    assert patch.data.size <= 1 << 21
    assert difference(source, patch, full) < 4
    camera_of(viewer).zoom *= 6
    camera_of(viewer).center = (0, 1000, 3000)
    shape = patch.data.shape
    qtbot.waitUntil(lambda: source.data_level == 0, timeout=5000)
    qtbot.waitUntil(lambda: patch.data.shape != shape, timeout=20_000)
    qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full), timeout=10_000)


def test_a_pyramid_of_many_slices(viewer: Any, clahe: Any, qtbot: Any) -> None:
    planes = np.kron(MOON, np.ones((4, 4), np.uint8))
    stack = np.stack([planes // (z + 1) for z in range(3)])
    levels = [da.from_array(stack[:, ::s, ::s], chunks=(1, 512, 512)) for s in (1, 4)]
    source = viewer.add_image(levels, name="slides", multiscale=True, contrast_limits=(0, 255))
    clahe["axes"].value = (1, 2)
    viewer.dims.set_current_step(0, 1)
    look_at(viewer, qtbot, (700, 900), 3)
    assert source.data_level == 0
    patch = preview_of(viewer, clahe, qtbot, source)
    full = [equalize(plane, "clahe") for plane in stack]
    assert is_in_place(viewer, source, patch, full[1])
    viewer.dims.set_current_step(0, 2)
    qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full[2]), timeout=10_000)
    look_at(viewer, qtbot, (1024, 1024), 0.2)  # all of it
    qtbot.waitUntil(lambda: source.data_level == 1, timeout=5000)
    qtbot.waitUntil(lambda: patch.data.shape == (512, 512), timeout=10_000)
    assert difference(source, patch, full[2]) < 2


def test_the_plot_shows_the_visible_part_before_and_after(
    viewer: Any, clahe: Any, qtbot: Any
) -> None:
    source = viewer.add_image(MOON, name="moon")
    full = equalize(MOON, Clahe())
    patch = preview_of(viewer, clahe, qtbot, source)
    look_at(viewer, qtbot, (200, 300), 6)
    qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full), timeout=20_000)
    qtbot.waitUntil(lambda: after_of(clahe) == patch.data.size, timeout=5000)
    shown = clahe.plotbox.shown
    rows, columns = (np.rint(x).astype(int) for x in place_in(source, patch))
    assert shown.curve is None
    np.testing.assert_array_equal(
        shown.after.counts, np.bincount(patch.data.ravel(), minlength=256)
    )
    height, width = patch.data.shape
    box = MOON[rows.min() : rows.min() + height, columns.min() : columns.min() + width]
    np.testing.assert_array_equal(shown.before.counts, np.bincount(box.ravel(), minlength=256))
    assert "visible part" in clahe["status"].value
    qtbot.waitUntil(lambda: "levels used" in clahe["evidence"].value, timeout=5000)
    clahe["preview"].value = False
    qtbot.waitUntil(
        lambda: clahe.plotbox.shown and clahe.plotbox.shown.before.total == MOON.size, timeout=5000
    )
    assert after_of(clahe) == 0
    assert "visible" not in clahe["status"].value


def test_after_a_run_the_plot_in_the_dock_shows_what_it_made(
    viewer: Any, clahe: Any, qtbot: Any, run: Any
) -> None:
    source = viewer.add_image(MOON, name="moon")
    run()
    viewer.layers.selection.active = source
    made = viewer.layers["moon equalized"].data
    qtbot.waitUntil(lambda: after_of(clahe) > 0, timeout=5000)
    np.testing.assert_array_equal(
        clahe.plotbox.shown.after.counts, np.bincount(made.ravel(), minlength=256)
    )
    clahe["clip_limit"].value = 0.05  # another choice: not known yet
    qtbot.waitUntil(lambda: clahe.plotbox.shown and after_of(clahe) == 0, timeout=5000)
    clahe["clip_limit"].value = 0.01
    qtbot.waitUntil(lambda: after_of(clahe) > 0, timeout=5000)


def test_what_a_chunk_lacks_is_told_in_the_words_of_the_panel(
    viewer: Any, clahe: Any, qtbot: Any, monkeypatch: Any
) -> None:
    def broken(*_: Any) -> Any:
        cause = "image has dtype complex64: equalization needs real numbers"
        raise ChunkError("the image", (0, 1), cause, ())

    monkeypatch.setattr("napari_histeq.gui.preview.patch.view_of", broken)
    viewer.add_image(MOON, name="moon")
    clahe["preview"].value = True
    words = "pixels of the data type complex64 cannot be equalized"
    qtbot.waitUntil(lambda: words in clahe["status"].value, timeout=10_000)
