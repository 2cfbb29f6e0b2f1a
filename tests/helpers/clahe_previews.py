"""Whether a preview of CLAHE is the result, in its place."""

from __future__ import annotations

from typing import Any

import numpy as np
from skimage import data

from helpers.viewers import camera_of, canvas_size

MOON = data.moon()


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
    camera_of(viewer).zoom = zoom
    camera_of(viewer).center = (0, *center)
    qtbot.wait(300)


def seen_in(viewer: Any) -> Any:
    """The corners of what the canvas shows, in the world."""
    half = np.array(canvas_size(viewer)) / camera_of(viewer).zoom / 2
    corners = np.array(camera_of(viewer).center)[-2:] + np.stack([-half, half])
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
