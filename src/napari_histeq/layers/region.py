"""Which pixels of an image a Labels or Shapes layer covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from napari.utils.transforms import Affine

from napari_histeq.core.reading import read_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image, Labels, Layer, Shapes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Grid(NamedTuple):
    """Some pixels of an image: along each axis `size` of them, from `start` on, `step` apart.

    In pixels of the full resolution, without channels.
    """

    start: tuple[float, ...]
    step: tuple[float, ...]
    size: tuple[int, ...]


def mask_on(
    image: Image,
    region: Labels | Shapes,
    at: Sequence[float] = (),
    grid: Grid | None = None,
    *,
    labels: bool = False,
) -> NDArray[Any]:
    """Put a region on the pixel grid of an image, by both layers' places in the world.

    Parameters
    ----------
    image : Image
        Whose pixels count or not.
    region : Labels or Shapes
        Every label but 0, or the inside of every shape, counts.
    at : sequence of float, optional
        World coordinates of the shown slice: which slice of a region counts that
        has more axes than the image. By default the first.
    grid : Grid, optional
        The pixels that are asked for; by default all of them. Of the region no more is
        read than lies there.
    labels : bool
        Whether the labels themselves are wanted, and not only which pixels have one.

    Returns
    -------
    array of bool, or of integers
        It broadcasts to the image's shape (without color channels), or the grid's: a
        region with fewer axes than the image holds for every index of the others.

    Raises
    ------
    ValueError
        If no pixel of the image is covered; of a `grid` there need not be one.
    """
    shape = shape_of(image) if grid is None else grid.size
    to_region = _pixel_map(image, region, at)
    if grid is not None:
        matrix, offset = to_region
        to_region = matrix * np.asarray(grid.step), offset + matrix @ np.asarray(grid.start)
    if not hasattr(region, "shape_type"):
        mask = _labels_mask(*_cut(_finest(region), shape, to_region, labels))
    else:
        mask = _shapes_mask(region, shape, to_region)
    if grid is None and not mask.any():
        raise ValueError(
            f"The mask layer “{region.name}” covers no pixel of “{image.name}”: "
            "draw in it, move it over the image, or choose no mask."
        )
    return mask


def shape_of(image: Image) -> tuple[int, ...]:
    """The shape of a layer's pixel grid, at full resolution and without channels."""
    shape = tuple(int(n) for n in _finest(image).shape)
    return shape[:-1] if getattr(image, "rgb", False) else shape


def affine_of(layer: Layer) -> tuple[Floats, Floats]:
    """Matrix and offset that take a layer's data coordinates to world coordinates.

    The whole way: scale, shear, rotation and translation, and then the layer's affine.
    """
    own = Affine(
        scale=layer.scale, translate=layer.translate, rotate=layer.rotate, shear=layer.shear
    )
    whole = layer.affine.affine_matrix @ own.affine_matrix
    return whole[:-1, :-1], whole[:-1, -1]


def geometry_of(layer: Layer) -> tuple[Any, ...]:
    """Where a layer lies in the world: equal for layers that lie alike."""
    matrix, offset = affine_of(layer)
    return (matrix.tobytes(), offset.tobytes(), *map(str, layer.units))


def is_grid(matrix: Floats) -> bool:
    """Whether axes stay axes: no rotation and no shear, but for errors of rounding."""
    beside = matrix - np.diag(np.diag(matrix))
    return bool(np.abs(beside).max(initial=0.0) <= 1e-9 * np.abs(matrix).max(initial=0.0))


def _finest(layer: Any) -> Any:
    return layer.data[0] if getattr(layer, "multiscale", False) else layer.data


def _pixel_map(image: Image, region: Layer, at: Sequence[float]) -> tuple[Floats, Floats]:
    """Matrix (region axes x image axes) and offset from image pixels to region coordinates."""
    matrix, offset = affine_of(image)
    factors = _unit_factors(image, region)
    own, own_offset = affine_of(region)
    wanted = region.ndim - image.ndim  # axes that the image does not have
    if wanted > 0:
        point = np.zeros(wanted)
        known = np.asarray(at, dtype=np.float64)[-region.ndim : -image.ndim][-wanted:]
        point[wanted - known.size :] = known
        matrix = np.vstack([np.zeros((wanted, image.ndim)), matrix])
        offset = np.concatenate([point, offset])
    matrix, offset = matrix[-region.ndim :], offset[-region.ndim :]
    back = np.linalg.inv(own)
    return back @ (factors[:, None] * matrix), back @ (factors * offset - own_offset)


def _unit_factors(image: Layer, region: Layer) -> Floats:
    """By what world lengths of the image become those of the region, axis by axis."""
    factors = np.ones(region.ndim)
    common = min(image.ndim, region.ndim)
    for axis in range(-common, 0):
        mine, other = image.units[axis], region.units[axis]
        if mine != other and mine.is_compatible_with(other):
            factors[axis] = (1 * mine).to(other).magnitude
    return factors


