"""Arrays whose pixels are read or computed on being asked for: dask, zarr, xarray, ...

Told without importing any of these; dask comes along as soon as one of them has to be worked on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.arrays.checks import (
    check_dtype,
    check_mask_fits,
    check_shape,
    checked_image,
    checked_mask,
)
from napari_histeq.core.arrays.chunks import (
    Declared,
    checked_block,
    checked_chunks,
    of_each_chunk,
    promise_of,
    same_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import dask.array as da
    from numpy.typing import NDArray

#: Storage chunks smaller than this are read several at a time, if there are many...
SMALL_CHUNK = 1 << 20
MANY_CHUNKS = 10_000
#: ...in pieces of about so many bytes.
PIECE = "16MiB"


def is_lazy(image: Any) -> bool:
    """Whether the pixels of `image` are read or computed on being asked for.

    That is a dask array, a zarr array, an h5py dataset, a tensorstore, an xarray DataArray of
    any of these: anything with a shape, a dtype and an index that does not offer its memory.
    Told without importing any of them. This is the only place that tells it.
    """
    if isinstance(image, np.ndarray | np.generic):
        return False
    if is_named(image):
        # No public way: `data` itself would read a file that was opened by xarray.
        return not image.variable._in_memory or is_lazy(image.data)  # noqa: SLF001
    known = all(hasattr(image, name) for name in ("shape", "dtype", "__getitem__"))
    if type(image).__module__.partition(".")[0] in ("dask", "zarr", "h5py", "tensorstore"):
        return known
    in_memory = ("__array_interface__", "__dlpack__", "__buffer__", "to_numpy")
    return known and not any(hasattr(image, name) for name in in_memory)


def is_named(image: Any) -> bool:
    """Whether `image` is an xarray DataArray, told without importing xarray."""
    kind = type(image)
    if kind.__module__.partition(".")[0] != "xarray":
        return False
    # A Dataset has no data, a Variable no variable. The class is asked: to ask a DataArray
    # itself for its data is to read them.
    return all(hasattr(kind, name) for name in ("dims", "data", "variable"))


def unnamed(image: Any) -> Any:
    """The pixels of a DataArray, not read: numpy, dask, ..."""
    if image.variable._in_memory or image.chunks is not None:  # noqa: SLF001  (no public way)
        return image.data
    stored = image.encoding.get("preferred_chunks") or {}  # of the file; a part may lack axes
    return image.chunk({dim: stored.get(dim, "auto") for dim in image.dims}).data


def as_lazy(image: Any) -> da.Array:
    """Any array as a dask array, without reading it.

    Parameters
    ----------
    image : array
        dask, zarr, h5py, tensorstore, numpy, or anything else with `shape`, `dtype`
        and an index. Of an xarray DataArray, the pixels.

    Returns
    -------
    dask.array.Array
        With the chunks of the storage: multiples of them, if they are tiny.
    """
    if is_named(image):
        image = unnamed(image)
    import dask.array as da

    if isinstance(image, da.Array):
        return image
    if isinstance(image, Sequence):  # napari's multiscale data, say
        raise TypeError(
            f"image is a pyramid of {len(image)} levels: call equalize_multiscale(levels), or "
            "choose a level, say levels[0]"
        )
    image, dtype = _from_zero(image), dtype_of(image)
    source = image if isinstance(image, np.ndarray) else _Readable(image, dtype)
    return da.from_array(source, chunks=_chunking(image, dtype), name=_name(image))


def _from_zero(image: Any) -> Any:
    """The same array, its first pixel at 0: part of a tensorstore keeps the places of the whole."""
    if type(image).__module__.partition(".")[0] != "tensorstore":
        return image
    from tensorstore import d

    return image[d[:].translate_to[0]]


def dtype_of(image: Any) -> np.dtype[Any]:
    """The dtype that an array declares."""
    own = image.dtype
    found: np.dtype[Any] = np.dtype(getattr(own, "numpy_dtype", own))  # tensorstore has its own
    return found


@dataclass(frozen=True)
class _Readable:
    """An array that is read by index: what dask needs to know of it, and no more."""

    array: Any
    dtype: np.dtype[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape)

    @property
    def ndim(self) -> int:
        return len(self.array.shape)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        return np.asarray(self.array[index])


def _name(image: Any) -> str | bool | None:
    """A name that dask may make up from the contents, or a random one."""
    return None if isinstance(image, np.ndarray) else False


def _chunking(image: Any, dtype: np.dtype[Any]) -> Any:
    stored = storage_chunks(image)
    if stored is None or "auto" in stored:
        return stored or "auto"
    pieces = np.prod([-(-n // c) for n, c in zip(image.shape, stored, strict=True)], dtype=float)
    if np.prod(stored) * dtype.itemsize >= SMALL_CHUNK or pieces <= MANY_CHUNKS:
        return stored
    from dask.array.core import normalize_chunks

    auto = ("auto",) * len(stored)
    return normalize_chunks(
        auto, shape=image.shape, limit=PIECE, dtype=dtype, previous_chunks=stored
    )


def storage_chunks(image: Any) -> tuple[Any, ...] | None:
    """The chunks that an array is stored in, if it is in chunks; "auto" along axes where not."""
    layout = getattr(image, "chunk_layout", None)
    if layout is not None:  # tensorstore
        known = layout.read_chunk.shape  # None along axes that were picked or put together
        return tuple(length or "auto" for length in known) if known else None
    return getattr(image, "shards", None) or getattr(image, "chunks", None) or None


def checked_lazily(image: Any, words: str = "the image") -> da.Array:
    """`image` as a dask array that can be equalized, or an error.

    Each chunk of it is checked too, when it is computed; `words` say what it is one of.
    """
    from dask.array.utils import meta_from_array

    array = as_lazy(image)
    if isinstance(meta_from_array(array), np.ma.MaskedArray):
        raise TypeError(
            "image has masked arrays for chunks: pass da.ma.getdata(image), and "
            "mask=~da.ma.getmaskarray(image) (True = counts)"
        )
    check_dtype(array.dtype)
    check_shape(array.shape)
    if np.isnan(array.shape).any():
        raise ValueError(
            f"image has chunks of unknown size (shape {array.shape}): call "
            "image.compute_chunk_sizes() first"
        )
    if any(0 in lengths for lengths in array.chunks):  # of which an index left nothing
        array = array.rechunk(tuple(tuple(filter(None, lengths)) for lengths in array.chunks))
    return checked_chunks(array, words)


def check_read(
    image: Any, pixels: NDArray[Any], start: tuple[int, ...], shape: tuple[int, ...] | None = None
) -> None:
    """Refuse what was read of a lazy image, from pixel `start` on, if it was declared otherwise.

    Its `shape` is looked at, too, if it is known what that should be.

    Raises
    ------
    ChunkError
        Of the chunk that holds `start`.
    """
    if same_numbers(pixels.dtype, dtype_of(image)) and shape in (None, pixels.shape):
        return
    array = as_lazy(image)
    ends = [np.cumsum(lengths) for lengths in array.chunks]
    found = [np.searchsorted(end, at, side="right") for end, at in zip(ends, start, strict=False)]
    index = tuple(min(int(i), len(e) - 1) for i, e in zip(found, ends, strict=False))
    index += (0,) * (array.ndim - len(index))  # channels
    declared = Declared("the image", array.dtype, array.chunks)
    words = "" if shape in (None, pixels.shape) else f" of shape {pixels.shape}, not {shape}"
    raise declared.mismatch(index, f"{pixels.dtype}{words}")


def read_directly(image: Any, key: Any) -> NDArray[Any] | None:
    """A part of what is stored, by its own index; None of a graph, or if it is not as declared."""
    if is_named(image) or type(image).__module__.partition(".")[0] == "dask":
        return None
    pixels = np.asarray(_from_zero(image)[key])
    return pixels if same_numbers(pixels.dtype, dtype_of(image)) else None


def checked_lazy_mask(mask: Any, chunks: tuple[tuple[int, ...], ...]) -> da.Array | None:
    """The mask as a dask array with the shape and chunks of the image, or None."""
    if mask is None:
        return None
    import dask.array as da

    fitting = slim_lazy_mask(mask, chunks)
    return da.broadcast_to(fitting, tuple(map(sum, chunks)), chunks=chunks)


def slim_lazy_mask(mask: Any, chunks: tuple[tuple[int, ...], ...]) -> da.Array:
    """The mask as a dask array with the image's axes and chunks, of length 1 where it repeats."""
    array = as_lazy(mask if is_lazy(mask) else np.asarray(mask))
    shape = tuple(map(sum, chunks))
    check_mask_fits(array, shape)
    array = checked_chunks(array, "the mask")
    own = chunks[len(chunks) - array.ndim :]
    array = array.rechunk(tuple(c if n > 1 else 1 for n, c in zip(array.shape, own, strict=True)))
    missing = len(chunks) - array.ndim
    return array[(None,) * missing] if missing else array


