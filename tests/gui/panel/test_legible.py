"""Words that can be read: errors, themes, long names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.utils.theme import get_theme
from skimage import data

from helpers.look import LONG, folds
from napari_histeq.gui.panel.style import contrast, legible, sheet

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    Press = Callable[..., None]

pytestmark = pytest.mark.whole


def test_an_error_is_seen_as_one(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(data.moon(), name="moon")
    panel["out_range"].value = "custom"
    panel["low"].value, panel["high"].value = 20, 10
    run()
    assert panel["status"].problem
    assert panel["status"].icon.isVisible()
    assert not panel["status"].icon.pixmap().isNull()
    panel["high"].value = 200
    run()
    assert "equalized in" in panel["status"].value
    assert not panel["status"].problem
    assert not panel["status"].icon.isVisible()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_words_can_be_read_in_both_themes(name: str) -> None:
    theme = get_theme(name)
    ground = theme.foreground.as_rgb_tuple()[:3]
    words = legible(theme.error, theme.foreground).removeprefix("rgb(").removesuffix(")")
    assert contrast([int(part) for part in words.split(",")], ground) >= 4.5
    assert words in sheet(name)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("row", ["layer", "mask"])
def test_a_long_name_is_told_in_the_tooltip(
    viewer: napari.Viewer, panel: Any, qtbot: Any, row: str
) -> None:
    viewer.add_image(data.moon(), name="moon")
    if row == "layer":
        named = viewer.add_image(data.coins(), name=LONG)
    else:
        named = viewer.add_labels(np.ones((9, 9), int), name=LONG)
        panel["mask"].value = named
        folds(panel)["Region"].open(True)
    assert panel[row].value is named

    def tooltip() -> str:
        return " ".join(panel[row].native.toolTip().split())

    qtbot.waitUntil(lambda: LONG in tooltip())
    named.name = "<b>short</b>"
    qtbot.waitUntil(lambda: LONG not in tooltip())
    assert "short" in tooltip()


def test_a_long_name_is_shortened_in_its_middle(
    viewer: napari.Viewer, panel: Any, qtbot: Any
) -> None:
    """Two names that differ at their ends look different, and as wide as the box."""
    viewer.add_image(data.moon(), name=LONG + " left")
    box = panel["layer"].native
    qtbot.waitUntil(box.isVisible)
    one = box.grab().toImage()
    viewer.layers[0].name = LONG + " right"
    two = box.grab().toImage()
    half = box.width() // 2
    height = int(box.height() * one.devicePixelRatio())
    assert one.copy(0, 0, half // 2, height) == two.copy(0, 0, half // 2, height)
    assert one != two
