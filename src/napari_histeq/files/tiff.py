"""TIFF by tifffile: plain, ImageJ's, OME-TIFF, BigTIFF, pyramids; what the tags tell is kept."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays import as_lazy, is_lazy
from napari_histeq.core.extras import brought_by
from napari_histeq.files import ome_xml
from napari_histeq.files.picture import UNNAMED, Location, Picture, is_large, named_unit
from napari_histeq.files.stream import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Sizes = tuple[tuple[float, ...], tuple[str | None, ...]]

SUFFIXES = (".tif", ".tiff", ".btf", ".tf8", ".tf2")

#: Tags that say how the pixels lie in the file, or where else in it something is: the copy
#: has its own. All others are copied.
_STRUCTURE = {
    254, 255, 256, 257, 258, 259, 262, 266, 270, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284,
    288, 289, 290, 291, 296, 297, 305, 317, 318, 319, 320, 321, 322, 323, 324, 325, 330, 336, 337,
    338, 339, 340, 341, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532,
    34665, 34853, 40965, 50838, 50839,
}  # fmt: skip
#: GDAL's "no data".
_NODATA = 42113
#: ImageJ's display ranges: those of the source fit the copy no more.
_RANGES = {"min", "max", "Ranges"}
#: The tiles of a plane that is too large to be written at once.
_TILE = (512, 512)


@contextmanager
def _readable(path: Path) -> Iterator[Any]:
    with brought_by("cli"):
        import tifffile
    try:
        with tifffile.TiffFile(path) as file:
            yield file
    except tifffile.TiffFileError as error:
        raise ValueError(f"it is no TIFF file ({error})") from None
    except ValueError as error:
        if "imagecodecs" in str(error):
            raise ValueError(
                f"{error}: pip install imagecodecs, or 'napari-histeq[cli]', which brings it"
            ) from None
        if "failed to read" in str(error):
            raise ValueError(f"the file is cut short ({error})") from None
        raise


def read(location: Location) -> Picture:
    """See `files.read`."""
    with _readable(location.path) as file:
        series, page = file.series[0], file.series[0].keyframe
        axes = _letters(series.axes)
        notes = []
        if len(file.series) > 1:
            notes.append(f"it holds {len(file.series)} images: only the first is read")
        if page.photometric.name == "PALETTE":
            raise ValueError("its pixels are numbers of a palette: convert it to RGB first")
        if page.photometric.name == "MINISWHITE":
            notes.append("its low values are shown bright (MINISWHITE), which is kept")
        scale, units = _sizes(file, page, axes)
        closers: list[Any] = []
        if is_large(series.shape, series.dtype):
            levels = [
                _lazy(location.path, level, page, closers) for level in range(len(series.levels))
            ]
        else:
            levels = [level.asarray() for level in series.levels]
        return Picture(
            levels[0], axes, "TIFF", scale, units,
            channel_axis=axes.index("s") if "s" in axes else None,
            coarser=tuple(levels[1:]),
            ignored=_nodata(page),
            notes=tuple(notes),
            header=_header(file, series, page),
            closers=tuple(closers),
        )  # fmt: skip


def _letters(axes: str) -> str:
    known = axes.lower()
    return "".join(a if a in "tczyxs" and known.count(a) == 1 else UNNAMED for a in known)


def _lazy(path: Path, level: int, page: Any, closers: list[Any]) -> Any:
    """A level by dask, read by whole pages, or by tiles if a page is large."""
    import tifffile

    with brought_by("cli"):
        import zarr

    whole = not page.is_tiled and not is_large(page.shape, page.dtype)
    store = tifffile.imread(
        path, series=0, level=level, aszarr=True, chunkmode="page" if whole else "strile"
    )
    closers.append(store.close)
    return as_lazy(zarr.open_array(store, mode="r"))


def _nodata(page: Any) -> float | None:
    tag = page.tags.get(_NODATA)
    try:
        value = float(str(tag.value).strip()) if tag is not None else np.nan
    except ValueError:
        return None
    return value if np.isfinite(value) else None  # NaN does not count anyway


def _sizes(file: Any, page: Any, axes: str) -> Sizes:
    known: dict[str, tuple[float, str | None]] = {}
    if file.is_ome:
        known = ome_xml.sizes(file.ome_metadata)
    elif file.is_imagej:
        known = _imagej_sizes(file.imagej_metadata or {}, page)
    else:
        known = _resolution(page, {2: "inch", 3: "centimeter"}.get(_unit_code(page)))
    pairs = [known.get(axis, (1.0, None)) for axis in axes]
    return tuple(size for size, _ in pairs), tuple(unit for _, unit in pairs)


def _unit_code(page: Any) -> int:
    tag = page.tags.get("ResolutionUnit")
    return int(tag.value) if tag is not None else 1


def _resolution(page: Any, unit: str | None) -> dict[str, tuple[float, str | None]]:
    found: dict[str, tuple[float, str | None]] = {}
    for axis, name in (("x", "XResolution"), ("y", "YResolution")):
        tag = page.tags.get(name)
        if tag is not None and unit is not None and tag.value[0] > 0:
            found[axis] = (tag.value[1] / tag.value[0], unit)
    return found


def _imagej_sizes(metadata: dict[str, Any], page: Any) -> dict[str, tuple[float, str | None]]:
    unit = named_unit(str(metadata.get("unit", "")))
    found = _resolution(page, unit) if unit else {}
    if unit and metadata.get("spacing"):
        found["z"] = (float(metadata["spacing"]), unit)
    if metadata.get("finterval"):
        found["t"] = (float(metadata["finterval"]), "second")
    return found


def _full_axes(file: Any, series: Any) -> str:
    """The axes with those of length 1, which tifffile leaves out; how it tells, changed in 2026.5.2."""
    if hasattr(series, "get_axes"):
        return str(series.get_axes(squeeze=False))
    return str(file.series(squeeze=False)[0].axes)


def _header(file: Any, series: Any, page: Any) -> dict[str, Any]:
    """What the copy is to have again."""
    header: dict[str, Any] = {
        "byteorder": file.byteorder,
        "bigtiff": file.is_bigtiff,
        "full_axes": _full_axes(file, series),
        "axes": series.axes,
        "photometric": page.photometric,
        "planarconfig": page.planarconfig if page.samplesperpixel > 1 else None,
        "extrasamples": tuple(page.extrasamples) or None,
        "compression": page.compression,
        "predictor": page.predictor,
        "tile": page.tile if page.is_tiled else None,
        "rowsperstrip": None if page.is_tiled else page.rowsperstrip,
        "description": page.description,
        "resolution": _ratios(page),
        "resolutionunit": _unit_code(page),
        "tags": [
            (t.code, t.dtype, t.count, t.value, True) for t in page.tags if t.code not in _STRUCTURE
        ],
    }
    if file.is_ome:
        header["ome"] = file.ome_metadata
    elif file.is_imagej:
        header["imagej"] = dict(file.imagej_metadata or {})
    elif file.is_shaped:
        header["shaped"] = dict(file.shaped_metadata[0])
    return header


def _ratios(page: Any) -> tuple[Any, Any] | None:
    x, y = page.tags.get("XResolution"), page.tags.get("YResolution")
    known = x is not None and y is not None and x.value[1] and y.value[1]
    return (x.value, y.value) if known else None


def write(picture: Picture, path: Path) -> None:
    """See `files.write`."""
    with brought_by("cli"):
        import tifffile
    header = picture.header if picture.form == "TIFF" else _plain_header(picture)
    how, per_file = _layout(header, picture), {"bigtiff": header.get("bigtiff") or None}
    if "byteorder" in header:
        per_file["byteorder"] = header["byteorder"]
    imagej = "imagej" in header and not picture.coarser
    levels = (picture.data, *picture.coarser)
    size = sum(level.size * level.dtype.itemsize for level in levels)
    if size > 2**32 - 2**25:
        per_file["bigtiff"] = True
        imagej = False
    with tifffile.TiffWriter(
        path, imagej=imagej, ome=bool(header.get("new_ome")), **per_file
    ) as out:
        first = how | _told(header, imagej)
        first["subifds"] = len(picture.coarser) or None
        _save(out, picture.data, first)
        for level in picture.coarser:
            _save(out, level, how | {"subfiletype": 1, "metadata": None})


def _layout(header: dict[str, Any], picture: Picture) -> dict[str, Any]:
    """How each level's pixels are to lie in the file."""
    keys = ("photometric", "planarconfig", "extrasamples", "tile", "rowsperstrip")
    how = {key: header[key] for key in keys if header.get(key) is not None}
    compression = header.get("compression")
    if compression is not None and compression != 1:
        how["compression"] = compression
        if header.get("predictor", 1) != 1:
            how["predictor"] = header["predictor"]
        _check_codec(compression)
    elif "rowsperstrip" in how and not is_lazy(picture.data):
        how.pop("rowsperstrip")  # uncompressed: tifffile's own strips are the quickest
    return how


