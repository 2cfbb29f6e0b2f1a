"""NIfTI by nibabel, with its header, its affine and its scale kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.extras import brought_by
from napari_histeq.files.picture import Location, Picture, is_large, named_unit
from napari_histeq.files.scaled import Rescale
from napari_histeq.files.stream import append, blocks

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".nii.gz", ".nii")


def read(location: Location) -> Picture:
    """See `files.read`."""
    with brought_by("cli"):
        import nibabel
    image: Any = nibabel.load(location.path)
    proxy, dtype = image.dataobj, image.get_data_dtype()
    if dtype.fields or dtype.kind not in "buif":
        raise ValueError(f"its voxels are {dtype}: only whole numbers and floats have an order")
    rescale = Rescale(float(proxy.slope), float(proxy.inter))
    if is_large(image.shape, dtype) and location.path.suffix != ".gz":
        import dask.array as da

        # By planes of the last axis: NIfTI lies in Fortran order.
        stored: Any = da.from_array(_Unscaled(proxy), chunks=_planes(image.shape), name=False)
    else:
        stored = np.asanyarray(proxy.get_unscaled())
    space, time = (
        image.header.get_xyzt_units() if hasattr(image.header, "get_xyzt_units") else ("", "")
    )
    letters = "xyztc?????"[: len(image.shape)]
    zooms = [float(z) for z in image.header.get_zooms()]
    scale = tuple([*zooms, *[1.0] * len(letters)][: len(letters)])
    units = tuple(
        named_unit(space) if a in "xyz" else named_unit(time) if a == "t" else None for a in letters
    )
    header = {"image": image, "rescale": rescale}
    return Picture(rescale.applied(stored), letters, "NIfTI", scale, units, header=header)


class _Unscaled:
    """A proxy of nibabel's that gives the numbers as they are stored."""

    def __init__(self, proxy: Any) -> None:
        self._proxy = proxy
        self.shape, self.dtype, self.ndim = proxy.shape, proxy.dtype, len(proxy.shape)

    def __getitem__(self, where: Any) -> Any:
        return self._proxy._get_unscaled(where)  # noqa: SLF001  (the public one takes no place)


def _planes(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n if axis < 2 else 1 for axis, n in enumerate(shape))


def write(picture: Picture, path: Path) -> None:
    """See `files.write`."""
    with brought_by("cli"):
        import nibabel
    data = picture.data
    if picture.form != "NIfTI":
        data = np.asarray(data)
        order = [picture.axes.index(a) for a in "xyzt" if a in picture.axes]
        if len(order) != data.ndim:
            raise ValueError(
                f"NIfTI has the axes x, y, z and t, and this image has {picture.axes!r}: "
                "write it as TIFF"
            )
        sizes = [picture.scale[a] for a in order]
        made: Any = nibabel.Nifti1Image(data.transpose(order), np.diag([*[*sizes, 1, 1, 1][:3], 1]))
        made.header.set_zooms(sizes)
        made.to_filename(path)
        return
    source, rescale = picture.header["image"], picture.header["rescale"]
    if not isinstance(data, np.ndarray) and path.suffix != ".gz":
        _stream(picture, path)
        return
    stored = rescale.undone(np.asarray(data), source.get_data_dtype())
    made = type(source)(stored, source.affine, source.header.copy(), extra=source.extra)
    _describe(made.header, source, rescale)
    made.to_filename(path)


def _describe(header: Any, source: Any, rescale: Rescale) -> None:
    header.set_data_dtype(source.get_data_dtype())
    header.set_slope_inter(rescale.slope, rescale.intercept)
    for name in ("cal_min", "cal_max"):  # between which a viewer would show the source
        header[name] = 0


def _stream(picture: Picture, path: Path) -> None:
    """Write the header, and then the voxels plane by plane behind it."""
    source, rescale = picture.header["image"], picture.header["rescale"]
    header, dtype = source.header.copy(), source.get_data_dtype()
    _describe(header, source, rescale)
    with path.open("wb") as file:
        header.write_to(file)
        file.write(bytes(max(int(header["vox_offset"]) - file.tell(), 0)))
        for _, block in blocks(picture.data.T):  # NIfTI lies in Fortran order
            stored = rescale.undone(block, dtype)
            append(file, stored.astype(dtype.newbyteorder(header.endianness), copy=False))
