"""Images larger than memory: counted chunk by chunk, mapped when asked for.

Counts add up, whatever the chunks are; and a finished transfer function does not
care which chunk a pixel is in. So the answer has the same bits for any chunking, and
the same as that of the same pixels in memory. Import this module late: it brings dask
along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
from dask._task_spec import DataNode, List, Task, TaskRef

from napari_histeq.core.arrays import (
    Declared,
    PerThread,
    Plane,
    blocks,
    check_dtype,
    check_mask_fits,
    check_shape,
    checked_chunks,
    counts_on,
    is_lazy,
    is_named,
    outer_axes,
    planes_of,
    same_numbers,
    unnamed,
)
from napari_histeq.core.histogram import ArraySource
from napari_histeq.core.lazy.graph import (
    Packed,
    blocks_of,
    called,
    graph_of,
    run_graph,
    shares_memory,
    step_done,
    step_name,
    tree_sum,
)
from napari_histeq.core.transfer import apply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from napari_histeq.core.histogram import T
    from napari_histeq.core.transfer import TransferFunction

    Visit = Callable[[T, NDArray[Any], NDArray[np.bool_] | None, tuple[int, ...]], T]

#: Storage chunks smaller than this are read several at a time, if there are many...
SMALL_CHUNK = 1 << 20
MANY_CHUNKS = 10_000
#: ...in pieces of about so many bytes.
PIECE = "16MiB"
#: Tallies come from at least so many pixels where they travel between processes.
TALLY_PIXELS = 1 << 22


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
    auto = ("auto",) * len(stored)
    return da.core.normalize_chunks(
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
    array = as_lazy(image)
    if isinstance(da.utils.meta_from_array(array), np.ma.MaskedArray):
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
    return checked_chunks(array, words)


def check_read(image: Any, pixels: NDArray[Any], start: tuple[int, ...]) -> None:
    """Refuse what was read of a lazy image, from pixel `start` on, if it was declared otherwise.

    Raises
    ------
    ChunkError
        Of the chunk that holds `start`.
    """
    if same_numbers(pixels.dtype, dtype_of(image)):
        return
    array = as_lazy(image)
    ends = [np.cumsum(lengths) for lengths in array.chunks]
    found = [np.searchsorted(end, at, side="right") for end, at in zip(ends, start, strict=False)]
    index = tuple(min(int(i), len(e) - 1) for i, e in zip(found, ends, strict=False))
    index += (0,) * (array.ndim - len(index))  # channels
    declared = Declared("the image", array.dtype, array.chunks)
    raise declared.mismatch(index, f"{pixels.dtype}")


def checked_lazy_mask(mask: Any, chunks: tuple[tuple[int, ...], ...]) -> da.Array | None:
    """The mask as a dask array with the shape and chunks of the image, or None."""
    if mask is None:
        return None
    array = as_lazy(mask if is_lazy(mask) else np.asarray(mask))
    shape = tuple(map(sum, chunks))
    check_mask_fits(array, shape)
    array = checked_chunks(array, "the mask")
    own = chunks[len(chunks) - array.ndim :]
    fitting = array.rechunk(tuple(c if n > 1 else 1 for n, c in zip(array.shape, own, strict=True)))
    return da.broadcast_to(fitting, shape, chunks=chunks)


@dataclass(frozen=True)
class ChunkSource:
    """The pixels of a dask array, and which of them count (`mask` has its chunks).

    `part` makes the source of one chunk: `ArraySource`, or `LuminanceSource`.
    """

    image: da.Array
    mask: da.Array | None = None
    part: Any = ArraySource

    @property
    def dtype(self) -> np.dtype[Any]:
        """The image's dtype, in native byte order."""
        found: np.dtype[Any] = self.image.dtype.newbyteorder("=")
        return found

    def sweep(self, start: Callable[[], T], visit: Callable[[T, Any, Any], None]) -> T:
        """See `_counting.Source`: chunk by chunk, on the active dask scheduler."""
        visit_chunk = partial(_sweep_part, self.part, visit)
        total: T = reduce_chunks(self.image, self.mask, start, visit_chunk)
        return total


def _sweep_part(
    part: Any, visit: Any, tally: T, block: Any, mask: Any, _offset: tuple[int, ...]
) -> T:
    part(block, mask).sweep(lambda: tally, visit)
    return tally


