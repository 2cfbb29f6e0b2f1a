"""The live preview of CLAHE: near the result where it is seen, and gone without a trace."""

from __future__ import annotations

import time
from typing import Any

import dask.array as da
import numpy as np
import pytest
from skimage import data, transform
from test_preview import screen, state_of

from napari_histeq import Clahe, equalize
from napari_histeq.core import ChunkError
from napari_histeq.gui.preview import patch as patching

MOON = data.moon()


@pytest.fixture
def clahe(panel: Any) -> Any:
    panel["method"].value = "clahe"
    return panel


def after_of(panel: Any) -> int:
    """How many pixels the plot shows after; 0 if none. Between two counts it may be empty."""
    shown = panel.plotbox.shown
    return 0 if shown is None or shown.after is None else shown.after.total


def preview_of(viewer: Any, panel: Any, qtbot: Any, source: Any) -> Any:
    panel["layer"].value = source
    panel["preview"].value = True
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=20_000)
    qtbot.wait(300)
    return viewer.layers[f"{source.name} preview"]


def place_in(source: Any, patch: Any) -> tuple[np.ndarray, np.ndarray]:
    """The rows and columns of the source where a preview's pixels lie."""
    index = np.indices(patch.data.shape[:2]).reshape(2, -1).T
    world = np.array([patch.data_to_world(i) for i in index[:: max(len(index) // 5000, 1)]])
    rows, columns = np.array([source.world_to_data(w) for w in world])[:, -2:].T
    return rows, columns


def difference(source: Any, patch: Any, full: np.ndarray) -> float:
    """Mean absolute difference of a preview from the full result, where it lies."""
    rows, columns = (np.rint(x).astype(int) for x in place_in(source, patch))
    rows, columns = rows.clip(0, full.shape[0] - 1), columns.clip(0, full.shape[1] - 1)
    count = patch.data.shape[0] * patch.data.shape[1]
    shown = patch.data.reshape(count, *patch.data.shape[2:])[:: max(count // 5000, 1)]
    return float(np.abs(shown.astype(float) - full[rows, columns]).mean())


def look_at(viewer: Any, qtbot: Any, center: tuple[float, float], zoom: float) -> None:
    viewer.scene.camera.zoom = zoom
    viewer.scene.camera.center = (0, *center)
    qtbot.wait(300)


def seen_in(viewer: Any) -> Any:
    """The corners of what the canvas shows, in the world."""
    half = np.array(viewer.canvas.size) / viewer.scene.camera.zoom / 2
    corners = np.array(viewer.scene.camera.center)[-2:] + np.stack([-half, half])
    return [np.concatenate([np.array(viewer.dims.point)[:-2], corner]) for corner in corners]


def is_in_place(viewer: Any, source: Any, patch: Any, full: np.ndarray) -> bool:
    """Whether a preview has the bits of the full result, all that is visible of it."""
    try:
        rows, columns = place_in(source, patch)
        first = np.rint([rows.min(), columns.min()]).astype(int)
        np.testing.assert_allclose([rows.min(), columns.min()], first, atol=1e-6)
        shape = patch.data.shape
        box = tuple(slice(a, a + n) for a, n in zip(first, shape, strict=False))
        corners = [source.world_to_data(c)[-2:] for c in seen_in(viewer)]
        top, bottom = np.clip(np.sort(corners, axis=0), 0, np.array(full.shape[:2]) - 1)
        assert np.abs(top - first).max() <= 2
        assert np.abs(bottom - first - shape[:2] + 1).max() <= 2
        return bool(np.array_equal(patch.data, full[box]))
    except AssertionError:
        return False


@pytest.mark.parametrize("kernel", ["50", "51", "37", "101"])
@pytest.mark.parametrize(
    "image",
    [MOON, MOON[:501, 3:], MOON.astype(np.float32) / 255, MOON.astype(">i8") - 2**40],
    ids=["even", "odd", "float", "wide"],
)
def test_zoomed_in_it_is_the_result(
    viewer: Any, clahe: Any, qtbot: Any, kernel: str, image: Any
) -> None:
    """To the bit and in place, whatever is left over of the tiles."""
    source = viewer.add_image(image, name="moon", scale=(2, 2), translate=(5, 9))
    clahe["kernel_size"].native.setText(kernel)
    look_at(viewer, qtbot, (300, 700), 4)
    patch = preview_of(viewer, clahe, qtbot, source)
    assert patch.data.size < image.size / 2
    full = equalize(image, Clahe(kernel_size=int(kernel)))
    assert is_in_place(viewer, source, patch, full)
    if image.dtype.kind in "uf":
        assert tuple(patch.contrast_limits) == (0, 255 if image.dtype == np.uint8 else 1)


def test_it_follows_the_camera(viewer: Any, clahe: Any, qtbot: Any) -> None:
    """Panning and zooming alone; and not when the preview has ended."""
    source = viewer.add_image(MOON, name="moon")
    full = equalize(MOON, "clahe")
    look_at(viewer, qtbot, (300, 300), 6)
    patch = preview_of(viewer, clahe, qtbot, source)
    for center, zoom in [((100, 100), 6), ((400, 350), 6), ((400, 350), 2), ((0, 0), 9)]:
        look_at(viewer, qtbot, center, zoom)
        qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full), timeout=10_000)
    clahe["preview"].value = False
    look_at(viewer, qtbot, (200, 200), 5)
    qtbot.wait(200)
    assert list(viewer.layers) == [source]


def test_it_follows_the_camera_in_a_slice_and_over_slices(
    viewer: Any, panel: Any, qtbot: Any
) -> None:
    """A curve for each plane comes from all of the plane, not from what is seen of it."""
    stack = np.stack([MOON // (z + 1) for z in range(4)])
    stack[:, :256] //= 2
    source = viewer.add_image(stack, name="stack")
    panel["axes"].value = (1, 2)
    viewer.dims.set_current_step(0, 2)
    look_at(viewer, qtbot, (400, 300), 6)
    patch = preview_of(viewer, panel, qtbot, source)
    full = equalize(stack, axes=(1, 2))
    assert is_in_place(viewer, source, patch, full[2])
    look_at(viewer, qtbot, (100, 300), 6)
    qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full[2]), timeout=10_000)
    viewer.dims.set_current_step(0, 1)
    qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full[1]), timeout=10_000)
    panel["method"].value = "clahe"
    full = equalize(stack, "clahe", axes=(1, 2))
    qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full[1]), timeout=10_000)


