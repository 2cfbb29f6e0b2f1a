"""equalize: the laws that hold for every image, and the semantics case by case."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import naive
from helpers import strategies as some
from napari_histeq import (
    BiHistogram,
    Global,
    compute_histogram,
    equalize,
    measures,
    transfer_function,
)
from napari_histeq.core import METHODS
from napari_histeq.core.arrays import blocks

CURVE_METHODS = [
    Global(),
    Global("cdf_min"),
    Global("midpoint", power=0.5),
    Global("pillow"),
    Global(plateau=2.0),
    *(kind() for kind in some.CURVES if kind is not Global),
    BiHistogram("median", levels=2),
    BiHistogram("min_error"),
]


def quietly(image, method=Global(), **options):  # noqa: B008
    """`equalize`; that nothing is counted is no surprise here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no pixel was counted", UserWarning)
        return equalize(image, method, **options)


def bits(image):
    """The very bits, so that NaN equals NaN and -0 is not 0."""
    return np.ascontiguousarray(image).view(f"u{image.dtype.itemsize}")


def assert_same_bits(one, other):
    assert one.dtype == other.dtype
    np.testing.assert_array_equal(bits(one), bits(other))


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


# Against the naive formulas


def tolerance(image, wanted, convention, strength):
    """Half a level for integers, and what the arithmetic may round; tie or not, no more."""
    scale = max(np.abs(v[np.isfinite(v)].astype(float)).max(initial=0) for v in (wanted, image))
    if image.dtype.kind == "f":
        limits = np.finfo(image.dtype)
        return 4 * float(limits.eps) * scale + float(limits.smallest_subnormal)
    extra = 1e-4 if convention == "cdf_min" else 0.0  # OpenCV's single precision
    if (
        convention == "midpoint" and strength < 1
    ):  # ImageJ's levels are whole before they are blended
        extra = 0.5 * strength
    return 0.5 + extra + 1e-12 * scale


def rest_uncounted(counted, *others):
    """A job with numbers that are not counted, between those that are."""
    image = np.array([*counted, *others], np.float16)
    mask = np.arange(image.size) < len(counted)
    return some.Job(image, {"mask": mask, "axes": None, "strength": 0.5})


@given(
    some.jobs(),
    st.sampled_from(some.CONVENTIONS),
    some.ordinary["power"],
    some.ordinary["plateau"],
)
@example(rest_uncounted([0, 1], 0.5), "midpoint", 1.0, np.inf)  # in a gap nothing rises
@example(rest_uncounted([0, 1], 0.5), "pillow", 1.0, np.inf)
# As many bins as whole numbers in the range, and yet these are no levels.
@example(rest_uncounted([0, 1, 4, 4]), "midpoint", 1.0, np.inf)
@example(rest_uncounted([0, 1, 1, 1, 1, 4]), "pillow", 1.0, np.inf)
def test_global_is_its_formula(job, convention, power, plateau):
    if not naive.has_bin_per_level(job.image.dtype):
        power, plateau = 1.0, np.inf  # without levels there is another rule, see test_methods
        assume(job.image.dtype.kind == "f" or convention != "pillow")
    options = {"convention": convention, "power": power, "plateau": plateau}
    out = quietly(job.image, Global(**options), **job.options)
    wanted = naive.equalized(job.image, **job.options, **options)
    same = np.isnan(wanted)
    assert_same_bits(out[same], job.image[same])
    error = np.abs(out[~same].astype(float) - wanted[~same])
    assert np.all(error <= tolerance(job.image, wanted, convention, job.options["strength"]))


@given(npst.arrays(np.uint8, npst.array_shapes(max_side=12), elements=st.integers(0, 255)))
def test_default_is_the_procedure_to_the_bit(image):
    assume(np.unique(image).size > 1)
    np.testing.assert_array_equal(equalize(image), naive.procedure(image))


