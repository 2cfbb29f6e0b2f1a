"""Record: how a layer was made, and all it takes to make it again to the bit."""

from __future__ import annotations

import hashlib
import platform
import zlib
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core import METHODS, TransferFunction, equalize
from napari_histeq.core._options import from_dict
from napari_histeq.core._validate import is_lazy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

#: Where a layer's metadata hold the record.
KEY = "napari_histeq"

#: A mask that packs to more bytes than this is named in the record, but not kept.
MASK_BYTES = 1 << 22

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

    layer: str
    shape: tuple[int, ...]
    digest: str
    bits: bytes | None

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
            If the record is without the bits.
        """
        if self.bits is None:
            raise ValueError(
                f"the mask from {self.layer!r} was too large to keep in the record: "
                "pass it as mask="
            )
        packed = np.frombuffer(zlib.decompress(self.bits), np.uint8)
        count = int(np.prod(self.shape, dtype=np.int64))
        return np.unpackbits(packed, count=count).astype(bool).reshape(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What was done to which image, with what, and what came of it.

    Attributes
    ----------
    source : str
        Name of the layer that was equalized.
    shape, dtype : tuple of int, str
        Of its data.
    digest : str or None
        SHA-256 of its data in C order, if they were at hand and not too many.
    method : mapping
        The method's `as_dict`.
    axes, channel_axis, out_range, strength
        As `equalize` takes them.
    mask : MaskRecord or None
        The pixels that counted; None means all.
    ignored : float or None
        The intensity that did not count.
    curve : TransferFunction or None
        The transfer function, if it was a single one.
    given : bool
        Whether the curve came from another layer, and not from this one's histogram.
    measures : mapping
        ``{"before": {...}, "after": {...}}``.
    versions : mapping
        Of the software that did it.
    """

    source: str
    shape: tuple[int, ...]
    dtype: str
    method: Mapping[str, Any]
    digest: str | None = None
    axes: tuple[int, ...] | None = None
    channel_axis: int | None = None
    out_range: str | tuple[float, float] = "auto"
    strength: float = 1.0
    mask: MaskRecord | None = None
    ignored: float | None = None
    curve: TransferFunction | None = None
    given: bool = False
    measures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=lambda: dict(current_versions()))

    def as_dict(self) -> dict[str, Any]:
        """Plain dicts, tuples, numbers, strings, bytes and arrays: for a layer's metadata."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        for name in ("method", "versions"):
            plain[name] = dict(plain[name])
        plain["measures"] = {when: dict(found) for when, found in self.measures.items()}
        plain["mask"] = _as_plain(self.mask, ("layer", "shape", "digest", "bits"))
        plain["curve"] = _as_plain(self.curve, ("x", "y", "end_slope"))
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Record:
        """The record of an `as_dict`."""
        known = dict(plain)
        if known.get("mask") is not None:
            known["mask"] = MaskRecord(**known["mask"])
        if known.get("curve") is not None:
            known["curve"] = TransferFunction(**known["curve"])
        return cls(**known)

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
        if self.curve is not None and self.channel_axis is None:
            return self.curve(image)
        return equalize(
            image,
            from_dict(METHODS, self.method),
            mask=self.counted(image, mask),
            axes=self.axes,
            channel_axis=self.channel_axis,
            out_range=self.out_range,
            strength=self.strength,
        )

    def counted(self, image: Any, mask: Any = None) -> Any:
        """The pixels of `image` that count, or None for all."""
        if mask is None and self.mask is not None:
            mask = self.mask.array()
        return counting(image, mask, self.ignored, self.channel_axis)


def counting(image: Any, mask: Any, ignored: float | None, channel_axis: int | None) -> Any:
    """The mask of the pixels that count, or None: within `mask`, not of the `ignored` intensity.

    A color pixel is ignored if all its channels have that intensity.
    """
    if ignored is None:
        return mask
    other: Any = plain(image) != ignored
    if channel_axis is not None:
        other = np.any(np.moveaxis(other, channel_axis, -1)[..., :3], axis=-1)
    return other if mask is None else other & mask


def plain(image: Any) -> Any:
    """An array to calculate with: numpy, or dask for what is not in memory."""
    if not is_lazy(image):
        return np.asarray(image)
    from napari_histeq.core.lazy import as_lazy

    return as_lazy(image)


def digest_of(image: Any) -> str | None:
    """SHA-256 of the pixels, if they lie in memory and are not too many."""
    if not isinstance(image, np.ndarray) or image.nbytes > DIGEST_BYTES:
        return None
    return hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()


def _as_plain(value: Any, names: tuple[str, ...]) -> dict[str, Any] | None:
    return None if value is None else {name: getattr(value, name) for name in names}
