"""OpenCvClahe: CLAHE with the very bits of OpenCV."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np

from napari_histeq.core.clahe.extent import extent_of
from napari_histeq.core.clahe.fitting import check_size
from napari_histeq.core.clahe.opencv import (
    OpenCvCurves,
    OpenCvGrid,
    bands,
    count_row_of_opencv_tiles,
    opencv_curves_into,
    opencv_interpolate,
)
from napari_histeq.core.clahe.sizes import checked_sizes
from napari_histeq.core.methods import Fit, Method, Option
from napari_histeq.core.threads import for_each
from napari_histeq.core.transfer import TransferFunction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Source
    from napari_histeq.core.recipe import Recipe

    Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OpenCvClahe(Method):
    """OpenCV's CLAHE: the bits of ``cv2.createCLAHE(clip_limit, tile_grid_size).apply(image)``.

    For uint8 and uint16, in 2-D or plane by plane (``axes=(-2, -1)``). Where it differs from
    `Clahe`: an image that the grid does not divide is padded by reflection on the right and
    below; what is clipped is shared out once, so that bins may end above the limit; the curves
    are rounded to levels before they are mixed, half a pixel late; and the range is that of
    the dtype, so that a constant image does not stay as it is.

    Parameters
    ----------
    clip_limit : float
        OpenCV's: a multiple of the mean count of a bin; 0 clips nothing. ``clip_limit / 256``
        is the limit in the terms of `Clahe`.
    tile_grid_size : (int, int)
        Tiles per row and per column, in OpenCV's order.

    References
    ----------
    .. [1] K. Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems
       IV, 1994.
    """

    name: ClassVar[str] = "opencv_clahe"
    title: ClassVar[str] = "CLAHE as OpenCV"
    group: ClassVar[str] = "adaptive"
    summary: ClassVar[str] = "Adapts locally, to the bit as OpenCV does: 8 and 16-bit planes."
    cost: ClassVar[str] = "as Clahe; no mask, and 8 and 16-bit planes only"
    has_gain: ClassVar[bool] = True
    tiles_have_a_size: ClassVar[bool] = False  # they are so many, whatever the image

    clip_limit: Annotated[
        float,
        Option("Most pixels in one bin, as a multiple of the mean; 0 is off: no limit", ge=0),
    ] = 40.0
    tile_grid_size: Annotated[
        tuple[int, int],
        Option("Tiles per row and per column", ge=1),
    ] = (8, 8)

    def __post_init__(self) -> None:
        Method.__post_init__(self)
        grid: Any = checked_sizes("OpenCvClahe", "tile_grid_size", self.tile_grid_size)
        if not isinstance(grid, tuple) or len(grid) != 2:
            raise ValueError(
                f"OpenCvClahe: tile_grid_size={grid} needs two numbers: tiles per row and per "
                "column, say (8, 8)"
            )
        object.__setattr__(self, "tile_grid_size", grid)

    def check(self, shape: Shape, dtype: np.dtype[Any], masked: bool, out_range: Any) -> None:
        """See `Method`: 8 and 16-bit planes, without a mask, in the whole range."""
        if dtype.kind != "u" or dtype.itemsize > 2:
            raise TypeError(
                f"image has dtype {dtype}: OpenCV's CLAHE knows uint8 and uint16 only; convert "
                "it, or use Clahe()"
            )
        if len(shape) != 2:
            raise ValueError(
                f"OpenCV's CLAHE is for planes, not for shape {shape}: give axes=(-2, -1) to "
                "equalize each plane on its own, or use Clahe()"
            )
        if masked or out_range not in ("auto", "dtype"):
            wrong = "a mask" if masked else f"out_range={out_range!r}"
            raise ValueError(f"OpenCV's CLAHE does not know {wrong}: leave it out, or use Clahe()")
        check_size(self.tile_grid_size, 1 << 8 * dtype.itemsize, dtype.itemsize)

    def grid(self, shape: Shape) -> OpenCvGrid:
        """The tiles of a plane."""
        columns, rows = self.tile_grid_size
        return OpenCvGrid(shape, (rows, columns))

    def reordered(self, order: Shape) -> OpenCvClahe:
        """See `Method`: rows and columns are not alike."""
        columns, rows = self.tile_grid_size
        return self if order == (0, 1) else OpenCvClahe(self.clip_limit, (rows, columns))

    def fit(self, source: Source, recipe: Recipe) -> Fit:
        """See `Method`: all of a plane's pixels are counted, in tiles."""
        colors = recipe.channel_axis is not None
        data: Any = extent_of(source, 2) if colors else (0, np.iinfo(source.dtype).max)
        if data is None or recipe.strength == 0:
            return Fit(TransferFunction.identity(0, 0), data)
        return Fit(OpenCvMapping(self._curves(source), recipe.strength), data)

    def fit_gain(self, source: Source, recipe: Recipe) -> OpenCvGain:
        """See `Method`."""
        return OpenCvGain(self._curves(source), recipe.strength)

    def _curves(self, source: Source) -> OpenCvCurves:
        grid, levels = self.grid(source.shape), 1 << 8 * source.dtype.itemsize
        if not source.is_at_hand:
            empty = partial(_zeros, (*grid.tiles, levels))
            return self.curves(source.sweep(empty, partial(_count_block, grid)), grid, source.dtype)
        (rows, columns), (block, _) = grid.tiles, source.read((slice(None),) * 2)
        tables = np.empty((rows, columns, levels), source.dtype)

        def count(row: int) -> None:
            counts = np.zeros((columns, levels), np.uint32)
            count_row_of_opencv_tiles(block, (0, 0), grid, counts, row)
            opencv_curves_into(tables[row], counts, grid, self.clip_limit)

        for_each(count, range(rows))
        return OpenCvCurves(grid, tables)

    def curves(
        self, counts: NDArray[np.uint32], grid: OpenCvGrid, dtype: np.dtype[Any]
    ) -> OpenCvCurves:
        """The curves of tiles from their counts."""
        tables = np.empty(counts.shape, dtype.newbyteorder("="))
        opencv_curves_into(tables, counts, grid, self.clip_limit)
        return OpenCvCurves(grid, tables)


