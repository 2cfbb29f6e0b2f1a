"""CLAHE: contrast-limited adaptive histogram equalization, in any number of dimensions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from napari_histeq.core.clahe.curves import NBINS, Rule
from napari_histeq.core.clahe.extent import extent_of
from napari_histeq.core.clahe.fitting import (
    TileMapping,
    check_size,
    curves_of,
    nothing_to_do,
)
from napari_histeq.core.clahe.mixing import Limits
from napari_histeq.core.clahe.opencv_method import OpenCvClahe
from napari_histeq.core.clahe.sizes import checked_sizes
from napari_histeq.core.clahe.tiles import TileGrid, resolve_kernel
from napari_histeq.core.methods import Fit, Method, Option
from napari_histeq.core.transfer import TransferFunction

if TYPE_CHECKING:
    import collections.abc as cabc

    import numpy as np

    from napari_histeq.core.arrays import Source
    from napari_histeq.core.recipe import Recipe

    Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Clahe(Method):
    """Contrast-limited adaptive histogram equalization [1]_ [2]_.

    The image is laid out in tiles. The histogram of each is clipped and equalized to a
    curve, and every pixel goes through the mix of the curves of the tiles around it, in
    proportion to its distance from their centers (multilinear, along all axes).

    A tile's curve rises from the least to the greatest intensity that counts in the whole
    image (but for outliers: see `ends`), ``lo`` to ``hi``, through `nbins` knots that are evenly spaced between them. With
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
    ends : {"robust", "extremes"}
        Where the knots end. "robust" leaves out outliers: at either end up to 1 of 10,000
        pixels (of 1,000 pixels or more at least one) that lie further from the others than half
        of the span of these; they get the curve's end values. A picture of up to 256 even levels
        keeps all of them. "extremes" leaves out nothing: one hot pixel stretches all bins.

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
    title: ClassVar[str] = "CLAHE"
    group: ClassVar[str] = "adaptive"
    has_gain: ClassVar[bool] = True
    suggests: ClassVar[bool] = True
    tiles_have_a_size: ClassVar[bool] = True
    former: ClassVar[tuple[str, ...]] = ("convention", "tile_grid_size")
    in_early_records: ClassVar[MappingProxyType[str, Any]] = MappingProxyType({"ends": "extremes"})
    summary: ClassVar[str] = "Adapts locally: for images with both bright and dark areas."
    cost: ClassVar[str] = (
        "one pass to count the tiles and one to map, for any size. Noise is amplified in even "
        "areas, up to the clip limit"
    )

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
        Option(
            "Width of the Rayleigh or exponential target",
            gt=0,
            le=10,
            advanced=True,
            used_if=("target", ("rayleigh", "exponential")),
        ),
    ] = 0.4
    ends: Annotated[
        Literal["robust", "extremes"],
        Option(
            "Where the bins end: robust leaves out a few far outliers, such as hot pixels",
            label="Bins end at",
            advanced=True,
        ),
    ] = "robust"

    @classmethod
    def opencv(
        cls, clip_limit: float = 40.0, tile_grid_size: tuple[int, int] = (8, 8)
    ) -> OpenCvClahe:
        """The very bits of ``cv2.createCLAHE(clip_limit, tile_grid_size).apply(image)``.

        See `OpenCvClahe`, whose limits are OpenCV's.
        """
        return OpenCvClahe(max(clip_limit, 0.0), tile_grid_size)

    @classmethod
    def from_options(cls, options: cabc.Mapping[str, Any]) -> Method:
        """From a record, an early one too: there OpenCV's was a convention of this one."""
        known = dict(options)
        convention, grid = known.pop("convention", "centered"), known.pop("tile_grid_size", None)
        if convention != "opencv":
            return cls(**known)
        limit = known.get("clip_limit", 0.01) * NBINS
        return OpenCvClahe(limit, (8, 8) if grid is None else grid)

    def __post_init__(self) -> None:
        Method.__post_init__(self)
        object.__setattr__(
            self, "kernel_size", checked_sizes("Clahe", "kernel_size", self.kernel_size)
        )
        _check_nbins(self.nbins)

    @property
    def rule(self) -> Rule:
        """How counts become curves."""
        return Rule(self.clip_limit, self.nbins or NBINS, self.target, self.alpha)

    def check(self, shape: Shape, dtype: np.dtype[Any], masked: bool, out_range: Any) -> None:
        """See `Method`: the tiles must fit the image, and their curves memory."""
        kernel = resolve_kernel(self.kernel_size, shape)
        check_size(TileGrid(shape, kernel).tiles, self.nbins or NBINS, 4)

    def at_level(self, finest: Shape, counted: Shape) -> Clahe:
        """See `Method`. Tiles one pixel thick stay so, and others stay thicker."""
        if finest == counted:
            return self
        sides = zip(resolve_kernel(self.kernel_size, finest), finest, counted, strict=True)
        scaled = tuple(min(max(round(k * c / f), min(k, 2)), c) for k, f, c in sides)
        return replace(self, kernel_size=scaled)

    def laid_out(self, axes: Shape, grid: Shape) -> tuple[Clahe, Shape]:
        """See `Method`: without the axes along which tiles are one pixel thick.

        No tiles are mixed along them: layers lie there.
        """
        kernel = resolve_kernel(self.kernel_size, tuple(grid[axis] for axis in axes))
        sides = zip(axes, kernel, strict=True)
        thick = [(axis, k) for axis, k in sides if k > 1] or [(axes[-1], 1)]
        kept, kernel = zip(*thick, strict=True)
        return replace(self, kernel_size=kernel), kept

    def resolved(self, shape: Shape) -> Clahe:
        """See `Method`: with the tile size in pixels."""
        return replace(self, kernel_size=resolve_kernel(self.kernel_size, shape))

    def within(self, shape: tuple[int, ...]) -> Clahe:
        """See `Method`."""
        kernel = resolve_kernel(None, shape) if self.kernel_size is None else self.kernel_size
        sizes = (kernel,) * len(shape) if isinstance(kernel, int) else kernel
        held = tuple(min(own, most) for own, most in zip(sizes, shape, strict=True))
        return replace(self, kernel_size=held)

    def reordered(self, order: Shape) -> Clahe:
        """See `Method`."""
        kernel: Any = self.kernel_size
        if not isinstance(kernel, tuple):
            return self
        return replace(self, kernel_size=tuple(kernel[axis] for axis in order))

    def fit(self, source: Source, recipe: Recipe) -> Fit:
        """See `Method`: range, tiles, curves."""
        data = extent_of(source, self.rule.nbins)
        kernel = resolve_kernel(self.kernel_size, source.shape)
        if data is None or nothing_to_do(data, kernel, recipe.strength):
            return Fit(TransferFunction.identity(0, 0), data)
        curves = curves_of(source, kernel, data, self.rule, self.ends == "robust")
        limits = Limits(*recipe.limits(source.dtype, data), recipe.strength)
        return Fit(TileMapping(curves, limits), data)

    def fit_gain(self, source: Source, recipe: Recipe) -> TileMapping | None:
        """See `Method`."""
        mapping, data = self.fit(source, recipe)
        if data is None or not isinstance(mapping, TileMapping):
            return None
        return mapping.gain(source.dtype)


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
        Bins of a tile's histogram, ours and theirs; by default 256.

    Returns
    -------
    float
        For `Clahe`.

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