def reduce_chunks(
    image: da.Array, mask: da.Array | None, start: Callable[[], T], visit: Visit[T]
) -> T:
    """Let `visit(tally, block, mask, offset)` add each chunk to a tally; the sum of the tallies.

    `offset` is where the block starts in the image. Where the tasks share this
    process's memory there is one tally per thread. Elsewhere each task returns its own,
    so that it can be done again when a worker is lost.
    """
    shared = shares_memory()
    tallies = PerThread(start)
    work = partial(_visit_all, tallies.mine if shared else start, visit, not shared)
    graph = graph_of(image, *([] if mask is None else [mask]))
    name = step_name()
    shared_work = f"work-{name}"
    graph[shared_work] = DataNode(shared_work, work if shared else Packed(work))
    keys = []
    for number, group in enumerate(_groups(image, 1 if shared else TALLY_PIXELS)):
        keys.append((name, number))
        parts = [_part(image, mask, index, where) for index, where in group]
        graph[keys[-1]] = Task(keys[-1], _step, TaskRef(shared_work), keys[-1], List(*parts))
    known = {} if mask is None else called(graph, mask, "the mask")
    known |= called(graph, image, "the image")
    if shared:
        run_graph(graph, keys, known)
        return tallies.sum()
    total: T = run_graph(graph, [tree_sum(graph, keys, f"sum-{name}")], known)[0]
    return total


def _groups(image: da.Array, pixels: int) -> Iterator[list[Any]]:
    """The chunks in order: as many together as have at least so many pixels."""
    group, size = [], 0
    for index, where in blocks_of(image):
        group.append((index, where))
        size += int(np.prod([s.stop - s.start for s in where], dtype=np.int64))
        if size >= pixels:
            yield group
            group, size = [], 0
    if group:
        yield group


def _part(image: da.Array, mask: da.Array | None, index: Any, where: Any) -> List:
    counted = None if mask is None else TaskRef((mask.name, *index[: mask.ndim]))
    return List(TaskRef((image.name, *index)), counted, tuple(s.start for s in where))


def _step(work: Callable[[Any], T], key: tuple[str, int], parts: list[Any]) -> T:
    result = work(parts)
    step_done(key[0], key[1:])
    return result


def _visit_all(tally: Callable[[], T], visit: Visit[T], returns: bool, parts: Any) -> T | None:
    total = tally()
    with blocks.in_place():
        for block, mask, offset in parts:
            visit(total, np.asarray(block), mask, offset)
    return total if returns else None


def plane_counts(
    image: da.Array, mask: da.Array | None, axes: tuple[int, ...], levels: NDArray[Any]
) -> NDArray[np.int64]:
    """The counts of the planes that span `axes`, in bins that end at `levels`."""
    outer = outer_axes(image.ndim, axes)
    stacked = (*(image.shape[a] for a in outer), levels.size)
    visit = partial(_count_planes, levels, outer, axes)

    def start() -> NDArray[np.int64]:
        return np.zeros(stacked, np.int64)

    return reduce_chunks(image, mask, start, visit)


def _count_planes(
    levels: NDArray[Any],
    outer: tuple[int, ...],
    axes: tuple[int, ...],
    tally: NDArray[np.int64],
    block: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    offset: tuple[int, ...],
) -> NDArray[np.int64]:
    """Add a chunk's part of each plane to the plane's counts."""
    planes = planes_of(Plane(block, mask, block), outer, axes)
    first = [offset[a] for a in outer]
    for index, plane in zip(np.ndindex(*(block.shape[a] for a in outer)), planes, strict=True):
        tally[tuple(np.add(first, index))] += counts_on(levels, plane)
    return tally


def apply_curve_lazily(curve: TransferFunction, image: Any) -> da.Array:
    """The mapped image; nothing of it is computed yet."""
    return map_chunks(partial(apply_in_place, apply.apply_curve, curve), checked_lazily(image))


def map_chunks(function: Callable[..., Any], image: da.Array, *others: Any) -> da.Array:
    """`function` of every chunk, of the same shape and dtype as the image's; lazy."""
    meta = np.empty((0,) * image.ndim, image.dtype)
    return da.map_blocks(function, image, *others, dtype=image.dtype, meta=meta)


def apply_in_place(function: Callable[..., Any], first: Any, *rest: Any) -> Any:
    """`function` of its arguments, the last of them a chunk, in the calling thread."""
    *more, block = rest
    with blocks.in_place():
        return function(first, *more, np.asarray(block))
