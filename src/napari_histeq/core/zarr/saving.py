"""Writing a lazy image, with its pyramid, to an OME-Zarr 0.5 store: block by block.

The metadata that make a Zarr group an OME-Zarr image are written last. Until then the
group says that it is incomplete, so an interrupted write never looks finished; and
because every file appears whole or not at all, it can be resumed.

yaozarrs models and validates the metadata. It leaves writing the pixels to the caller,
and that is what makes streaming, resuming and the order above possible.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import dask.array as da
import numpy as np
import zarr
from zarr.codecs import BloscCodec

from napari_histeq.core.arrays import checked_lazily, is_named
from napari_histeq.core.zarr.folder import KEY, claimed, write_missing
from napari_histeq.core.zarr.pyramid import (
    AXES,
    Axes,
    block_shape,
    level_shapes,
    metadata,
    pyramid_factors,
)
from napari_histeq.core.zarr.store import compare, lazy_pyramids, write

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from napari_histeq.core.zarr.pyramid import Shape

#: A chunk of the store has at most so many bytes; OME-Zarr is read plane by plane.
CHUNK_BYTES = 1 << 25
#: Three times as quick as Zarr's own choice; an equalized image hardly gets smaller by more.
COMPRESSOR = BloscCodec(cname="zstd", clevel=1, shuffle="shuffle")


def save_zarr(
    image: Any,
    path: str | os.PathLike[str],
    *,
    axes: str | None = None,
    scale: Sequence[float] | None = None,
    translate: Sequence[float] | None = None,
    units: str | Sequence[str | None] | None = None,
    levels: int | None = None,
    chunks: Sequence[int] | None = None,
    compressor: Any = None,
    if_exists: Literal["error", "resume", "overwrite"] = "error",
    attributes: Mapping[str, Any] | None = None,
) -> Path:
    """Write an image of any size to an OME-Zarr 0.5 store, block by block.

    Parameters
    ----------
    image : (...) array, or list of arrays
        numpy, dask, zarr, ... of 2 to 5 axes; or the levels of a pyramid, the finest
        first, which are then written as they are. It is computed on the active dask
        scheduler, each block once.
    path : str or path
        The folder to be made, by custom named ``*.ome.zarr``. Workers of a cluster
        must see it under the same name.
    axes : str, optional
        The names of the image's axes, of ``t c z y x``: ``"tzyx"``. By default ``yx``
        and ``zyx`` for 2 and 3 axes, and the dims of a DataArray. They are put into
        this order, which OME-Zarr wants.
    scale, translate : sequence of float, optional
        Size and place of a pixel along each axis of `image`, in `units`.
    units : str or sequence of (str or None), optional
        Unit of each axis of `image`, such as "micrometer" or "second"; a single one
        is that of the axes of space.
    levels : int, optional
        Levels of the pyramid. Each averages pairs of pixels of the one before, along
        the axes of space; one with pixels twice as long or more waits for the others.
        By default: until a level fits one chunk. 1 writes no pyramid.
    chunks : sequence of int, optional
        Shape of the chunks, even where there is more than one. By default those of
        the image, cut to 32 MiB.
    compressor : zarr codec, optional
        By default Blosc's Zstandard at its quickest.
    if_exists : {"error", "resume", "overwrite"}
        What to do if there is something at `path` other than an empty folder. ``"resume"``
        goes on with an incomplete store of the same image: what is written there is
        compared at one block, and not computed again.
    attributes : mapping, optional
        JSON to be stored beside the image's metadata, under ``"napari_histeq"``.

    Returns
    -------
    Path
        That of the finished store.

    Raises
    ------
    FileExistsError
        If there is something at `path`, and `if_exists` does not allow for it; or if
        another save is writing there.
    ChunkError
        If a block cannot be computed or written: which one, and why. The store is
        incomplete then, says so, and can be resumed.
    ValueError
        For arguments that do not fit the image.

    Notes
    -----
    `napari_histeq.core.watching` shows the progress, and stops a run.
    """
    given = list(image) if isinstance(image, list | tuple) else [image]
    geometry, arrays = _arranged(given, axes, scale, translate, units)
    order = _order(given[0], axes)
    block = _block(arrays[0], None if chunks is None else [chunks[a] for a in order])
    shapes, factors = _levels(arrays, geometry, block, levels)
    path = Path(path).absolute()
    described = metadata(geometry, shapes, factors, path.name.partition(".")[0])
    dtype = arrays[0].dtype
    job = {"dtype": dtype.name, "shapes": [list(s) for s in shapes], "chunks": list(block)}
    with claimed(path, job, if_exists):
        _prepare(path, job, dtype, geometry.names, compressor)
        pyramids = lazy_pyramids(path, [a.rechunk(block) for a in arrays], factors)
        compare(path, *pyramids[0])
        write(path, pyramids)
        ome = described.model_dump(mode="json", exclude_none=True, by_alias=True)
        zarr.open_group(path, mode="r+").attrs.put({"ome": ome, KEY: dict(attributes or {})})
    return path


def _order(image: Any, axes: str | None) -> list[int]:
    """The axes of the image in OME-Zarr's order."""
    names = _axis_names(image, axes)
    return sorted(range(len(names)), key=lambda a: AXES.index(names[a]))


