"""Display settings against an oracle made of vispy's own texture, pixel by pixel."""

from __future__ import annotations

import math
import subprocess
import sys

import dask.array as da
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from napari.layers import Image
from napari.utils.colormaps import Colormap, ensure_colormap
from napari.utils.colormaps.colormap_utils import _napari_cmap_to_vispy

from helpers.effort import examples
from helpers.images import hard_images, two_far_peaks
from napari_histeq import (
    Histogram,
    TransferFunction,
    compute_histogram,
    transfer_function,
)
from napari_histeq.core.arrays import output_limits
from napari_histeq.display.display import display_layer, display_settings

IMAGES = hard_images()
FLOATS = st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False)


def on_the_gpu(colormap, limits, gamma, values):
    """What is shown of some values: vispy's texture, read as OpenGL specifies, in floats."""
    colormap = colormap if isinstance(colormap, Colormap) else ensure_colormap(colormap)
    texture = _napari_cmap_to_vispy(colormap).texture_map_data[:, 0]
    texture = np.rint(255 * texture.astype(float))
    shown = []
    for value in values:
        t = min(max((float(value) - limits[0]) / (limits[1] - limits[0]), 0.0), 1.0) ** gamma
        if colormap.interpolation == "zero":
            shown.append(texture[min(math.floor(t * 1024), 1023)])
            continue
        u = min(max(t * 1024 - 0.5, 0.0), 1023.0)
        left = min(math.floor(u), 1022)
        shown.append((left + 1 - u) * texture[left] + (u - left) * texture[left + 1])
    return np.rint(shown)


def measured(image, curve, limits, chosen, colormap="gray", gamma=1.0):
    """Within how many levels 99 % of the pixels are shown, by the oracle."""
    values, counts = np.unique(image[np.isfinite(image)], return_counts=True)
    true = on_the_gpu(colormap, limits, gamma, curve(values))
    shown = on_the_gpu(chosen.colormap, chosen.contrast_limits, chosen.gamma, values)
    off = np.abs(shown - true).max(axis=1)
    order = np.argsort(off)
    enough = np.searchsorted(counts[order].cumsum(), 0.99 * counts.sum())
    return off[order][enough]


def settings_of(image, colormap="gray", gamma=1.0, **how):
    histogram = compute_histogram(image)
    curve, limits = (
        transfer_function(histogram, **how),
        output_limits("auto", histogram.levels.dtype, histogram.range),
    )
    return curve, limits, display_settings(curve, histogram, limits, colormap=colormap, gamma=gamma)


@pytest.mark.crossed
@pytest.mark.parametrize("colormap", ["gray", "magma", "gray_r"])
@pytest.mark.parametrize("name", IMAGES)
def test_within_two_levels(name, colormap):
    curve, limits, chosen = settings_of(IMAGES[name], colormap)
    off = measured(IMAGES[name], curve, limits, chosen, colormap)
    assert off <= 2
    assert abs(off - chosen.error) <= 1


@pytest.mark.parametrize("name", ["8 bit", "16 bit log-normal, wide", "float32 hot"])
@pytest.mark.parametrize("strength", [0.0, 0.1, 0.5, 0.9])
def test_within_two_levels_at_every_strength(name, strength):
    curve, limits, chosen = settings_of(IMAGES[name], strength=strength)
    assert measured(IMAGES[name], curve, limits, chosen) <= max(2, chosen.error)


def test_where_texels_are_too_few_the_error_says_so():
    image = two_far_peaks()
    curve, limits, chosen = settings_of(image)
    assert chosen.error > 30
    assert abs(measured(image, curve, limits, chosen) - chosen.error) <= 1


@given(
    image=hnp.arrays(
        st.sampled_from([np.uint8, np.int8, np.uint16, np.int16]), hnp.array_shapes(max_side=30)
    ),
    colormap=st.sampled_from(["gray", "turbo"]),
    gamma=st.sampled_from([0.4, 1.0, 2.0]),
)
@examples(30)
def test_what_is_predicted_is_what_is_shown(image, colormap, gamma):
    curve, limits, chosen = settings_of(image, colormap, gamma)
    limits = limits if limits[0] < limits[1] else (limits[0], limits[0] + 1)
    assert abs(measured(image, curve, limits, chosen, colormap, gamma) - chosen.error) <= 1


@given(hnp.arrays(np.float32, 200, elements=FLOATS))
@examples(30)
def test_limits_and_gamma_can_be_set_on_a_layer(image):
    assume(np.isfinite(image).any())
    _, _, chosen = settings_of(image)
    low, high = chosen.contrast_limits
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high
    assert chosen.gamma > 0


def test_an_identity_keeps_everything():
    constant = compute_histogram(np.full((9, 9), 7, np.uint8))
    chosen = display_settings(
        transfer_function(constant), constant, (0, 255), colormap="magma", gamma=0.7
    )
    assert chosen.colormap == ensure_colormap("magma")
    assert (chosen.contrast_limits, chosen.gamma, chosen.error) == ((0, 255), 0.7, 0)


