"""The samples are what they say: dark, flat, the same each time, and napari takes them."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from napari.layers import Layer

from napari_histeq.samples.samples import (
    PIXEL,
    fading_stack,
    moon,
    nuclei,
    radiograph,
    xray,
    xray16,
)

OPENERS = [xray, xray16, moon, nuclei]
RADIOGRAPHS = [(xray, np.uint8, 255), (xray16, np.uint16, 4095)]


@pytest.mark.parametrize(("open_sample", "dtype", "full"), RADIOGRAPHS)
def test_radiograph_is_dark(open_sample, dtype, full):
    ((image, state, kind),) = open_sample()
    assert (kind, image.dtype, image.shape) == ("image", dtype, (1024, 1024))
    assert state["contrast_limits"] == (0, full)
    assert np.percentile(image, 99) < full / 3
    assert image.max() < full / 2
    # Flat, but not empty: anatomy takes up levels on both sides of the median.
    lower, median, upper = np.percentile(image, (10, 50, 90)) / full
    assert lower < 0.12 < median < upper < 0.32


def test_radiographs_show_the_same_exposure():
    eight, twelve = (opener()[0][0] for opener in (xray, xray16))
    # Both round one exposure, to steps of 1/255 and of 1/4095.
    difference = np.abs(eight / 255 - twelve / 4095)
    assert difference.max() <= 0.5 / 255 + 0.5 / 4095 + 1e-12


def test_the_radiograph_is_what_its_script_computes():
    path = Path(__file__).parents[2] / "scripts" / "make_radiograph.py"
    spec = importlib.util.spec_from_file_location("make_radiograph", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    exposure = script.exposure()
    assert script.PIXEL == PIXEL
    for bits in (8, 12):
        # Another scipy may round one exposure in a million the other way.
        apart = script.digitized(exposure, bits).astype(int) - radiograph(bits)
        assert np.count_nonzero(apart) < 100
        assert np.abs(apart).max() <= 1


def test_the_stack_computed_anew_is_the_same():
    first = fading_stack()
    assert not first.flags.writeable
    np.testing.assert_array_equal(fading_stack.__wrapped__(), first)


@pytest.mark.parametrize("open_sample", OPENERS)
def test_each_opening_gives_an_array_of_its_own(open_sample):
    first, second = open_sample()[0][0], open_sample()[0][0]
    first[...] = 0
    assert second.any()


@pytest.mark.parametrize("open_sample", OPENERS)
def test_napari_takes_it_with_scale_and_units(open_sample):
    layers = [Layer.create(*data) for data in open_sample()]
    assert all(str(layer.units[0]) != "" for layer in layers)
    if open_sample is not moon:  # nobody knows the scale of that one
        assert all(str(unit) != "pixel" for layer in layers for unit in layer.units)


def test_moon_is_flat():
    ((image, _, _),) = moon()
    low, high = np.percentile(image, (5, 95))
    assert image.dtype == np.uint8
    assert high - low < 64


def test_stack_fades_with_depth():
    ((image, state, _),) = nuclei()
    brightness = np.percentile(image, 99.5, axis=(1, 2)) - 100
    assert brightness[:8].mean() > 4 * brightness[-8:].mean()
    assert state["scale"][0] != state["scale"][1]
