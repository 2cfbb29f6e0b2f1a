"""DICOM by pydicom: read on the scale of its values, written as a derived image of its own."""

from __future__ import annotations

from copy import copy
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.extras import brought_by
from napari_histeq.core.recipe import Recipe
from napari_histeq.files.picture import Location, Picture
from napari_histeq.files.scaled import Rescale

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".dcm", ".dicom", ".ima")

#: What makes another series of the same source: not what is of one slice alone.
_RECIPE = (*(field.name for field in fields(Recipe)), "ignored")

#: What tells a viewer how to show the source: it does not fit the copy.
_SHOWN = (
    "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction",
    "VOILUTSequence", "SmallestImagePixelValue", "LargestImagePixelValue",
    "SmallestPixelValueInSeries", "LargestPixelValueInSeries", "IconImageSequence",
)  # fmt: skip


def read(location: Location) -> Picture:
    """See `files.read`."""
    with brought_by("cli"):
        import pydicom
        from pydicom.errors import InvalidDicomError
        from pydicom.pixels import pixel_array
    try:
        dataset = pydicom.dcmread(location.path)
        stored = pixel_array(dataset)
    except InvalidDicomError:
        raise ValueError("it is no DICOM file, or one without its header") from None
    except (AttributeError, RuntimeError, NotImplementedError, ValueError) as error:
        raise ValueError(f"its pixels cannot be read: {_on_one_line(error)}") from None
    photometric = str(dataset.get("PhotometricInterpretation", ""))
    if photometric == "PALETTE COLOR":
        raise ValueError("its pixels are numbers of a palette: convert it to RGB first")
    if int(dataset.get("BitsAllocated", 8)) == 1:
        raise ValueError("its pixels are of one bit, a mask: there is nothing to equalize")
    if "ModalityLUTSequence" in dataset:
        raise ValueError("its values are told by a table (Modality LUT), which is not supported")
    rescale = Rescale(
        float(dataset.get("RescaleSlope", 1.0)), float(dataset.get("RescaleIntercept", 0.0))
    )
    color = int(dataset.get("SamplesPerPixel", 1)) > 1
    axes = "yxs" if color else "yx"
    axes = axes if stored.ndim == len(axes) else f"z{axes}"
    scale, units = _sizes(dataset, axes)
    header = {"dataset": dataset, "rescale": rescale, "dtype": stored.dtype}
    return Picture(
        rescale.applied(stored), axes, "DICOM", scale, units,
        channel_axis=axes.index("s") if color else None,
        ignored=_padding(dataset, rescale),
        limits=_limits(dataset, stored.dtype) if rescale.is_identity else None,
        notes=tuple(_notes(dataset, photometric)),
        header=header,
    )  # fmt: skip


def _on_one_line(error: Exception) -> str:
    """All of it: which decoder could not, and what it lacks, stands below the first line."""
    first, *more = [" ".join(line.split()) for line in str(error).splitlines()] or [""]
    return f"{first} {'; '.join(more)}".strip() or type(error).__name__


def _notes(dataset: Any, photometric: str) -> list[str]:
    notes = []
    if photometric == "MONOCHROME1":
        notes.append("its low values are shown bright (MONOCHROME1), which is kept")
    if "PixelPaddingRangeLimit" in dataset:
        notes.append("it has a range of padding values, of which only the first is left out")
    return notes


def _padding(dataset: Any, rescale: Rescale) -> float | None:
    """What fills the image around the body, on the scale of the values."""
    value = dataset.get("PixelPaddingValue")
    if value is None:
        return None
    value = int.from_bytes(value, "little") if isinstance(value, bytes) else int(value)
    bits = int(dataset.BitsAllocated)
    if dataset.PixelRepresentation and value >= 1 << (bits - 1):  # read as unsigned
        value -= 1 << bits
    return rescale.value(value)


