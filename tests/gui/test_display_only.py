"""Display only, from the panel and by command, in a real viewer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conftest import add_stack
from images import hard_images
from napari_histeq import equalize
from napari_histeq.layers import DISPLAY, kind_of, record_of

IMAGE = hard_images()["16 bit log-normal, hot pixels"]


def command(viewer: Any, name: str) -> None:
    from napari._app_model import get_app_model

    get_app_model().commands.execute_command(f"napari-histeq.{name}").result()


def test_from_the_panel(viewer: Any, panel: Any, run: Any) -> None:
    source = viewer.add_image(IMAGE, name="cells", colormap="magma")
    panel["output"].value = "display only"
    panel["plot"].value = False
    run()
    assert [layer.name for layer in viewer.layers] == ["cells", "cells equalized"]
    layer = viewer.layers["cells equalized"]
    assert layer.data is source.data
    assert kind_of(layer) == DISPLAY
    assert source.colormap.name == "magma"
    record = record_of(layer)
    assert record is not None
    np.testing.assert_array_equal(record.reproduce(IMAGE), equalize(IMAGE))
    shown = viewer.export_figure(scale_factor=1, flash=False).astype(int)
    layer.visible = False
    viewer.add_image(equalize(IMAGE), colormap="magma", contrast_limits=(0, 65535))
    true = viewer.export_figure(scale_factor=1, flash=False).astype(int)
    assert np.percentile(np.abs(shown - true).max(axis=-1), 99) <= 2


def test_by_command(viewer: Any, qtbot: Any) -> None:
    source = viewer.add_image(IMAGE, name="cells")
    viewer.layers.selection.active = source
    command(viewer, "equalize_display")
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    assert viewer.layers[1].data is source.data


@pytest.mark.parametrize("axes", [(1, 2)])
def test_more_than_one_curve_is_an_error_in_plain_words(
    viewer: Any, panel: Any, run: Any, axes: Any
) -> None:
    add_stack(viewer)
    panel["output"].value = "display only"
    panel["axes"].value = axes
    run()
    assert len(viewer.layers) == 1
    assert "curve of its own" in panel["status"].value
