"""Record: how a layer was made, and all it takes to make it again to the bit."""

from __future__ import annotations

import hashlib
import math
import platform
import zlib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, make_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_type_hints

import numpy as np
from pydantic import ConfigDict, Field, Strict, TypeAdapter, ValidationError

from napari_histeq.core import equalize
from napari_histeq.core.arrays import checked_axes, checked_channel_axis, is_lazy
from napari_histeq.core.methods import UnknownMethodError
from napari_histeq.core.recipe import Recipe
from napari_histeq.records.record_fields import (
    MASK_BYTES,
    Bits,
    Curve,
    Digest,
    Dtype,
    Exact,
    Flag,
    Measures,
    RecordError,
    Shape,
    Text,
    Versions,
    broadcasts,
    damaged,
    strictly,
)
from napari_histeq.records.shown import html_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Where a layer's metadata hold the record.
KEY = "napari_histeq"

#: What this version writes and reads; one that adds or changes a field counts on.
SCHEMA = 2

#: Images up to this many bytes are identified by a digest: it takes well under a second.
DIGEST_BYTES = 1 << 28


@cache
def current_versions() -> dict[str, str]:
    """The versions of what decides the bits."""
    known = {name: _version(name) for name in ("napari-histeq", "numpy", "numba", "napari")}
    return known | {"python": platform.python_version()}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True, slots=True)
