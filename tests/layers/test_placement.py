"""Where the plot goes: under the image, as wide as it, in 2-D and at every slice of n-D."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.layers import Image

from helpers.viewers import add_stack
from napari_histeq import Histogram
from napari_histeq.core.recipe import Recipe
from napari_histeq.layers.placement import (
    coarser_too,
    histogram_layer,
    histogram_stack_layer,
    original_layer,
    world_box,
)
from napari_histeq.layers.plot_stack import PlotStack
from napari_histeq.records.record import KEY, Record
from napari_histeq.records.task import Outcome

if TYPE_CHECKING:
    import napari

PICTURE = [np.full((1100, 2400, 4), (200, 100, 50, 255), np.uint8)]


def outcome() -> Outcome:
    histogram = Histogram(np.arange(4), np.arange(5))
    record = Record("x", (2, 2), "uint8", Recipe())
    return Outcome(None, histogram, histogram, None, (0, 255), record)


PLACES: list[dict[str, Any]] = [
    {},
    {"scale": (0.5, 0.2), "translate": (100, -30)},
    {"rotate": 30, "shear": [0.4], "scale": (2, 1)},
    {"affine": [[0, 2, 5], [3, 0, 1], [0, 0, 1]]},
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
def test_it_is_under_the_image_and_as_wide(place: dict[str, Any], lead: tuple[int, ...]) -> None:
    state = dict(place)
    if lead:
        flat = Image(np.zeros((40, 60)), **state)
        matrix = np.eye(len(lead) + 3)
        own = np.array([flat.data_to_world(p) for p in ([0, 0], [1, 0], [0, 1])])
        matrix[-3:-1, -3:-1] = (own[1:] - own[0]).T
        matrix[-3:-1, -1] = own[0]
        state = {"affine": matrix}
    source = Image(np.zeros((*lead, 40, 60)), **state)
    made = histogram_layer(source, PICTURE, outcome())
    (low, high), (top, bottom) = world_box(source), world_box(made)
    assert top[1] == pytest.approx(low[-1])
    assert bottom[1] == pytest.approx(high[-1])
    assert high[-2] < top[0] < high[-2] + 0.1 * (high[-1] - low[-1])
    assert made.scale[0] == made.scale[1]  # circles stay round


def test_beside_means_under_both() -> None:
    source = Image(np.zeros((40, 60)), scale=(2, 3), translate=(5, 7), rotate=10)
    copy = original_layer(source)
    made = histogram_layer(source, PICTURE, outcome(), beside=[copy])
    assert copy.data is source.data
    assert world_box(copy)[1][1] < world_box(source)[0][1]
    assert world_box(made)[0][1] == pytest.approx(world_box(copy)[0][1])
    assert world_box(made)[1][1] == pytest.approx(world_box(source)[1][1])
    np.testing.assert_allclose(copy.extent.world[:, 0], source.extent.world[:, 0])


@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")  # napari's own, of such layers
@pytest.mark.parametrize(
    "place",
    [
        {"scale": (5, 0.5, 0.25), "translate": (100, 20, -30)},
        {"affine": np.diag([3.0, 2, 2, 1]), "scale": (2, 1, 1)},
        {"affine": [[3, 0, 0, 7], [0, 2, 0, 1], [0, 0, 2, 3], [0, 0, 0, 1]]},
        {"affine": [[3, 0.1, 0, 7], [0, 2, 0, 1], [0, 0, 2, 3], [0, 0, 0, 1]]},  # sheared
        {"rotate": [[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]], "scale": (3, 1, 1)},
    ],
)
def test_the_plot_of_a_plane_lies_where_the_middle_of_the_plane_is(place: dict[str, Any]) -> None:
    source = Image(np.zeros((4, 41, 61)), **place)
    plots = PlotStack(lambda _: PICTURE[0], (4,))
    made = histogram_stack_layer(source, plots, outcome())
    (_, *low), (_, *high) = world_box(source)
    for z in range(4):
        assert made.data_to_world((z, 0, 0))[0] == pytest.approx(
            source.data_to_world((z, 20, 30))[0]
        )
    (_, top, left), (_, _, right) = world_box(made)
    assert left == pytest.approx(low[1])
    assert right == pytest.approx(high[1])
    assert high[0] < top < high[0] + 0.1 * (high[1] - low[1])


def test_counts_and_edges_are_in_the_metadata() -> None:
    made = histogram_layer(Image(np.zeros((4, 4))), PICTURE, outcome())
    for when in ("before", "after"):
        np.testing.assert_array_equal(made.metadata[KEY][when]["counts"], np.arange(4))
        np.testing.assert_array_equal(made.metadata[KEY][when]["bin_edges"], np.arange(5))


def test_coarser_levels_are_means() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (800, 2400, 4), np.uint8)
    levels = coarser_too(noise)
    assert [level.shape for level in levels] == [(800, 2400, 4), (400, 1200, 4), (200, 600, 4)]
    np.testing.assert_allclose(levels[1][3, 5], noise[6:8, 10:12].mean((0, 1)), atol=0.51)


def shown(viewer: napari.Viewer) -> np.ndarray:
    """Pixels of the canvas that have the picture's color."""
    screen = viewer.screenshot(flash=False).astype(int)
    return np.abs(screen[..., :3] - (200, 100, 50)).max(axis=-1) < 12


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"scale": (5, 0.5, 0.25), "units": ("um",) * 3, "axis_labels": ("z", "y", "x")},
        {"translate": (100, 20, -30), "scale": (2, 1, 1)},
        {"rotate": [[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]]},
    ],
)
def test_it_shows_at_every_slice(viewer: napari.Viewer, state: dict[str, Any]) -> None:
    source = add_stack(viewer, **state)
    made = viewer.add_layer(histogram_layer(source, PICTURE, outcome()))
    viewer.reset_view()
    assert viewer.layers.extent.units is not None
    for step in (0, 1, 3):
        viewer.dims.set_current_step(0, step)
        seen = shown(viewer)
        assert seen.mean() > 0.05
        assert np.nonzero(seen)[0].mean() > 0.5 * seen.shape[0]  # the lower half
    assert made.extent.world[0, 0] > source.extent.world[1, 1] - 1
