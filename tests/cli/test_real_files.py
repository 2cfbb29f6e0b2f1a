"""Real files of other makers: equalized by the command line, and opened again in napari.

python -m pytest tests/cli/test_real_files.py -s      prints a table of them all
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image
from napari_builtins.io import napari_get_reader
from typer.testing import CliRunner

from helpers.sample_files import ALL, made
from napari_histeq import equalize
from napari_histeq.cli.app import app
from napari_histeq.files import Location, Picture, read

#: What napari reads by itself; for the others it needs a plugin, and the pixels come from ours.
OWN = (".tif", ".png", ".jpg", ".npy", ".zarr")


def place(name: str, path: Path) -> Location:
    return Location(path, "exp/data") if name == "volume.h5" else Location(path)


def wanted_of(picture: Picture) -> Any:
    """By the public function: the independent way to the same pixels."""
    data = np.asarray(picture.data)
    mask = None if picture.ignored is None else data != picture.ignored
    how: dict[str, Any] = {} if picture.limits is None else {"out_range": picture.limits}
    return equalize(data, mask=mask, channel_axis=picture.channel_axis, **how)


def as_layer(picture: Picture) -> Image:
    """The picture as a layer, with its axes and units."""
    colors = picture.channel_axis is not None
    grid = [axis for axis in range(picture.data.ndim) if axis != picture.channel_axis]
    data = np.asarray(picture.data)
    if colors:
        data = np.moveaxis(data, picture.channel_axis or 0, -1)
    return Image(
        data,
        rgb=colors,
        scale=[picture.scale[a] for a in grid],
        units=[picture.units[a] or "pixel" for a in grid],
        axis_labels=[picture.axes[a] if picture.axes[a] != "?" else f"axis {a}" for a in grid],
    )


def read_by_napari(path: Path) -> Any:
    """The pixels that napari's own reader finds: of a pyramid the finest."""
    reader = napari_get_reader(str(path))
    assert reader is not None
    data = reader(str(path))[0][0]
    return np.asarray(data[0] if isinstance(data, list) else data)


@pytest.mark.parametrize("name", ALL)
def test_equalized_and_opened_again(name: str, tmp_path: Path) -> None:
    source = made(name, tmp_path)
    target = tmp_path / "out" / name
    given = f"{source}:/exp/data" if name == "volume.h5" else str(source)
    done = CliRunner().invoke(app, ["equalize", given, "-o", str(target.parent)])
    assert done.exit_code == 0, done.output
    with read(place(name, source)) as before, read(place(name, target)) as after:
        for field in ("axes", "scale", "units", "channel_axis"):
            assert getattr(after, field) == getattr(before, field), field
        viewer = ViewerModel()
        old, new = (viewer.add_layer(as_layer(picture)) for picture in (before, after))
        assert new.axis_labels == old.axis_labels
        assert new.units == old.units
        np.testing.assert_array_equal(new.scale, old.scale)
        np.testing.assert_array_equal(new.extent.world, old.extent.world)
        wanted, found = wanted_of(before), np.asarray(after.data)
        off = np.abs(np.nan_to_num(found.astype(float)) - np.nan_to_num(wanted.astype(float)))
        if name.endswith(".jpg"):  # which loses a little by itself
            assert off.mean() < 2
        elif name == "functional.nii":  # a scale with steps
            assert off.max() <= np.ptp(wanted) / 60000
        else:
            np.testing.assert_array_equal(found, wanted)
        own = name.endswith(OWN)
        if own:
            np.testing.assert_array_equal(read_by_napari(target).squeeze(), found.squeeze())
        units = " ".join(unit or "-" for unit in after.units)
        sys.stdout.write(
            f"\n{name:24} {after.form:9} {after.axes:6} {found.dtype!s:8} "
            f"{'x'.join(map(str, found.shape)):18} {units:46} "
            f"{'napari itself' if own else 'as a layer':14} off by {off.max():g}"
        )
