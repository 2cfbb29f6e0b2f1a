"""equalize: the formulas, and the libraries whose bits it has."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers import naive
from helpers import strategies as some
from helpers.laws import is_its_formula
from napari_histeq import Global, equalize, transfer_function


# Against the naive formulas
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
    assert is_its_formula(job.image, options, job.options)


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
