"""CLAHE in the panel: tiles in physical units, the local gain map, the one-click command."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image
from skimage import data

from napari_histeq import Clahe, equalize, gain_map, layers
from napari_histeq.gui.panel import EqualizePanel
from napari_histeq.gui.widgets.controls import Auto
from napari_histeq.layers.length import Length, kernel_of


@pytest.fixture
def panel(make_napari_viewer_proxy):
    viewer = make_napari_viewer_proxy()
    viewer.add_image(data.camera(), name="camera", scale=(2, 2), units=("um", "um"))
    panel = EqualizePanel(viewer)
    viewer.window.add_dock_widget(panel)
    panel["method"].value = "clahe"
    panel["plot"].value = False
    return panel


def run(panel, qtbot, name):
    viewer = panel._viewer
    panel["run"].native.click()
    qtbot.waitUntil(lambda: name in viewer.layers and not panel["cancel"].enabled, timeout=60_000)
    return viewer.layers[name]


def test_tiles_of_equal_length_on_an_anisotropic_stack():
    stack = Image(np.zeros((40, 512, 300)), scale=(0.5, 0.1, 0.1), units=("um",) * 3)
    assert kernel_of(stack, Length(10, "um"), None) == (20, 100, 100)
    assert kernel_of(stack, Length(10_000, "nm"), (-2, -1)) == (100, 100)
    assert kernel_of(stack, Length(1, "mm"), None) == (40, 512, 300)  # capped by the array


@pytest.mark.parametrize(
    "place",
    [
        {"scale": (0.5, 0.1, 0.1)},
        {"affine": np.diag([0.5, 0.1, 0.1, 1])},
        {"scale": (1, 0.2, 0.1), "affine": np.diag([0.5, 0.5, 1, 1])},
        {"scale": (0.5, 0.1, 0.1), "rotate": [[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]]},
        {
            "scale": (0.5, -0.1, 0.1),
            "affine": [[0, 0, 1, 5], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]],
        },
    ],
)
@pytest.mark.parametrize("units", [("um",) * 3, ("um", "nm", "mm")])
@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")  # napari's own, of such layers
def test_a_length_is_told_from_the_whole_transform(place, units):
    """A naive measure: how far apart, in micrometers, two pixels are in the world."""
    stack = Image(np.zeros((40, 512, 300)), units=units, **place)
    micrometers = np.array([{"um": 1, "nm": 1e-3, "mm": 1e3}[u] for u in units])
    ends = [
        np.asarray(stack.data_to_world(p)) * micrometers
        for p in np.vstack([np.zeros(3), np.eye(3)])
    ]
    pixels = [np.linalg.norm(end - ends[0]) for end in ends[1:]]
    wanted = tuple(
        int(np.clip(round(10 / size), 1, n))
        for size, n in zip(pixels, stack.data.shape, strict=True)
    )
    assert kernel_of(stack, Length(10, "um"), None) == wanted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20 px", 20),
        ("20px", 20),
        ("20 PX", 20),
        ("20 pixels", 20),
        ("20 Pixel", 20),
        ("20 voxels", 20),
        ("8, 64, 64 px", (8, 64, 64)),
        ("8 px, 64 px", (8, 64)),
        ("20 pm", Length(20, "pm")),
        ("1e-2 mm", Length(0.01, "mm")),
    ],
)
def test_pixels_are_pixels_in_any_spelling(qtbot, text, value):
    row = Auto(label="Tile size", length=True)
    row.native.setText(text)
    assert row.value == value


def test_px_is_no_length_of_style_sheets(panel, qtbot):
    panel["kernel_size"].native.setText("64 px")
    made = run(panel, qtbot, "camera equalized")
    np.testing.assert_array_equal(made.data, equalize(data.camera(), Clahe(kernel_size=64)))


@pytest.mark.parametrize(
    "text", ["20 s", "20 parsnip", "20 kg", "20 dot", "20 um2", "1..2 um", "20 A"]
)
def test_a_unit_that_is_no_length_is_refused(qtbot, text):
    row, image = Auto(label="Tile size", length=True), Image(np.zeros((40, 40)))
    row.native.setText(text)
    with pytest.raises(ValueError, match=r"no unit of length|give a whole number") as error:
        kernel_of(image, row.value, None)
    assert text.split()[0] in str(error.value)


@pytest.mark.parametrize("length", [Length(10, "um"), Length(10, "parsnip"), Length(3, "second")])
def test_a_length_that_is_none(length):
    image = Image(np.zeros((40, 40)), name="plain")
    with pytest.raises(ValueError, match=r"a tile of .* cannot be told in pixels.*give pixels"):
        kernel_of(image, length, None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20 µm", Length(20, "µm")),
        ("0.5mm", Length(0.5, "mm")),
        (".5 mm", Length(0.5, "mm")),
        ("64", None),
        ("8, 64", None),
        ("1..2 um", None),
    ],
)
def test_lengths_are_told_from_pixels(text, found):
    assert Length.parsed(text) == found


def test_a_length_in_the_panel(panel, qtbot):
    panel["kernel_size"].native.setText("64 µm")
    made = run(panel, qtbot, "camera equalized")
    wanted = equalize(data.camera(), Clahe(kernel_size=(32, 32)))
    np.testing.assert_array_equal(made.data, wanted)


def test_the_gain_map(panel, qtbot):
    panel["gain"].value = True
    run(panel, qtbot, "camera equalized")
    made = panel._viewer.layers["camera gain"]
    np.testing.assert_array_equal(made.data, gain_map(data.camera(), Clahe()))
    assert made.units == panel._viewer.layers["camera"].units
    np.testing.assert_array_equal(made.scale, (2, 2))
    assert layers.kind_of(made) == layers.GAIN


def test_the_gain_map_is_offered_for_clahe_only(panel, qtbot):
    panel["gain"].value = True
    assert panel.choice().gain
    panel["method"].value = "global"
    assert not panel.choice().gain
    run(panel, qtbot, "camera equalized")
    assert "camera gain" not in panel._viewer.layers


def test_colors_have_the_gain_of_their_luminance(make_napari_viewer_proxy, qtbot):
    viewer = make_napari_viewer_proxy()
    viewer.add_image(data.astronaut(), name="astronaut")
    panel = EqualizePanel(viewer)
    viewer.window.add_dock_widget(panel)
    panel["method"].value, panel["plot"].value, panel["gain"].value = "clahe", False, True
    run(panel, qtbot, "astronaut equalized")
    made = viewer.layers["astronaut gain"]
    assert not made.rgb
    assert made.data.shape == data.astronaut().shape[:2]
