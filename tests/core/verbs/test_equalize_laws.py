"""equalize: the laws that hold for every image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import naive
from helpers import strategies as some
from helpers.laws import assert_same_bits, bits, quietly
from napari_histeq import compute_histogram, measures
from napari_histeq.core.arrays import blocks


def planes(ndim, axes):
    """How to take the planes that were equalized each on its own."""
    return [] if axes is None else naive.outer_axes(ndim, axes)


# Laws
@given(some.jobs(), some.methods())
def test_shape_and_dtype_are_kept_and_the_input_is_not_touched(job, method):
    before = bits(job.image).copy()
    out = quietly(job.image, method, **job.options)
    assert type(out) is np.ndarray
    assert (out.shape, out.dtype) == (job.image.shape, job.image.dtype)
    assert out.flags.writeable
    assert not np.shares_memory(out, job.image)
    np.testing.assert_array_equal(bits(job.image), before)


@given(some.jobs(), some.methods())
def test_order_is_kept_on_every_plane(job, method):
    out = quietly(job.image, method, **job.options)
    outer = planes(job.image.ndim, job.options["axes"])
    for index in np.ndindex(*(job.image.shape[a] for a in outer)):
        where = naive.plane_index(job.image.ndim, outer, index)
        plane, result = job.image[where].ravel(), out[where].ravel()
        order = np.argsort(plane[np.isfinite(plane)], kind="stable")
        ordered = result[np.isfinite(plane)][order]
        assert np.all(ordered[1:] >= ordered[:-1])
        equal = np.diff(np.sort(plane[np.isfinite(plane)]).astype(object)) == 0
        assert np.all((ordered[1:] == ordered[:-1])[equal.astype(bool)])


@given(some.jobs(), some.methods())
def test_nan_and_infinities_stay_and_nothing_else_becomes_one(job, method):
    out = quietly(job.image, method, **job.options)
    odd = ~np.isfinite(job.image)
    assert_same_bits(out[odd], job.image[odd])
    assert np.isfinite(out[~odd]).all()


@given(some.jobs(strengths=st.just(1.0)), some.methods())
def test_result_stays_in_the_range_asked_for(job, method):
    out = quietly(job.image, method, **job.options)
    counts = np.broadcast_to(
        True if job.options["mask"] is None else job.options["mask"], out.shape
    )
    outer = planes(job.image.ndim, job.options["axes"])
    for index in np.ndindex(*(job.image.shape[a] for a in outer)):
        where = naive.plane_index(job.image.ndim, outer, index)
        plane, finite = job.image[where], np.isfinite(job.image[where])
        counted = plane[finite & counts[where]]
        if np.unique(counted).size > 1:
            limits = naive.output_range(job.options["out_range"], counted)
            low, high = np.array(limits).astype(job.image.dtype) if in_float(plane) else limits
            result = out[where][finite].astype(float)
            # The limits of 64-bit integers are known to double precision.
            slack = 0 if in_float(plane) else max(abs(float(low)), abs(float(high))) // 2**53
            assert np.all((result >= float(low) - slack) & (result <= float(high) + slack))


def in_float(image):
    return image.dtype.kind == "f"


@given(some.jobs(), some.methods())
def test_strength_zero_is_the_input_to_the_bit(job, method):
    out = quietly(job.image, method, **(job.options | {"strength": 0.0}))
    assert_same_bits(out, job.image)


@given(some.jobs(), some.methods(), st.data())
def test_planes_are_equalized_as_if_they_were_alone(job, method, data):
    axes = job.options.pop("axes")
    assume(axes is not None)
    mask = job.options.pop("mask")
    whole = quietly(job.image, method, axes=axes, mask=mask, **job.options)
    outer = naive.outer_axes(job.image.ndim, axes)
    index = tuple(data.draw(st.integers(0, job.image.shape[a] - 1)) for a in outer)
    where = naive.plane_index(job.image.ndim, outer, index)
    part = None if mask is None else np.broadcast_to(mask, job.image.shape)[where]
    assert_same_bits(whole[where], quietly(job.image[where], method, mask=part, **job.options))


@given(some.jobs(some.images(layouts=["C"])), some.methods(), st.sampled_from(list(some.LAYOUTS)))
def test_memory_layout_does_not_matter(job, method, layout):
    expected = quietly(job.image, method, **job.options)
    other = some.LAYOUTS[layout](job.image)
    assert_same_bits(quietly(other, method, **job.options), expected)


@given(some.jobs(), some.methods())
def test_byte_order_does_not_matter(job, method):
    swapped = job.image.astype(job.image.dtype.newbyteorder())
    one, other = (quietly(image, method, **job.options) for image in (job.image, swapped))
    assert other.dtype == swapped.dtype
    assert_same_bits(one, other.astype(one.dtype))


@given(some.jobs(), some.methods(), st.sampled_from([1, 5, 16]))
def test_cutting_into_blocks_does_not_matter(job, method, pixels):
    expected = quietly(job.image, method, **job.options)
    whole = blocks.regions
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "regions", lambda shape, n=pixels: whole(shape, n))
        assert_same_bits(quietly(job.image, method, **job.options), expected)


@given(some.jobs(), some.methods(), st.data())
def test_pixels_that_do_not_count_change_no_other_one(job, method, data):
    mask = np.broadcast_to(data.draw(npst.arrays(bool, job.image.shape)), job.image.shape)
    options = job.options | {"mask": mask}
    changed = job.image.copy()
    other = data.draw(npst.arrays(job.image.dtype, job.image.shape))
    changed[~mask] = other[~mask]
    one, two = quietly(job.image, method, **options), quietly(changed, method, **options)
    assert_same_bits(one[mask], two[mask])


@given(some.jobs(), some.methods())
def test_the_curve_applies_everywhere(job, method):
    """A pixel that does not count becomes what an equal one that counts becomes."""
    job.options["axes"] = None
    out = quietly(job.image, method, **job.options)
    finite = np.isfinite(job.image)
    for value in np.unique(job.image[finite]):
        assert np.unique(out[finite & (job.image == value)]).size == 1


@given(some.images(), some.methods(), st.booleans())
def test_mask_broadcasts(image, method, count_even):
    part = (np.arange(image.shape[-1]) % 2 == 0) | ~np.bool_(count_even)
    full = np.broadcast_to(part, image.shape).copy()
    assert_same_bits(quietly(image, method, mask=part), quietly(image, method, mask=full))


@given(
    some.jobs(some.images(dtypes=st.sampled_from(["u1", "i1", "<u2", ">i2", "<f4"]))),
    some.methods(),
)
def test_entropy_is_never_raised(job, method):
    """No curve can: it moves levels and merges them, and splits none."""
    job.options["axes"] = None
    assume(np.isfinite(job.image).any())
    out = quietly(job.image, method, **job.options)
    before, after = (measures.entropy(compute_histogram(image)) for image in (job.image, out))
    assert after <= before + 1e-9
