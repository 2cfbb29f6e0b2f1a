"""What a file tells of its pixels in one way or another, and files that are refused in words."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from napari_histeq.files import Location, Picture, read, write

if TYPE_CHECKING:
    from collections.abc import Callable

PIXELS = np.arange(48, dtype=np.uint8).reshape(6, 8)
SCALE = [{"type": "scale", "scale": [0.5, 0.25]}]


def group(path: Path, ome: dict[str, Any], *levels: str) -> None:
    made = zarr.open_group(path, mode="w", attributes={"ome": {"version": "0.5"} | ome})
    for level in levels:
        made.create_array(level, data=PIXELS)


def image_of(level: str = "0", **more: Any) -> dict[str, Any]:
    axes = [{"name": "y", "unit": "micrometer"}, {"name": "depth"}]
    datasets = [{"path": level, "coordinateTransformations": SCALE}]
    return {"multiscales": [{"axes": axes, "datasets": datasets} | more]}


def hdf5(path: Path, *names: str) -> h5py.File:
    file = h5py.File(path, "w")
    for name in names:
        file[name] = PIXELS
    return file


def deep_color_png(path: Path) -> None:
    """Of one pixel with three times 16 bit, by the words of the standard."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(7))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)


REFUSED: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "a plate": ("a.zarr", lambda path: group(path, {"plate": {}}), "it is a plate of OME-Zarr"),
    "a group": ("a.zarr", lambda path: group(path, {}), "it is no image of OME-Zarr"),
    "no dataset": ("a.h5", lambda path: hdf5(path).close(), r"it has 0 datasets \(none\)"),
    "two datasets": (
        "a.h5",
        lambda path: hdf5(path, "x", "in/y").close(),
        r"it has 2 datasets \(/in/y, /x\): say which, as file.h5:/dataset",
    ),
    "four inks": (
        "a.jpg",
        lambda path: Image.new("CMYK", (8, 6)).save(path),
        "mode 'CMYK', which is neither gray nor RGB",
    ),
    "deep colors": ("a.png", deep_color_png, "colors of 16 bit, which Pillow would cut to 8 bit"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_words(tmp_path: Path, case: str) -> None:
    name, make, words = REFUSED[case]
    make(tmp_path / name)
    with pytest.raises(ValueError, match=words):
        read(Location(tmp_path / name, ""))


def test_a_dataset_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    hdf5(tmp_path / "a.h5", "x", "y").close()
    with pytest.raises(ValueError, match="it has no dataset 'z': it has /x, /y"):
        read(Location(tmp_path / "a.h5", "z"))


@pytest.mark.parametrize(
    ("names", "axes"),
    [(None, "yx"), (("y", "x"), "yx"), (("t", "depth"), "t?"), (("Y", None), "y?")],
)
def test_the_axes_of_an_array_without_a_group(tmp_path: Path, names: Any, axes: str) -> None:
    zarr.create_array(tmp_path / "a.zarr", data=PIXELS, dimension_names=names)
    found = read(Location(tmp_path / "a.zarr", ""))
    assert "".join(axis if axis in "tyx" else "?" for axis in found.axes) == axes
    np.testing.assert_array_equal(found.data, PIXELS)


def test_where_the_pixels_of_a_zarr_lie(tmp_path: Path) -> None:
    """The steps of the level come first, then those of the whole image."""
    moved = [
        {"type": "translation", "translation": [3.0, 4.0]},
        {"type": "scale", "scale": [2.0, 10.0]},
    ]
    ome = image_of("s0", coordinateTransformations=moved, name="cells")
    group(tmp_path / "a.zarr", ome, "s0")
    found = read(Location(tmp_path / "a.zarr", ""))
    assert found.scale == (1.0, 2.5)
    assert found.header["translate"] == (6.0, 40.0)
    assert found.units == ("micrometer", None)
    assert found.axes[0] == "y"
    assert found.header["name"] == "cells"


def test_of_a_series_of_images_the_first_is_read(tmp_path: Path) -> None:
    group(tmp_path / "a.zarr", {"bioformats2raw.layout": 3})
    group(tmp_path / "a.zarr" / "0", image_of(), "0")
    np.testing.assert_array_equal(read(Location(tmp_path / "a.zarr", "")).data, PIXELS)


@pytest.mark.parametrize("told", ["labels", "tags", "damaged tags", "nothing"])
def test_the_axes_of_a_dataset(tmp_path: Path, told: str) -> None:
    with hdf5(tmp_path / "a.h5", "x") as file:
        if told == "labels":
            file["x"].dims[0].label, file["x"].dims[1].label = "t", "X"
        elif told != "nothing":
            tags = json.dumps({"axes": [{"key": "t"}, {"key": "x"}]})
            file["x"].attrs["axistags"] = tags if told == "tags" else tags[:-3]
            file["x"].attrs["element_size_um"] = [1.0, 2.0, 0.5]
    found = read(Location(tmp_path / "a.h5", ""))
    assert found.axes == ("tx" if told in ("labels", "tags") else "yx")
    if told == "tags":
        assert (found.scale, found.units) == ((1.0, 0.5), (None, "micrometer"))


def test_a_palette_becomes_colors_and_what_is_transparent_stays(tmp_path: Path) -> None:
    few = Image.fromarray(np.stack([PIXELS] * 3, axis=-1)).quantize(8)
    few.save(tmp_path / "few.png")
    found = read(Location(tmp_path / "few.png", ""))
    assert found.data.shape == (6, 8, 3)
    assert "palette" in found.notes[0]
    pair = np.stack([PIXELS, 255 - PIXELS], axis=-1)
    Image.fromarray(pair).save(tmp_path / "pair.png", dpi=(0, 0))
    found = read(Location(tmp_path / "pair.png", ""))
    np.testing.assert_array_equal(found.data, PIXELS)
    assert found.units == (None, None)
    write(found, tmp_path / "again.png")
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / "again.png")), pair)


def test_what_is_written_as_ome_tiff_tells_its_sizes(tmp_path: Path) -> None:
    stack = np.arange(2 * 3 * 48, dtype=np.uint16).reshape(2, 3, 6, 8)
    units = ("second", "micrometer", "micrometer", None)
    write(Picture(stack, "tzyx", "none", (1.5, 2.0, 0.25, 1.0), units), tmp_path / "a.ome.tif")
    xml = tifffile.tiffcomment(tmp_path / "a.ome.tif")
    for words in ('PhysicalSizeZ="2.0"', 'PhysicalSizeY="0.25"', 'TimeIncrement="1.5"'):
        assert words in xml
    found = read(Location(tmp_path / "a.ome.tif", ""))
    assert found.axes == "tzyx"
    assert found.scale[:3] == (1.5, 2.0, 0.25)
    assert found.units[:3] == units[:3]
    np.testing.assert_array_equal(found.data, stack)
