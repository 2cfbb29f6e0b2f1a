"""What display-only really shows: read back from screenshots of a real viewer."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.images import hard_images, two_far_peaks
from napari_histeq import Histogram, compute_histogram, equalize, transfer_function
from napari_histeq.core.arrays import output_limits
from napari_histeq.display.display import DisplaySettings, display_settings, forget, show

pytestmark = pytest.mark.whole

IMAGES = hard_images()


def settings_of(image, colormap="gray", gamma=1.0, **how):
    histogram = compute_histogram(image)
    limits = output_limits("auto", histogram.levels.dtype, histogram.range)
    curve = transfer_function(histogram, "global", **how)
    return limits, display_settings(curve, histogram, limits, colormap=colormap, gamma=gamma)


def screen(viewer):
    """The canvas at one screen pixel per image pixel, as integers."""
    return viewer.export_figure(scale_factor=1, flash=False).astype(int)


def percentile_off(viewer, image, colormap="gray", gamma=1.0, **how):
    """The settings, and within how many levels 99 % of the pixels are shown."""
    limits, settings = settings_of(image, colormap, gamma, **how)
    real = viewer.add_image(
        equalize(image, "global", **how), colormap=colormap, gamma=gamma, contrast_limits=limits
    )
    truth = screen(viewer)
    real.visible = False
    layer = viewer.add_image(image)
    show(settings, layer)
    off = np.abs(screen(viewer) - truth).max(axis=-1)
    assert off.shape == image.shape
    off = np.sort(off[np.isfinite(image.astype(float))])
    return settings, off[int(np.ceil(0.99 * off.size)) - 1]


def test_within_two_gray_levels_of_the_equalized_layer(make_napari_viewer, subtests):
    viewer = make_napari_viewer(show=True)
    for name, image in IMAGES.items():
        viewer.layers.clear()
        with subtests.test(name):
            settings, off = percentile_off(viewer, image)
            assert off <= 2
            assert abs(off - settings.error) <= 1


@pytest.mark.crossed
@pytest.mark.parametrize("colormap", ["magma", "viridis", "gray_r", "red", "I Orange", "hsv"])
@pytest.mark.parametrize("gamma", [1.0, 0.5, 1.7])
def test_the_source_keeps_its_colors_and_its_gamma(make_napari_viewer, colormap, gamma):
    image = IMAGES["16 bit log-normal, hot pixels"]
    settings, off = percentile_off(make_napari_viewer(show=True), image, colormap, gamma)
    assert off <= max(2, settings.error)
    assert abs(off - settings.error) <= 1


@pytest.mark.crossed
@pytest.mark.parametrize(
    "how",
    [
        {"strength": 0.4},
        {"convention": "midpoint", "power": 0.5},
        {"convention": "cdf_min", "plateau": 3.0},
    ],
)
@pytest.mark.parametrize("name", ["8 bit", "16 bit log-normal, wide", "float32 hot"])
def test_every_curve_can_be_shown(make_napari_viewer, name, how):
    settings, off = percentile_off(make_napari_viewer(show=True), IMAGES[name], **how)
    assert off <= 2
    assert abs(off - settings.error) <= 1


def test_where_it_can_not_be_reached_the_error_says_by_how_much(make_napari_viewer):
    settings, off = percentile_off(make_napari_viewer(show=True), two_far_peaks())
    assert settings.error > 30
    assert abs(off - settings.error) <= 1


def test_naive_use_would_be_wrong(make_napari_viewer):
    """The bar can fail: the same curve over the full range of the data is far off."""
    image = IMAGES["16 bit dark, hot pixels"]
    viewer = make_napari_viewer(show=True)
    viewer.add_image(equalize(image), contrast_limits=(0, 65535))
    truth = screen(viewer)
    at = np.linspace(0, 65535, 1024)
    gray = transfer_function(image).evaluate(at) / 65535
    from napari.utils.colormaps import Colormap

    naive = Colormap(np.stack([gray, gray, gray, np.ones(1024)], axis=1), name="naive")
    layer = viewer.add_image(image)
    show(DisplaySettings(naive, (0, 65535), 1.0, np.nan), layer)
    assert np.percentile(np.abs(screen(viewer) - truth).max(axis=-1), 50) > 20


def test_volumes_too(make_napari_viewer):
    image = IMAGES["16 bit log-normal, hot pixels"]
    volume = np.stack([image] * 3)
    viewer = make_napari_viewer(show=True, ndisplay=3)
    limits, settings = settings_of(volume)
    options = {"rendering": "mip", "interpolation3d": "nearest"}
    real = viewer.add_image(equalize(volume), contrast_limits=limits, **options)
    viewer.reset_view()
    truth = viewer.screenshot(flash=False).astype(int)
    real.visible = False
    show(settings, viewer.add_image(volume, **options))
    off = np.abs(viewer.screenshot(flash=False).astype(int) - truth).max(axis=-1)
    assert truth[..., 0].max() > 200
    assert np.percentile(off, 99) <= 3


def test_colormaps_do_not_pile_up(make_napari_viewer):
    from napari.utils.colormaps import AVAILABLE_COLORMAPS

    image = IMAGES["12 bit"]
    layer = make_napari_viewer().add_image(image, colormap="magma")
    for name in [name for name in AVAILABLE_COLORMAPS if "equalized" in name]:
        del AVAILABLE_COLORMAPS[name]  # of other tests
    before = set(AVAILABLE_COLORMAPS)
    histogram = compute_histogram(image)
    limits = output_limits("auto", histogram.levels.dtype, histogram.range)
    for strength in np.linspace(0.2, 1, 9):
        curve = transfer_function(histogram, strength=strength)
        show(display_settings(curve, histogram, limits, colormap="magma"), layer)
    assert set(AVAILABLE_COLORMAPS) - before == {layer.colormap.name}
    assert AVAILABLE_COLORMAPS[layer.colormap.name] is layer.colormap
    forget(layer)
    assert set(AVAILABLE_COLORMAPS) == before


def test_a_flat_histogram_is_shown_as_it_is(make_napari_viewer):
    flat = Histogram(np.full(256, 4), np.arange(257))
    settings = display_settings(transfer_function(flat), flat, (0, 255))
    assert settings.error <= 1
