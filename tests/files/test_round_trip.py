"""Real files, read, equalized, written and read again: pixels, axes, units and headers compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
import pydicom
import pytest
import tifffile
import zarr
from PIL import Image

from helpers.sample_files import ALL, made
from napari_histeq import equalize
from napari_histeq.files import Location, Picture, read, write


def place(name: str, path: Path) -> Location:
    return Location(path, "exp/data") if name == "volume.h5" else Location(path)


def equalized(picture: Picture) -> Any:
    """By the public function: the independent way to the same pixels."""
    mask = None if picture.ignored is None else np.asarray(picture.data) != picture.ignored
    how = {} if picture.limits is None else {"out_range": picture.limits}
    return equalize(np.asarray(picture.data), mask=mask, channel_axis=picture.channel_axis, **how)


@pytest.fixture
def copied(tmp_path: Path):
    """Read a sample, equalize it, write it elsewhere; the two files."""

    def copy(name: str) -> tuple[Path, Path]:
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "out").mkdir(exist_ok=True)
        source = made(name, tmp_path / "in")
        target = tmp_path / "out" / name
        picture = read(place(name, source))
        levels = [equalized(picture), *(np.asarray(level) for level in picture.coarser)]
        write(picture.with_pixels(levels), target)
        return source, target

    return copy


@pytest.mark.parametrize("name", ALL)
def test_a_copy_tells_what_its_source_told(name, copied):
    source, target = copied(name)
    before, after = read(place(name, source)), read(place(name, target))
    for field in ("axes", "scale", "units", "channel_axis", "form", "limits", "ignored"):
        assert getattr(after, field) == getattr(before, field), field
    assert [c.shape for c in after.coarser] == [c.shape for c in before.coarser]
    found, wanted = np.asarray(after.data), equalized(before)
    assert found.shape == wanted.shape
    assert found.dtype.newbyteorder("=") == wanted.dtype.newbyteorder("=")
    if name.endswith(".jpg"):  # which loses a little by itself
        assert np.abs(found.astype(int) - wanted).mean() < 2
    elif name == "functional.nii":  # a scale with steps
        step = nibabel.load(source).dataobj.slope
        assert np.abs(found - wanted).max() <= step / 2 * 1.001
    else:
        np.testing.assert_array_equal(found, wanted)


def test_nothing_else_is_left_in_the_folder(copied):
    for name in ALL:
        _, target = copied(name)
    assert {path.name for path in target.parent.iterdir()} == set(ALL)


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small_bigendian.dcm", "examples_ybr_color.dcm"]
)
def test_dicom_is_a_derived_image_of_its_own(name, copied):
    source, target = map(pydicom.dcmread, copied(name))
    assert target.SOPInstanceUID != source.SOPInstanceUID
    assert target.file_meta.MediaStorageSOPInstanceUID == target.SOPInstanceUID
    assert target.get("SeriesInstanceUID") != source.get("SeriesInstanceUID") or not source.get(
        "SeriesInstanceUID"
    )
    assert target.ImageType[0] == "DERIVED"
    assert "napari-histeq" in target.DerivationDescription
    assert target.SourceImageSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert target.get("PatientID") == source.get("PatientID")
    assert target.get("StudyInstanceUID") == source.get("StudyInstanceUID")
    assert target.get("RescaleIntercept") == source.get("RescaleIntercept")
    assert "WindowCenter" not in target


def test_dicom_is_read_on_its_scale_and_without_its_padding():
    from helpers.sample_files import bundled

    picture, dataset = read(bundled("CT_small.dcm")), pydicom.dcmread(bundled("CT_small.dcm"))
    wanted = dataset.pixel_array.astype(int) + int(dataset.RescaleIntercept)
    np.testing.assert_array_equal(picture.data, wanted)
    assert picture.ignored == dataset.PixelPaddingValue + dataset.RescaleIntercept


def test_monochrome1_is_said_and_kept(tmp_path):
    from helpers.sample_files import bundled

    dataset = pydicom.dcmread(bundled("MR_small.dcm"))
    dataset.PhotometricInterpretation = "MONOCHROME1"
    dataset.save_as(tmp_path / "a.dcm")
    picture = read(tmp_path / "a.dcm")
    assert any("MONOCHROME1" in note for note in picture.notes)
    write(picture, tmp_path / "b.dcm")
    assert pydicom.dcmread(tmp_path / "b.dcm").PhotometricInterpretation == "MONOCHROME1"


def test_bits_that_are_not_stored_stay_empty(tmp_path):
    from helpers.sample_files import bundled

    dataset = pydicom.dcmread(bundled("MR_small.dcm"))
    dataset.PixelRepresentation, dataset.BitsStored, dataset.HighBit = 0, 12, 11
    dataset.save_as(tmp_path / "a.dcm")
    assert read(tmp_path / "a.dcm").limits == (0, 4095)


def test_tags_and_the_way_of_storing_are_kept(copied):
    source, target = (tifffile.TiffFile(path) for path in copied("plain.tif"))
    with source, target:
        for name in ("Compression", "Predictor", "ImageDescription", "XResolution", "GDAL_NODATA"):
            one, other = (file.pages[0].tags[name].value for file in (source, target))
            assert one == other, name


def test_ome_xml_is_kept(copied):
    source, target = (tifffile.TiffFile(path) for path in copied("pyramid.ome.tif"))
    with source, target:
        assert target.is_ome
        assert target.is_bigtiff == source.is_bigtiff
        for word in ("DAPI", "GFP", 'PhysicalSizeZ="1.5"'):
            assert word in target.ome_metadata
        assert target.series[0].levels[1].keyframe.tile == source.series[0].levels[1].keyframe.tile


def test_imagej_keeps_its_notes(copied):
    _, target = copied("imagej.tif")
    with tifffile.TiffFile(target) as file:
        assert file.is_imagej
        assert file.imagej_metadata["Info"] == "mine"
        assert file.imagej_metadata["unit"] == "um"


def test_nifti_keeps_header_affine_and_scale(copied):
    for name in ("functional.nii", "example4d.nii.gz"):
        source, target = map(nibabel.load, copied(name))
        np.testing.assert_array_equal(source.affine, target.affine)
        assert target.get_data_dtype() == source.get_data_dtype()
        assert target.dataobj.slope == source.dataobj.slope
        assert target.header["descrip"] == source.header["descrip"]


def test_hdf5_keeps_attributes_and_chunks(copied):
    _, target = copied("volume.h5")
    with h5py.File(target) as file:
        found = file["exp/data"]
        assert found.attrs["who"] == "me"
        assert found.chunks == (1, 20, 25)
        assert found.compression == "gzip"


@pytest.mark.parametrize("name", ["v04.ome.zarr", "v05.ome.zarr"])
def test_ome_zarr_keeps_the_names_of_its_channels(name, copied):
    _, target = copied(name)
    ome = zarr.open_group(target, mode="r").attrs["ome"]
    assert [c["label"] for c in ome["omero"]["channels"]] == ["DAPI", "GFP"]


def test_png_keeps_its_resolution(copied):
    source, target = copied("camera.png")
    with Image.open(source) as one, Image.open(target) as other:
        assert one.info["dpi"] == other.info["dpi"]
