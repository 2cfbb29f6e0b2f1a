"""The chunks of a lazy array, each checked to be what the array declares.

What a lazy array says of its dtype and chunks is a promise, and nobody has seen the pixels.
A chunk that breaks it would be counted wrongly, or read by a compiled loop beyond its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.errors import ChunkError

if TYPE_CHECKING:
    from collections.abc import Callable

    import dask.array as da
    from numpy.typing import NDArray

    Index = tuple[int, ...]

CURE = "declare what the chunks hold (dtype=, shape= or chunks=) where the lazy array is made"


@dataclass(frozen=True, slots=True)
class Declared:
    """What a lazy array says of its chunks, if that is known; `words` say which array it is."""

    words: str
    dtype: np.dtype[Any] | None = None
    chunks: tuple[tuple[int, ...], ...] | None = None

    def error(self, index: Index, cause: str) -> ChunkError:
        """Of one chunk, which is named by its index and the pixels it spans."""
        spans = None if self.chunks is None else self.spans(index)
        return ChunkError(self.words, index, cause, spans)

    def spans(self, index: Index) -> tuple[tuple[int, int], ...]:
        """Where one chunk starts and stops, in pixels along each axis."""
        assert self.chunks is not None
        along = zip(self.chunks, index, strict=True)
        return tuple((int(sum(n[:i])), int(sum(n[: i + 1]))) for n, i in along)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the whole array."""
        assert self.chunks is not None
        return tuple(int(sum(n)) for n in self.chunks)

    def mismatch(self, index: Index, found: str) -> ChunkError:
        """Of a chunk that is not what was declared; `found` says what it is."""
        dtype, shape = self.promised(index)
        cause = f"it was declared as {dtype} of shape {shape}, but is {found}; {CURE}"
        return self.error(index, cause)

    def promised(self, index: Index) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """The dtype and the shape of one chunk."""
        assert self.dtype is not None
        assert self.chunks is not None
        return self.dtype, tuple(n[i] for n, i in zip(self.chunks, index, strict=True))


def checked_chunks(image: da.Array, words: str) -> da.Array:
    """The same lazy array, of chunks that are plain arrays of the declared dtype and shape.

    Parameters
    ----------
    image : dask.array.Array
        Of known chunk sizes.
    words : str
        What to call it in errors, such as "the image".

    Returns
    -------
    dask.array.Array
        A chunk of it that is anything else raises `ChunkError` when it is computed.
    """
    declared = Declared(words, image.dtype, image.chunks)
    name = "-".join(["checked", *words.split(), image.name])
    found = of_each_chunk(partial(checked_block, declared), image, name)
    found.checked_of = image, declared
    return found


def of_each_chunk(
    function: Callable[[Any, Index], Any], image: da.Array, name: str | None = None
) -> da.Array:
    """`function(block, index)` of every chunk, of its shape and dtype; lazy.

    In a sixth of the time that `dask.array.map_blocks` takes to find out what it was given.
    """
    import dask.array as da
    from dask.layers import ArrayBlockIdDep

    axes = tuple(range(image.ndim))
    meta = np.empty((0,) * image.ndim, image.dtype)
    index = ArrayBlockIdDep(image.chunks)
    return da.blockwise(
        function, axes, image, axes, index, axes,
        name=name, dtype=image.dtype, meta=meta, align_arrays=False,
    )  # fmt: skip


def promise_of(image: da.Array, words: str = "the image") -> tuple[da.Array, Declared]:
    """Whose chunks to read instead, and what to check them for by `checked_block`.

    A task for a check costs more than the check itself. So tasks that read the chunks of what
    comes from `checked_chunks`, as they are, read those of the user's array, and check them.
    """
    fallback = image, Declared(words, image.dtype, image.chunks)
    found: tuple[da.Array, Declared] = getattr(image, "checked_of", fallback)
    return found


def checked_block(declared: Declared, block: Any, block_id: Index) -> NDArray[Any]:
    """A chunk as a plain array, or a `ChunkError`."""
    if isinstance(block, np.ma.MaskedArray):
        raise declared.error(block_id, "it is a masked array: pass its data, and its mask as mask=")
    try:
        pixels = np.asarray(block)
    except (TypeError, ValueError) as error:  # of a GPU, sparse, ragged, ...
        cause = f"it is a {type(block).__name__}, which is no numpy array: {error}"
        raise declared.error(block_id, cause) from error
    wanted, shape = declared.promised(block_id)
    if pixels.shape != shape or not same_numbers(pixels.dtype, wanted):
        found = f"{pixels.dtype} of shape {pixels.shape}"
        if not hasattr(block, "dtype"):
            found = f"{type(block).__name__}, as an array {found}"
        raise declared.mismatch(block_id, found)
    return pixels.astype(wanted, copy=False)


def same_numbers(found: np.dtype[Any], wanted: np.dtype[Any]) -> bool:
    """Whether two dtypes differ in the order of their bytes at most."""
    return found.newbyteorder("=") == wanted.newbyteorder("=")
