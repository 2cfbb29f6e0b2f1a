"""Bit for bit on real images: the textbook, OpenCV, scikit-image, Pillow, ImageJ; and print."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data, exposure

from helpers import naive
from helpers.real_images import GRAY8, GRAY16, dicom
from napari_histeq import (
    Global,
    compute_histogram,
    equalize,
    measures,
    transfer_function,
)

pytestmark = pytest.mark.whole


@pytest.fixture(params=GRAY8, ids=str)
def gray8(request):
    return GRAY8[request.param]


@pytest.fixture(params=GRAY16, ids=str)
def gray16(request):
    return GRAY16[request.param]


def test_default_is_the_textbook(gray8):
    np.testing.assert_array_equal(equalize(gray8), naive.procedure(gray8))


def test_default_is_the_textbook_on_a_stack():
    stack = np.stack([data.camera(), data.moon()])
    np.testing.assert_array_equal(equalize(stack), naive.procedure(stack))
    each = [naive.procedure(plane) for plane in stack]
    np.testing.assert_array_equal(equalize(stack, axes=(-2, -1)), each)


def test_default_is_the_textbook_in_16_bit(gray16):
    counts, _ = np.histogram(gray16, bins=65536, range=(0, 65536))
    table = np.round(counts.cumsum() / counts.sum() * 65535).astype(np.uint16)
    np.testing.assert_array_equal(equalize(gray16), table[gray16])


def test_cdf_is_scikit_images(gray8):
    theirs = np.rint(exposure.equalize_hist(gray8) * 255).astype(np.uint8)
    np.testing.assert_array_equal(equalize(gray8), theirs)


def test_cdf_is_scikit_images_in_16_bit(gray16):
    theirs = np.rint(exposure.equalize_hist(gray16) * 65535).astype(np.uint16)
    np.testing.assert_array_equal(equalize(gray16), theirs)


def test_masked_cdf_is_scikit_images(gray8):
    mask = np.zeros(gray8.shape, bool)
    mask[gray8.shape[0] // 4 :, : gray8.shape[1] // 2] = True
    theirs = exposure.equalize_hist(gray8, mask=mask) * 255
    counted = np.isin(gray8, gray8[mask])  # between levels scikit-image interpolates
    # The textbook adds quotients, scikit-image divides a sum: a tie may fall either way.
    clear = counted & (np.abs(theirs % 1 - 0.5) > 1e-9)
    np.testing.assert_array_equal(equalize(gray8, mask=mask)[clear], np.rint(theirs[clear]))


def test_cdf_min_is_opencvs(gray8):
    theirs = cv2.equalizeHist(np.ascontiguousarray(gray8))
    np.testing.assert_array_equal(equalize(gray8, Global("cdf_min")), theirs)


def test_pillow_is_pillows(gray8):
    theirs = np.asarray(ImageOps.equalize(Image.fromarray(gray8)))
    np.testing.assert_array_equal(equalize(gray8, Global("pillow")), theirs)


@pytest.mark.parametrize(("power", "classic"), [(0.5, False), (1.0, True)])
def test_midpoint_is_imagejs(gray8, power, classic):
    table = naive.imagej(np.bincount(gray8.ravel(), minlength=256), classic=classic)
    np.testing.assert_array_equal(equalize(gray8, Global("midpoint", power=power)), table[gray8])


@pytest.mark.parametrize(("power", "classic"), [(0.5, False), (1.0, True)])
def test_midpoint_is_imagejs_in_16_bit(gray16, power, classic):
    table = naive.imagej(np.bincount(gray16.ravel(), minlength=65536), classic=classic)
    np.testing.assert_array_equal(equalize(gray16, Global("midpoint", power=power)), table[gray16])


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm"])
def test_signed_slices_keep_their_range(name):
    image = dicom(name)
    low, high = int(image.min()), int(image.max())
    levels, counts = np.unique(image, return_counts=True)
    table = np.rint(low + counts.cumsum() / counts.sum() * (high - low))
    out = equalize(image)
    assert out.dtype == image.dtype
    np.testing.assert_array_equal(out, table[np.searchsorted(levels, image)])


def test_byte_orders_of_one_slice_agree():
    little, big = dicom("MR_small.dcm"), dicom("MR_small_bigendian.dcm")
    assert little.dtype != big.dtype
    np.testing.assert_array_equal(equalize(little), equalize(big))


def test_dose_in_32_bit():
    image = dicom("rtdose.dcm")
    assert image.dtype == np.uint32
    levels, counts = np.unique(image, return_counts=True)
    table = np.rint(counts.cumsum() / counts.sum() * 4294967295)
    np.testing.assert_array_equal(equalize(image), table[np.searchsorted(levels, image)])


# What is printed elsewhere

WIKIPEDIA = """
    52 55 61  59  79  61 76 61
    62 59 55 104  94  85 59 71
    63 65 66 113 144 104 63 72
    64 70 70 126 154 109 71 69
    67 73 68 106 122  88 68 68
    68 79 60  70  77  66 58 75
    69 85 64  58  55  61 65 83
    70 87 69  68  65  73 78 90
"""
EQUALIZED = """
      0  12  53  32 190  53 174  53
     57  32  12 227 219 202  32 154
     65  85  93 239 251 227  65 158
     73 146 146 247 255 235 154 130
     97 166 117 231 243 210 117 117
    117 190  36 146 178  93  20 170
    130 202  73  20  12  53  85 194
    146 206 130 117  85 166 182 215
"""


def test_wikipedias_block():
    block, wanted = (
        np.array(text.split(), np.uint8).reshape(8, 8) for text in (WIKIPEDIA, EQUALIZED)
    )
    np.testing.assert_array_equal(equalize(block, Global("cdf_min")), wanted)


def test_gonzalez_and_woods_three_bits():
    image = np.repeat(np.arange(8), [790, 1023, 850, 656, 329, 245, 122, 81]).astype(np.uint8)
    for convention, wanted in (
        ("cdf", [1, 3, 5, 6, 6, 7, 7, 7]),
        ("cdf_min", [0, 2, 4, 5, 6, 7, 7, 7]),
    ):
        curve = transfer_function(image, Global(convention), out_range=(0, 7))
        np.testing.assert_array_equal(curve(np.arange(8, dtype=np.uint8)), wanted)


#: Mean, shift of the mean, and entropy; measured with the peers (see docs/methods).
ANCHORS = {
    "camera": {None: (129.0607, 0, 7.2317), "cdf_min": (128.5954, 0.4653, 6.9447), "pillow": (126.6249, 2.4358, 6.9385)},
    "moon": {None: (112.1696, 0, 4.8850), "cdf_min": (133.7590, 21.5894, 4.7190), "pillow": (121.0225, 8.8529, 4.7183)},
}  # fmt: skip


@pytest.mark.parametrize("name", ANCHORS)
def test_measured_anchors(name):
    image = getattr(data, name)()
    before = compute_histogram(image)
    for convention, wanted in ANCHORS[name].items():
        out = image if convention is None else equalize(image, Global(convention))
        after = compute_histogram(out)
        found = measures.mean(after), measures.ambe(before, after), measures.entropy(after)
        np.testing.assert_allclose(found, wanted, atol=6e-5)