def _cut(
    labels: Any, shape: tuple[int, ...], to_region: tuple[Floats, Floats], themselves: bool
) -> tuple[NDArray[Any], tuple[int, ...], tuple[Floats, Floats]]:
    """Those labels that lie under a grid of `shape`, and the map to them; no others are read.

    Where the grid falls on every n-th label only, the others are left out too.
    """
    matrix, offset = to_region
    ends = matrix * (np.asarray(shape) - 1)
    low = offset + np.minimum(ends, 0).sum(axis=1)
    high = offset + np.maximum(ends, 0).sum(axis=1)
    whole = np.isclose(matrix, np.rint(matrix), atol=1e-9).all(axis=1)
    step = np.where(whole, np.gcd.reduce(np.rint(matrix).astype(int), axis=1), 1).clip(1)
    size = np.asarray(labels.shape)
    start = np.floor(low + 0.5 - 1e-6).astype(int)
    start += step * (-(np.minimum(start, 0) // step))  # not before the first label
    stop = np.minimum(np.floor(high + 0.5 + 1e-6).astype(int) + 1, size)
    box = tuple(
        slice(int(a), int(max(b, a)), int(n)) for a, b, n in zip(start, stop, step, strict=True)
    )
    under = read_part(labels, box)
    found = under if themselves else under != 0
    return found, shape, (matrix / step[:, None], (offset - start) / step)


def _labels_mask(
    labels: NDArray[Any], shape: tuple[int, ...], to_region: tuple[Floats, Floats]
) -> NDArray[Any]:
    matrix, offset = to_region
    extra = len(shape) - labels.ndim
    if extra <= 0:  # the image is a slice of the region: give it axes of length 1
        square = np.hstack([np.zeros((labels.ndim, -extra)), matrix])
        grid = (1,) * -extra + shape
        return _resampled(labels, square, offset, grid).reshape(shape)
    if not matrix[:, :extra].any():  # the same for every slice
        one = _resampled(labels, matrix[:, extra:], offset, shape[extra:])
        return one.reshape((1,) * extra + one.shape)
    mask = np.empty(shape, dtype=labels.dtype)
    for index in np.ndindex(shape[:extra]):
        start = offset + matrix[:, :extra] @ index
        mask[index] = _resampled(labels, matrix[:, extra:], start, shape[extra:])
    return mask


def _resampled(
    labels: NDArray[Any], matrix: Floats, offset: Floats, shape: tuple[int, ...]
) -> NDArray[Any]:
    """The label under the center of each pixel."""
    if not labels.size:
        return np.zeros(shape, dtype=labels.dtype)
    same = np.allclose(matrix, np.eye(len(shape)), atol=1e-9) and np.allclose(offset, 0, atol=1e-6)
    if same and labels.shape == shape:
        return labels
    from scipy.ndimage import affine_transform

    given = labels.view(np.uint8) if labels.dtype.kind == "b" else labels
    found: NDArray[Any] = affine_transform(
        given, matrix, offset, output_shape=shape, order=0, mode="grid-constant"
    )
    return found.astype(labels.dtype)


def _shapes_mask(
    region: Shapes, shape: tuple[int, ...], to_region: tuple[Floats, Floats]
) -> NDArray[np.bool_]:
    from napari.layers import Shapes

    matrix, offset = to_region
    extra = len(shape) - region.ndim
    if extra > 0 and matrix[:, :extra].any():
        raise ValueError(
            f"the mask layer {region.name!r} has {region.ndim} axes, but the image is rotated "
            f"out of their plane: draw the mask with {len(shape)} axes"
        )
    kept = max(extra, 0)
    back = np.linalg.pinv(matrix[:, kept:])
    moved = [
        ((np.asarray(points) - offset) @ back.T, kind)
        for points, kind in zip(region.data, region.shape_type, strict=True)
    ]
    moved = [
        (_onto(points, shape[kept:]), kind)
        for points, kind in moved
        if _is_on(points, shape[kept:])
    ]
    covered = np.zeros(shape[kept:], dtype=bool)
    if moved:
        copy = Shapes([p for p, _ in moved], shape_type=[k for _, k in moved])
        covered = copy.to_labels(covered.shape) > 0
    return covered.reshape((1,) * kept + covered.shape)


def _is_on(points: Floats, shape: tuple[int, ...]) -> bool:
    """Whether a shape with these corners lies on one of the slices of a grid."""
    slices = np.rint(points[:, :-2])
    return bool((slices.max(axis=0) >= 0).all() and (slices.min(axis=0) < shape[:-2]).all())


def _onto(points: Floats, shape: tuple[int, ...]) -> Floats:
    """A shape's corners, on the slices of a grid."""
    slices = np.rint(points[:, :-2]).clip(0, np.asarray(shape[:-2]) - 1)
    return np.hstack([slices, points[:, -2:]])
