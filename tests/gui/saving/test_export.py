"""Saving a lazy result as OME-Zarr from the menu."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest
import yaozarrs
import zarr
from napari.layers import Image
from qtpy.QtWidgets import QFileDialog

from helpers.lazy_layers import volume
from helpers.viewers import menu_action
from napari_histeq import equalize
from napari_histeq.batch import Records
from napari_histeq.gui.saving.export import Export, _running
from napari_histeq.records.record import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import napari

    Press = Callable[..., None]

pytestmark = pytest.mark.whole


SAVE = "Save equalized as OME-Zarr..."


@pytest.fixture
def equalized(viewer: napari.Viewer, panel: Any, run: Press) -> Any:
    viewer.add_image(
        da.from_array(volume(), chunks=(2, 20, 80)), name="stack", scale=(4, 0.5, 0.5),
        translate=(0, 1, 2), units="micrometer", axis_labels=("z", "y", "x"),
    )  # fmt: skip
    run()
    made = viewer.layers["stack equalized"]
    viewer.layers.selection.active = made
    return made


def save_as(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))


def test_saving_from_the_menu(
    viewer: napari.Viewer, equalized: Any, tmp_path: Path, qtbot: Any, monkeypatch: Any
) -> None:
    path = tmp_path / "stack.ome.zarr"
    save_as(path, monkeypatch)
    menu_action(viewer.window.layers_menu, f"{SAVE} (napari-histeq)").trigger()
    qtbot.waitUntil(lambda: not _running, timeout=15_000)
    group = yaozarrs.validate_zarr_store(path)
    multiscale = group.attrs["ome"]["multiscales"][0]
    assert [(a["name"], a["unit"]) for a in multiscale["axes"]] == [
        (name, "micrometer") for name in "zyx"
    ]
    transforms = multiscale["datasets"][0]["coordinateTransformations"]
    assert transforms[0]["scale"] == [4, 0.5, 0.5]
    assert transforms[1]["translation"] == [0, 1, 2]
    assert group.attrs[KEY]["method"]["name"] == "global"
    assert np.array_equal(zarr.open_group(path)["0"][...], equalize(volume()))


TURN = [[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]]


@pytest.mark.parametrize(
    ("place", "scale", "translation"),
    [
        ({"affine": np.diag([4.0, 0.5, 0.5, 1])}, [4, 0.5, 0.5], None),
        (
            {
                "scale": (2, 0.1, 0.1),
                "translate": (1, 2, 3),
                "affine": [[2, 0, 0, 5], [0, 3, 0, 0], [0, 0, 3, 1], [0, 0, 0, 1]],
            },
            [4, 0.1 * 3, 0.1 * 3],
            [7, 6, 10],
        ),
        (
            {"scale": (4, 0.5, 0.5), "rotate": TURN, "translate": (0, 1, 2)},
            [4, 0.5, 0.5],
            [0, 1, 2],
        ),
    ],
)
def test_the_whole_transform_is_saved(
    tmp_path: Path, qtbot: Any, monkeypatch: Any, place: Any, scale: Any, translation: Any
) -> None:
    """What OME-Zarr cannot tell is said, and kept beside it."""
    layer = Image(da.from_array(volume(), chunks=(2, 20, 80)), name="stack", **place)
    said: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.saving.export.show_warning", said.append)
    path = tmp_path / "stack.ome.zarr"
    saving = Export(layer, path)
    with qtbot.waitSignal(saving.ended, timeout=15_000):
        saving.start()
    attributes = yaozarrs.validate_zarr_store(path).attrs
    transforms = attributes["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"]
    np.testing.assert_allclose(transforms[0]["scale"], scale, rtol=1e-15)
    assert (
        len(transforms) == 1 if translation is None else transforms[1]["translation"] == translation
    )
    upright = "rotate" not in place
    assert (said == []) is upright
    if not upright:
        assert "rotated or sheared" in said[0]
        kept = np.array(attributes[KEY]["affine"])
        point = np.array((2, 5, 7))
        np.testing.assert_allclose(kept[:, :3] @ point + kept[:, 3], layer.data_to_world(point))


def test_a_canceled_save_is_gone_on_with(equalized: Any, tmp_path: Path, qtbot: Any) -> None:
    def slowly(block: Any) -> Any:
        time.sleep(0.1)
        return block

    path, pixels = tmp_path / "stack.ome.zarr", equalized.data
    equalized.data = pixels.map_blocks(slowly, dtype="u2")
    first = Export(equalized, path)
    first.progressed.connect(first.cancel)
    with qtbot.waitSignal(first.ended, timeout=15_000) as ended:
        first.start()
    assert ended.args == ["canceled"]
    with pytest.raises(ValueError, match="Unable to determine"):
        yaozarrs.validate_zarr_store(path)
    equalized.data = pixels
    second = Export(equalized, path)
    with qtbot.waitSignal(second.ended, timeout=15_000) as ended:
        second.start()
    assert ended.args == ["done"]
    yaozarrs.validate_zarr_store(path)


def test_what_exists_is_not_overwritten(equalized: Any, tmp_path: Path, qtbot: Any) -> None:
    path = tmp_path / "stack.ome.zarr"
    for said in ("done", "exists"):
        saving = Export(equalized, path)
        with qtbot.waitSignal(saving.ended, timeout=15_000) as ended:
            saving.start()
        assert said in ended.args[0]


def test_only_what_was_equalized_is_saved(
    viewer: napari.Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer.add_image(volume((60, 80)))
    said: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.commands.show_warning", said.append)
    menu_action(viewer.window.layers_menu, f"{SAVE} (napari-histeq)").trigger()
    assert "Select a layer that was equalized" in said[0]


def masked(viewer: napari.Viewer, panel: Any) -> None:
    labels = np.zeros(volume().shape, np.uint8)
    labels[:, 5:30, 10:60] = 1
    panel["mask"].value = viewer.add_labels(labels, name="part")
    panel["layer"].value = viewer.layers["stack"]
    panel["ignore"].value, panel["ignored_value"].value = True, 300


def matched(viewer: napari.Viewer, panel: Any) -> None:
    panel["method"].value, panel["reference"].value = "match", "neighbors"
    panel["axes"].value = panel["axes"].names[1:]


@pytest.mark.parametrize("choose", [masked, matched])
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_saved_tells_all_it_takes_to_make_it_again(
    viewer: napari.Viewer, panel: Any, run: Press, tmp_path: Path, qtbot: Any, choose: Any,
    turned: bool,
) -> None:  # fmt: skip
    """`napari-histeq replay` takes the record that the store holds: mask, reference and all."""
    place = {"rotate": TURN} if turned else {}
    viewer.add_image(volume(), name="stack", **place)
    choose(viewer, panel)
    run()
    saving = Export(viewer.layers["stack equalized"], tmp_path / "made.ome.zarr")
    with qtbot.waitSignal(saving.ended, timeout=15_000):
        saving.start()
    record = Records(tmp_path / "made.ome.zarr").of("whatever.tif")
    again = record.reproduce(volume())
    np.testing.assert_array_equal(again, viewer.layers["stack equalized"].data)
