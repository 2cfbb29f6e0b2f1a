"""After a run a person sees the result and one plot, whatever else lies in the viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.experimental import link_layers
from skimage import data

from helpers.viewers import camera_of, visible
from napari_histeq.gui.runs.showing import _overlap, _zoomed_in, grid_of
from napari_histeq.layers.displayed_slice import visible_window
from napari_histeq.layers.placement import world_box

if TYPE_CHECKING:
    from collections.abc import Callable

    Press = Callable[..., None]

MOON = data.moon()[::4, ::4]
DIM = MOON // 3


def names(viewer: Any) -> list[str]:
    return [layer.name for layer in viewer.layers]


def screen(viewer: Any) -> np.ndarray:
    return viewer.screenshot(flash=False)[..., :3].astype(int)


def alone(viewer: Any, name: str) -> np.ndarray:
    """The screen with one layer only."""
    kept = {layer: layer.visible for layer in viewer.layers}
    for layer in viewer.layers:
        layer.visible = layer.name == name
    found = screen(viewer)
    for layer, shown in kept.items():
        layer.visible = shown
    return found


COVERS = {
    "translucent": {},
    "opaque": {"blending": "opaque", "opacity": 0.1},
    "depth": {"blending": "translucent"},
    "colors": {"rgb": True},
}


@pytest.mark.parametrize("how", list(COVERS))
def test_it_lies_above_what_would_cover_it(viewer: Any, panel: Any, run: Press, how: str) -> None:
    source = viewer.add_image(DIM, name="moon")
    shape = (*MOON.shape, 3) if "rgb" in COVERS[how] else MOON.shape
    viewer.add_image(np.full(shape, 90, np.uint8), name="cover", **COVERS[how])
    viewer.add_points([[5, 5]], name="marks")
    viewer.layers.selection = {source}
    panel["plot"].value = False
    run()
    assert names(viewer) == ["moon", "cover", "moon equalized", "marks"]
    assert "above “cover”" in panel["status"].value
    viewer.layers["marks"].visible = False
    np.testing.assert_array_equal(screen(viewer), alone(viewer, "moon equalized"))


BESIDES = {
    "hidden": {"visible": False},
    "elsewhere": {"translate": (0, 500)},
    "faint": {"opacity": 0.3},
    "additive": {"blending": "additive"},
}


@pytest.mark.parametrize("how", list(BESIDES))
def test_it_stays_by_its_source_where_nothing_covers_it(
    viewer: Any, panel: Any, run: Press, how: str
) -> None:
    source = viewer.add_image(DIM, name="moon")
    viewer.add_image(MOON, name="other", **BESIDES[how])
    viewer.add_labels((MOON > 120).astype(int), name="labels", opacity=1)
    viewer.layers.selection = {source}
    panel["plot"].value = False
    run()
    assert names(viewer) == ["moon", "moon equalized", "other", "labels"]
    assert "above" not in panel["status"].value


@pytest.mark.parametrize(
    "mixing", [{"blending": "additive"}, {"blending": "minimum"}, {"opacity": 0.5}]
)
def test_a_source_that_would_mix_in_is_hidden(
    viewer: Any, panel: Any, run: Press, mixing: dict[str, Any]
) -> None:
    """And no layer that is linked to it; a second run hides the first result."""
    source = viewer.add_image(DIM, name="red", colormap="red", **mixing)
    other = viewer.add_image(MOON, name="green", colormap="green", visible=True, **mixing)
    link_layers([source, other])
    viewer.layers.selection = {source}
    panel["plot"].value = False
    run()
    assert visible(viewer) == ["red equalized", "green"]
    assert "“red” is hidden" in panel["status"].value
    assert viewer.layers.selection.active is source
    panel["strength"].value = 0.5
    run()
    assert visible(viewer) == ["red equalized [1]", "green"]


def test_a_hidden_source_gives_a_result_that_is_seen(viewer: Any, panel: Any, run: Press) -> None:
    viewer.add_image(DIM, name="moon", visible=False)
    panel["method"].value = "clahe"
    panel["compare"].value = panel["gain"].value = True
    run()
    assert visible(viewer) == ["moon original", "moon gain", "moon equalized", "moon histogram"]


def test_result_gain_original_and_plot_cover_nothing_of_each_other(
    viewer: Any, panel: Any, run: Press
) -> None:
    viewer.add_image(MOON, name="moon", scale=(2, 3), translate=(10, 20))
    panel["method"].value = "clahe"
    panel["compare"].value = panel["gain"].value = True
    run()
    kinds = ("original", "equalized", "gain", "histogram")
    shown = [viewer.layers[f"moon {kind}"] for kind in kinds]
    for index, one in enumerate(shown):
        for other in shown[index + 1 :]:
            assert not _overlap(one, other), (one.name, other.name)
    left, right = world_box(shown[0])[0][1], world_box(shown[2])[1][1]
    low, high = world_box(shown[3])
    np.testing.assert_allclose((low[1], high[1]), (left, right))


def test_one_plot_at_a_time(viewer: Any, panel: Any, run: Press) -> None:
    viewer.add_image(MOON, name="moon")
    run()
    panel["method"].value = "clahe"
    run()
    assert [n for n in visible(viewer) if "histogram" in n] == ["moon histogram [1]"]


def test_the_plot_of_another_image_in_the_same_place_does_not_mix_in(
    viewer: Any, panel: Any, run: Press
) -> None:
    first = viewer.add_image(MOON, name="first")
    second = viewer.add_image(DIM, name="second")
    apart = viewer.add_image(DIM, name="apart", translate=(0, 400))
    for layer in (first, apart, second):
        viewer.layers.selection = {layer}
        run()
    assert [n for n in visible(viewer) if "histogram" in n] == [
        "second histogram",
        "apart histogram",
    ]


SHAPES = [(1, 500), (2, 500), (500, 1), (900, 60), (60, 900), (128, 128)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_plot_is_seen_whole_and_large(
    viewer: Any, panel: Any, run: Press, shape: tuple[int, int]
) -> None:
    noise = np.random.default_rng(0).integers(0, 200, shape, np.uint8)
    viewer.add_image(noise, name="noise")
    viewer.screenshot(flash=False)
    run()
    canvas = screen(viewer)
    plot = viewer.layers["noise histogram"]
    (top, left), (bottom, right) = world_box(plot)
    zoom = camera_of(viewer).zoom
    assert (right - left) * zoom > 0.4 * canvas.shape[1]
    center = np.array(camera_of(viewer).center[-2:])
    half = np.array(canvas.shape[:2]) / zoom / 2
    assert np.all((top, left) >= center - half)
    assert np.all((bottom, right) <= center + half)


def test_in_grid_mode_each_layer_fills_its_cell(viewer: Any, panel: Any, run: Press) -> None:
    """And what stands beside the source does so again without a grid."""
    source = viewer.add_image(MOON, name="moon")
    panel["method"].value = "clahe"
    panel["compare"].value = panel["gain"].value = True
    run()
    apart = [np.array(layer.affine.affine_matrix) for layer in viewer.layers]
    grid = grid_of(viewer)
    grid.enabled = True
    low, high = world_box(source)
    for layer in viewer.layers:
        (top, left), (bottom, right) = world_box(layer)
        np.testing.assert_allclose((top + bottom) / 2, (low[0] + high[0]) / 2)
        np.testing.assert_allclose((left, right), (low[1], high[1]), atol=1e-6)
    run()
    for layer in viewer.layers:
        np.testing.assert_allclose(world_box(layer)[1][1], high[1])
    grid.enabled = False
    for layer, affine in zip(
        [la for la in viewer.layers if "[1]" not in la.name], apart, strict=True
    ):
        np.testing.assert_allclose(layer.affine.affine_matrix, affine)


def test_a_detail_of_few_rows_is_a_detail(viewer: Any, qtbot: Any) -> None:
    source = viewer.add_image(np.zeros((1, 1000)), name="row")
    viewer.screenshot(flash=False)
    assert not _zoomed_in(viewer, source)
    camera_of(viewer).zoom *= 20
    viewer.screenshot(flash=False)
    assert _zoomed_in(viewer, source)
    rows, columns = visible_window(source)
    assert (rows.start, rows.stop) == (0, 1)
    assert columns.stop - columns.start < 200
