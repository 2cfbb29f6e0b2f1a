"""Which pixels of an image counted: a mask as a record keeps it, and an intensity that is ignored."""

from __future__ import annotations

import hashlib
import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import ConfigDict

from napari_histeq.core.arrays import as_lazy, is_lazy
from napari_histeq.core.threads import for_each
from napari_histeq.records.record_fields import (
    MASK_BYTES,
    Bits,
    Digest,
    LabelDtype,
    Shape,
    Text,
    damaged,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: Bytes of a mask at a time: those of labels take longer to compress than of anything else.
PIECE_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class MaskRecord:
    """The pixels that counted: one bit each, packed and compressed; or their labels.

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
    dtype : str
        Of labels; empty for a mask.
    """

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    layer: Text
    shape: Shape
    digest: Digest
    bits: Bits | None = None
    dtype: LabelDtype = ""

    @classmethod
    def of(cls, layer: str, mask: NDArray[Any]) -> MaskRecord:
        """Pack a mask, or labels."""
        if mask.dtype.kind == "b":
            plain, dtype = np.packbits(mask), ""
        else:
            plain = np.ascontiguousarray(mask, mask.dtype.newbyteorder("<"))
            dtype = plain.dtype.str
        digest, bits = _packed(plain.reshape(-1).view(np.uint8))
        return cls(layer, mask.shape, digest, bits, dtype)

    def array(self) -> NDArray[Any]:
        """The mask itself, or the labels.

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
        labels = np.dtype(self.dtype) if self.dtype else None
        size = -(-count // 8) if labels is None else count * labels.itemsize
        packed = _unpacked(self.bits, size)
        if packed is None or hashlib.sha256(packed).hexdigest() != self.digest:
            raise damaged("mask")
        if labels is not None:
            return np.frombuffer(packed, labels).reshape(self.shape)
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=count)
        return bits.astype(bool).reshape(self.shape)


def _packed(run: NDArray[np.uint8]) -> tuple[str, bytes | None]:
    """The SHA-256 of some bytes, and these compressed, if that makes them few enough to keep.

    In pieces, after each of which the work can be stopped.
    """
    digest, packer, packed = hashlib.sha256(), zlib.compressobj(1), bytearray()

    def add(start: int) -> None:
        piece = run[start : start + PIECE_BYTES].data
        digest.update(piece)
        if len(packed) <= MASK_BYTES:
            packed.extend(packer.compress(piece))

    for_each(add, range(0, run.size, PIECE_BYTES), in_turn=True)
    if len(packed) <= MASK_BYTES:
        packed.extend(packer.flush())
    return digest.hexdigest(), bytes(packed) if len(packed) <= MASK_BYTES else None


def _unpacked(bits: bytes, size: int) -> bytes | None:
    """The bytes, if there are just so many: a few compressed ones can grow to gigabytes."""
    unpacker = zlib.decompressobj()
    try:
        packed = unpacker.decompress(bits, size + 1)
    except zlib.error:
        return None
    return packed if unpacker.eof and len(packed) == size else None


def counting(image: Any, mask: Any, ignored: float | None, channel_axis: int | None) -> Any:
    """The mask of the pixels that count, or None: within `mask`, not of the `ignored` intensity.

    Of labels, those that count. A color pixel is ignored if all its channels have that intensity.
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
    if mask is not None and mask.dtype.kind != "b":
        return mask * other
    return other if mask is None else other & mask


def where_counted(mask: Any) -> Any:
    """The mask of what counts of labels; a mask, or none, as it is."""
    return mask if mask is None or mask.dtype.kind == "b" else mask != 0


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
    return as_lazy(image) if is_lazy(image) else np.asarray(image)
