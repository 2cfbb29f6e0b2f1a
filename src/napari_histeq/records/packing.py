"""A record as JSON, with all that it takes to make the result again: for files."""

from __future__ import annotations

import base64
import math
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.records.record import Record
from napari_histeq.records.record_fields import damaged

if TYPE_CHECKING:
    from collections.abc import Mapping


def as_json(record: Record) -> dict[str, Any]:
    """What of a record is told in JSON.

    The bits of a mask are packed as text, and so is a curve that was given. One that follows
    from the image itself is left out: it would be the larger part of the file.
    """
    plain = record.as_dict()
    curve = plain.pop("curve")
    if record.given and curve is not None:
        plain["curve"] = {
            "x": _packed(curve["x"]),
            "y": _packed(curve["y"]),
            "end_slope": curve["end_slope"],
        }
    if plain["mask"] is not None and plain["mask"]["bits"] is not None:
        bits = base64.b85encode(plain["mask"]["bits"]).decode("ascii")
        plain["mask"] = dict(plain["mask"]) | {"bits": bits}
    return as_plain_json(plain)  # type: ignore[no-any-return]


def from_json(plain: Mapping[str, Any]) -> Record:
    """The record of an `as_json`.

    Raises
    ------
    RecordError
        If it is none, or if it is damaged.
    """
    fields = {key: as_tuples(value) for key, value in plain.items()}
    mask, curve = plain.get("mask"), plain.get("curve")
    try:
        if isinstance(mask, dict):
            bits = mask.get("bits")
            packed = None if bits is None else base64.b85decode(bits)
            fields["mask"] = dict(mask) | {"shape": tuple(mask["shape"]), "bits": packed}
        if isinstance(curve, dict):
            fields["curve"] = {
                "x": _unpacked(curve["x"]),
                "y": _unpacked(curve["y"]),
                "end_slope": curve["end_slope"],
            }
    except (KeyError, TypeError, ValueError, zlib.error):
        raise damaged("mask" if isinstance(mask, dict) else "curve") from None
    return Record.from_dict(fields)


def _packed(knots: np.ndarray[Any, Any]) -> dict[str, Any]:
    little = knots.astype(knots.dtype.newbyteorder("<"))
    text = base64.b85encode(zlib.compress(little.tobytes())).decode("ascii")
    return {"dtype": little.dtype.str, "length": len(knots), "packed": text}


#: No curve has more knots than 16 bit have levels, or bins of floats.
_MOST_KNOTS = 1 << 22


def _unpacked(told: Any) -> np.ndarray[Any, Any]:
    dtype, length = np.dtype(told["dtype"]), int(told["length"])
    if dtype.kind not in "biuf" or not 0 < length <= _MOST_KNOTS:
        raise ValueError("not an array of numbers")
    size = length * dtype.itemsize
    data = zlib.decompressobj().decompress(base64.b85decode(told["packed"]), size + 1)
    if len(data) != size:
        raise ValueError("not so many numbers")
    return np.frombuffer(data, dtype)


def as_tuples(value: Any) -> Any:
    """Lists as the tuples that they were."""
    if isinstance(value, list):
        return tuple(as_tuples(v) for v in value)
    if isinstance(value, dict):
        return {key: as_tuples(v) for key, v in value.items()}
    return value


def as_plain_json(value: Any) -> Any:
    """JSON knows neither numpy's numbers nor infinity."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, dict):
        return {str(k): as_plain_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain_json(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
