"""Blocks hold every pixel once, in memory's order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import strategies as some
from napari_histeq.core.arrays import blocks

BIG = np.random.default_rng(0).integers(0, 200, (3000, 3000)).astype(np.uint8)


@given(npst.array_shapes(max_dims=4, max_side=9), st.integers(1, 200))
def test_regions_hold_every_pixel_once(shape, pixels):
    seen = np.zeros(shape, int)
    for region in blocks.regions(shape, pixels):
        assert seen[region].size <= pixels
        seen[region] += 1
    assert np.all(seen == 1)


@given(some.images())
def test_flat_views_share_memory_and_hold_every_pixel(image):
    (flat,) = blocks.flat_views(image)
    assert flat.size == image.size
    assert np.shares_memory(flat, image)
    one, other = (np.sort(a, axis=None) for a in (flat, image))
    np.testing.assert_array_equal(one, other)


@given(some.images(), st.data())
def test_flat_views_keep_several_arrays_in_step(image, data):
    places = np.arange(image.size).reshape(image.shape)
    other = some.LAYOUTS[data.draw(st.sampled_from(list(some.LAYOUTS)))](places)
    one, two = blocks.flat_views(image, other)
    wanted = np.ascontiguousarray(image).ravel()[two.ravel()]
    np.testing.assert_array_equal(one.ravel(), wanted)


@given(some.images())
def test_native_is_a_run_in_native_order(image):
    run = blocks.native_run(image)
    assert run.flags.c_contiguous
    assert run.ndim == 1
    assert run.dtype.isnative
    np.testing.assert_array_equal(run, np.ascontiguousarray(image).ravel())
