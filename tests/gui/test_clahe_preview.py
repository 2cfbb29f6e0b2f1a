"""The live preview of CLAHE: near the result where it is seen, and gone without a trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from skimage import data, transform
from test_preview import screen, state_of

from napari_histeq import Clahe, equalize
from napari_histeq._panel.crop import sampled

MOON = data.moon()


@pytest.fixture
def clahe(panel: Any) -> Any:
    panel["method"].value = "clahe"
    return panel


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


def test_zoomed_in_it_is_the_result(viewer: Any, clahe: Any, qtbot: Any) -> None:
    """To a rounding: the tiles around the crop are those of the whole image."""
    source = viewer.add_image(MOON, name="moon", scale=(2, 2), translate=(5, 9))
    clahe["kernel_size"].native.setText("50")
    viewer.scene.camera.zoom = 4
    viewer.scene.camera.center = (0, 300, 700)
    qtbot.wait(300)
    patch = preview_of(viewer, clahe, qtbot, source)
    assert patch.data.size < MOON.size / 2
    assert difference(source, patch, equalize(MOON, Clahe(kernel_size=50))) < 0.1
    rows, columns = place_in(source, patch)
    np.testing.assert_allclose([rows, columns], np.rint([rows, columns]), atol=1e-6)


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
    clahe["clip_limit"].value = 0.02
    qtbot.waitUntil(lambda: patch.data.shape != shape, timeout=20_000)
    qtbot.wait(300)
    assert difference(source, patch, equalize(large, Clahe(kernel_size=300, clip_limit=0.02))) < 1


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


@pytest.mark.parametrize(
    ("size", "kernel", "window", "thinning"),
    [
        (512, 50, (100, 200), 1),
        (512, 37.5, (0, 512), 2.3),
        (99, 10, (90, 99), 1),
        (7, 7, (0, 7), 1),
    ],
)
def test_samples_hold_the_window_and_whole_tiles(
    size: int, kernel: float, window: tuple[int, int], thinning: float
) -> None:
    found = sampled(size, kernel, window, thinning)
    assert found.at.size % found.kernel == 0
    assert found.step == pytest.approx(kernel / found.kernel)
    assert found.step <= thinning
    seen = found.at[found.kept]
    assert abs(seen[0] - window[0]) <= found.step
    assert abs(seen[-1] - (window[1] - 1)) <= found.step
    at_start = found.at[found.kept.start]
    assert abs(found.start - at_start) <= 0.5
