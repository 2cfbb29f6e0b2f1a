"""Several selected channels of one image are displayed only, until a person says otherwise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from helpers.viewers import open_panel
from napari_histeq import layers
from napari_histeq.gui.panel.chosen import CHANNELS
from napari_histeq.gui.runs import are_channels
from napari_histeq.gui.settings import stored

if TYPE_CHECKING:
    import napari

PIXELS = np.random.default_rng(3).gamma(2, 20, (3, 40, 50)).clip(0, 255).astype(np.uint8)


@pytest.fixture
def channels(viewer: napari.Viewer, panel: Any) -> list[Any]:
    panel["plot"].value = False
    added: list[Any] = viewer.add_image(PIXELS, channel_axis=0, name=["a", "b", "c"])
    viewer.layers.selection = set(added)
    return added


def test_channels_are_displayed_only_and_it_is_said(
    viewer: Any, panel: Any, channels: Any, run: Any
) -> None:
    assert panel["output"].value == "display only"
    assert panel["message"].value == CHANNELS
    assert "channels of one image" in panel["output"].tooltip
    run()
    for layer in channels:
        made = viewer.layers[f"{layer.name} equalized"]
        assert layers.kind_of(made) == layers.DISPLAY
        assert made.data is layer.data


def test_more_channels_than_napari_has_colormaps_for(viewer: Any, panel: Any) -> None:
    added = viewer.add_image(np.stack([PIXELS[0]] * 7), channel_axis=0)
    assert len({layer.colormap.name for layer in added}) < 7
    viewer.layers.selection = set(added)
    assert panel["layer"].native.currentText() == "7 selected layers"
    assert panel["output"].value == "display only"


def test_one_layer_is_as_ever(viewer: Any, panel: Any, channels: Any) -> None:
    viewer.layers.selection = {channels[0]}
    assert panel["output"].value == "new layer"
    assert panel["message"].value == ""
    viewer.layers.selection = set(channels)
    assert panel["output"].value == "display only"


def test_what_a_person_chooses_holds(viewer: Any, panel: Any, channels: Any, run: Any) -> None:
    panel["output"].value = "new layer"
    assert panel["message"].value == ""
    viewer.layers.selection = {channels[0]}
    panel["output"].value = "display only"
    viewer.layers.selection = set(channels)
    assert panel["output"].value == "new layer"
    viewer.layers.selection = {channels[0]}
    assert panel["output"].value == "display only"
    viewer.layers.selection = set(channels)
    run()
    assert layers.kind_of(viewer.layers["a equalized"]) == layers.IMAGE


def test_what_no_colormap_can_do_makes_new_layers(
    viewer: Any, panel: Any, channels: Any, run: Any
) -> None:
    panel["method"].value = "clahe"
    assert panel["output"].value == "new layer"
    assert panel["message"].value == ""
    panel["method"].value = "global"
    assert panel["output"].value == "display only"
    viewer.layers.selection.add(viewer.add_image(np.stack([PIXELS[0]] * 3, -1), name="photo"))
    viewer.layers.selection = {*viewer.layers}
    assert panel["output"].value == "new layer"


def test_it_is_remembered_for_channels_and_for_others(
    make_napari_viewer: Any, viewer: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    path = tmp_path / "histeq.json"
    monkeypatch.setenv(stored.VARIABLE, str(path))
    rows = {"output": "display only"}  # as versions before told it
    path.write_text(json.dumps({"panel": {"recipe": {"method": {"name": "global"}}, "rows": rows}}))
    panel = open_panel(viewer)
    assert panel["output"].value == "display only"
    viewer.layers.selection = set(viewer.add_image(PIXELS, channel_axis=0))
    panel["output"].value = "new layer"
    panel.disconnect_all()
    other = make_napari_viewer()
    again = open_panel(other)
    other.add_image(PIXELS[0])
    assert again["output"].value == "display only"
    other.layers.selection = set(other.add_image(PIXELS, channel_axis=0))
    assert again["output"].value == "new layer"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ([{"blending": "additive"}, {"blending": "additive"}], True),
        ([{}, {"blending": "additive"}, {"blending": "additive"}], True),  # as napari makes them
        ([{"colormap": "green"}, {"colormap": "magenta"}], True),
        ([{}, {}], False),
        ([{"blending": "additive"}, {}], False),
        ([{"colormap": "green"}, {"colormap": "red", "scale": (2, 2)}], False),
        ([{"colormap": "green"}, {"colormap": "red", "translate": (0, 3)}], False),
        ([{"colormap": "green"}], False),
    ],
)
def test_which_layers_are_channels(changes: list[dict[str, Any]], wanted: bool) -> None:
    from napari.layers import Image

    images = [Image(PIXELS[0], **change) for change in changes]
    assert are_channels(images) == wanted


def test_other_sizes_colors_and_masks_are_no_channels() -> None:
    from napari.layers import Image

    one = Image(PIXELS[0], colormap="green")
    others = (
        Image(PIXELS[0, 1:], colormap="red"),
        Image(np.stack([PIXELS[0]] * 3, -1)),
        Image(PIXELS[0] > 9, colormap="red"),
    )
    for other in others:
        assert not are_channels([one, other])
