"""Layers larger than memory, and pyramids, in a real viewer."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest
import yaozarrs
import zarr
from napari.layers import Image
from qtpy.QtWidgets import QFileDialog

from helpers.viewers import menu_action
from napari_histeq import Clahe, equalize
from napari_histeq.core.lazy import reduce
from napari_histeq.core.recipe import Recipe
from napari_histeq.gui import job, scheduler
from napari_histeq.gui.export import Export, _running
from napari_histeq.records.record import KEY
from napari_histeq.records.steps import gain_of
from napari_histeq.records.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import napari

    Press = Callable[..., None]

SAVE = "Save equalized as OME-Zarr..."


def volume(shape: tuple[int, ...] = (6, 60, 80)) -> np.ndarray:
    return np.random.default_rng(0).gamma(2.0, 300.0, shape).astype(np.uint16)


def test_dask_in_dask_out(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    pixels = volume()
    viewer.add_image(da.from_array(pixels, chunks=(2, 20, 80)), name="stack", scale=(4, 1, 1))
    run()
    made = viewer.layers["stack equalized"]
    assert isinstance(made.data, da.Array)
    assert np.array_equal(made.data.compute(), equalize(pixels))
    assert tuple(made.scale) == (4, 1, 1)
    assert tuple(made.contrast_limits) == (0, 65535)


def test_no_graph_is_handled_on_the_gui_thread(
    viewer: napari.Viewer, panel: Any, run: Press, monkeypatch: Any
) -> None:
    """Building and running one takes seconds where there are ten thousand chunks."""
    called = []
    for name in ("graph_of", "run_graph", "blocks_of", "tree_sum"):
        plain = getattr(reduce, name)

        def noted(*given: Any, plain: Any = plain, name: str = name) -> Any:
            called.append((name, threading.current_thread() is threading.main_thread()))
            return plain(*given)

        monkeypatch.setattr(reduce, name, noted)
    viewer.add_image(da.from_array(volume(), chunks=(1, 20, 80)), name="stack")
    run()
    assert "stack equalized" in viewer.layers
    assert {"graph_of", "run_graph", "blocks_of"} <= {name for name, _ in called}
    assert not any(gui for _, gui in called), called


def test_zarr_plane_by_plane(viewer: napari.Viewer, panel: Any, run: Press, tmp_path: Path) -> None:
    pixels = volume()
    stored = zarr.create_array(tmp_path / "a.zarr", data=pixels, chunks=(1, 60, 80))
    viewer.add_image(stored, name="stack", contrast_limits=(0, 4000))
    panel["axes"].value = ["-2", "-1"] if "-2" in panel["axes"].names else panel["axes"].names[1:]
    run()
    made = viewer.layers["stack equalized"].data
    assert isinstance(made, da.Array)
    assert np.array_equal(made.compute(), equalize(pixels, axes=(1, 2)))


def test_pyramid_in_pyramid_out(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    pixels = volume((1024, 1024))
    levels = [da.from_array(pixels[::s, ::s], chunks=256) for s in (1, 2, 4)]
    viewer.add_image(levels, name="slide", multiscale=True, contrast_limits=(0, 4000))
    run()
    made = viewer.layers["slide equalized"]
    assert made.multiscale
    assert [level.shape for level in made.data] == [(1024, 1024), (512, 512), (256, 256)]
    want = equalize(pixels)
    for step, level in zip((1, 2, 4), made.data, strict=True):
        assert isinstance(level, da.Array)
        assert np.array_equal(level.compute(), want[::step, ::step])


def test_a_pyramid_by_clahe(viewer: napari.Viewer, panel: Any, run: Press) -> None:
    rows = np.hypot(*np.mgrid[-1:1:1024j, -1:1:1024j]) * 3000
    pixels = (rows + np.random.default_rng(0).normal(0, 30, rows.shape)).clip(0).astype(np.uint16)
    levels = [da.from_array(pixels[::s, ::s], chunks=256) for s in (1, 2, 4)]
    viewer.add_image(levels, name="slide", multiscale=True, contrast_limits=(0, 4000))
    panel["method"].value = "clahe"
    run()
    made = viewer.layers["slide equalized"]
    want = equalize(pixels, "clahe")
    assert np.array_equal(made.data[0].compute(), want)
    for step, level in zip((2, 4), made.data[1:], strict=True):
        assert isinstance(level, da.Array)
        apart = np.abs(level.compute().astype(float) - want[::step, ::step])
        assert apart.mean() < 0.01 * 65535


def test_a_chunk_that_can_not_be_read_adds_nothing(
    viewer: napari.Viewer, panel: Any, run: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = threading.Event()

    def read(block: Any, block_id: Any = None) -> Any:
        if broken.is_set() and block_id == (2, 1):
            raise OSError("the disk is gone")
        return block

    source = da.from_array(volume((60, 80)), chunks=20).map_blocks(
        read, meta=np.empty((0, 0), "u2")
    )
    viewer.add_image(source, name="stack", contrast_limits=(0, 4000))
    said: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.job.show_error", said.append)
    broken.set()
    run()
    broken.clear()
    assert [layer.name for layer in viewer.layers] == ["stack"]
    assert "chunk (2, 1) of the image" in said[0]
    assert "the disk is gone" in said[0]
    run()
    assert "stack equalized" in viewer.layers


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
    monkeypatch.setattr("napari_histeq.gui.export.show_warning", said.append)
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


def test_the_preference_names_a_cluster(
    viewer: napari.Viewer, panel: Any, run: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari.settings import _clear_plugin_settings_cache, get_plugin_settings

    _clear_plugin_settings_cache()
    assert scheduler.scheduler_address() == ""
    get_plugin_settings("napari-histeq").computing.scheduler_address = " tcp://127.0.0.1:1 "
    assert scheduler.scheduler_address() == "tcp://127.0.0.1:1"
    monkeypatch.setattr(scheduler, "PATIENCE", 0.2)
    said: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.job.show_error", said.append)
    viewer.add_image(da.from_array(volume(), chunks=20), name="stack")
    run()
    assert "no cluster answers at tcp://127.0.0.1:1" in said[0]
    get_plugin_settings("napari-histeq").computing.scheduler_address = ""


def test_work_runs_where_the_preference_says() -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as cluster:
        with scheduler.working_at(cluster.scheduler_address):
            assert distributed.get_client().scheduler.address == cluster.scheduler_address
            got = equalize(da.from_array(volume(), chunks=(2, 30, 30)))
        with pytest.raises(ValueError, match="No global client"):
            distributed.get_client()
    assert np.array_equal(got.compute(scheduler="threads"), equalize(volume()))


def lying_plane(pixels: np.ndarray) -> da.Array:
    """A lazy stack whose last plane is of another dtype than the stack declares."""

    def read(block: Any, block_id: Any = None) -> Any:
        return block.astype("u4") if block_id[0] == len(pixels) - 1 else block

    return da.from_array(pixels, chunks=(1, *pixels.shape[1:])).map_blocks(
        read, dtype="u2", meta=np.empty((0, 0, 0), "u2")
    )


@pytest.mark.parametrize("method", ["global", "clahe"])
def test_the_preview_names_a_chunk_of_another_dtype(
    viewer: napari.Viewer, panel: Any, qtbot: Any, method: str
) -> None:
    viewer.add_image(lying_plane(volume()), name="stack", contrast_limits=(0, 4000))
    viewer.dims.set_point(0, 0)
    panel["method"].value = method
    panel["preview"].value = True
    qtbot.wait(300)
    assert "chunk" not in panel["status"].value
    viewer.dims.set_point(0, 5)
    qtbot.waitUntil(lambda: "chunk (5, 0, 0) of the image" in panel["status"].value, timeout=10_000)
    assert "at [5:6, 0:60, 0:80]" in panel["status"].value
    assert "declared as uint16 of shape (1, 60, 80), but is uint32" in panel["status"].value
    viewer.dims.set_point(0, 1)
    qtbot.waitUntil(lambda: "chunk" not in panel["status"].value, timeout=10_000)


def counted_reads(pixels: np.ndarray) -> tuple[da.Array, set[Any]]:
    """A lazy stack, a chunk for each plane, and the set of those that were read."""
    read: set[Any] = set()

    def note(block: Any, block_id: Any = None) -> Any:
        read.add(block_id)
        return block

    lazily = da.from_array(pixels, chunks=(1, *pixels.shape[1:])).map_blocks(
        note, dtype=pixels.dtype, meta=np.empty((0,) * pixels.ndim, pixels.dtype)
    )
    return lazily, read


@pytest.mark.parametrize("named", [False, True])
def test_no_more_of_a_lazy_layer_is_read_than_is_seen(
    viewer: napari.Viewer, panel: Any, qtbot: Any, named: bool
) -> None:
    xarray = pytest.importorskip("xarray")
    data, read = counted_reads(volume((40, 60, 80)))
    data = xarray.DataArray(data, dims=("t", "y", "x")) if named else data
    layer = viewer.add_image(data, name="stack", contrast_limits=(0, 4000))
    viewer.dims.set_point(0, 3)
    read.clear()
    panel["ignore"].value, panel["ignored_value"].value = True, 0
    panel["preview"].value = True
    qtbot.wait(500)
    assert len(read) <= 2
    assert panel["layer"].value is layer


@pytest.mark.parametrize("named", [False, True])
def test_the_gain_map_of_a_lazy_layer_reads_nothing(named: bool) -> None:
    xarray = pytest.importorskip("xarray")
    data, read = counted_reads(volume((40, 60, 80)))
    image = xarray.DataArray(data, dims=("t", "y", "x")) if named else data
    with pytest.raises(ValueError, match="the gain map needs the image in memory"):
        gain_of(Task(image, recipe=Recipe(Clahe()), wants_gain=True), None)
    assert not read


def test_a_lazy_layer_of_xarray_goes_to_the_cluster(
    viewer: napari.Viewer, panel: Any, run: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    xarray = pytest.importorskip("xarray")
    monkeypatch.setattr(job, "scheduler_address", lambda: "http://dashboard:8787")
    said: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.job.show_error", said.append)
    data = xarray.DataArray(da.from_array(volume(), chunks=20), dims=("t", "y", "x"))
    viewer.add_image(data, name="stack", contrast_limits=(0, 4000))
    run()
    assert "http://dashboard:8787 is a web address" in said[0]