def test_a_usual_image_gets_a_gamma_that_the_slider_can_show():
    for image in IMAGES.values():
        assert 0.2 <= settings_of(image)[2].gamma <= 2


def test_colors_beyond_the_ends_and_of_nan_are_kept():
    image = IMAGES["12 bit"]
    source = Colormap(
        [[0, 0, 0], [1, 1, 1]], name="ends", nan_color="red", high_color="cyan", low_color="blue"
    )
    histogram = compute_histogram(image)
    curve = transfer_function(histogram, "global", convention="cdf_min", out_range="image")
    low, high = histogram.range
    chosen = display_settings(
        curve, histogram, (float(low) + 300, float(high) - 300), colormap=source
    )
    np.testing.assert_array_equal(chosen.colormap.nan_color, [1, 0, 0, 1])
    ends = on_the_gpu(
        chosen.colormap, chosen.contrast_limits, chosen.gamma, [image.min(), image.max()]
    )
    np.testing.assert_allclose(ends, [[0, 0, 255, 255], [0, 255, 255, 255]], atol=2)


def test_a_layer_that_wears_it_already_can_be_a_source():
    image = IMAGES["12 bit"]
    histogram = compute_histogram(image)
    curve = transfer_function(histogram)
    once = display_settings(curve, histogram, (0, 65535), colormap="magma")
    twice = display_settings(curve, histogram, (0, 65535), colormap=once.colormap)
    assert once.colormap.name == twice.colormap.name == "magma, equalized"


def test_a_display_layer_shares_the_data_and_the_place():
    image = IMAGES["12 bit"]
    source = Image(
        image, name="cells", scale=(2, 3), translate=(5, 6), units=("um", "um"),
        axis_labels=("y", "x"), colormap="magma", opacity=0.5,
    )  # fmt: skip
    if hasattr(source, "auto_contrast"):  # napari 0.8 has none
        source.auto_contrast = True
    _, _, chosen = settings_of(image, "magma")
    layer = display_layer(source, chosen, {"made": "here"})
    assert layer.data is source.data
    assert layer.name == "cells equalized"
    assert layer.metadata == {"made": "here"}
    assert tuple(layer.contrast_limits) == chosen.contrast_limits
    assert layer.gamma == chosen.gamma
    assert not getattr(layer, "auto_contrast", False)
    assert layer.colormap.same_colors(chosen.colormap)
    for name in ("scale", "translate", "units", "axis_labels", "opacity"):
        np.testing.assert_array_equal(getattr(layer, name), getattr(source, name))
    assert source.colormap.name == "magma"


def test_all_levels_of_a_multiscale_are_shared():
    image = IMAGES["12 bit"]
    pyramid = [image, image[::2, ::2], image[::4, ::4]]
    layer = display_layer(Image(pyramid, multiscale=True), settings_of(image)[2])
    assert layer.multiscale
    assert all(mine is theirs for mine, theirs in zip(layer.data, pyramid, strict=True))


def test_of_a_lazy_stack_nothing_but_the_displayed_plane_is_read():
    read = []

    def plane(block_info=None):
        read.append(block_info[None]["chunk-location"][0])
        return IMAGES["16 bit"][None]

    shape = IMAGES["16 bit"].shape
    stack = da.map_blocks(
        plane, chunks=((1,) * 50, *((n,) for n in shape)), dtype=np.uint16,
        meta=np.empty((0, 0, 0), np.uint16),
    )  # fmt: skip
    source = Image(stack, contrast_limits=(0, 65535), cache=False)
    read.clear()
    layer = display_layer(source, settings_of(IMAGES["16 bit"])[2])
    assert layer.data is source.data
    assert set(read) <= {0}, "napari itself slices what it shows"


def test_color_layers_have_no_colormap():
    source = Image(np.zeros((9, 9, 3), np.uint8), name="photo", rgb=True)
    with pytest.raises(ValueError, match="'photo' is an RGB layer"):
        display_layer(source, settings_of(IMAGES["8 bit"])[2])


@pytest.mark.parametrize("strength", [0.3, 0.9])
def test_outliers_are_given_up_before_the_rest(strength):
    image = IMAGES["float32 Cauchy"]
    curve, limits, chosen = settings_of(image, strength=strength)
    assert measured(image, curve, limits, chosen) <= 2


@pytest.mark.parametrize(
    ("counts", "limits", "message"),
    [
        (np.ones((2, 256), int), (0, 255), r"choose one, say histogram\[0\]"),
        (np.zeros(256, int), (0, 255), "no pixel was counted"),
        (np.ones(256, int), (4, 3), "the first must not exceed"),
    ],
)
def test_errors_name_the_cure(counts, limits, message):
    curve = TransferFunction([0, 255], [10, 20])
    with pytest.raises(ValueError, match=message):
        display_settings(curve, Histogram(counts, np.arange(257)), limits)


def test_needs_no_qt():
    code = (
        "import sys; import napari_histeq.display;"
        "sys.exit(any(m in sys.modules for m in ('qtpy', 'PyQt6', 'matplotlib.pyplot')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
