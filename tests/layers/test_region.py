"""Masks from Labels and Shapes layers, put on the image's grid by both layers' places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.layers import Image, Labels, Shapes

from napari_histeq.layers.region import Grid, affine_of, is_grid, mask_on

SHAPE = (60, 80)


def labels_of(mask: np.ndarray, **state: Any) -> Labels:
    return Labels(mask.astype(np.uint8) * 3, **state)


def blob(shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(3).random(shape) > 0.6


@pytest.mark.parametrize(
    ("place", "grid"),
    [
        ({}, True),
        ({"scale": (0.1, -0.3), "translate": (1e6, 3)}, True),
        ({"affine": [[2, 0, 5], [0, 3, 1], [0, 0, 1]], "scale": (0.1, 0.2)}, True),
        ({"rotate": 30, "scale": (2, 3)}, False),
        ({"affine": [[0, 2, 5], [3, 0, 1], [0, 0, 1]], "translate": (4, 7)}, False),
        ({"affine": [[1, 0.1, 5], [0, 1, 1], [0, 0, 1]], "rotate": 10, "shear": [0.4]}, False),
    ],
)
def test_the_whole_way_from_data_to_world(place: dict[str, Any], grid: bool) -> None:
    layer = Image(np.zeros(SHAPE), **place)
    matrix, offset = affine_of(layer)
    for point in ((0, 0), (1, 0), (0, 1), (12.5, 7)):
        np.testing.assert_allclose(matrix @ point + offset, layer.data_to_world(point))
    assert is_grid(matrix) is grid


def test_labels_on_the_same_grid() -> None:
    np.testing.assert_array_equal(mask_on(Image(np.zeros(SHAPE)), labels_of(blob())), blob())


def test_labels_on_the_same_grid_anywhere_in_the_world() -> None:
    place = {"scale": (2, 3), "translate": (5, -7), "rotate": 30, "shear": [0.2]}
    image = Image(np.zeros(SHAPE), **place)
    np.testing.assert_array_equal(mask_on(image, labels_of(blob(), **place)), blob())


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        ({"scale": (0.4357, 0.5713)}, {}),
        ({"translate": (4, 9)}, {"translate": (-3, 2)}),
        ({"rotate": 37, "scale": (0.7, 1.3)}, {"translate": (3, 1), "scale": (2, 0.5)}),
        ({"affine": [[1, 0.3, 2], [0, 1.2, 1], [0, 0, 1]]}, {"rotate": -20}),
    ],
)
def test_every_pixel_gets_the_label_under_its_center(image: Any, labels: Any) -> None:
    pixels, region = Image(np.zeros(SHAPE), **image), labels_of(blob(), **labels)
    expected = np.zeros(SHAPE, bool)
    for index in np.ndindex(SHAPE):
        place = np.rint(region.world_to_data(pixels.data_to_world(index))).astype(int)
        if np.all(place >= 0) and np.all(place < SHAPE):
            expected[index] = blob()[tuple(place)]
    found = mask_on(pixels, region)
    assert np.mean(found != expected) < 2e-3  # ties of rounding at most
    assert expected.any()


def test_labels_of_fewer_axes_hold_for_every_slice() -> None:
    image = Image(np.zeros((4, *SHAPE)), scale=(5, 1, 1))
    mask = mask_on(image, labels_of(blob()))
    assert mask.shape == (1, *SHAPE)
    np.testing.assert_array_equal(np.broadcast_to(mask, image.data.shape)[3], blob())


@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")
def test_labels_of_fewer_axes_under_a_stack_that_leans() -> None:
    lean = np.eye(4)
    lean[1, 0] = 1  # y moves by one per z
    image = Image(np.zeros((3, *SHAPE)), affine=lean)
    mask = mask_on(image, labels_of(blob()))
    assert mask.shape == (3, *SHAPE)
    for z in range(3):
        place = np.rint(image.data_to_world((z, 10, 10)))[1:].astype(int)
        assert mask[z, 10, 10] == blob()[tuple(place)]


def test_labels_of_more_axes_count_at_the_shown_slice() -> None:
    stack = np.array([blob(), ~blob()])
    region = labels_of(stack, scale=(10, 1, 1))
    np.testing.assert_array_equal(
        mask_on(Image(np.zeros(SHAPE)), region, at=(10.0, 0.0, 0.0)), ~blob()
    )


def test_labels_in_other_units() -> None:
    image = Image(np.zeros(SHAPE), scale=(0.5, 0.5), units=("um", "um"))
    region = labels_of(blob(), scale=(500, 500), units=("nm", "nm"))
    np.testing.assert_array_equal(mask_on(image, region), blob())


def test_rgb_has_no_channel_in_its_mask() -> None:
    image = Image(np.zeros((*SHAPE, 3), np.uint8), rgb=True)
    assert mask_on(image, labels_of(blob())).shape == SHAPE


def square(y: float, x: float, side: float) -> np.ndarray:
    return np.array([[y, x], [y, x + side], [y + side, x + side], [y + side, x]])


def test_shapes() -> None:
    mask = mask_on(Image(np.zeros(SHAPE)), Shapes([square(10, 20, 20)]))
    assert mask[12:29, 22:39].all()
    assert mask.sum() == pytest.approx(400, rel=0.12)


def test_shapes_go_by_their_place_in_the_world() -> None:
    image = Image(np.zeros(SHAPE), scale=(2, 2), translate=(100, 50))
    shapes = Shapes([square(0, 0, 10)], translate=(120, 70), scale=(4, 4))
    mask = mask_on(image, shapes)  # pixels 10 to 30 on both axes
    assert mask[12:29, 12:29].all()
    assert not mask[:9].any()
    assert not mask[:, :9].any()
    assert not mask[32:].any()


def test_a_rotated_image_under_a_shape() -> None:
    image = Image(np.zeros(SHAPE), rotate=90)
    inside = image.data_to_world((30, 40))
    shapes = Shapes([square(inside[0] - 8, inside[1] - 8, 16)])
    mask = mask_on(image, shapes)
    assert mask[25:36, 35:46].all()
    assert mask.sum() == pytest.approx(256, rel=0.15)


def test_an_ellipse_is_round() -> None:
    mask = mask_on(Image(np.zeros(SHAPE)), Shapes([square(10, 20, 40)], shape_type="ellipse"))
    assert mask.sum() == pytest.approx(np.pi * 20**2, rel=0.06)
    assert not mask[11, 21]


def test_shapes_of_fewer_axes_hold_for_every_slice() -> None:
    image = Image(np.zeros((4, *SHAPE)))
    mask = mask_on(image, Shapes([square(10, 20, 20)]))
    assert mask.shape == (1, *SHAPE)


def test_shapes_of_a_stack_lie_in_their_slice() -> None:
    image = Image(np.zeros((4, *SHAPE)))
    corners = np.insert(square(10, 20, 20), 0, 2, axis=1)
    mask = mask_on(image, Shapes([corners]))
    assert mask.shape == (4, *SHAPE)
    assert mask[2, 15, 30]
    assert not mask[[0, 1, 3]].any()


@pytest.mark.parametrize("region", [Shapes(), Labels(np.zeros(SHAPE, int))])
def test_a_mask_that_covers_nothing(region: Any) -> None:
    region.name = "hand"
    with pytest.raises(ValueError, match="mask layer “hand” covers no pixel of “moon”"):
        mask_on(Image(np.zeros(SHAPE), name="moon"), region)


def test_a_mask_beside_the_image() -> None:
    with pytest.raises(ValueError, match="covers no pixel"):
        mask_on(Image(np.zeros(SHAPE)), labels_of(blob(), translate=(1000, 0)))


GRIDS = [
    Grid((2, 5, 7), (1, 1, 1), (1, 40, 50)),
    Grid((1, 3, 0), (1, 3, 4), (3, 15, 20)),
    Grid((0, -4, 70), (2, 2, 1), (2, 8, 20)),
]


@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")
@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize(
    "place",
    [
        {},
        {"translate": (1, 3, -2), "scale": (1, 1, 1)},
        {"scale": (0.5, 1, 0.5), "translate": (-0.3, 0.2, 0.4)},
        {"scale": (1, 1.371, 2.303)},
        {"rotate": (10, 20, 30)},
    ],
)
@pytest.mark.parametrize("ndim", [2, 3])
def test_some_pixels_have_the_mask_that_they_have_in_the_whole(
    grid: Grid, place: Any, ndim: int
) -> None:
    """Of labels and shapes, with as many axes and with fewer."""
    if ndim == 2 and "rotate" in place:
        return
    image = Image(np.zeros((5, *SHAPE)), **place)
    cube = np.stack([blob() ^ (np.arange(80) % 7 == z) for z in range(5)])
    labels = labels_of(cube if ndim == 3 else cube[0])
    found = np.broadcast_to(mask_on(image, labels, grid=grid), grid.size)
    whole = np.broadcast_to(mask_on(image, labels), image.data.shape)
    expected = np.zeros(grid.size, bool)
    for index in np.ndindex(grid.size):
        at = tuple(int(a + s * i) for a, s, i in zip(grid.start, grid.step, index, strict=True))
        if all(0 <= a < n for a, n in zip(at, whole.shape, strict=True)):
            expected[index] = whole[at]
        elif place:  # the labels go on beyond the image
            expected[index] = found[index]
    np.testing.assert_array_equal(found, expected)


def test_of_a_huge_region_only_what_is_asked_for_is_read() -> None:
    read = []

    class Huge:
        shape, ndim, dtype = (10**6, 10**5, 10**5), 3, np.dtype(np.uint8)

        def __getitem__(self, index: Any) -> np.ndarray:
            read.append(index)
            size = [len(range(*i.indices(n))) for i, n in zip(index, self.shape, strict=True)]
            return np.ones(size, np.uint8)

    region = labels_of(np.ones((2, 2, 2), bool))
    region._data = Huge()
    image = Image(np.zeros((4, 4, 4)))
    mask = mask_on(image, region, grid=Grid((70_000, 10, 0), (1, 500, 500), (1, 200, 200)))
    assert mask.shape == (1, 200, 200)
    assert mask.all()
    assert read == [(slice(70_000, 70_001, 1), slice(10, 99_511, 500), slice(0, 99_501, 500))]


def test_shapes_count_on_their_own_slice_of_a_grid() -> None:
    image = Image(np.zeros((6, *SHAPE)))
    corners = square(10, 20, 20)
    on = [np.insert(corners, 0, z, axis=1) for z in (-3, 2)]
    shapes = Shapes(on)
    whole = mask_on(image, shapes)
    assert whole[2, 20, 30]
    assert not whole[[0, 1, 3, 4, 5]].any()
    for z in range(6):
        found = mask_on(image, shapes, grid=Grid((z, 0, 0), (1, 1, 1), (1, *SHAPE)))
        np.testing.assert_array_equal(found[0], whole[z])
    thin = mask_on(image, shapes, grid=Grid((2, 4, 6), (1, 4, 4), (1, 14, 18)))
    assert np.mean(thin[0] != whole[2, 4::4, 6::4][:14, :18]) < 0.05
