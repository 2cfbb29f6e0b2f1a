"""The live preview of CLAHE: near the result where it is seen, and gone without a trace."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from skimage import data

from helpers.clahe_previews import MOON, difference, is_in_place, look_at, preview_of
from helpers.viewers import screen, state_of
from napari_histeq import Clahe, equalize

pytestmark = pytest.mark.whole


@pytest.mark.crossed
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


@pytest.mark.parametrize("dtype", ["u2", "f4"])
@pytest.mark.parametrize("ends", ["robust", "extremes"])
def test_a_hot_pixel_that_is_not_seen(
    viewer: Any, clahe: Any, qtbot: Any, dtype: str, ends: str
) -> None:
    """The preview leaves it out as the result does."""
    image = MOON.astype(dtype) * 8 + np.arange(512).astype(dtype) % 8
    image[3, 5] = 65535
    full = equalize(image, Clahe(ends=ends))
    source = viewer.add_image(image, name="moon")
    clahe["ends"].value = ends
    look_at(viewer, qtbot, (300, 300), 6)
    patch = preview_of(viewer, clahe, qtbot, source)
    assert is_in_place(viewer, source, patch, full)


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