def _zeros(shape: Shape) -> NDArray[np.uint32]:
    return np.zeros(shape, np.uint32)


def _count_block(
    grid: OpenCvGrid, tally: NDArray[np.uint32], block: NDArray[Any], _: Any, offset: Shape
) -> None:
    for row in range(grid.tiles[0]):
        count_row_of_opencv_tiles(block, offset, grid, tally[row], row)


@dataclass(frozen=True, slots=True, eq=False)
class OpenCvMapping:
    """The tables of all tiles, and the strength: a `Mapping`."""

    curves: OpenCvCurves
    strength: float

    is_identity: ClassVar[bool] = False

    def map_into(
        self, block: NDArray[Any], out: NDArray[Any], offset: Shape = (), shape: Shape = ()
    ) -> None:
        """See `Mapping`."""
        top, left = offset or (0, 0)
        curves = self.curves.seen_at(shape) if shape else self.curves

        def mix(rows: slice) -> None:
            inside = slice(rows.start - top, rows.stop - top)
            opencv_interpolate(
                block[inside], (rows.start, left), curves, self.strength, out[inside]
            )

        for_each(mix, bands(curves.grid, top, top + len(block)))


@dataclass(frozen=True, slots=True, eq=False)
class OpenCvGain:
    """The local gain, by differences: the curves have no slopes, only steps. A `Mapping`."""

    curves: OpenCvCurves
    strength: float

    is_identity: ClassVar[bool] = False

    def map_into(
        self, block: NDArray[Any], out: NDArray[Any], offset: Shape = (), shape: Shape = ()
    ) -> None:
        """See `Mapping`; `out` is of float32."""
        least, most = 0, np.iinfo(block.dtype).max
        values = block.astype(np.int64)
        ends = np.maximum(values - 1, least), np.minimum(values + 1, most)
        mixed = []
        for end in ends:
            mixed.append(np.empty(block.shape, block.dtype.newbyteorder("=")))
            given = end.astype(mixed[-1].dtype)
            OpenCvMapping(self.curves, 1.0).map_into(given, mixed[-1], offset, shape)
        rise = mixed[1].astype(np.float32) - mixed[0]
        out[...] = self.strength * rise / (ends[1] - ends[0]) + (1 - self.strength)
