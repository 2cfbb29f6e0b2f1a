"""Which format a file has, by its name; reading it, and writing it so that it appears whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from napari_histeq.core.whole import whole_file
from napari_histeq.files import dicom, hdf5, nifti, npy, ome_zarr, raster, tiff
from napari_histeq.files.picture import Location, Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Format(NamedTuple):
    """A kind of file: what it is called, how its names end, and who reads and writes it."""

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Location], Picture]
    write: Callable[..., None]


FORMATS = (
    Format("TIFF", tiff.SUFFIXES, tiff.read, tiff.write),
    Format("PNG", raster.PNG_SUFFIXES, raster.read, raster.write),
    Format("JPEG", raster.JPEG_SUFFIXES, raster.read, raster.write),
    Format("NPY", npy.SUFFIXES, npy.read, npy.write),
    Format("DICOM", dicom.SUFFIXES, dicom.read, dicom.write),
    Format("NIfTI", nifti.SUFFIXES, nifti.read, nifti.write),
    Format("OME-Zarr", ome_zarr.SUFFIXES, ome_zarr.read, ome_zarr.write),
    Format("HDF5", hdf5.SUFFIXES, hdf5.read, hdf5.write),
)

#: What can be read, for a person.
READABLE = ", ".join(f"{f.name} ({' '.join(f.suffixes)})" for f in FORMATS)

#: Endings that belong together; the longest first.
_SUFFIXES = sorted(
    {s: f for f in FORMATS for s in f.suffixes}.items(), key=lambda item: -len(item[0])
)


def format_of(path: Path) -> Format | None:
    """The format that a file's name tells, or None."""
    name = path.name.lower()
    found = next((form for suffix, form in _SUFFIXES if name.endswith(suffix)), None)
    return found or _by_content(path)


def _by_content(path: Path) -> Format | None:
    """DICOM files often have names without an ending."""
    if path.suffix and not path.suffix[1:].isdigit():
        return None
    try:
        with path.open("rb") as file:
            start = file.read(132)
    except OSError:
        return None
    return next(f for f in FORMATS if f.name == "DICOM") if start[128:] == b"DICM" else None


def stem_and_suffix(name: str) -> tuple[str, str]:
    """A file's name in two: ``cells`` and ``.ome.tif``."""
    lower = name.lower()
    for suffix in (".ome.tif", ".ome.tiff", *(s for s, _ in _SUFFIXES)):
        if lower.endswith(suffix):
            return name[: -len(suffix)], name[-len(suffix) :]
    return name, ""


def is_store(path: Path) -> bool:
    """Whether a folder is one image: an OME-Zarr."""
    form = format_of(path)
    return form is not None and form.name == "OME-Zarr"


def read(place: str | Path | Location) -> Picture:
    """Read an image.

    Parameters
    ----------
    place : str, path or Location
        The file; of several images in it ``file.h5:/dataset``.

    Returns
    -------
    Picture
        What is larger than `LARGE` bytes is lazy, and so is any OME-Zarr.

    Raises
    ------
    ValueError
        If the file is of no known format, or its pixels are nothing that can be equalized:
        in words.
    ImportError
        If the package that reads it is missing: which one, and the cure.
    OSError
        If there is no such file, or it cannot be read.
    """
    location = Location.of(place)
    form = format_of(location.path)
    if form is None:
        raise ValueError(f"its kind of file is unknown: known are {READABLE}")
    if not location.path.exists():
        raise FileNotFoundError("there is no such file")
    if location.path.is_file() and not location.path.stat().st_size:
        raise ValueError("the file is empty")
    try:
        return form.read(location)
    except (ImportError, OSError, ValueError, MemoryError):
        raise
    except Exception as error:
        raise ValueError(
            f"it cannot be read as {form.name}: it is damaged, or something else under that name "
            f"({type(error).__name__}: {error})"
        ) from error


def write(
    picture: Picture,
    path: Path,
    *,
    attributes: Mapping[str, Any] | None = None,
    resume: bool = False,
) -> None:
    """Write an image: under another name first, so that the file appears whole or not at all.

    Parameters
    ----------
    picture : Picture
        What to write. If it is of the same format, all that its file told is kept.
    path : Path
        The file to be made. One that is there is replaced.
    attributes : mapping, optional
        How it was made, as JSON: kept in an OME-Zarr.
    resume : bool
        Whether to go on with an interrupted OME-Zarr.
    """
    form = format_of(path)
    if form is None:
        raise ValueError(f"{path.name}: its kind of file is unknown: known are {READABLE}")
    picture = replace(picture, attributes=dict(attributes or {}))
    if form.name == "OME-Zarr":  # it has its own way to say that it is not finished
        form.write(picture, path, if_exists="resume" if resume else "overwrite")
        return
    with whole_file(path) as partial:
        form.write(picture, partial)
