"""Plot, table and words of lazy layers: true now, or empty."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.utils.notifications import notification_manager

from helpers.true_now import IMAGE, counts_are, has_table, is_empty
from napari_histeq import equalize

pytestmark = pytest.mark.whole


def test_a_lazy_slice_that_was_edited_is_noticed(viewer: Any, panel: Any, until: Any) -> None:
    image = np.stack([IMAGE, IMAGE // 2])
    layer = viewer.add_image(flaky(image)[0], cache=False)
    viewer.dims.set_current_step(0, 1)
    until(counts_are, panel, image[1], equalize(image[1]))
    image[1, :30] = 200
    layer.refresh()
    until(counts_are, panel, image[1], equalize(image[1]))


def flaky(planes: Any) -> tuple[Any, dict[str, bool]]:
    """A lazy stack whose planes can be made unreadable."""
    state = {"broken": False}

    def read(block_info: Any = None) -> Any:
        if state["broken"]:
            raise OSError("the disk is gone")
        assert block_info is not None
        return planes[block_info[None]["chunk-location"][0]][None]

    chunks = ((1,) * len(planes), *((n,) for n in planes.shape[1:]))
    empty = np.empty((0, 0, 0), planes.dtype)
    return da.map_blocks(read, chunks=chunks, dtype=planes.dtype, meta=empty), state


def test_a_slice_that_can_not_be_read_shows_nothing(
    viewer: Any, panel: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    planes = np.stack([IMAGE, IMAGE // 2, IMAGE // 3])
    lazy, state = flaky(planes)
    viewer.add_image(lazy, name="far", cache=False)
    viewer.dims.set_current_step(0, 0)
    until(counts_are, panel, planes[0], equalize(planes[0]))
    state["broken"] = True
    with pytest.raises(OSError, match="the disk is gone") as caught:
        viewer.dims.set_current_step(0, 2)
    with monkeypatch.context() as patched:  # what napari's window does with it
        patched.setattr(notification_manager, "catch_error", True)
        notification_manager.receive_error(caught.type, caught.value, caught.tb)
    until(is_empty, panel)
    assert "“far” is not displayed here" in panel["status"].value
    state["broken"] = False
    viewer.dims.set_current_step(0, 1)
    until(counts_are, panel, planes[1], equalize(planes[1]))
    assert "displayed slice" in panel["status"].value


def test_a_lazy_layer_that_is_hidden_or_elsewhere_shows_nothing(
    viewer: Any, panel: Any, until: Any
) -> None:
    planes = np.stack([IMAGE, IMAGE // 2])
    layer = viewer.add_image(flaky(planes)[0], name="far")
    viewer.add_points([[9, 0, 0]])  # the slider goes on
    viewer.layers.selection = {layer}
    viewer.dims.set_current_step(0, 0)
    until(counts_are, panel, planes[0], equalize(planes[0]))
    viewer.dims.set_current_step(0, 8)
    until(is_empty, panel)
    viewer.dims.set_current_step(0, 0)
    until(counts_are, panel, planes[0], equalize(planes[0]))
    layer.visible = False
    viewer.dims.set_current_step(0, 1)
    until(is_empty, panel)
    assert "“far” is hidden" in panel["status"].value
    layer.visible = True
    until(counts_are, panel, planes[1], equalize(planes[1]))


def test_the_numbers_of_a_lazy_run_are_those_of_all_planes(
    viewer: Any, panel: Any, run: Any, until: Any
) -> None:
    planes = np.stack([IMAGE, IMAGE // 2, IMAGE // 3])
    viewer.add_image(flaky(planes)[0], name="far")
    until(has_table, panel)
    run()
    until(counts_are, panel, planes, equalize(planes))
    viewer.dims.set_current_step(0, 1)
    assert counts_are(panel, planes, equalize(planes))
    panel["strength"].value = 0.5
    until(counts_are, panel, planes[1], equalize(planes[1], strength=0.5))
    assert "displayed slice" in panel["status"].value
