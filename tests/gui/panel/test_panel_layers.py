"""Layers come and go under an open panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from skimage import data

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    Press = Callable[..., None]


def test_without_a_layer(panel: Any) -> None:
    assert panel["layer"].value is None
    assert not panel["run"].enabled
    assert "Open an image" in panel["message"].value


def test_a_layer_that_is_no_image(viewer: napari.Viewer, panel: Any) -> None:
    viewer.add_labels(np.ones((5, 5), int), name="cells")
    assert not panel["run"].enabled
    assert "“cells” is a Labels layer, not an image" in panel["message"].value
    assert panel["message"].visible
    viewer.add_image(data.moon(), name="moon")
    assert panel["run"].enabled
    assert not panel["message"].visible


def test_it_follows_the_selection(viewer: napari.Viewer, panel: Any) -> None:
    moon = viewer.add_image(data.moon(), name="moon")
    coins = viewer.add_image(data.coins(), name="coins")
    assert panel["layer"].value is coins
    viewer.layers.selection.active = moon
    assert panel["layer"].value is moon
    shapes = viewer.add_shapes()
    assert panel["layer"].value is moon
    assert panel["mask"].choices == (None, shapes)


def test_it_knows_renamed_and_removed_layers(viewer: napari.Viewer, panel: Any) -> None:
    moon = viewer.add_image(data.moon(), name="moon")
    coins = viewer.add_image(data.coins(), name="coins")
    coins.name = "money"
    box = panel["layer"].native
    assert [box.itemText(i) for i in range(box.count())] == ["moon", "money"]
    assert panel["layer"].value is coins
    viewer.layers.remove(coins)
    assert panel["layer"].value is moon
    viewer.layers.remove(moon)
    assert panel["layer"].value is None


def test_plots_are_not_offered(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(data.moon(), name="moon")
    run()
    plot = viewer.layers["moon histogram"]
    assert plot not in panel["layer"].choices
    viewer.layers.selection.active = plot
    assert "histogram plot" in panel["message"].value


def test_they_are_offered_in_the_order_of_the_list(viewer: napari.Viewer, panel: Any) -> None:
    """Found by the walk: magicgui appends what is renamed, and hears of no other order."""
    moon = viewer.add_image(data.moon(), name="moon")
    coins = viewer.add_image(data.coins(), name="coins")
    moon.name = "luna"
    assert panel["layer"].choices == (moon, coins)
    viewer.layers.move(0, 2)
    assert panel["layer"].choices == (coins, moon)
    assert panel["layer"].value is coins


def test_who_renames_the_layer_changes_nothing_else(viewer: napari.Viewer, panel: Any) -> None:
    """Found by the walk: for a moment another layer was chosen, which has no such axes."""
    viewer.add_image(data.moon(), name="moon")
    stack = viewer.add_image(np.zeros((3, 20, 30), np.uint8), name="stack")
    region = viewer.add_labels(np.ones((20, 30), int), name="region")
    panel["axes"].value, panel["mask"].value = (1, 2), region
    heard: list[Any] = []
    panel["layer"].changed.connect(heard.append)
    panel["mask"].changed.connect(heard.append)
    stack.name, region.name = "movie", "part"
    assert panel["axes"].value == panel["axes"].names[1:]
    assert (panel["layer"].value, panel["mask"].value) == (stack, region)
    assert heard == []


def test_a_layer_may_be_called_as_what_stands_beside_it(
    viewer: napari.Viewer, panel: Any, run: Press
) -> None:
    """Found by the walk: magicgui tells choices apart by their texts."""
    for name in ("2 selected layers", "moon"):
        viewer.add_image(data.moon(), name=name)
    viewer.layers.selection = set(viewer.layers)
    named, moon = viewer.layers
    assert panel["layer"].choices[:2] == (named, moon)
    assert panel["layer"].choices[2].images == (named, moon)
    half = np.zeros(moon.data.shape, int)
    half[:100] = 1
    region = viewer.add_labels(half, name="Whole image")
    assert panel["mask"].choices == (None, region)
    assert panel["mask"].value is None
    panel["layer"].value, panel["mask"].value = moon, region
    run()
    assert viewer.layers["moon equalized"].metadata["napari_histeq"]["mask"] is not None
