"""The XML of an OME-TIFF: the sizes of its pixels, and the same for its copy."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from napari_histeq.files.picture import named_unit, short_unit

if TYPE_CHECKING:
    from napari_histeq.files.picture import Picture


def _pixels(root: Any) -> Any:
    return root.find("{*}Image/{*}Pixels")


def sizes(xml: str) -> dict[str, tuple[float, str | None]]:
    """Size and unit of a pixel of the first image, by axis."""
    pixels = _pixels(ET.fromstring(xml))
    found: dict[str, tuple[float, str | None]] = {}
    if pixels is None:
        return found
    for axis in "xyz":
        size = pixels.get(f"PhysicalSize{axis.upper()}")
        if size is not None:
            found[axis] = (
                float(size),
                named_unit(pixels.get(f"PhysicalSize{axis.upper()}Unit", "µm")),
            )
    if pixels.get("TimeIncrement") is not None:
        found["t"] = (
            float(pixels.get("TimeIncrement")),
            named_unit(pixels.get("TimeIncrementUnit", "s")),
        )
    return found


def copied(xml: str, axes: str) -> str:
    """The same document for a file of its own, whose pages lie in the order of `axes`.

    Channels, instruments, regions and annotations stay as they are. Where each plane lay in
    the source is replaced, and so is the name of the file; of several images the first stays.
    """
    root = ET.fromstring(xml)
    namespace = root.tag.partition("}")[0].strip("{")
    ET.register_namespace("", namespace)
    root.set("UUID", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, xml)}")
    for image in root.findall("{*}Image")[1:]:
        root.remove(image)
    pixels = _pixels(root)
    for child in [*pixels.findall("{*}TiffData"), *pixels.findall("{*}BinData")]:
        pixels.remove(child)
    order = "XY" + "".join(a for a in reversed(axes.upper()) if a in "ZCT")
    pixels.set("DimensionOrder", order + "".join(a for a in "ZCT" if a not in order))
    pixels.set("BigEndian", "false")
    planes = 1
    for letter in "ZT":
        planes *= int(pixels.get(f"Size{letter}", "1"))
    channels = pixels.findall("{*}Channel")
    planes *= len(channels) or int(pixels.get("SizeC", "1"))
    data = ET.Element(f"{{{namespace}}}TiffData", {"IFD": "0", "PlaneCount": str(planes)})
    last = max((i for i, c in enumerate(pixels) if c.tag.endswith("}Channel")), default=-1)
    pixels.insert(last + 1, data)
    text = ET.tostring(root, encoding="unicode")
    # TIFF's descriptions are ASCII: what is not is written as a number.
    escaped = text.encode("ascii", "xmlcharrefreplace").decode("ascii")
    return '<?xml version="1.0" encoding="UTF-8"?>' + escaped


def described(picture: Picture) -> dict[str, Any]:
    """What tifffile is to be told to make such a document."""
    told: dict[str, Any] = {"axes": picture.axes.upper()}
    for axis, size, unit in zip(picture.axes, picture.scale, picture.units, strict=True):
        if axis in "xyz" and unit is not None:
            told[f"PhysicalSize{axis.upper()}"] = size
            told[f"PhysicalSize{axis.upper()}Unit"] = short_unit(unit)
        elif axis == "t" and unit is not None:
            told |= {"TimeIncrement": size, "TimeIncrementUnit": short_unit(unit)}
    return told
