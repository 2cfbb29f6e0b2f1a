"""What is large is never held as a whole, and its file is that of the same image in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from helpers.sample_files import made, pixels
from napari_histeq import equalize
from napari_histeq.core.arrays import is_lazy
from napari_histeq.core.threads import watching
from napari_histeq.files import Location, picture, read, stream, write


def large_tiff(path: Path) -> Path:
    """One plane without tiles."""
    tifffile.imwrite(path, pixels(700, 900))
    return path


def color_tiff(path: Path) -> Path:
    """A stack of colors."""
    tifffile.imwrite(
        path, pixels(3, 90, 70, 3, dtype="uint8"), photometric="rgb", compression="zlib"
    )
    return path


MAKERS: dict[str, Any] = {"large.tif": large_tiff, "color.tif": color_tiff}
NAMES = (
    "large.tif", "color.tif", "plain.tif", "imagej.tif", "pyramid.ome.tif", "multipage.tif",
    "volume.h5", "noise.npy", "functional.nii", "anatomical.nii", "v05.ome.zarr",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_same_file_streamed_and_in_memory(name, tmp_path: Path, monkeypatch):
    for folder in ("in", "whole", "parts"):
        (tmp_path / folder).mkdir()
    source = MAKERS[name](tmp_path / "in" / name) if name in MAKERS else made(name, tmp_path / "in")
    place = Location(source, "exp/data" if name == "volume.h5" else "")
    whole = read(place)
    assert is_lazy(whole.data) == (name == "v05.ome.zarr")
    levels = [np.asarray(level) for level in (whole.data, *whole.coarser)]
    how = {"channel_axis": whole.channel_axis}
    write(
        whole.with_pixels([equalize(level, **how) for level in levels]), tmp_path / "whole" / name
    )

    monkeypatch.setattr(picture, "LARGE", 200)
    monkeypatch.setattr(stream, "PART", 20_000)
    parts = read(place)
    assert is_lazy(parts.data)
    steps: list[int] = []
    with watching(lambda done, _: steps.append(done)):
        write(
            parts.with_pixels([equalize(level, **how) for level in (parts.data, *parts.coarser)]),
            tmp_path / "parts" / name,
        )
    parts.close()
    monkeypatch.undo()
    assert steps or name == "large.tif"
    found, wanted = (
        read(Location(tmp_path / folder / name, place.inner)) for folder in ("parts", "whole")
    )
    assert (found.axes, found.scale, found.units) == (wanted.axes, wanted.scale, wanted.units)
    for one, other in zip(
        (found.data, *found.coarser), (wanted.data, *wanted.coarser), strict=True
    ):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize("name", ["noise.npy", "functional.nii"])
def test_no_file_is_mapped_to_be_written(name, tmp_path: Path, monkeypatch):
    """On a full disk a process that writes into a mapped file dies."""
    source = made(name, tmp_path)
    monkeypatch.setattr(picture, "LARGE", 200)
    modes: list[str] = []
    real = np.memmap.__new__

    def mapped(kind, filename, dtype=np.uint8, mode="r+", *more, **how):
        modes.append(mode)
        return real(kind, filename, dtype, mode, *more, **how)

    monkeypatch.setattr(np.memmap, "__new__", mapped)
    found = read(source)
    write(found.with_pixels(equalize(found.data)), tmp_path / f"out.{name}")
    found.close()
    assert set(modes) <= {"r", "c"}


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", [">u2", "f4", "?"])
def test_npy_is_as_numpy_writes_it(order, dtype, tmp_path: Path):
    data = np.array(np.arange(60).reshape(3, 4, 5) % 7, dtype=dtype, order=order)
    np.save(tmp_path / "by_numpy.npy", data)
    write(picture.Picture(data, "zyx", "none"), tmp_path / "ours.npy")
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "by_numpy.npy").read_bytes()


@pytest.mark.parametrize("shape", [(7,), (5, 9), (3, 5, 9), (2, 1, 30, 40)])
@pytest.mark.parametrize("part", [1, 40, 1000, 10**9])
def test_parts_cover_an_image_once_and_in_order(shape, part, monkeypatch):
    import dask.array as da

    monkeypatch.setattr(stream, "PART", part)
    data = np.arange(np.prod(shape)).reshape(shape)
    found = [block.ravel() for _, block in stream.blocks(da.from_array(data))]
    np.testing.assert_array_equal(np.concatenate(found), data.ravel())
    row = shape[-1] * 8
    assert max(block.nbytes for block in found) <= max(part, row if len(shape) > 1 else 8)