def _check_codec(compression: Any) -> None:
    """Say before any work what could not be compressed again."""
    import tifffile

    try:
        tifffile.TIFF.COMPRESSORS[compression]
    except KeyError:
        raise ValueError(
            f"it is compressed by {compression.name}, which cannot be written (is imagecodecs "
            "there? pip install 'napari-histeq[cli]'): save it uncompressed first"
        ) from None


def _told(header: dict[str, Any], imagej: bool) -> dict[str, Any]:
    """What the first page tells: sizes, descriptions, tags."""
    told: dict[str, Any] = {"extratags": header.get("tags", [])}
    if header.get("resolution"):
        told |= {"resolution": header["resolution"], "resolutionunit": header["resolutionunit"]}
    if imagej:
        kept = {k: v for k, v in header["imagej"].items() if k not in _RANGES | {"ImageJ", "axes"}}
        told["metadata"] = kept | {"axes": header["axes"]}
        told.pop("extratags")
        if header.get("resolution"):
            x, y = header["resolution"]
            told["resolution"] = (x[0] / x[1], y[0] / y[1])
            told.pop("resolutionunit")
    elif "ome" in header:
        xml = ome_xml.copied(header["ome"], header["full_axes"])
        told |= {"metadata": None, "description": xml}
    elif "new_ome" in header:
        told["metadata"] = header["new_ome"]
    elif "shaped" in header:
        told["metadata"] = {k: v for k, v in header["shaped"].items() if k != "shape"}
        told["metadata"].setdefault("axes", header["axes"])
    else:
        told |= {"metadata": None, "description": header.get("description") or None}
    return told


