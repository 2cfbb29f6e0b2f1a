"""CLAHE: contrast-limited adaptive histogram equalization, in any number of dimensions."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from napari_histeq.core.methods import Method, Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

#: Bins of a tile's histogram, unless there are fewer levels.
NBINS = 256
#: OpenCV's clipLimit is a multiple of the mean count: at this many levels it is 1.
CLIPS_NOTHING = 256.0


@dataclass(frozen=True, slots=True)
class Clahe(Method):
    """Contrast-limited adaptive histogram equalization [1]_ [2]_.

    The image is laid out in tiles. The histogram of each is clipped and equalized to a
    curve, and every pixel goes through the mix of the curves of the tiles around it, in
    proportion to its distance from their centers (multilinear, along all axes).

    A tile's curve rises from the least to the greatest intensity that counts in the whole
    image, ``lo`` to ``hi``, through `nbins` knots that are evenly spaced between them. With
    ``h`` the clipped counts at the knots and ``C`` their cumulative sum,
    ``(C - h / 2 - h0 / 2) / (N - h0 / 2 - hn / 2)``: half of a knot's pixels are below it,
    `lo` and `hi` keep their places, and between knots the curve is linear, so that no
    level of a 16-bit or float image is lost.

    Parameters
    ----------
    kernel_size : int or tuple of int, optional
        Pixels of a tile, for all axes or one number for each. By default an eighth of each
        axis, but no less than 8 pixels of it. The tiles are centered on the image, so that
        those at the borders stick out equally. Along an axis with a kernel of 1, every layer
        is equalized on its own.
    clip_limit : float
        The fraction of a tile's pixels that one bin may hold; what is above is shared
        out among all bins, so that none has more. It limits the contrast to
        ``clip_limit * nbins`` times that of the image: 0.01 to 2.56 times. 1 clips nothing;
        below ``1 / nbins`` all bins are equal, and the image keeps its contrast.
    nbins : int, optional
        Bins of a tile's histogram, 2 to 65536; by default 256. If an image has fewer levels
        (evenly spaced ones, floats too), each has its bin, and may hold as many more pixels
        as it is wider.
    target : {"uniform", "rayleigh", "exponential"}
        The histogram that tiles are given. With ``S`` the curve above, `alpha` ``a``, Rayleigh
        is ``sqrt(-2 a^2 ln(1 - S (1 - exp(-1 / (2 a^2)))))`` and exponential
        ``-ln(1 - S (1 - exp(-a))) / a``.
    alpha : float
        Width of the Rayleigh or exponential target.
    convention : {"centered", "opencv"}
        ``"opencv"`` gives the bits of OpenCV's CLAHE, for 8 and 16-bit planes: see `opencv`.
    tile_grid_size : (int, int), optional
        Tiles per row and per column; for the OpenCV convention only, by default (8, 8).

    See Also
    --------
    clip_limit_from : What other programs call their clip limit, as ours.

    References
    ----------
    .. [1] S. M. Pizer et al., "Adaptive histogram equalization and its variations", Computer
       Vision, Graphics, and Image Processing 39(3), 1987.
    .. [2] K. Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems
       IV, 1994.
    """

    name: ClassVar[str] = "clahe"
    summary: ClassVar[str] = "Adapts locally: for images with both bright and dark areas."

    kernel_size: Annotated[
        int | tuple[int, ...] | None,
        Option(
            "Tile size in pixels along each axis; automatic: an eighth of the image",
            label="Tile size",
            ge=1,
        ),
    ] = None
    clip_limit: Annotated[
        float,
        Option("Largest fraction of a tile's pixels in one bin; 1 clips nothing", ge=0),
    ] = 0.01
    nbins: Annotated[
        int | None,
        Option(
            "Bins of a tile's histogram; automatic: 256",
            label="Bins",
            ge=2,
            le=65536,
            advanced=True,
        ),
    ] = None
    target: Annotated[
        Literal["uniform", "rayleigh", "exponential"],
        Option("Shape of the histogram that each tile is given", advanced=True),
    ] = "uniform"
    alpha: Annotated[
        float,
        Option("Width of the Rayleigh or exponential target", gt=0, le=10, advanced=True),
    ] = 0.4
    convention: Annotated[
        Literal["centered", "opencv"],
        Option("Centered tiles, or exactly the same result as OpenCV", advanced=True),
    ] = "centered"
    tile_grid_size: Annotated[
        tuple[int, int] | None,
        Option("For the OpenCV convention: tiles per row and per column", ge=1, advanced=True),
    ] = None

    @classmethod
    def opencv(cls, clip_limit: float = 40.0, tile_grid_size: tuple[int, int] = (8, 8)) -> Clahe:
        """The very bits of ``cv2.createCLAHE(clip_limit, tile_grid_size).apply(image)``.

        For uint8 and uint16, in 2-D or plane by plane (``axes=(-2, -1)``). Where it differs
        from ours: an image that the grid does not divide is padded by reflection on the
        right and below; what is clipped is shared out once, so that bins may end above the
        limit; the curves are rounded to levels before they are mixed, half a pixel late; and
        the range is that of the dtype, so that a constant image does not stay as it is.

        Parameters
        ----------
        clip_limit : float
            OpenCV's: a multiple of the mean count of a bin; 0 or less clips nothing.
        tile_grid_size : (int, int)
            Tiles per row and per column, in OpenCV's order.

        Returns
        -------
        Clahe
            ``clip_limit / 256`` is its clip limit in our terms.
        """
        limit = clip_limit / NBINS if clip_limit > 0 else CLIPS_NOTHING
        return cls(clip_limit=limit, convention="opencv", tile_grid_size=tile_grid_size)

    def __post_init__(self) -> None:
        Method.__post_init__(self)
        for name in ("kernel_size", "tile_grid_size"):
            object.__setattr__(self, name, _sizes(name, getattr(self, name)))
        grid: Any = self.tile_grid_size
        if grid is not None and (isinstance(grid, int) or len(grid) != 2):
            raise ValueError(
                f"Clahe: tile_grid_size={grid} needs two numbers: tiles per row and per column, "
                "say (8, 8)"
            )
        _check_nbins(self.nbins)
        _check_convention(self)


def _sizes(name: str, value: Any) -> int | tuple[int, ...] | None:
    """Whole numbers of at least 1, from a number or a sequence."""
    if value is None:
        return None
    try:
        if hasattr(value, "__index__") and not isinstance(value, bool):
            sizes: int | tuple[int, ...] = operator.index(value)
        else:
            sizes = tuple(operator.index(size) for size in value)
    except TypeError:
        raise TypeError(
            f"Clahe: {name}={value!r} is not a number of pixels: give an integer, or one per axis"
        ) from None
    if sizes == () or min(sizes if isinstance(sizes, tuple) else (sizes,)) < 1:
        raise ValueError(f"Clahe: {name}={value!r} is out of range: each number must be >= 1")
    return sizes


def _check_nbins(value: Any) -> None:
    if value is None:
        return
    if not hasattr(value, "__index__") or isinstance(value, bool):
        raise TypeError(f"Clahe: nbins={value!r} is not an integer")
    if not 2 <= value <= 65536:
        raise ValueError(
            f"Clahe: nbins={value} is out of range: it must be >= 2 and <= 65536 (16 bit has no "
            "more levels); curves are linear between bins, so 256 lose none"
        )


def _check_convention(method: Clahe) -> None:
    if method.convention == "centered":
        if method.tile_grid_size is not None:
            raise ValueError(
                f"Clahe: tile_grid_size={method.tile_grid_size} is for convention='opencv': give "
                "kernel_size, the pixels of a tile, instead"
            )
        return
    plain = Clahe()
    for name in ("kernel_size", "nbins", "target"):
        if getattr(method, name) != getattr(plain, name):
            raise ValueError(
                f"Clahe: {name}={getattr(method, name)!r} does not go with convention='opencv', "
                "which has its own: leave it out, or choose convention='centered'"
            )


def clip_limit_from(
    *,
    opencv: float | None = None,
    fiji: float | None = None,
    matlab: float | None = None,
    nbins: int = NBINS,
) -> float:
    """The `clip_limit` of `Clahe` that limits the contrast as another program does.

    Parameters
    ----------
    opencv : float
        OpenCV's ``clipLimit``, a multiple of the mean count of a bin: ``opencv / nbins``. It
        clips nothing at 0, and so do we at 1.
    fiji : float
        Fiji's maximum slope, which is the same: ``fiji / nbins``.
    matlab : float
        The ``ClipLimit`` of MATLAB's ``adapthisteq``, 0 to 1. It is counted from the mean
        count, where contrast stays as it is: ``1 / nbins + matlab * (1 - 1 / nbins)``.
    nbins : int
        Bins of a tile's histogram, ours and theirs.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If not exactly one of the three is given, or if it is negative.

    Examples
    --------
    >>> clip_limit_from(fiji=3)
    0.01171875
    >>> clip_limit_from(opencv=2, nbins=256)
    0.0078125
    """
    given = {"opencv": opencv, "fiji": fiji, "matlab": matlab}
    known = {name: value for name, value in given.items() if value is not None}
    if len(known) != 1 or min(known.values()) < 0:
        raise ValueError(
            f"clip limits {known or None}: give exactly one of opencv, fiji and matlab, not negative"
        )
    if matlab is not None:
        return 1 / nbins + matlab * (1 - 1 / nbins)
    if opencv == 0:
        return 1.0
    return sum(known.values()) / nbins


def gain_map(
    image: ArrayLike,
    method: Clahe = Clahe(),
    *,
    mask: ArrayLike | None = None,
    axes: int | Sequence[int] | None = None,
    out_range: str | tuple[float, float] = "auto",
    strength: float = 1.0,
) -> NDArray[np.float32]:
    """How much CLAHE amplifies the contrast at each pixel: where it blows up the noise.

    Parameters
    ----------
    image : (...) array of a real dtype
        What is equalized.
    method : Clahe
        How it is.
    mask, axes, out_range, strength
        As in `equalize`.

    Returns
    -------
    (...) array of float32
        The slope of the mixed curve at each pixel, output intensity per input intensity: 1
        where contrast stays as it is. NaN where the image is not finite. The slope of
        OpenCV's curves, which are rounded to levels, is that over the two next levels.
    """
    from napari_histeq.core.arrays import (
        Plane,
        check_strength,
        checked_axes,
        checked_image,
        checked_mask,
        checked_out_range,
        for_each_plane,
        outer_axes,
        planes_of,
    )
    from napari_histeq.core.clahe.planes import check_tiles, gain_plane, without_thin_axes

    if not isinstance(method, Clahe):
        raise TypeError(f"method is {method!r}: only CLAHE has a gain map, say Clahe()")
    array = checked_image(image)
    shared = checked_axes(axes, array.ndim)
    out_range = checked_out_range(out_range, array.dtype)
    check_strength(strength)
    counted = checked_mask(mask, array.shape)
    spanned = tuple(array.shape[axis] for axis in shared)
    check_tiles(method, spanned, array.dtype, counted is not None, out_range)
    out = np.ones(array.shape, np.float32)
    if array.dtype.kind != "b":
        method, shared = without_thin_axes(method, shared, array.shape)
        outer = outer_axes(array.ndim, shared)
        planes = planes_of(Plane(array, counted, out), outer, shared)
        for_each_plane(lambda plane: gain_plane(plane, method, out_range, strength), planes)
    return out
