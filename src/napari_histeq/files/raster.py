"""PNG and JPEG by Pillow, which every installation of napari and of scikit-image has already."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.extras import brought_by
from napari_histeq.files.picture import Location, Picture

if TYPE_CHECKING:
    from pathlib import Path

PNG_SUFFIXES = (".png",)
JPEG_SUFFIXES = (".jpg", ".jpeg")

#: Pillow's modes that hold an image, one value or one color a pixel.
_PLAIN = {"L", "I;16", "I;16B", "I", "F", "1", "RGB", "RGBA", "LA"}
#: Of an image's info, what its copy is to be written with again.
_KEPT = ("dpi", "icc_profile", "exif", "gamma")
_QUALITY = 95


def read(location: Location) -> Picture:
    """See `files.read`."""
    with brought_by("cli"):
        from PIL import Image, PngImagePlugin, UnidentifiedImageError
    _refuse_deep_colors(location.path)
    notes: list[str] = []
    try:
        image_file = Image.open(location.path)
    except UnidentifiedImageError:
        raise ValueError("it is no PNG or JPEG file") from None
    with image_file as opened:
        form, info = opened.format or "PNG", dict(opened.info)
        texts = opened.text if isinstance(opened, PngImagePlugin.PngImageFile) else {}
        image: Any = opened
        if opened.mode == "P":
            notes.append("it has a palette: its colors were equalized, and are written as RGB")
            image = opened.convert("RGBA" if "transparency" in info else "RGB")
        if image.mode not in _PLAIN:
            raise ValueError(
                f"its pixels are of the mode {image.mode!r}, which is neither gray nor RGB: "
                "convert it to RGB first"
            )
        data, mode = np.array(image), image.mode
    header = {key: info[key] for key in _KEPT if key in info} | {"text": dict(texts)}
    color = mode in ("RGB", "RGBA")
    if mode == "LA":  # what is transparent says nothing of the gray
        header["alpha"], data = data[..., 1], np.ascontiguousarray(data[..., 0])
    scale, units = _size(info.get("dpi"), color)
    axes = "yxs" if color else "yx"
    return Picture(
        data, axes, form, scale, units, 2 if color else None, notes=tuple(notes), header=header
    )


def _size(dpi: Any, color: bool) -> tuple[tuple[float, ...], tuple[str | None, ...]]:
    if not dpi or not all(float(d) > 0 for d in dpi):
        return (), ()
    more = (1.0,) * color
    return (1 / float(dpi[1]), 1 / float(dpi[0]), *more), ("inch", "inch", *((None,) * color))


def _refuse_deep_colors(path: Path) -> None:
    """Pillow reads colors of 16 bit as 8 bit, and says nothing."""
    with path.open("rb") as file:
        start = file.read(26)
    if start[:8] == b"\x89PNG\r\n\x1a\n" and start[24] == 16 and start[25] in (2, 4, 6):
        raise ValueError(
            "it has colors of 16 bit, which Pillow would cut to 8 bit: save it as TIFF first"
        )


def write(picture: Picture, path: Path) -> None:
    """See `files.write`."""
    with brought_by("cli"):
        from PIL import Image, PngImagePlugin
    data = np.asarray(picture.data)
    jpeg = path.suffix.lower() in JPEG_SUFFIXES
    _check_fits(picture, data, jpeg)
    header = picture.header if picture.form in ("PNG", "JPEG") else {}
    if picture.channel_axis is not None:
        data = np.moveaxis(data, picture.channel_axis, -1)
    if "alpha" in header and not jpeg:
        data = np.stack([data, header["alpha"]], axis=-1)
    more: dict[str, Any] = {key: header[key] for key in _KEPT if key in header and key != "gamma"}
    if jpeg:
        more |= {"quality": _QUALITY, "subsampling": 0}
    elif header.get("text"):
        more["pnginfo"] = PngImagePlugin.PngInfo()
        for key, text in header["text"].items():
            more["pnginfo"].add_text(key, text)
    image = Image.fromarray(np.ascontiguousarray(data))
    made = BytesIO()  # onto a full disk Pillow itself writes half a file, and says nothing
    image.save(made, "JPEG" if jpeg else "PNG", **more)
    path.write_bytes(made.getbuffer())


def _check_fits(picture: Picture, data: np.ndarray[Any, Any], jpeg: bool) -> None:
    """Refuse what the format would not hold as it is."""
    name = "JPEG" if jpeg else "PNG"
    color = picture.channel_axis is not None
    kinds = ("uint8",) if jpeg or color else ("uint8", "uint16", "bool")
    samples = data.shape[picture.channel_axis] if picture.channel_axis is not None else 1
    fits = str(data.dtype.newbyteorder("=")) in kinds and data.ndim == 2 + color
    if not fits or samples > 3 + (not jpeg):
        raise ValueError(
            f"{name} holds one plane of {' or '.join(kinds)}, and this image is {data.dtype} of "
            f"shape {data.shape}: write it as TIFF"
        )
