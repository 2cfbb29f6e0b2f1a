"""CLAHE in four dimensions beside the published multidimensional one.

V. Stimper, S. Bauer, R. Ernstorfer, B. Schoelkopf and R. P. Xian, "Multidimensional contrast
limited adaptive histogram equalization", IEEE Access 7, 2019 (arXiv 1906.11355): the image is
mirrored by half a kernel, each kernel of the padded image has a map, a pixel gets the
multilinear mean of the maps of the 2^n kernels around it, and the result is scaled to 0..1.

Two things differ, by design. Their map is (C - C0) / (N - C0), ours takes the middle of each
bin; so here both maps are put into their scheme. And they share what is clipped out once, so
that bins rise above the limit again: nothing is clipped here.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from napari_histeq import Clahe, equalize

Array = np.ndarray[Any, Any]
LEVELS = 32


def inclusive(counts: Array) -> Array:
    done = counts.cumsum()
    return (done - done[0]) / (done[-1] - done[0])


def middle(counts: Array) -> Array:
    done = counts.cumsum() - counts / 2
    return (done - done[0]) / (done[-1] - done[0])


def published(image: Array, kernel: tuple[int, ...], map_of: Any) -> Array:
    """Pixel by pixel, of an image whose lengths are multiples of the even lengths of a kernel."""
    padded = np.pad(image, [(k // 2, k // 2) for k in kernel], "symmetric")
    maps = {}
    for block in np.ndindex(*(n // k for n, k in zip(padded.shape, kernel, strict=True))):
        where = tuple(slice(b * k, (b + 1) * k) for b, k in zip(block, kernel, strict=True))
        maps[block] = map_of(np.bincount(padded[where].reshape(-1), minlength=LEVELS))
    found = np.zeros(image.shape)
    for at in np.ndindex(*image.shape):
        ways = [(i % k + 0.5) / k for i, k in zip(at, kernel, strict=True)]
        for corner in itertools.product((0, 1), repeat=image.ndim):
            sides = zip(corner, ways, strict=True)
            weight = np.prod([way if side else 1 - way for side, way in sides])
            cells = zip(at, kernel, corner, strict=True)
            found[at] += weight * maps[tuple(i // k + side for i, k, side in cells)][image[at]]
    return scaled(found)


def scaled(image: Array) -> Array:
    return (image - image.min()) / (image.max() - image.min())


def picture(shape: tuple[int, ...]) -> Array:
    """Another brightness and contrast in each corner, and all levels."""
    rng = np.random.default_rng(5)
    ways = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij")
    light = sum(way * (axis + 1) for axis, way in enumerate(ways)) / sum(range(len(shape) + 1))
    noise = rng.normal(0, 1.5 + 4 * ways[0], shape)
    image = np.clip(np.rint(light * (LEVELS - 1) + noise), 0, LEVELS - 1).astype(np.int64)
    image.flat[:LEVELS] = np.arange(LEVELS)
    return image


@pytest.mark.parametrize(
    ("shape", "kernel"),
    [((24, 16), (8, 4)), ((8, 12, 12), (4, 4, 6)), ((4, 8, 8, 6), (2, 4, 4, 2))],
)
def test_as_published_but_for_the_middle_of_bins(
    shape: tuple[int, ...], kernel: tuple[int, ...]
) -> None:
    image = picture(shape)
    # Their kernels are our tiles if the image is mirrored as they do.
    padded = np.pad(image, [(k // 2, k // 2) for k in kernel], "symmetric").astype(np.float64)
    method = Clahe(kernel_size=kernel, clip_limit=1, nbins=LEVELS, ends="extremes")
    inside = tuple(slice(k // 2, -(k // 2)) for k in kernel)
    found = scaled(equalize(padded, method, out_range=(0, 1))[inside])
    np.testing.assert_allclose(found, published(image, kernel, middle), atol=1e-5)


def test_the_published_map_itself_is_near() -> None:
    """In tiles whose bins are low, the middle of a bin is not far from its end."""
    image, kernel = picture((32, 32)), (16, 16)
    one, other = (published(image, kernel, map_of) for map_of in (inclusive, middle))
    assert 0 < np.abs(one - other).mean() < 0.03
