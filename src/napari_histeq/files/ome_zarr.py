"""OME-Zarr 0.4 and 0.5 by zarr; written as 0.5 by `save_zarr`, which can be resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_histeq.core.extras import brought_by
from napari_histeq.files.picture import UNNAMED, Location, Picture

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".ome.zarr", ".zarr")


def read(location: Location) -> Picture:
    """See `files.read`."""
    with brought_by("cli"):
        import zarr
    from napari_histeq.core.arrays import as_lazy

    opened: Any = zarr.open(location.path / location.inner, mode="r")
    if not hasattr(opened, "members"):
        axes = "".join(_named(opened))
        return Picture(as_lazy(opened), axes, "OME-Zarr", header={"version": "none"})
    attributes = dict(opened.attrs)
    ome = attributes.get("ome", attributes)
    if "bioformats2raw.layout" in ome:
        return read(Location(location.path, "0"))
    if "multiscales" not in ome:
        kind = "a plate" if "plate" in ome else "no image"
        raise ValueError(f"it is {kind} of OME-Zarr: name the image within it, as its own folder")
    image = ome["multiscales"][0]
    levels = [as_lazy(opened[dataset["path"]]) for dataset in image["datasets"]]
    axes, units = _axes(image, levels[0].ndim)
    scale, translate = _placed(image)
    version = str(ome.get("version") or image.get("version") or "0.4")
    notes = () if version == "0.5" else (f"it is OME-Zarr {version}, and is written as 0.5",)
    header = {
        "translate": translate,
        "omero": ome.get("omero"),
        "version": version,
        "name": image.get("name"),
    }
    return Picture(
        levels[0], axes, "OME-Zarr", scale, units,
        coarser=tuple(levels[1:]), notes=notes, header=header,
    )  # fmt: skip


def _named(array: Any) -> list[str]:
    names = getattr(array.metadata, "dimension_names", None) or [None] * array.ndim
    letters = [str(name).lower() if name else UNNAMED for name in names]
    if set(letters) == {UNNAMED} and array.ndim in (2, 3):
        return list("zyx"[3 - array.ndim :])
    return [letter if len(letter) == 1 else UNNAMED for letter in letters]


def _axes(image: Any, ndim: int) -> tuple[str, tuple[str | None, ...]]:
    axes = image.get("axes") or list("tczyx"[-ndim:])
    named = [axis if isinstance(axis, dict) else {"name": axis} for axis in axes]
    letters = [str(axis["name"]).lower() for axis in named]
    letters = [letter if len(letter) == 1 else UNNAMED for letter in letters]
    return "".join(letters), tuple(axis.get("unit") for axis in named)


def _placed(image: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Size and place of a pixel of the finest level."""
    own = image["datasets"][0].get("coordinateTransformations") or []
    whole = image.get("coordinateTransformations") or []
    scale, translate = None, None
    for step in (*own, *whole):
        if step["type"] == "scale":
            factor = step["scale"]
            scale = [a * b for a, b in zip(scale or [1.0] * len(factor), factor, strict=True)]
            translate = None if translate is None else [
                a * b for a, b in zip(translate, factor, strict=True)
            ]  # fmt: skip
        elif step["type"] == "translation":
            moved = step["translation"]
            translate = [a + b for a, b in zip(translate or [0.0] * len(moved), moved, strict=True)]
    return tuple(map(float, scale or ())), tuple(map(float, translate or ()))


def write(picture: Picture, path: Path, *, if_exists: Any = "error") -> None:
    """See `files.write`; `if_exists` is that of `save_zarr`."""
    with brought_by("cli"):
        import zarr

        from napari_histeq.core.zarr import save_zarr
    header = picture.header if picture.form == "OME-Zarr" else {}
    axes = picture.axes
    if picture.channel_axis is not None:
        axes = axes.replace("s", "c")
    save_zarr(
        [picture.data, *picture.coarser] if picture.coarser else picture.data,
        path,
        axes=axes,
        scale=picture.scale,
        translate=header.get("translate") or None,
        units=picture.units,
        if_exists=if_exists,
        attributes=picture.attributes,
    )
    if header.get("omero"):
        group = zarr.open_group(path, mode="r+")
        channels = [
            {key: value for key, value in channel.items() if key != "window"}
            for channel in header["omero"].get("channels", [])
        ]
        ome = dict(group.attrs["ome"]) | {"omero": header["omero"] | {"channels": channels}}
        group.attrs.update({"ome": ome})
