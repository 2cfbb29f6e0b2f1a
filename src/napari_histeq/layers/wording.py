"""What the core says to a programmer, as the panel says it to a person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from napari_histeq.core import METHODS
from napari_histeq.core.methods import options_of

if TYPE_CHECKING:
    from collections.abc import Callable

CENTERED = "choose the method “CLAHE”"
PLANES = "untick all axes but the last two (Region > Axes)"

#: What stands in a message, and what a person reads instead; the first words first.
SAID = (
    (r"Match: reference is missing: .*", "Choose the image to match under Reference."),
    (r"(Specify|Exact): counts are missing: .*",
        "Type the weights, such as 1, 2, 1, under More options > Counts."),
    (r"reference has no pixel that counts .*",
        "all pixels of the reference are NaN or infinite: choose another one under Reference"),
    (r"(reference has intensities .*): give an out_range .*",
        r"the \1: choose a Range under Output, to stretch them over it"),
    (r"(Match)\('(\w+)'\) matches each plane .*",
        "untick the axis of the frames (Region > Axes), or choose a layer under Reference"),
    (r"image is a masked array: .*",
        "the data is a masked array: add it unmasked, and choose a mask layer under Region"),
    (r"out_range is \((\S+?)(?:\.0)?, (\S+?)(?:\.0)?\): lo must be .*",
        r"Range: From (\1) must be less than To (\2)"),
    (r"out_range is \((\S+), (\S+)\), but (\w+) holds (.*): choose a range .*",
        r"Range: \1 to \2 does not fit into the data type \3, which holds \4"),
    (r"image has dtype (\w+): OpenCV's CLAHE .*",
        rf"OpenCV's CLAHE knows only 8 and 16-bit integers (uint8, uint16), not \1: {CENTERED}"),
    (r"OpenCV's CLAHE is for planes, .*", f"OpenCV's CLAHE is for planes: {PLANES}, or {CENTERED}"),
    (r"OpenCV's CLAHE does not know a mask: .*",
        f"OpenCV's CLAHE knows no mask and no ignored value: choose none, or {CENTERED}"),
    (r"OpenCV's CLAHE does not know out_range=.*",
        f"OpenCV's CLAHE knows no range but that of the data type: choose it, or {CENTERED}"),
    (r"kernel_size=(.*) has (\d+) numbers for (\d+) axes .*",
        r"Tile size \1 has \2 numbers, but the tiles span \3 axes: give one number, or \3"),
    (r"kernel_size=(.*) is larger than the image, which has (\d+) pixels along axis (\d+) .*",
        r"Tile size \1 is larger than the image, which has \2 pixels along axis \3"),
    (r"image has dtype (\w+): equalization needs .*",
        r"pixels of the data type \1 cannot be equalized: convert the layer to integers or floats"),
    (r"use larger tiles \(kernel_size\), or fewer bins \(nbins\)", "use larger tiles or fewer bins"),
)  # fmt: skip


#: A name of more characters than this is shortened where it is shown.
NAME = 60


def short(name: str) -> str:
    """A layer's name for a menu or a sentence: on one line, and not too long."""
    name = " ".join(name.split())
    half = NAME // 2
    return name if len(name) <= NAME else f"{name[:half]}…{name[-half:]}"


def brief(text: str) -> str:
    """A sentence whose quoted names are not too long."""
    return re.sub("“([^”]+)”", lambda found: f"“{short(found[1])}”", text)


def file_name(name: str, ending: str) -> str:
    """A name of layers as that of a file, on any system and in one folder.

    Parameters
    ----------
    name : str
        Of a layer, with anything in it.
    ending : str
        Of the file, with its dot.
    """
    safe = re.sub(r'[<>:"/\\|?*\x00-\x1f\x7f\ud800-\udfff]', "_", short(name)).strip(" .")
    return f"{safe}{ending}" if safe else f"image{ending}"


def plain(error: Exception | str) -> str:
    """An error's message in the words of the panel."""
    text = brief(_with_captions(str(error)))
    for pattern, words in SAID:
        text = re.sub(pattern, words, text, flags=re.DOTALL)
    return text


def _with_captions(text: str) -> str:
    """``"Clahe: nbins=1 is ..."`` as the panel calls it: ``"Bins 1 is ..."``."""
    found = re.match(r"(\w+): (\w+)=", text)
    for method in METHODS.values():
        if found is not None and method.__name__ == found[1]:
            return re.sub(r"^\w+: (\w+)=", _caption_in(method), text, count=1)
    return text


def _caption_in(method: Any) -> Callable[[re.Match[str]], str]:
    captions = {field.name: field.caption for field in options_of(method)}
    return lambda found: f"{captions.get(found[1], found[1])} "