def _limits(dataset: Any, dtype: np.dtype[Any]) -> tuple[float, float] | None:
    """What its bits can hold, if they are fewer than the dtype's: 12 of 16, say."""
    bits = int(dataset.get("BitsStored", 8 * dtype.itemsize))
    if dtype.kind != "u" or bits >= 8 * dtype.itemsize:
        return None
    return 0.0, float(2**bits - 1)


def _sizes(dataset: Any, axes: str) -> tuple[tuple[float, ...], tuple[str | None, ...]]:
    spacing = dataset.get("PixelSpacing") or dataset.get("ImagerPixelSpacing")
    if not spacing or len(spacing) != 2:
        return (), ()
    known = {"y": float(spacing[0]), "x": float(spacing[1])}
    deep = dataset.get("SpacingBetweenSlices") or dataset.get("SliceThickness")
    if deep:
        known["z"] = float(deep)
    units = tuple("millimeter" if a in known else None for a in axes)
    return tuple(known.get(a, 1.0) for a in axes), units


def write(picture: Picture, path: Path) -> None:
    """See `files.write`."""
    with brought_by("cli"):
        import pydicom
        from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, generate_uid
    if picture.form != "DICOM":
        raise ValueError(
            f"a DICOM file cannot be made of {picture.form}, which knows no patient and no study: "
            "write it as TIFF"
        )
    source, rescale = picture.header["dataset"], picture.header["rescale"]
    stored = rescale.undone(np.asarray(picture.data), picture.header["dtype"])
    made = pydicom.Dataset()
    # Copies: an element that is set anew would change the source's, too.
    made.update({tag: copy(source[tag]) for tag in source.keys()})  # noqa: SIM118
    made.file_meta = pydicom.dataset.FileMetaDataset(source.file_meta)
    how = repr([picture.attributes.get(name) for name in _RECIPE])
    _derive(made, source, how, generate_uid)
    syntax = source.file_meta.TransferSyntaxUID
    big = syntax == ExplicitVRBigEndian
    made.file_meta.TransferSyntaxUID = (
        ExplicitVRLittleEndian if syntax.is_compressed or big else syntax
    )
    if picture.channel_axis is not None:
        made.PhotometricInterpretation, made.PlanarConfiguration = "RGB", 0
    _put_pixels(made, stored)
    made.save_as(path, enforce_file_format=True)


def _derive(made: Any, source: Any, how: str, generate_uid: Any) -> None:
    """Say that this is an image made of another one, with identifiers of its own.

    They follow from those of the source and from what was done: a run that is done again
    gives the same, and the slices of a series are one series again.
    """
    import pydicom

    made.SOPInstanceUID = generate_uid(entropy_srcs=[str(source.SOPInstanceUID), how])
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    if "SeriesInstanceUID" in source:
        made.SeriesInstanceUID = generate_uid(entropy_srcs=[str(source.SeriesInstanceUID), how])
    kinds = list(source.get("ImageType") or ["ORIGINAL", "PRIMARY"])
    made.ImageType = ["DERIVED", *(kinds[1:] or ["SECONDARY"])]
    made.DerivationDescription = "Contrast changed by napari-histeq: not for measuring"
    origin = pydicom.Dataset()
    origin.ReferencedSOPClassUID = source.SOPClassUID
    origin.ReferencedSOPInstanceUID = source.SOPInstanceUID
    made.SourceImageSequence = [origin]
    for name in _SHOWN:
        if name in made:
            del made[name]


def _put_pixels(made: Any, stored: np.ndarray[Any, Any]) -> None:
    little = np.ascontiguousarray(stored.astype(stored.dtype.newbyteorder("<"), copy=False))
    data = little.tobytes()
    name = next(n for n in ("PixelData", "FloatPixelData", "DoubleFloatPixelData") if n in made)
    vr = {"FloatPixelData": "OF", "DoubleFloatPixelData": "OD"}.get(name)
    bits = 8 * stored.dtype.itemsize
    if vr is None:
        vr = "OB" if bits == 8 else "OW"
        made.BitsAllocated = bits
    del made[name]
    made.add_new(name, vr, data + b"\0" * (len(data) % 2))
    made[name].is_undefined_length = False
