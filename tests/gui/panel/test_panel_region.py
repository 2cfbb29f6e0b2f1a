"""What is counted: axes, colors, a mask layer, a value that is ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.notifications import notification_manager
from skimage import data

from helpers.viewers import add_stack, names
from napari_histeq import equalize
from napari_histeq.records.record import KEY, Record

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    Press = Callable[..., None]


def test_axes_go_by_the_names_of_the_layer(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    source = add_stack(viewer, axis_labels=("z", "y", "x"))
    assert panel["axes"].names == ("z", "y", "x")
    panel["axes"].value = ("y", "x")
    run()
    expected = equalize(source.data, axes=(1, 2))
    np.testing.assert_array_equal(viewer.layers["stack equalized"].data, expected)
    source.axis_labels = ("t", "y", "x")
    assert panel["axes"].names == ("t", "y", "x")
    assert panel["axes"].value == ("y", "x")


def test_other_axes_stay_as_they_were_ticked(viewer: napari.Viewer, panel: Any) -> None:
    """Counted from the last: "each plane on its own" is that for more axes too."""
    source = add_stack(viewer)
    stack = source.data
    source.data = stack[None]
    assert panel["axes"].value == ("-4", "-3", "-2", "-1")
    panel["axes"].value = ("-2", "-1")
    source.data = stack
    assert panel["axes"].value == ("-2", "-1")
    source.data = stack[None, None]
    assert panel["axes"].names == ("-5", "-4", "-3", "-2", "-1")
    assert panel["axes"].value == ("-2", "-1")
    source.data = stack[0]
    assert panel["axes"].value == ("-2", "-1")


def test_no_axis_is_an_error_in_plain_words(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    add_stack(viewer)
    panel["axes"].value = ()
    run()
    assert names(viewer) == ["stack"]
    assert "tick at least one" in panel["status"].value


def test_color_by_luminance(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    cat = data.chelsea() // 3
    viewer.add_image(cat, name="cat")
    run()
    made = viewer.layers["cat equalized"]
    assert made.rgb
    np.testing.assert_array_equal(made.data, equalize(cat, channel_axis=-1))


def test_ignore_a_value(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    image = np.zeros((60, 60), np.uint8)
    image[20:40, 20:40] = np.arange(400).reshape(20, 20) // 8 + 50
    viewer.add_image(image, name="cell")
    panel["ignore"].value = True
    run()
    np.testing.assert_array_equal(
        viewer.layers["cell equalized"].data, equalize(image, mask=image != 0)
    )


def test_a_mask_layer(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    moon = viewer.add_image(data.moon(), name="moon", scale=(0.5, 0.5), units=("um", "um"))
    drawn = np.zeros((256, 256), int)
    drawn[20:100, 30:120] = 4
    region = viewer.add_labels(drawn, name="crater", units=("um", "um"))
    assert panel["layer"].value is moon  # drawing a mask does not change what is equalized
    panel["mask"].value = region
    run()
    assert panel["layer"].value is moon
    assert viewer.layers.selection.active is region
    made = viewer.layers["moon equalized"]
    mask = np.kron(drawn > 0, np.ones((2, 2), bool))
    found = Record.from_dict({k: v for k, v in made.metadata[KEY].items() if k != "kind"})
    assert np.mean(found.mask.array() != mask) < 0.01  # its edges lie between pixels
    np.testing.assert_array_equal(made.data, equalize(moon.data, mask=found.mask.array()))
    np.testing.assert_array_equal(found.reproduce(moon.data), made.data)


def test_an_empty_mask_is_an_error_in_plain_words(
    viewer: napari.Viewer, panel: Any, run: Press
) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["mask"].value = viewer.add_shapes(name="hand")
    run()
    assert names(viewer) == ["moon", "hand"]
    assert "“hand” covers no pixel" in panel["status"].value
    assert "“hand” covers no pixel" in notification_manager.records[-1].message
