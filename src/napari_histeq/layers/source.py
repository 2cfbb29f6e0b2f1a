"""napari layers <-> arrays: what to read of a layer, and the layers that come out."""

from __future__ import annotations

import inspect
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap

from napari_histeq.core import Reference, ReferencePlanes
from napari_histeq.core.methods import counted, counted_planes
from napari_histeq.layers.wording import short
from napari_histeq.records import BESIDE, KEY, Record, RecordError, damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_histeq.core import Histogram
    from napari_histeq.records import Outcome

#: Kinds of layers that are made here; layers of the last three cannot be equalized.
IMAGE, DISPLAY, GAIN = "image", "display", "gain"
PLOT, ORIGINAL, PREVIEW = "plot", "original", "preview"


def is_source(layer: Layer | None) -> bool:
    """Whether a layer can be equalized: an image that is no plot or copy of ours."""
    return isinstance(layer, Image) and kind_of(layer) not in (PLOT, ORIGINAL, PREVIEW)


def kind_of(layer: Layer) -> str:
    """What a layer is that was made here; empty for all others."""
    made = layer.metadata.get(KEY)
    return str(made.get("kind", "")) if isinstance(made, dict) else ""


def pixels_of(layer: Image) -> Any:
    """The data at full resolution."""
    return layer.data[0] if layer.multiscale else layer.data


def coarser_of(layer: Image) -> tuple[Any, ...]:
    """The other levels, if the layer has several."""
    return tuple(layer.data[1:]) if layer.multiscale else ()


def channel_axis_of(layer: Image) -> int | None:
    """Where the color channels are."""
    return -1 if layer.rgb else None


def reference_to(
    layer: Image,
    mask: Callable[[], Any] | None = None,
    axes: tuple[int, ...] | None = None,
    within: str = "",
) -> Reference | ReferencePlanes:
    """A layer as what others are made to match: counted when it is asked for.

    Parameters
    ----------
    layer : Image
    mask : callable, optional
        Makes the mask of the pixels that count, when they are counted.
    axes : tuple of int, optional
        Those of a plane, counted from the last (which is -1, channels left out): then each plane
        of the layer is for the plane at the same place.
    within : str
        What the mask is called.
    """
    pixels, channels = pixels_of(layer), channel_axis_of(layer)
    name = f"{layer.name} (within {within})" if within else layer.name

    def whole() -> Histogram:
        return counted(pixels, mask and mask(), channels)

    if axes is None:
        return Reference.later(whole, name)
    shape = pixels.shape if channels is None else pixels.shape[:-1]
    spanned = tuple(sorted(axis % len(shape) for axis in axes))

    def planes() -> NDArray[Any]:
        return counted_planes(pixels, mask and mask(), channels, spanned)

    lengths = tuple(int(n) for axis, n in enumerate(shape) if axis not in spanned)
    return ReferencePlanes.later(planes, lengths, name)


def axis_names(layer: Image) -> tuple[str, ...]:
    """A name for each axis, no two alike: the layer's labels, or else numbers."""
    names = tuple(str(label) for label in layer.axis_labels)
    return names if len(set(names)) == len(names) else tuple(str(a) for a in range(layer.ndim))


def axis_numbers(layer: Image, wanted: Iterable[str | int]) -> tuple[int, ...] | None:
    """The axes of some names (or numbers); None if they are all there are.

    Raises
    ------
    ValueError
        If none is wanted, or one is unknown.
    """
    names = axis_names(layer)
    found = sorted({_axis_number(axis, names) for axis in wanted})
    if not found:
        raise ValueError("no axis is ticked: tick at least one that shares a histogram")
    return None if len(found) == layer.ndim else tuple(found)


def _axis_number(axis: str | int, names: tuple[str, ...]) -> int:
    if isinstance(axis, str) and axis in names:
        return names.index(axis)
    if not isinstance(axis, str) and -len(names) <= axis < len(names):
        return axis % len(names)
    raise ValueError(f"the layer has no axis {axis!r}: use one of {', '.join(names)}")


def equalized_layer(source: Image, outcome: Outcome) -> Image:
    """A new layer for the equalized data, in all other respects like its source."""
    changes = {
        "name": f"{source.name} equalized",
        "metadata": {KEY: {"kind": IMAGE} | outcome.record.as_dict()},
        "auto_contrast": False,
        "multiscale": isinstance(outcome.data, list),
        "locked_data_level": None,
        "visible": True,
    }
    if not source.rgb:
        changes["colormap"], changes["gamma"] = look_of(source)
    if outcome.limits is not None and not source.rgb:
        changes["contrast_limits"] = outcome.limits
    if is_baked(source, outcome.record):
        changes["name"] = f"{source.name} (baked)"
        changes["contrast_limits"] = kept_limits(source) or changes["contrast_limits"]
    return layer_like(source, outcome.data, changes)


