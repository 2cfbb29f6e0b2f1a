"""Arrays as JSON, exact to the bit: whole numbers as such, floats by their shortest digits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

#: The key that says what a text is of.
KIND = "napari_histeq"
VERSION = 1

#: Numbers that are written at a time: between two pieces other threads get their turn.
PIECE = 1 << 12

_DTYPES = ("bool", *(f"{sign}int{8 << n}" for sign in ("", "u") for n in range(4)))
_FLOATS = ("float16", "float32", "float64")


def written(kind: str, fields: Mapping[str, Any]) -> str:
    """The JSON text of a `kind` of value; arrays are told with their dtype."""
    parts: dict[str, Any] = {KIND: kind, "version": VERSION, **fields}
    return (
        f"{{{', '.join(f'{json.dumps(name)}: {_text(value)}' for name, value in parts.items())}}}"
    )


def _text(value: Any) -> str:
    if not isinstance(value, np.ndarray):
        return json.dumps(value.item() if isinstance(value, np.generic) else value, allow_nan=False)
    pieces = (value[start : start + PIECE].tolist() for start in range(0, len(value), PIECE))
    values = ", ".join(json.dumps(piece, allow_nan=False)[1:-1] for piece in pieces)
    return f'{{"dtype": "{value.dtype.newbyteorder("=").name}", "values": [{values}]}}'


def kind_of(text: str) -> str:
    """What a JSON text is of; empty if it is not one of ours."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    kind = found.get(KIND) if isinstance(found, dict) else None
    return kind if isinstance(kind, str) else ""


def read(kind: str, text: str, needed: Collection[str], known: Collection[str]) -> dict[str, Any]:
    """The fields of a JSON text of a `kind`; those that are arrays are not yet read.

    Raises
    ------
    TypeError
        If it is no text.
    ValueError
        If it is no JSON, of something else, of a newer version, or if a field is missing
        or unknown.
    """
    if not isinstance(text, str | bytes):
        raise TypeError(f"{kind}.from_json takes a text, not {type(text).__name__}")
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this is no JSON of a {kind}: {error}") from None
    if not isinstance(found, dict) or found.pop(KIND, None) != kind:
        raise ValueError(f'this is no JSON of a {kind}: it does not say "{KIND}": "{kind}"')
    version = found.pop("version", None)
    if version != VERSION:
        raise ValueError(
            f"the {kind} is of version {version!r}, and this program reads version {VERSION}"
        )
    if missing := sorted(set(needed) - set(found)):
        raise ValueError(f"the {kind} is damaged: {', '.join(missing)} is missing")
    if unknown := sorted(set(found) - set(needed) - set(known)):
        raise ValueError(f"the {kind} is damaged: {unknown[0]!r} is unknown")
    return found


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def array_of(name: str, value: Any, ndim: int | None = 1) -> NDArray[Any]:
    """The array of a field, each number as it was written.

    Raises
    ------
    ValueError
        If it is none, if its dtype is none that can be equalized, or if a number does not fit it.
    """
    if not isinstance(value, dict) or set(value) != {"dtype", "values"}:
        raise ValueError(f"{name} is damaged: an array has a dtype and values")
    dtype, values = value["dtype"], value["values"]
    if dtype not in (*_DTYPES, *_FLOATS):
        raise ValueError(f"{name} has dtype {dtype!r}: it must be bool, integers or floats")
    allowed = bool if dtype == "bool" else (int, float) if dtype in _FLOATS else int
    numbers = np.array(values, dtype=object)
    flat = numbers.ravel()
    plain = all(isinstance(v, allowed) and (dtype == "bool" or type(v) is not bool) for v in flat)
    if not flat.size or not plain or (ndim is not None and numbers.ndim != ndim):
        raise ValueError(f"{name} is damaged: its values are not a list of {dtype} numbers")
    try:
        with np.errstate(over="ignore"):
            found = numbers.astype(dtype)
    except OverflowError:
        raise ValueError(f"{name} is damaged: a number does not fit {dtype}") from None
    if dtype in _FLOATS and not np.isfinite(found).all():
        raise ValueError(f"{name} is damaged: a number does not fit {dtype}")
    return found


def number_of(name: str, value: Any) -> float:
    """The finite number of a field.

    Raises
    ------
    ValueError
        If it is none.
    """
    if type(value) not in (int, float) or abs(value) > np.finfo(np.float64).max:
        raise ValueError(f"{name} is {value!r}: it must be a number")
    return float(value)