class MaskRecord:
    """The pixels that counted: one bit each, packed and compressed.

    Attributes
    ----------
    layer : str
        Name of the layer it came from.
    shape : tuple of int
        Its shape, which broadcasts to the image's.
    digest : str
        SHA-256 of the packed bits.
    bits : bytes or None
        The compressed bits; None if there were too many to keep.
    """

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    layer: Text
    shape: Shape
    digest: Digest
    bits: Bits | None = None

    @classmethod
    def of(cls, layer: str, mask: NDArray[np.bool_]) -> MaskRecord:
        """Pack a mask."""
        packed = np.packbits(mask).tobytes()
        bits = zlib.compress(packed, 1)
        digest = hashlib.sha256(packed).hexdigest()
        return cls(layer, mask.shape, digest, bits if len(bits) <= MASK_BYTES else None)

    def array(self) -> NDArray[np.bool_]:
        """The mask itself.

        Raises
        ------
        ValueError
            If the record is without the bits, or they are not those of the mask.
        """
        if self.bits is None:
            raise ValueError(
                f"the mask from {self.layer!r} was too large to keep in the record: "
                "pass it as mask="
            )
        count = math.prod(self.shape)
        packed = _unpacked(self.bits, -(-count // 8))
        if packed is None or hashlib.sha256(packed).hexdigest() != self.digest:
            raise damaged("mask")
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=count)
        return bits.astype(bool).reshape(self.shape)


def _unpacked(bits: bytes, size: int) -> bytes | None:
    """The bytes, if there are just so many: a few compressed ones can grow to gigabytes."""
    unpacker = zlib.decompressobj()
    try:
        packed = unpacker.decompress(bits, size + 1)
    except zlib.error:
        return None
    return packed if unpacker.eof and len(packed) == size else None


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What was done to which image, with what, and what came of it.

    Attributes
    ----------
    source : str
        Name of the layer that was equalized.
    shape, dtype : tuple of int, str
        Of its data.
    recipe : Recipe
        How it was equalized. In `as_dict` its fields stand among the others.
    digest : str or None
        SHA-256 of its data in C order, if they were at hand and not too many.
    mask : MaskRecord or None
        The pixels that counted; None means all.
    ignored : float or None
        The intensity that did not count.
    curve : TransferFunction or None
        The transfer function, if it was a single one.
    given : bool
        Whether the curve was known already, and is not that of the histogram of the whole.
    curve_of : str
        What the given curve is of, in words: the slice of a stack; empty for another layer.
    measures : mapping
        ``{"before": {...}, "after": {...}}``.
    versions : mapping
        Of the software that did it.
    schema : int
        `SCHEMA` of the version that wrote it.
    """

    source: Text
    shape: Shape
    dtype: Dtype
    recipe: Recipe
    digest: Digest | None = None
    mask: MaskRecord | None = None
    ignored: Exact | None = None
    curve: Curve = None
    given: Flag = False
    curve_of: Text = ""
    measures: Measures = field(default_factory=dict)
    versions: Versions = field(default_factory=lambda: dict(current_versions()))
    schema: Annotated[int, Strict(), Field(ge=1, le=SCHEMA)] = SCHEMA

    @property
    def one_curve(self) -> bool:
        """Whether a single transfer function tells all."""
        gray = self.recipe.channel_axis is None
        return self.recipe.one_curve and gray and self.curve is not None

    def _repr_html_(self) -> str:
        return html_of(self)

    def as_dict(self) -> dict[str, Any]:
        """Plain dicts, tuples, numbers, strings, bytes and arrays: for a layer's metadata."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        plain |= plain.pop("recipe").as_dict()
        plain["versions"] = dict(self.versions)
        plain["measures"] = {when: dict(found) for when, found in self.measures.items()}
        plain["mask"] = _as_plain(self.mask, ("layer", "shape", "digest", "bits"))
        plain["curve"] = _as_plain(self.curve, ("x", "y", "end_slope"))
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Record:
        """The record of an `as_dict`, be it from a file.

        Raises
        ------
        RecordError
            If a field is missing, unknown, of another type or out of its range, if the record
            is of a newer version, or its method is none that is known: in one sentence.
        """
        if not isinstance(plain, Mapping):
            raise damaged("it holds no fields")
        schema = plain.get("schema", SCHEMA)
        if type(schema) is int and schema > SCHEMA:
            raise RecordError(
                "this layer's record is of a newer version of napari-histeq: update the plugin"
            )
        try:
            found = vars(_reader(Recipe).validate_python(dict(plain)))
        except UnknownMethodError as error:
            raise RecordError(f"this layer was {error}") from None
        except ValidationError as error:
            place = error.errors(include_url=False, include_context=False, include_input=False)
            field = next(iter(place[0]["loc"]), None)
            known = {f.name for kind in (cls, Recipe) for f in fields(kind)} - {"recipe"}
            raise damaged(str(field) if field in known else "a field that is unknown") from None
        recipe = Recipe(**{f.name: found.pop(f.name) for f in fields(Recipe)})
        record = cls(recipe=recipe, **found)
        try:
            _check_agreement(record)
        except ValueError:
            raise damaged("fields that do not fit") from None
        return record

    def reproduce(self, image: Any, mask: Any = None) -> Any:
        """Make the result again.

        Parameters
        ----------
        image : array
            The source's data.
        mask : array of bool, optional
            The pixels that counted, if the record is without them.

        Returns
        -------
        array
            The same bits.
        """
        recipe = self.recipe
        if self.curve is not None and recipe.channel_axis is None:
            return self.curve(image)
        mask = self.counted(image, mask)
        return equalize(image, recipe.method, mask=mask, **recipe.keywords())

    def counted(self, image: Any, mask: Any = None) -> Any:
        """The pixels of `image` that count, or None for all."""
        if mask is None and self.mask is not None:
            mask = self.mask.array()
        return counting(image, mask, self.ignored, self.recipe.channel_axis)


def _check_agreement(record: Record) -> None:
    """Refuse fields that do not fit each other."""
    shape, recipe = record.shape, record.recipe.checked(np.dtype(record.dtype))
    channels = checked_channel_axis(recipe.channel_axis, shape)
    grid = tuple(n for axis, n in enumerate(shape) if axis != channels)
    checked_axes(recipe.axes, len(shape))
    if record.given and record.curve is None:
        raise ValueError("the curve is missing")
    if record.mask is not None and not broadcasts(record.mask.shape, grid):
        raise ValueError("the mask is of another image")


@cache
def _reader(recipe: type[Recipe]) -> TypeAdapter[Any]:
    """What looks at each field of an `as_dict`: those of the record, and of its recipe."""
    own, how = get_type_hints(Record, include_extras=True), get_type_hints(recipe)
    kinds = {f: own[f.name] for f in fields(Record) if f.name != "recipe"}
    kinds |= {f: strictly(how[f.name]) for f in fields(recipe)}
    again: Any = field
    named = []
    for f, kind in kinds.items():
        default = MISSING if f.name == "method" else f.default  # of that each record tells one
        named.append((f.name, kind, again(default=default, default_factory=f.default_factory)))
    config = {"__pydantic_config__": ConfigDict(extra="forbid")}
    return TypeAdapter(make_dataclass("Fields", named, kw_only=True, namespace=config))


def counting(image: Any, mask: Any, ignored: float | None, channel_axis: int | None) -> Any:
    """The mask of the pixels that count, or None: within `mask`, not of the `ignored` intensity.

    A color pixel is ignored if all its channels have that intensity.
    """
    if ignored is None:
        return mask
    pixels = plain_array(image)
    wanted = _held(ignored, pixels.dtype)
    if wanted is None:
        return mask
    other: Any = pixels != wanted
    if channel_axis is not None:
        other = np.any(np.moveaxis(other, channel_axis, -1)[..., :3], axis=-1)
    return other if mask is None else other & mask


def _held(value: float, dtype: np.dtype[Any]) -> float | None:
    """A value as pixels of a dtype may hold it, so that it can be compared; None if none can.

    Of integers it is an int: float64 tells no whole numbers beyond 2**53 apart.
    """
    if dtype.kind == "f":
        return value if abs(value) <= float(np.finfo(dtype).max) else None
    if dtype.kind not in "iu":
        return value
    limits = np.iinfo(dtype)
    fits = value == int(value) and int(limits.min) <= value <= int(limits.max)
    return int(value) if fits else None


def plain_array(image: Any) -> Any:
    """An array to calculate with: numpy, or dask for what is not in memory."""
    if not is_lazy(image):
        return np.asarray(image)
    from napari_histeq.core.arrays import as_lazy

    return as_lazy(image)


def digest_of(image: Any) -> str | None:
    """SHA-256 of the pixels, if they lie in memory and are not too many."""
    if is_lazy(image) or image.nbytes > DIGEST_BYTES:
        return None
    return hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()


def _as_plain(value: Any, names: tuple[str, ...]) -> dict[str, Any] | None:
    return None if value is None else {name: getattr(value, name) for name in names}