def is_baked(source: Image, record: Record) -> bool:
    """Whether what comes of a layer is what it only displays, in pixels."""
    return kind_of(source) == DISPLAY and record.given


def gain_layer(source: Image, outcome: Outcome) -> Image:
    """A new layer of the local gain, in the place of its source: 1 is unchanged contrast."""
    assert outcome.gain is not None
    most = float(np.nanpercentile(outcome.gain, 99.5)) if outcome.gain.size else 1.0
    changes = {
        "name": f"{source.name} gain",
        "metadata": {KEY: {"kind": GAIN} | outcome.record.as_dict()},
        "rgb": False,
        "colormap": "magma",
        "gamma": 1.0,
        "contrast_limits": (0.0, max(most, 1.0)),
        "auto_contrast": False,
        "multiscale": False,
        "locked_data_level": None,
        "visible": True,
    }
    return layer_like(source, outcome.gain, changes)


def look_of(layer: Image) -> tuple[Any, float]:
    """The colormap and the gamma that a result shall have: those before any display only."""
    if kind_of(layer) == DISPLAY:
        colormap, gamma = (layer.metadata[KEY].get(name) for name in ("colormap", "gamma"))
        named = isinstance(colormap, str) and colormap in AVAILABLE_COLORMAPS
        if (named or isinstance(colormap, Colormap)) and _is_number(gamma) and gamma > 0:
            return colormap, gamma
    return layer.colormap, layer.gamma


def kept_limits(layer: Image) -> tuple[float, float] | None:
    """The limits of the output that a display-only layer shows, if it tells sensible ones."""
    limits = layer.metadata[KEY].get("limits")
    if not isinstance(limits, list | tuple) or len(limits) != 2 or not all(map(_is_number, limits)):
        return None
    low, high = map(float, limits)
    return (low, high) if low < high else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and isfinite(value)


def is_of(made: Layer | None, source: Layer | None) -> bool:
    """Whether a layer is a result (or a gain map) that was made here from another layer."""
    if made is None or source is None or made is source:
        return False
    ours = kind_of(made) in (IMAGE, DISPLAY, GAIN)
    told = made.metadata[KEY].get("source") if ours else None
    return isinstance(told, str) and told == source.name  # a damaged record may hold an array


def is_made(layer: Layer | None) -> bool:
    """Whether a layer was equalized here, so that it has a record."""
    return layer is not None and kind_of(layer) in (IMAGE, DISPLAY)


def record_of(layer: Layer | None) -> Record | None:
    """What was done to make a layer; None if it was not made here.

    Raises
    ------
    RecordError
        If its record is damaged, or of a newer version: in one sentence.
    """
    if layer is None or not is_made(layer):
        return None
    plain = {k: v for k, v in layer.metadata[KEY].items() if k not in BESIDE}
    try:
        record = Record.from_dict(plain)
        if kind_of(layer) == DISPLAY and not record.one_curve:
            raise damaged("curve")
    except RecordError as error:
        raise RecordError(f"“{layer.name}”: {error}") from None
    return record


def source_name_of(layer: Layer) -> str:
    """The name of the layer that another was made from, as that one tells."""
    name = layer.metadata[KEY].get("source") if is_made(layer) else None
    return name if isinstance(name, str) else ""


def layer_like(source: Image, data: Any, changes: dict[str, Any]) -> Image:
    """A layer of other data with the state of its source, but for some changes."""
    _, state, _ = source.as_layer_data_tuple()
    return layer_of(data, state | changes)


def layer_of(data: Any, state: dict[str, Any]) -> Image:
    """A layer of a state that napari told."""
    known = inspect.signature(Image).parameters  # napari's versions differ
    return Image(data, **{k: v for k, v in state.items() if k in known})


def why_not(layer: Layer | None) -> str:
    """Why a layer cannot be equalized: a sentence."""
    if layer is None:
        return "No layer is selected."
    name = short(layer.name)
    if not isinstance(layer, Image):
        return f"“{name}” is a {layer.__class__.__name__} layer, not an image."
    if kind_of(layer) == PLOT:
        return f"“{name}” is a histogram plot, not the image itself."
    if kind_of(layer) == PREVIEW:
        return f"“{name}” is only a preview, not the image itself."
    return f"“{name}” is a copy to compare with, not the image itself."