@pytest.mark.parametrize("method", ["global", "clahe"])
def test_of_colors_zoomed_in_it_is_the_result(
    viewer: Any, panel: Any, qtbot: Any, method: str
) -> None:
    image = data.astronaut()
    source = viewer.add_image(image, name="astronaut")
    panel["method"].value = method
    look_at(viewer, qtbot, (100, 350), 6)
    patch = preview_of(viewer, panel, qtbot, source)
    assert is_in_place(viewer, source, patch, equalize(image, method, channel_axis=-1))


def test_tiles_through_all_planes(viewer: Any, clahe: Any, qtbot: Any) -> None:
    """The planes before and behind count, as they do in the result."""
    stack = np.stack([np.roll(MOON, 9 * z, axis=1)[:200, :300] for z in range(30)])
    stack = (stack * np.linspace(1, 0.2, 30)[:, None, None]).astype(np.uint8)
    source = viewer.add_image(stack, name="stack")
    viewer.dims.set_current_step(0, 13)
    look_at(viewer, qtbot, (80, 120), 8)
    patch = preview_of(viewer, clahe, qtbot, source)
    full = equalize(stack, "clahe")
    assert is_in_place(viewer, source, patch, full[13])
    viewer.dims.set_current_step(0, 29)
    qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full[29]), timeout=10_000)
    assert clahe["status"].value == "The plot shows only the visible part."


def test_where_the_other_planes_are_not_in_memory_it_says_so(
    viewer: Any, clahe: Any, qtbot: Any
) -> None:
    stack = np.stack([MOON // (z + 1) for z in range(6)])
    source = viewer.add_image(da.from_array(stack, chunks=(1, 512, 512)), name="stack")
    patch = preview_of(viewer, clahe, qtbot, source)
    assert "tiles in this plane only" in clahe["status"].value
    assert "from the displayed slice" in clahe["status"].value
    assert np.abs(patch.data.astype(int) - stack[0, :, : patch.data.shape[1]]).mean() > 3
    clahe["preview"].value = False
    assert "tiles in this plane only" not in clahe["status"].value


@pytest.mark.parametrize("depth", [None, 5])
def test_opencv_zoomed_in_is_the_result(
    viewer: Any, clahe: Any, qtbot: Any, depth: int | None
) -> None:
    """To the bit: its tiles are those of the whole image, with its reflected border."""
    image = MOON[:501, :487]
    full = equalize(image, Clahe.opencv(0.02 * 256))
    stack = image if depth is None else np.stack([image] * depth)
    source = viewer.add_image(stack, name="moon")
    if depth is not None:
        clahe["axes"].value = (1, 2)
    clahe["method"].value = "opencv_clahe"
    clahe["clip_limit"].value = 0.02 * 256
    look_at(viewer, qtbot, (420, 400), 5)
    patch = preview_of(viewer, clahe, qtbot, source)
    assert is_in_place(viewer, source, patch, full)
    look_at(viewer, qtbot, (60, 60), 5)
    qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full), timeout=10_000)


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
    viewer.scene.camera.zoom *= 6
    viewer.scene.camera.center = (0, 1000, 3000)
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


@pytest.mark.parametrize("image", [MOON, data.astronaut(), MOON.astype(np.float32) / 255])
def test_off_leaves_the_viewer_exactly_as_it_was(
    viewer: Any, clahe: Any, qtbot: Any, image: Any
) -> None:
    source = viewer.add_image(image, name="picture")
    clahe["layer"].value = source
    qtbot.wait(500)
    before, seen = state_of(viewer), screen(viewer)
    patch = preview_of(viewer, clahe, qtbot, source)
    full = equalize(image, Clahe(), channel_axis=-1 if source.rgb else None)
    assert difference(source, patch, full) <= 0.01 * float(image.max())
    for limit in (0.003, 0.05, 0.02):  # the last answers come too late
        clahe["clip_limit"].value = limit
        qtbot.wait(30)
    clahe["preview"].value = False
    qtbot.wait(1000)
    np.testing.assert_equal(state_of(viewer), before)
    np.testing.assert_array_equal(screen(viewer), seen)


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
