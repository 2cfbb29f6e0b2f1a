"""napari's "Save Selected Layers..." writes our OME-Zarr."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask.array as da
import napari_builtins
import numpy as np
import pytest
import yaozarrs
import zarr
from napari.layers import Image
from qtpy.QtCore import QTimer

from helpers.lazy_layers import volume
from helpers.viewers import add_stack
from napari_histeq.gui.saving import write_zarr
from napari_histeq.gui.saving.export import Export, _running

if TYPE_CHECKING:
    import napari

pytestmark = pytest.mark.whole

BUILTINS = Path(napari_builtins.__file__).with_name("builtins.yaml")
PLACE = {"scale": (4, 0.5, 0.5), "translate": (0, 1, 2), "units": "micrometer"}


def lazy(**more: Any) -> Image:
    pixels = da.from_array(volume(), chunks=(2, 20, 80))
    return Image(pixels, name="stack", axis_labels=("z", "y", "x"), **PLACE, **more)


@pytest.mark.parametrize("ending", [".ome.zarr", ".zarr"])
def test_save_selected_layers(viewer: napari.Viewer, tmp_path: Path, ending: str) -> None:
    layer = viewer.add_layer(lazy(contrast_limits=(0, 900), metadata={"kept": "by napari"}))
    viewer.layers.selection = {layer}
    path = tmp_path / f"stack{ending}"
    assert viewer.layers.save(str(path), selected=True) == [str(path)]
    multiscale = yaozarrs.validate_zarr_store(path).attrs["ome"]["multiscales"][0]
    assert [(axis["name"], axis["unit"]) for axis in multiscale["axes"]] == [
        (name, "micrometer") for name in "zyx"
    ]
    scale, move = multiscale["datasets"][0]["coordinateTransformations"]
    assert (scale["scale"], move["translation"]) == ([4, 0.5, 0.5], [0, 1, 2])
    np.testing.assert_array_equal(zarr.open(path / "0")[:], volume())


def test_the_plot_is_written_as_a_whole(
    viewer: napari.Viewer, panel: Any, run: Any, tmp_path: Path
) -> None:
    add_stack(viewer)
    panel["axes"].value = (1, 2)
    run()
    plot = viewer.layers["stack histogram"]
    path = tmp_path / "plot.ome.zarr"
    assert plot.save(str(path)) == [str(path)]
    yaozarrs.validate_zarr_store(path)
    written = np.moveaxis(zarr.open(path / "0")[:], 0, -1)
    np.testing.assert_array_equal(written, np.asarray(plot.data[0]))


def test_the_window_goes_on_meanwhile_and_it_can_be_canceled(
    viewer: napari.Viewer, tmp_path: Path
) -> None:
    beats: list[int] = []
    pause = threading.Event()

    def waiting(block: Any) -> Any:
        """Until the window has lived for a moment more."""
        seen, patience = len(beats), 3000
        while len(beats) <= seen + 5 and patience:
            pause.wait(0.01)
            patience -= 1
        assert patience, "the window stood still"
        return block

    def beat() -> None:
        beats.append(1)
        if len(beats) > 3:
            for export in list(_running):
                export.cancel()

    layer = viewer.add_layer(lazy(contrast_limits=(0, 900)))
    layer._data = layer.data.map_blocks(waiting, dtype="u2")  # and napari reads no plane again
    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(10)
    path = tmp_path / "a.zarr"
    assert write_zarr(str(path), [layer.as_layer_data_tuple()]) == []
    timer.stop()
    assert len(beats) > 3
    assert not _running


def test_more_than_an_image_is_refused(tmp_path: Path) -> None:
    image, surface = (np.zeros((8, 8)), {}, "image"), (np.eye(3), {}, "surface")
    with pytest.raises(ValueError, match="select the image layer alone"):
        write_zarr(str(tmp_path / "a.zarr"), [image, surface])


def test_what_is_there_is_kept_and_the_reason_is_told_once(
    viewer: napari.Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("napari_histeq.gui.saving.export.show_error", said.append)
    layer = viewer.add_layer(lazy(contrast_limits=(0, 900)))
    path = tmp_path / "a.zarr"
    path.mkdir()
    (path / "notes.txt").write_text("mine")
    with pytest.raises(OSError, match=r"a\.zarr could not be saved"):
        layer.save(str(path))
    assert said == []
    assert [p.name for p in path.iterdir()] == ["notes.txt"]


def test_one_that_is_refused_at_once(viewer: napari.Viewer, tmp_path: Path, qtbot: Any) -> None:
    """It has ended before anybody could wait for its end."""
    layer, path = viewer.add_layer(lazy(contrast_limits=(0, 900))), tmp_path / "a.zarr"
    first = Export(layer, path)
    with qtbot.waitSignal(first.ended, timeout=15_000):
        first.start()
        assert write_zarr(str(path), [layer.as_layer_data_tuple()]) == []


def test_a_name_without_an_ending_is_a_tiff_as_before(
    viewer: napari.Viewer, npe2pm: Any, tmp_path: Path
) -> None:
    layer = viewer.add_image(np.zeros((8, 8), np.uint8))
    with npe2pm.tmp_plugin(manifest=str(BUILTINS)):
        assert layer.save(str(tmp_path / "plain")) == [str(tmp_path / "plain.tif")]


def test_a_script_without_a_window(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    code = (
        "import numpy as np, zarr; from napari_histeq.gui.saving import write_zarr\n"
        "image = np.arange(64, dtype='u1').reshape(8, 8)\n"
        f"assert write_zarr({str(path)!r}, [(image, {{'name': 'a'}}, 'image')]) == [{str(path)!r}]\n"
        f"assert (zarr.open({str(path / '0')!r})[:] == image).all()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