def _axis_names(image: Any, axes: str | None) -> str:
    ndim = len(image.shape)
    if axes is None and is_named(image):
        axes = "".join(str(d) if len(str(d)) == 1 else "?" for d in image.dims)
    elif axes is None and ndim in (2, 3):
        axes = "zyx"[-ndim:]
    fits = axes is not None and len(axes) == ndim == len(set(axes))
    if not fits or not set(axes or "") <= set(AXES) or not {"y", "x"} <= set(axes or ""):
        raise ValueError(
            f"axes is {axes!r} for an image of shape {tuple(image.shape)}: name each axis by one "
            f"letter of {AXES!r}, y and x among them, such as 'tzyx' (OME-Zarr knows "
            "images of 2 to 5 axes)"
        )
    assert axes is not None
    return axes


def _arranged(
    images: list[Any], axes: str | None, scale: Any, translate: Any, units: Any
) -> tuple[Axes, list[da.Array]]:
    """The images as dask arrays with their axes in OME-Zarr's order, and those axes."""
    if not images:
        raise ValueError("image is an empty list: give at least one level")
    names, order = _axis_names(images[0], axes), _order(images[0], axes)
    arrays = [da.transpose(checked_lazily(level), order) for level in images]
    if len({a.ndim for a in arrays}) > 1 or len({a.dtype for a in arrays}) > 1:
        raise ValueError("the levels differ in dtype or number of axes: they are not one image")
    if units is None or isinstance(units, str):
        units = [units if name in "zyx" else None for name in names]
    given = {"scale": scale or [1.0] * len(names), "units": units}
    given["translate"] = translate or [0.0] * len(names)
    for name, values in given.items():
        if len(values) != len(names):
            raise ValueError(f"{name} has {len(values)} entries, but the image {len(names)} axes")
    arranged = {name: tuple(values[a] for a in order) for name, values in given.items()}
    return Axes("".join(names[a] for a in order), **arranged), arrays


def _block(image: da.Array, chunks: Sequence[int] | None) -> Shape:
    own = image.chunksize if chunks is None else tuple(chunks)
    most = CHUNK_BYTES if chunks is None else np.inf
    if len(own) != image.ndim or min(own) < 1:
        raise ValueError(f"chunks is {own}: give a length of at least 1 for each axis")
    return block_shape(own, image.shape, image.dtype.itemsize, most)


def _levels(
    arrays: list[da.Array], axes: Axes, block: Shape, levels: int | None
) -> tuple[list[Shape], list[Shape] | None]:
    """The shapes of the levels, and the factors between those that are made here."""
    if len(arrays) > 1:
        return [a.shape for a in arrays], None
    if levels is not None and levels < 1:
        raise ValueError(f"levels is {levels}: the image itself is the first level")
    shapes = level_shapes(arrays[0].shape, axes, block, levels)
    return shapes, [pyramid_factors(a, b) for a, b in pairwise(shapes)]


def _prepare(
    path: Path,
    job: dict[str, Any],
    dtype: np.dtype[Any],
    names: str,
    compressor: Any,
) -> None:
    """Write what is missing of the group, which says that it is incomplete, and of its arrays.

    Zarr makes them in memory: on a disk it may still be writing after it has raised an error.
    """
    files: dict[str, Any] = {}
    store = zarr.storage.MemoryStore(files)
    group = zarr.create_group(store, attributes={KEY: {"incomplete": job}})
    for level, shape in enumerate(job["shapes"]):
        group.create_array(
            str(level), shape=tuple(shape), chunks=tuple(job["chunks"]),
            dtype=dtype.newbyteorder("="), compressors=compressor or COMPRESSOR,
            dimension_names=list(names),
        )  # fmt: skip
    for name in sorted(files, key=lambda name: name.count("/")):  # the group comes first
        write_missing(path / name, files[name].to_bytes())
