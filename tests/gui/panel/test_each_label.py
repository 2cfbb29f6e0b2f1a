"""Each label of the mask layer on its own, by the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest

from napari_histeq import Clahe, equalize_labels
from napari_histeq.records import Record, legend, script

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    Press = Callable[..., None]

IMAGE = np.random.default_rng(0).gamma(2, 20, (60, 80)).clip(0, 255).astype(np.uint8)
LABELS = np.zeros((60, 80), int)
LABELS[5:30, 5:40] = 1
LABELS[20:55, 40:70] = 5


def shown(panel: Any, name: str) -> bool:
    return not panel[name].native.isHidden()


@pytest.fixture
def cells(viewer: napari.Viewer, panel: Any) -> Any:
    viewer.add_image(IMAGE, name="x")
    return viewer.add_labels(LABELS, name="cells")


def test_the_row_is_there_for_labels_only(viewer: napari.Viewer, panel: Any, cells: Any) -> None:
    shapes = viewer.add_shapes([[[5, 5], [5, 30], [30, 30], [30, 5]]], name="box")
    assert not shown(panel, "each_label")
    panel["mask"].value = shapes
    assert not shown(panel, "each_label")
    panel["mask"].value = cells
    assert shown(panel, "each_label")
    assert shown(panel, "inside")
    assert not shown(panel, "feather")
    panel["each_label"].value = True
    assert not shown(panel, "inside")
    assert shown(panel, "feather")
    assert panel.choice().recipe.each_label
    panel["mask"].value = shapes
    assert not panel.choice().recipe.each_label
    assert shown(panel, "inside")


@pytest.mark.parametrize("method", ["global", "clahe"])
def test_it_is_done_recorded_and_made_again(
    viewer: napari.Viewer, panel: Any, cells: Any, run: Press, method: str
) -> None:
    panel["method"].value = method
    panel["mask"].value = cells
    panel["each_label"].value = True
    panel["feather"].value = 3
    panel["inside"].value = True  # hidden, and without a say
    run()
    made = viewer.layers["x equalized"]
    options = {} if method == "global" else {"method": Clahe()}
    wanted = equalize_labels(IMAGE, LABELS, feather=3, **options)
    np.testing.assert_array_equal(made.data, wanted)
    kind, *plain = made.metadata["napari_histeq"].items()
    assert kind[0] == "kind"
    record = Record.from_dict(dict(plain))
    assert record.recipe.each_label
    assert not record.recipe.inside
    np.testing.assert_array_equal(record.reproduce(IMAGE), wanted)
    told = legend(record)
    assert "each label of “cells” on its own, the background unchanged" in told
    assert "cannot be compared between labels." in told
    space: dict[str, Any] = {"__name__": "script"}
    exec(script(record), space)  # noqa: S102
    np.testing.assert_array_equal(space["equalized"](IMAGE), wanted)
    assert np.count_nonzero(cells.data != LABELS) == 0


def test_labels_of_another_grid(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    """Half as fine as the image, and moved."""
    viewer.add_image(IMAGE, name="x", scale=(0.5, 0.5), translate=(0.1, 0.1))
    coarse = viewer.add_labels(LABELS[10:40, 10:50], name="coarse", scale=(1, 1))
    panel["mask"].value = coarse
    panel["each_label"].value = True
    run()
    rows, columns = (np.rint(np.arange(n) * 0.5 + 0.1).astype(int) for n in IMAGE.shape)
    on_image = np.zeros(IMAGE.shape, int)
    on_image[np.ix_(rows < 30, columns < 40)] = coarse.data[
        np.ix_(rows[rows < 30], columns[columns < 40])
    ]
    wanted = equalize_labels(IMAGE, on_image)
    np.testing.assert_array_equal(viewer.layers["x equalized"].data, wanted)


def test_lazily(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    viewer.add_image(da.from_array(IMAGE, chunks=25), name="lazy")
    panel["mask"].value = viewer.add_labels(LABELS, name="cells")
    panel["each_label"].value = True
    run()
    found = viewer.layers["lazy equalized"].data
    assert isinstance(found, da.Array)
    np.testing.assert_array_equal(found.compute(), equalize_labels(IMAGE, LABELS))


def test_what_does_not_go_together_is_said(
    viewer: napari.Viewer, panel: Any, cells: Any, qtbot: Any
) -> None:
    panel["mask"].value = cells
    panel["each_label"].value = True
    panel["preview"].value = True
    qtbot.waitUntil(lambda: "each label has its own curve" in panel["status"].value, timeout=20000)
    panel["preview"].value = False
    panel["output"].value = "display only"
    panel["run"].native.click()
    qtbot.waitUntil(
        lambda: "each label has a curve of its own" in panel["status"].value, timeout=20000
    )
