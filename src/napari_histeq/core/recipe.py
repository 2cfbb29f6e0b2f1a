"""Recipe: how to equalize, checked once and carried whole."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, cast

from napari_histeq.core.arrays import (
    OutRange,
    check_besides_channels,
    check_option_names,
    check_strength,
    checked_axes,
    checked_channel_axis,
    checked_out_range,
    dtype_limits,
    outer_axes,
    output_limits,
)
from napari_histeq.core.each import check_each
from napari_histeq.core.inside import Feather, check_has_mask, check_inside
from napari_histeq.core.methods import (
    METHODS,
    Global,
    Method,
    Neighbors,
    check_saturated,
    check_smooth,
    clips,
    options_of,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_histeq.core.histogram import Histogram
    from napari_histeq.core.transfer import TransferFunction

    Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to equalize: all that `equalize` is asked beside the image and the mask.

    Each field is a keyword of `equalize`; of its type and default the record and the script are
    made. A field that is added is checked in `checked`.

    Attributes
    ----------
    method : Method
    axes : tuple of int, or None
    channel_axis : int or None
    out_range : str or (float, float)
    strength : float
    inside : bool
    feather : int
    smooth : int or None
    saturated : float or None
    each_label : bool
        As `equalize` takes them.
    """

    method: Method = Global()  # noqa: RUF009  (frozen)
    axes: tuple[int, ...] | None = None
    channel_axis: int | None = None
    out_range: OutRange = "auto"
    strength: float = 1.0
    inside: bool = False
    feather: int = 0
    smooth: int | None = None
    saturated: float | None = None
    each_label: bool = False

    @property
    def one_curve(self) -> bool:
        """Whether a single transfer function does it, to all pixels."""
        alone = self.method.neighbors is None and self.method.references is None
        apart = self.axes is not None or self.inside or self.each_label
        return self.method.is_single_curve and alone and not apart

    def curve(self, histogram: Histogram) -> TransferFunction:
        """The curve of a histogram, by a method that is a single one."""
        self.neighbors(stacked=False)
        return self.method.transfer_function(histogram, self.checked(histogram.levels.dtype))

    def at_plane(self, place: tuple[int, ...], lengths: tuple[int, ...]) -> Recipe:
        """The recipe for one plane of a stack of some lengths: with the plane's own reference."""
        given = self.method.references
        if given is None:
            return self
        return replace(self, method=self.method.matched_to(given.fitted(lengths)[place]))

    def as_dict(self) -> dict[str, Any]:
        """All fields, for a record: the method as its `as_dict`."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return plain | {"method": self.method.as_dict()}

    def keywords(self) -> dict[str, Any]:
        """What `equalize` is to be told beside the method: all that is not its default."""
        told = {f.name: (getattr(self, f.name), f.default) for f in fields(self)[1:]}
        return {name: value for name, (value, default) in told.items() if value != default}

    def limits(self, dtype: np.dtype[Any], data: tuple[Any, ...]) -> tuple[Any, Any]:
        """The range of the output, whole numbers for integers.

        `data` is the least and the greatest intensity that counts. Float colors within 0 to 1,
        as is the custom, may use all of that.
        """
        own = self.method.own_range if self.out_range == "auto" else None
        if own is not None:
            least, most = dtype_limits(dtype)
            return output_limits(tuple(min(max(v, least), most) for v in own), dtype, data)
        if self.channel_axis is not None and self.out_range == "auto" and dtype.kind == "f":
            within = data[0] >= 0 and data[1] <= 1
            return (0.0, 1.0) if within else output_limits("image", dtype, data)
        return output_limits(self.out_range, dtype, data)

    def is_by_image(self, dtype: np.dtype[Any]) -> bool:
        """Whether the range of the output depends on the image, not on its dtype alone."""
        by_itself = self.out_range == "auto" and self.method.own_range is None
        return self.out_range == "image" or (by_itself and dtype.kind in "if")

    def check(self) -> None:
        """Refuse what does not fit together, whatever the image is."""
        check_strength(self.strength)
        check_each(self.each_label, self)
        check_inside(self.inside or bool(self.each_label), self.feather)
        check_smooth(self.smooth)
        check_saturated(self.saturated, self.method)

    def checked(self, dtype: np.dtype[Any]) -> Recipe:
        """The same for an image of `dtype`, or an error."""
        self.check()
        out_range = checked_out_range(self.out_range, dtype)
        return self if out_range is self.out_range else replace(self, out_range=out_range)

    def plan(
        self, shape: Shape, dtype: np.dtype[Any], masked: bool, finest: Shape | None = None
    ) -> Plan:
        """What to do with an image, or an error before any work.

        Parameters
        ----------
        shape, dtype
            Of the image that is counted.
        masked : bool
            Whether there is a mask.
        finest : tuple of int, optional
            Shape of the finest level of its pyramid, which the method's pixels are those of.
        """
        channels = checked_channel_axis(self.channel_axis, shape)
        axes = checked_axes(self.axes, len(shape))
        if channels is not None:
            axes = tuple(a - (a > channels) for a in axes if a != channels)
            check_besides_channels(axes, self.axes)
        recipe, feather = self.checked(dtype), None
        if self.inside:
            check_has_mask(masked)
            feather = Feather(int(self.feather), axes)
        grid = _without(channels, shape)
        counted = seen = tuple(map(grid.__getitem__, axes))
        if finest is not None:
            seen = tuple(map(_without(channels, finest).__getitem__, axes))
        recipe.method.check(seen, dtype, masked, recipe.out_range)
        method, axes = recipe.method.at_level(seen, counted).laid_out(axes, grid)
        recipe = replace(recipe, method=method, axes=axes)
        outer = outer_axes(len(grid), axes)
        among = recipe.neighbors(stacked=bool(outer))
        given = recipe.method.references
        matched = None if given is None else given.fitted(tuple(grid[a] for a in outer))
        return Plan(recipe, outer, axes, channels is not None, feather, among, matched)

    def neighbors(self, *, stacked: bool) -> Neighbors | None:
        """Which other planes each plane of a stack has to know, if any; or an error."""
        own, name = self.method.neighbors, type(self.method).__name__
        if self.method.references is not None:
            self._check_references(stacked=stacked)
        if self.smooth is None:
            if own is not None and not stacked:
                raise ValueError(
                    f"{name}({own.kind!r}) matches each plane of a stack to others, but the whole "
                    "image is one plane here: pass the axes of a plane, say axes=(-2, -1)"
                )
            return own
        if not self.method.is_single_curve:
            raise ValueError(
                f"smooth={self.smooth} averages the curves of neighboring planes, and {name} is "
                "no single curve: leave smooth out"
            )
        if not stacked:
            raise ValueError(
                f"smooth={self.smooth} averages over neighboring planes, but the whole image is "
                "one plane here: pass the axes of a plane, say axes=(-2, -1)"
            )
        if own is not None:
            raise ValueError(
                f"smooth={self.smooth} and {name}({own.kind!r}) both look at other planes: leave "
                "smooth out"
            )
        return Neighbors("neighbors", int(self.smooth))

    def _check_references(self, *, stacked: bool) -> None:
        """Refuse what does not go with a reference for each plane."""
        if not stacked:
            raise ValueError(
                f"{type(self.method).__name__} has a reference for each plane of a stack, but the "
                "whole image is one plane here: pass the axes of a plane, say axes=(-2, -1), or "
                "match to one histogram: Match(reference)"
            )
        if self.smooth is not None:
            raise ValueError(
                f"smooth={self.smooth} averages neighboring planes, but each is matched to a "
                "reference of its own: leave smooth out"
            )


@dataclass(frozen=True, slots=True)
class Plan:
    """A recipe for one image, whose channels (if it has any) are its last axis.

    `axes` are those of each plane, `outer` those along which the planes are stacked. With a
    `feather` only the pixels of the mask are changed; with `neighbors` the planes have to know
    of others; `references` are the histograms, one for each plane, that they are matched to.
    """

    recipe: Recipe
    outer: tuple[int, ...]
    axes: tuple[int, ...]
    channels: bool
    feather: Feather | None = None
    neighbors: Neighbors | None = None
    references: NDArray[Any] | None = None

    def matched_to(self, reference: Histogram) -> Plan:
        """The plan for one plane, with its reference."""
        method = self.recipe.method.matched_to(reference)
        return replace(self, recipe=replace(self.recipe, method=method), references=None)


def _without(axis: int | None, shape: Shape) -> Shape:
    return shape if axis is None else shape[:axis] + shape[axis + 1 :]


def recipe_of(method: Method | str, options: dict[str, Any], **how: Any) -> Recipe:
    """The recipe of the arguments of `equalize`: of a method or the name of one, and the rest."""
    wanted = how.get("saturated")
    if isinstance(method, str) and wanted is not None and clips(METHODS.get(method)):
        options, how = options | {"saturated": wanted}, how | {"saturated": None}
    return Recipe(_resolved(method, options), **how)


def _resolved(method: Method | str, options: dict[str, Any]) -> Method:
    """The method itself, given one or a name and options."""
    if isinstance(method, str):
        if method not in METHODS:
            raise ValueError(f"method {method!r} is unknown: use one of {sorted(METHODS)}")
        kind: Any = METHODS[method]
        known = [*(field.name for field in options_of(kind)), *kind.former]
        check_option_names(options, known, method)
        return cast("Method", kind.from_options(options))
    if not isinstance(method, Method):
        raise TypeError(f"method is {method!r}: use a method such as Global(), or its name")
    if options:
        raise TypeError(
            f"{sorted(options)} cannot be set beside a method object: "
            f"set them in {type(method).__name__}(...)"
        )
    return method
