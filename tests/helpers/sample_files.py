"""Files as other programs write them: bundled with other packages, or made by the formats' own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
import skimage.data
import tifffile
import zarr
from PIL import Image
from pydicom.data import get_testdata_file

Array = np.ndarray[Any, Any]

DICOM = (
    "CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm", "rtdose.dcm", "image_dfl.dcm",
    "SC_rgb_rle_16bit.dcm", "JPEG2000.dcm", "examples_ybr_color.dcm", "ExplVR_BigEnd.dcm",
)  # fmt: skip
NIFTI = ("example4d.nii.gz", "anatomical.nii", "functional.nii", "standard.nii.gz")
RASTER = ("camera.png", "chelsea.png", "rocket.jpg")


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Dim, with a long tail, as micrographs are."""
    values = np.random.default_rng(len(shape)).gamma(2, 200, shape)
    return values.astype(dtype)


def bundled(name: str) -> Path:
    """A file that another package brings."""
    if name in DICOM or name.endswith(".dcm"):
        return Path(get_testdata_file(name, download=False))
    return Path(nibabel.__file__).parent / "tests" / "data" / name


def raster(path: Path) -> Path:
    """One of scikit-image's pictures, as Pillow writes it: not every version brings the files."""
    Image.fromarray(getattr(skimage.data, path.stem)()).save(path, dpi=(72, 72))
    return path


def pages_tiff(path: Path) -> Path:
    """Pages as Pillow writes them."""
    first, second = map(Image.fromarray, pixels(2, 15, 10, dtype="uint8"))
    first.save(path, save_all=True, append_images=[second], dpi=(72, 72))
    return path


def pages_rgb_tiff(path: Path) -> Path:
    """Pages of floats, each color apart."""
    colors = pixels(2, 3, 10, 10, dtype="float64")
    tifffile.imwrite(path, colors, photometric="rgb", planarconfig="separate")
    return path


def plain_tiff(path: Path) -> Path:
    """Compressed, with a resolution, a description and a tag of GDAL's "no data"."""
    tifffile.imwrite(
        path, pixels(64, 80), compression="zlib", predictor=True, description="my cells",
        resolution=(300, 300), resolutionunit=2, extratags=[(42113, "s", 0, "0", True)],
        metadata=None,
    )  # fmt: skip
    return path


def imagej_tiff(path: Path) -> Path:
    """A hyperstack with units and labels."""
    tifffile.imwrite(
        path, pixels(3, 2, 5, 40, 50).transpose(0, 2, 1, 3, 4), imagej=True,
        resolution=(1 / 0.3, 1 / 0.3),
        metadata={"axes": "TZCYX", "spacing": 2.0, "unit": "um", "finterval": 1.5, "Info": "mine"},
    )  # fmt: skip
    return path


def ome_tiff(path: Path, *, big: bool = True) -> Path:
    """A BigTIFF with channels, units and a pyramid in SubIFDs."""
    data = pixels(2, 3, 256, 256)
    told = {
        "axes": "CZYX", "PhysicalSizeX": 0.2, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.2,
        "PhysicalSizeYUnit": "µm", "PhysicalSizeZ": 1.5, "PhysicalSizeZUnit": "µm",
        "Channel": {"Name": ["DAPI", "GFP"]},
    }  # fmt: skip
    how: Any = {"tile": (64, 64), "compression": "zlib"}
    with tifffile.TiffWriter(path, bigtiff=big, ome=True) as out:
        out.write(data, subifds=2, metadata=told, **how)
        for step in (2, 4):
            out.write(data[..., ::step, ::step].copy(), subfiletype=1, **how)
    return path


def hdf5(path: Path) -> Path:
    """Two datasets; one with chunks, compression, and the size of its voxels."""
    with h5py.File(path, "w") as file:
        made = file.create_dataset(
            "exp/data", data=pixels(5, 40, 50), chunks=(1, 20, 25), compression="gzip"
        )
        made.attrs["element_size_um"] = [2.0, 0.5, 0.5]
        made.attrs["who"] = "me"
        file["other"] = np.zeros(3)
    return path


_AXES = [
    {"name": "t", "type": "time", "unit": "second"},
    {"name": "c", "type": "channel"},
    *({"name": a, "type": "space", "unit": "micrometer"} for a in "zyx"),
]


def ome_zarr(path: Path, version: str) -> Path:
    """5 axes, two levels, two channels with names: 0.4 by Zarr 2, or 0.5 by Zarr 3."""
    group = zarr.open_group(path, mode="w", zarr_format=2 if version == "0.4" else 3)
    data, datasets = pixels(2, 2, 4, 40, 50), []
    for level, step in enumerate((1, 2)):
        array = data[..., ::step, ::step].copy()
        more = {} if version == "0.4" else {"dimension_names": list("tczyx")}
        group.create_array(str(level), data=array, chunks=(1, 1, 2, 20, 25), **more)
        scale = {"type": "scale", "scale": [1.5, 1.0, 2.0, 0.3 * step, 0.3 * step]}
        datasets.append({"path": str(level), "coordinateTransformations": [scale]})
    image = {"name": "cells", "axes": _AXES, "datasets": datasets}
    omero = {"channels": [{"label": name, "color": "FF0000"} for name in ("DAPI", "GFP")]}
    if version == "0.4":
        group.attrs.update({"multiscales": [image | {"version": "0.4"}], "omero": omero})
    else:
        group.attrs.update({"ome": {"version": "0.5", "multiscales": [image], "omero": omero}})
    return path


def npy(path: Path) -> Path:
    """Floats, some of which are not finite."""
    data = np.random.default_rng(1).normal(size=(4, 30, 40)).astype(np.float32)
    data[0, 0, :3] = np.nan, np.inf, -np.inf
    np.save(path, data)
    return path


def made(name: str, folder: Path) -> Path:
    """A sample file in a folder of the caller's."""
    path = folder / name
    makers: dict[str, Any] = {
        "plain.tif": plain_tiff, "imagej.tif": imagej_tiff, "pyramid.ome.tif": ome_tiff,
        "multipage.tif": pages_tiff, "multipage_rgb.tif": pages_rgb_tiff,
        "volume.h5": hdf5, "noise.npy": npy, **dict.fromkeys(RASTER, raster),
        "v04.ome.zarr": lambda p: ome_zarr(p, "0.4"), "v05.ome.zarr": lambda p: ome_zarr(p, "0.5"),
    }  # fmt: skip
    if name in makers:
        return makers[name](path)
    shutil.copy(bundled(name), path)
    return path


MADE = (
    "plain.tif", "imagej.tif", "pyramid.ome.tif", "multipage.tif", "multipage_rgb.tif",
    "volume.h5", "noise.npy", "v04.ome.zarr", "v05.ome.zarr",
)  # fmt: skip
ALL = (*DICOM, *NIFTI, *RASTER, *MADE)