def _plain_header(picture: Picture) -> dict[str, Any]:
    """Of a picture from another format: OME-TIFF, which can tell axes and units."""
    header: dict[str, Any] = {"photometric": "minisblack"}
    if picture.channel_axis is not None:
        header["photometric"] = "rgb"
        last = picture.channel_axis == picture.data.ndim - 1
        header["planarconfig"] = "contig" if last else "separate"
    if set(picture.axes) <= set("tczyxs") and {"y", "x"} <= set(picture.axes):
        header["new_ome"] = ome_xml.described(picture)
    return header


def _save(out: Any, data: Any, how: dict[str, Any]) -> None:
    """Write the pages of one level."""
    if not is_lazy(data):
        out.write(data, **how)
        return
    pages = data.reshape(-1, *data.shape[-3 if how.get("planarconfig") else -2 :])
    large = is_large(pages.shape[1:], data.dtype)
    tile = how.get("tile") or (_TILE if large else None)
    how = {k: v for k, v in how.items() if k != "rowsperstrip"} | {"tile": tile}
    parts = _tiles(pages, tile) if tile else (page for _, some in blocks(pages) for page in some)
    out.write(parts, shape=data.shape, dtype=data.dtype, **how)


def _tiles(pages: Any, tile: tuple[int, ...]) -> Iterator[Any]:
    """The tiles of each page in the order of the file, a row of them computed at a time."""
    high, wide = tile[-2:]
    for page in pages:
        for top in range(0, page.shape[0], high):
            row = np.asarray(page[top : top + high])
            for left in range(0, page.shape[1], wide):
                part = row[:, left : left + wide]
                missing = (high - part.shape[0], wide - part.shape[1])
                rest = [(0, 0)] * (part.ndim - 2)
                yield np.pad(part, [(0, missing[0]), (0, missing[1]), *rest])