@given(npst.arrays(np.uint8, npst.array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_cdf_min_is_opencvs(image):
    import cv2

    np.testing.assert_array_equal(equalize(image, Global("cdf_min")), cv2.equalizeHist(image))


@given(st.integers(2, 60), st.integers(0, 2**32 - 1), st.sampled_from([2, 10, 256]), st.booleans())
def test_pillow_is_pillows(side, seed, levels, masked):
    from PIL import Image, ImageOps

    rng = np.random.default_rng(seed)
    image = rng.integers(0, levels, (side, side)).astype(np.uint8)
    mask = rng.random(image.shape) < 0.5 if masked else np.ones(image.shape, bool)
    assume(mask.any())
    theirs = ImageOps.equalize(
        Image.fromarray(image), mask=Image.fromarray(mask.astype(np.uint8) * 255)
    )
    np.testing.assert_array_equal(equalize(image, Global("pillow"), mask=mask), theirs)


@given(
    some.images(dtypes=st.sampled_from(["u1", "<u2", "<i4", "<f8"])),
    some.methods(),
    st.floats(0, 1),
)
def test_strength_is_linear_in_the_curve(image, method, strength):
    finite = image[np.isfinite(image)]
    assume(finite.size)
    full = transfer_function(image, method, out_range=(0, 100))
    part = transfer_function(image, method, out_range=(0, 100), strength=strength)
    values = np.unique(finite).astype(float)
    wanted = (1 - strength) * values + strength * full.evaluate(values)
    scale = np.abs(values).max() + 100
    np.testing.assert_allclose(part.evaluate(values), wanted, atol=1e-9 * scale, rtol=1e-9)


# Case by case


@pytest.mark.parametrize("method", CURVE_METHODS, ids=repr)
@pytest.mark.parametrize("dtype", some.REAL)
@pytest.mark.parametrize("out_range", ["auto", "dtype", "image", (0, 100)])
def test_constant_image_is_unchanged(method, dtype, out_range):
    image = np.full((5, 7), 42, dtype)
    assert_same_bits(equalize(image, method, out_range=out_range, strength=0.7), image)


def test_constant_image_with_both_zeros_is_unchanged():
    image = np.array([0.0, -0.0, np.nan, 0.0])
    assert_same_bits(equalize(image), image)


def test_both_zeros_are_one_level():
    image = np.array([-1.0, 0.0, -0.0, 1.0])
    np.testing.assert_allclose(equalize(image, out_range=(0, 1)), [0.25, 0.75, 0.75, 1.0])


@pytest.mark.parametrize("method", CURVE_METHODS, ids=repr)
def test_nothing_counted_is_unchanged_with_a_warning(method):
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    with pytest.warns(UserWarning, match="no pixel was counted.*the image is returned") as caught:
        out = equalize(image, method, mask=np.zeros((3, 4), bool))
    assert_same_bits(out, image)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("dtype", some.FLOATS)
def test_all_nan_is_unchanged_with_a_warning(dtype):
    image = np.array([[np.nan, np.inf], [-np.inf, np.nan]], dtype)
    with pytest.warns(UserWarning, match="NaN or infinite"):
        assert_same_bits(equalize(image), image)


def test_warning_counts_the_planes():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    mask = np.array([True, False, True])[:, None]
    with pytest.warns(UserWarning, match="so 1 of 3 planes is returned"):
        out = equalize(image, mask=mask, axes=1)
    np.testing.assert_array_equal(out[1], image[1])
    np.testing.assert_array_equal(out[2], equalize(image[2]))


@given(npst.arrays(bool, npst.array_shapes()), some.methods())
def test_bool_is_unchanged(image, method):
    out = equalize(image, method)
    np.testing.assert_array_equal(out, image)
    assert out.dtype == bool
    assert not np.shares_memory(out, image)
    np.testing.assert_array_equal(transfer_function(image, method)(image), image)


def test_lists_and_memory_maps_are_taken(tmp_path):
    image = np.arange(60, dtype=">u2").reshape(5, 12)
    image.tofile(tmp_path / "raw")
    mapped = np.memmap(tmp_path / "raw", ">u2", "r", shape=(5, 12))
    out = equalize(mapped)
    assert type(out) is np.ndarray
    assert_same_bits(out, equalize(image))
    np.testing.assert_array_equal(equalize(image.tolist()), equalize(image.astype(int)))


def test_broadcast_view_gets_memory_of_its_own():
    image = np.broadcast_to(np.arange(5, dtype=np.uint8), (4, 5))
    out = equalize(image)
    out[0, 0] = 77
    assert out[1, 0] != 77


@pytest.mark.parametrize(
    ("dtype", "kind"), [("u1", "dtype"), ("<u4", "dtype"), ("i1", "image"), ("<f4", "image")]
)
def test_auto_range_is_by_dtype(dtype, kind):
    image = np.array([3, 9, 9, 27], dtype)
    assert_same_bits(equalize(image), equalize(image, out_range=kind))


@pytest.mark.parametrize("method", ["global", "clahe"])
def test_a_range_may_be_any_two_numbers(method):
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    wanted = equalize(image, method, out_range=(3, 200))
    for pair in ([3, 200], np.array([3, 200]), (np.uint8(3), np.float32(200))):
        np.testing.assert_array_equal(equalize(image, method, out_range=pair), wanted)


def test_ranges():
    image = np.array([3, 9, 9, 27], np.int16)
    assert equalize(image, out_range="image").tolist() == [9, 21, 21, 27]
    assert equalize(image, out_range=(0, 100)).tolist() == [25, 75, 75, 100]
    assert equalize(image, out_range="dtype")[-1] == 32767
    assert equalize(image.astype(float), out_range="dtype").tolist() == [0.25, 0.75, 0.75, 1]


@pytest.mark.parametrize("dtype", some.REAL)
@pytest.mark.parametrize("method", CURVE_METHODS, ids=repr)
def test_dark_pixel_outside_the_mask_is_as_dark_as_can_be(method, dtype):
    """The cdf is 0 below all pixels that count, in every dtype."""
    image = np.array([1, 5, 5, 9], dtype)
    mask = np.array([False, True, True, True])
    out = equalize(image, method, mask=mask, out_range=(10, 100))
    if method == Global():
        np.testing.assert_allclose(out.astype(float), [10, 70, 70, 100])
    elif isinstance(method, Global):
        assert out[0] == 10
    assert 10 <= out[0] <= out[1]
    assert out.max() <= 100


@pytest.mark.parametrize("dtype", ["<i8", "<u8", ">i8"])
def test_integers_beyond_double_precision(dtype):
    start = int(np.iinfo(np.dtype(dtype)).max) - 1000
    image = np.array([start + i for i in (0, 1, 2, 3, 900, 901)], dtype)
    out = equalize(image, out_range=(0, 6000))
    assert out.tolist() == [1000, 2000, 3000, 4000, 5000, 6000]


def test_method_by_name_is_the_method_itself():
    image = np.random.default_rng(0).integers(0, 200, (20, 20)).astype(np.uint8)
    for name, kind in METHODS.items():
        np.testing.assert_array_equal(equalize(image, name), equalize(image, kind()))
    np.testing.assert_array_equal(
        equalize(image, "global", convention="cdf_min", power=0.5),
        equalize(image, Global("cdf_min", power=0.5)),
    )


@given(some.jobs(), some.methods())
def test_the_curve_of_transfer_function_is_equalizes(job, method):
    del job.options["axes"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no pixel was counted", UserWarning)
        curve = transfer_function(job.image, method, **job.options)
    assert_same_bits(curve(job.image), quietly(job.image, method, **job.options))


def test_transfer_function_of_a_histogram_is_that_of_its_image():
    image = np.random.default_rng(1).normal(size=(30, 40)).astype(np.float32)
    for method in CURVE_METHODS:
        one = transfer_function(compute_histogram(image), method, out_range=(0, 9))
        np.testing.assert_array_equal(one(image), equalize(image, method, out_range=(0, 9)))


def test_transfer_function_of_nothing_is_the_identity_with_a_warning():
    with pytest.warns(UserWarning, match="no pixel was counted.*the identity"):
        assert transfer_function(np.array([np.nan])).is_identity


def test_threads_may_equalize_at_once():
    rng = np.random.default_rng(3)
    images = [rng.integers(0, 256, (700, 900 + i)).astype(np.uint8) for i in range(4)]
    images += [rng.lognormal(size=(300, 300 + i)).astype(np.float32) for i in range(4)]
    alone = [equalize(image) for image in images]
    with ThreadPoolExecutor(4) as threads:
        for expected, out in zip(alone * 5, threads.map(equalize, images * 5), strict=True):
            np.testing.assert_array_equal(out, expected)


# Bad input: the error comes before any work, and names the value and the cure.

GRAY = np.zeros((4, 6), np.uint8)
RGB = np.zeros((4, 6, 3), np.uint8)
BAD = [
    (np.zeros(3, complex), {}, TypeError, "complex128.*np.abs"),
    (np.array([{}, None]), {}, TypeError, "object.*convert"),
    (np.zeros(3, "M8[s]"), {}, TypeError, r"datetime64.*convert"),
    (np.array(["a"]), {}, TypeError, "<U1.*convert"),
    (np.zeros((4, 0, 3)), {}, ValueError, r"empty.*\(4, 0, 3\).*at least 1"),
    (np.uint8(3), {}, ValueError, "0-dimensional.*axes"),
    (np.ma.masked_equal([1, 2], 1), {}, TypeError, "masked array.*mask="),
    (GRAY, {"mask": np.ones((4, 5), bool)}, ValueError, r"\(4, 5\).*\(4, 6\)"),
    (GRAY, {"mask": np.ones((2, 4, 6), bool)}, ValueError, r"\(2, 4, 6\).*\(4, 6\)"),
    (GRAY, {"mask": GRAY}, TypeError, "mask has dtype uint8.*bool"),
    (RGB, {"mask": np.ones(3, bool), "channel_axis": -1}, ValueError, r"\(3,\).*\(4, 6\)"),
    (GRAY, {"axes": 2}, ValueError, "axes holds 2.*2 axes.*-2 to 1"),
    (GRAY, {"axes": (0, -3)}, ValueError, "axes holds -3"),
    (GRAY, {"axes": (0, 0)}, ValueError, r"\(0, 0\).*twice"),
    (GRAY, {"axes": (1, -1)}, ValueError, r"\(1, -1\).*twice"),
    (GRAY, {"axes": ()}, ValueError, "axes is empty.*None"),
    (GRAY, {"axes": 0.5}, TypeError, "axes holds 0.5.*integers"),
    (GRAY, {"axes": "yx"}, TypeError, "axes holds 'yx'"),
    (GRAY, {"channel_axis": -1}, ValueError, r"channel_axis=-1 has length 6.*3.*4"),
    (RGB, {"channel_axis": 3}, ValueError, "channel_axis holds 3"),
    (RGB, {"channel_axis": (0, 2)}, TypeError, r"channel_axis is \(0, 2\).*one integer"),
    (np.zeros(3), {"channel_axis": 0}, ValueError, "channel_axis=0"),
    (RGB, {"channel_axis": -1, "axes": 2}, ValueError, "axes.*2.*channel"),
    (GRAY, {"strength": 1.01}, ValueError, "strength is 1.01.*0.*1"),
    (GRAY, {"strength": -0.1}, ValueError, "strength is -0.1"),
    (GRAY, {"strength": np.nan}, ValueError, "strength is nan"),
    (GRAY, {"strength": "full"}, TypeError, "strength is 'full'.*number"),
    (GRAY, {"strength": None}, TypeError, "strength is None.*number"),
    (GRAY, {"out_range": (5, 5)}, ValueError, r"\(5.0, 5.0\).*less"),
    (GRAY, {"out_range": (9, 5)}, ValueError, r"\(9.0, 5.0\).*less"),
    (GRAY, {"out_range": (0, np.inf)}, ValueError, "inf.*finite"),
    (GRAY, {"out_range": (0, 300)}, ValueError, "300.*uint8 holds 0 to 255"),
    (GRAY, {"out_range": (-1, 9)}, ValueError, "-1.*uint8"),
    (GRAY, {"out_range": (1, 2, 3)}, ValueError, r"\(1, 2, 3\).*two numbers"),
    (GRAY, {"out_range": "full"}, ValueError, "'full'.*'auto'"),
    (GRAY, {"out_range": None}, ValueError, "None.*'auto'"),
    (GRAY, {"method": "unknown"}, ValueError, "'unknown'.*'global'"),
    (GRAY, {"method": Global}, TypeError, r"Global.*Global\(\)"),
    (GRAY, {"method": Global(), "power": 0.5}, TypeError, r"'power'.*Global\(\.\.\.\)"),
    (GRAY, {"method": "global", "powr": 0.5}, TypeError, "'powr'.*'power'"),
    (GRAY, {"method": "global", "power": 0}, ValueError, "power=0.*> 0 and <= 1"),
    (GRAY, {"method": "global", "power": "half"}, TypeError, "power='half'.*number"),
    (GRAY, {"method": "global", "plateau": np.nan}, ValueError, "plateau=nan"),
    (GRAY, {"method": "global", "convention": "ours"}, ValueError, "'ours'.*'cdf_min'"),
    (GRAY, {"method": "bihistogram", "levels": 1.5}, TypeError, "levels=1.5.*integer"),
    (GRAY, {"method": "bihistogram", "levels": 9}, ValueError, "levels=9.*<= 8"),
]


@pytest.mark.parametrize(
    ("image", "options", "error", "message"), BAD, ids=lambda value: repr(value)[:40]
)
def test_bad_input_is_refused_with_the_value_and_the_cure(image, options, error, message):
    with pytest.raises(error, match=f"(?s){message}"):
        equalize(image, **options)


def test_bad_input_is_refused_before_any_work(monkeypatch):
    def no_work(*_):
        raise AssertionError("work was done")

    for way in ("_in_place", "_on_pool"):
        monkeypatch.setattr(blocks, way, no_work)
    for image, options, error, _ in BAD:
        with pytest.raises(error):
            equalize(image, **options)


def test_transfer_function_refuses_the_histogram_of_a_stack():
    stack = compute_histogram(np.zeros((2, 5), np.uint8), axes=1)
    with pytest.raises(ValueError, match=r"\(2, 256\).*histogram\[0\]"):
        transfer_function(stack)
    assert transfer_function(stack[0]).is_identity


def test_extended_precision_is_refused():
    if np.dtype(np.longdouble).itemsize > 8:
        with pytest.raises(TypeError, match="64 bit"):
            equalize(np.zeros(3, np.longdouble))