def checked_pixels(image: Any) -> Any:
    """`image` as a plain array, or as a dask array if it is lazy, that can be equalized."""
    return checked_lazily(image) if is_lazy(image) else checked_image(image)


def with_mask(array: Any, mask: Any, *, channels: bool = False) -> tuple[Any, Any]:
    """A checked array, and its mask (or None), which is checked here.

    Its `channels`, if it has any, are its last axis, of which the mask has none and no two chunks
    have a part.
    """
    ndim = array.ndim - channels
    if isinstance(array, np.ndarray):
        return array, checked_mask(mask, array.shape[:ndim])
    array = array.rechunk({-1: -1}) if channels else array
    return array, checked_lazy_mask(mask, array.chunks[:ndim])


def map_chunks(function: Callable[..., Any], image: da.Array) -> da.Array:
    """`function(block, offset, shape)` of every chunk, of its shape and dtype; lazy.

    `offset` is where the chunk starts in the image of `shape`. Chunks are checked to be as declared.
    """
    source, declared = promise_of(image)
    return of_each_chunk(partial(_map_chunk, function, declared), source)


def _map_chunk(
    function: Callable[..., Any], declared: Declared, block: Any, index: tuple[int, ...]
) -> Any:
    pixels = checked_block(declared, block, index)
    offset = tuple(start for start, _ in declared.spans(index))
    return function(pixels, offset, declared.shape)
