"""Layers larger than memory, and pyramids, in a real viewer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest
import zarr

from helpers.lazy_layers import volume
from napari_histeq import Clahe, equalize
from napari_histeq.core.lazy import reduce
from napari_histeq.core.recipe import Recipe
from napari_histeq.gui.background import scheduler
from napari_histeq.gui.runs import run as run_module
from napari_histeq.records.steps import gain_of
from napari_histeq.records.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import napari

    Press = Callable[..., None]

pytestmark = pytest.mark.whole


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
    monkeypatch.setattr("napari_histeq.gui.runs.run.show_error", said.append)
    broken.set()
    run()
    broken.clear()
    assert [layer.name for layer in viewer.layers] == ["stack"]
    assert "chunk (2, 1) of the image" in said[0]
    assert "the disk is gone" in said[0]
    run()
    assert "stack equalized" in viewer.layers


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
    monkeypatch.setattr("napari_histeq.gui.runs.run.show_error", said.append)
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
    monkeypatch.setattr(run_module, "scheduler_address", lambda: "http://dashboard:8787")
    said: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.runs.run.show_error", said.append)
    data = xarray.DataArray(da.from_array(volume(), chunks=20), dims=("t", "y", "x"))
    viewer.add_image(data, name="stack", contrast_limits=(0, 4000))
    run()
    assert "http://dashboard:8787 is a web address" in said[0]
