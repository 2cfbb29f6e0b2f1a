"""What is done with results: never twice, never to a layer that it does not suit."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from qtpy.QtWidgets import QRadioButton

from helpers.menus import menu_of
from napari_histeq import TransferFunction, equalize
from napari_histeq.gui.runs import work
from napari_histeq.gui.runs.run import _running

IMAGE = np.random.default_rng(3).gamma(3, 20, (60, 80)).astype(np.uint8)
COLOR = np.random.default_rng(4).gamma(3, 20, (50, 40, 3)).clip(0, 255).astype(np.uint8)


def items(panel: Any, text: str) -> dict[str, Any]:
    """What the menu of results offers under an item, as a person sees it; by its words."""
    panel.tools.menu.aboutToShow.emit()
    menu = next(a for a in panel.tools.menu.actions() if a.text() == text)
    return {a.text(): a for a in menu_of(menu).actions()} if menu.isEnabled() else {}


def bake_item(panel: Any) -> Any:
    panel.tools.menu.aboutToShow.emit()
    return next(a for a in panel.tools.menu.actions() if a.text() == "Bake into a new layer")


def test_a_curve_is_offered_only_to_what_it_suits(viewer: Any, panel: Any, run: Any) -> None:
    viewer.add_image(COLOR, name="color")
    viewer.add_image(IMAGE > 50, name="mask")
    viewer.add_image(IMAGE // 2, name="other")
    viewer.add_image(IMAGE, name="cells")
    run()
    assert set(items(panel, "Apply the same curve to")) == {"other"}
    assert set(items(panel, "Apply the same settings to")) == {"color", "mask", "other"}


def test_the_same_settings_for_a_color_layer(viewer: Any, panel: Any, run: Any, qtbot: Any) -> None:
    viewer.add_image(COLOR, name="color")
    viewer.add_image(IMAGE, name="cells")
    panel["output"].value = "display only"
    run()
    items(panel, "Apply the same settings to")["color"].trigger()
    qtbot.waitUntil(lambda: "color equalized" in viewer.layers, timeout=15_000)
    made = viewer.layers["color equalized"].data
    np.testing.assert_array_equal(made, equalize(COLOR, channel_axis=-1))


@pytest.mark.parametrize("image", [COLOR, IMAGE > 50])
def test_a_curve_that_does_not_suit_is_refused(viewer: Any, image: Any) -> None:
    layer = viewer.add_image(image, name="other")
    curve = TransferFunction(np.arange(256, dtype=np.uint8), np.arange(256.0))
    with pytest.raises(ValueError, match=r"no curve of intensities|no curve can spread"):
        work.task_of(viewer, layer, work.Choice(curve=curve))


def test_display_only_is_offered_where_a_colormap_can_do_it(
    viewer: Any, panel: Any, run: Any
) -> None:
    cells = viewer.add_image(IMAGE, name="cells")
    panel["output"].value = "display only"
    viewer.add_image(COLOR, name="color")
    buttons = {b.text(): b for b in panel["output"].native.findChildren(QRadioButton)}
    assert not buttons["Display only"].isEnabled()
    assert "no colormap" in buttons["Display only"].toolTip()
    assert panel["output"].value == "new layer"
    run()
    assert "color equalized" in viewer.layers
    viewer.layers.selection.active = cells
    assert buttons["Display only"].isEnabled()
    assert panel["output"].value == "display only"


def test_baking_is_seen_and_done_once(
    viewer: Any, panel: Any, run: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer.add_image(IMAGE, name="cells")
    panel["output"].value = "display only"
    panel["plot"].value = False
    run()
    gate, perform = threading.Event(), work.perform

    def waiting(task: Any, report: Any, **how: Any) -> Any:
        report(0.5, "waiting")
        gate.wait(30)
        return perform(task, report, **how)

    monkeypatch.setattr(work, "perform", waiting)
    bake = bake_item(panel)
    bake.trigger()
    try:
        qtbot.waitUntil(lambda: panel["progress"].value == 50, timeout=15_000)
        assert panel["progress"].visible
        assert panel["cancel"].enabled
        bake.trigger()  # a second click, before the menu is filled anew
        assert not bake_item(panel).isEnabled()
        assert not items(panel, "Apply the same settings to")
    finally:
        gate.set()
    qtbot.waitUntil(lambda: not _running and not panel["cancel"].enabled, timeout=15_000)
    assert [la.name for la in viewer.layers] == [
        "cells", "cells equalized", "cells equalized (baked)",
    ]  # fmt: skip
    assert "baked into a new layer in" in panel["status"].value


def test_selecting_a_result_does_not_make_it_the_input(viewer: Any, panel: Any, run: Any) -> None:
    cells = viewer.add_image(IMAGE, name="cells")
    run()
    result = viewer.layers["cells equalized"]
    viewer.layers.selection.active = result
    assert panel["layer"].value is cells
    assert "is a result: still using “cells”" in panel["message"].value
    run()
    np.testing.assert_array_equal(viewer.layers["cells equalized [1]"].data, equalize(IMAGE))
    panel["layer"].value = result  # as a person asks for it
    assert panel["layer"].value is result
    assert "“cells equalized” is a result: this equalizes it once more" in panel["message"].value
    viewer.layers.selection.active = cells
    viewer.layers.remove(cells)
    viewer.layers.selection.active = result
    assert panel["layer"].value is result
    assert "once more" in panel["message"].value
