"""Method: what all methods have in common.

Its options are data (`options`), checked in one place. Fitted to pixels, a method is a
`Mapping`. Every class that has a name is in `METHODS`.
"""

from __future__ import annotations

from abc import abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from napari_histeq.core.methods.options import check_option, either, options_of

if TYPE_CHECKING:
    import collections.abc as cabc

    import numpy as np
    from numpy.typing import NDArray

    from napari_histeq.core.arrays import Source
    from napari_histeq.core.histogram import Histogram
    from napari_histeq.core.methods.matching import ReferencePlanes
    from napari_histeq.core.methods.neighbors import Neighbors
    from napari_histeq.core.recipe import Recipe
    from napari_histeq.core.transfer import StackRule, TransferFunction

    Shape = tuple[int, ...]
    Axes = tuple[int, ...]


class Mapping(Protocol):
    """A method that was fitted to pixels: what becomes of any of them. Frozen, small, picklable.

    Attributes
    ----------
    is_identity : bool
        Whether no pixel changes.
    """

    @property
    def is_identity(self) -> bool:
        """See `Mapping`."""

    def map_into(
        self, block: NDArray[Any], out: NDArray[Any], offset: Shape = (), shape: Shape = ()
    ) -> None:
        """Map a block into another, which takes the result.

        `offset` is where the block starts in an image of `shape`: that which was fitted, or
        another level of its pyramid. Left out, the block is the whole image.
        """


class Fit(NamedTuple):
    """A mapping, and the least and the greatest intensity that counted (None: nothing did)."""

    mapping: Mapping
    data: tuple[Any, ...] | None


_known: dict[str, type[Method]] = {}

#: The groups of methods, in the order of a list of them, and what a person reads.
GROUPS: cabc.Mapping[str, str] = MappingProxyType(
    {
        "equalize": "Equalize the histogram",
        "adaptive": "Adapt locally",
        "stretch": "Stretch the range",
        "match": "Match a reference",
    }
)

#: All methods by their names.
METHODS: cabc.Mapping[str, type[Method]] = MappingProxyType(_known)


class UnknownMethodError(LookupError):
    """No class has been defined that has the name of a record's method."""


class Method:
    """Base of all methods: frozen dataclasses whose fields are `Annotated` options.

    Attributes
    ----------
    name : str
        The short name: ``equalize(image, "global")``. A class that has one is in `METHODS`.
    title : str
        What a person reads; made from the name if it is left out.
    summary : str
        One line that says what the method is for.
    group : {"equalize", "adaptive", "stretch", "match"}
        Where a list of methods has it: `GROUPS`.
    caution : str
        What a reader of the result has to know of its values: "Gray values ...".
    cost : str
        What it takes, and what it does beside what is wanted; for the table in the documentation.
    is_single_curve : bool
        Whether it is one transfer function for all pixels that share a histogram.
    has_gain : bool
        Whether it has a local gain of contrast, from `fit_gain`.
    any_layout : bool
        Whether an image may be fitted with its axes as they lie in memory: it changes no bit.
    has_preview : bool
        Whether a part of an image can be equalized without all of it.
    is_flat : bool
        Whether the histogram of the result is flat to one pixel.
    bytes_per_pixel : int
        Memory that fitting takes for each pixel of a plane at least, beside the result; 0 if
        that hardly depends on the image's size.
    suggests : bool
        Whether its main options can be proposed from an image.
    former : tuple of str
        Options that it had in earlier versions, which `from_options` knows.
    in_early_records : mapping of str to value
        What options mean in a record that is older than they are.
    own_range : (lo, hi) or None
        The range of the output by ``out_range="auto"``, if it is the method that decides.
    keeps_intensities : bool
        Whether by ``out_range="auto"`` the result has the intensities of the image's own planes.
    """

    __slots__ = ()
    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    group: ClassVar[str] = "equalize"
    caution: ClassVar[str] = "cannot be compared between regions"
    cost: ClassVar[str] = ""
    is_single_curve: ClassVar[bool] = False
    has_gain: ClassVar[bool] = False
    any_layout: ClassVar[bool] = True
    has_preview: ClassVar[bool] = True
    bytes_per_pixel: ClassVar[int] = 0
    suggests: ClassVar[bool] = False
    former: ClassVar[tuple[str, ...]] = ()
    in_early_records: ClassVar[MappingProxyType[str, Any]] = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        name = cls.__dict__.get("name")
        if name is None:
            return
        other = _known.get(name)
        if other is not None and (other.__module__, other.__qualname__) != (
            cls.__module__,
            cls.__qualname__,
        ):
            raise ValueError(
                f"{cls.__name__}: the name {name!r} is that of {other.__module__}."
                f"{other.__qualname__}: choose another"
            )
        if cls.group not in GROUPS:
            raise ValueError(
                f"{cls.__name__}: the group {cls.group!r} is unknown: use {either(tuple(GROUPS))}"
            )
        if "title" not in cls.__dict__:
            cls.title = name.replace("_", " ").capitalize()
        _known[name] = cls

    def __post_init__(self) -> None:
        owner: Any = type(self)
        for field in options_of(owner):
            check_option(type(self).__name__, field, getattr(self, field.name))

    def as_dict(self) -> dict[str, Any]:
        """Name and options, for a record: `from_dict` makes the method of it again."""
        owner: Any = type(self)
        options = {f.name: getattr(self, f.name) for f in options_of(owner)}
        return {"name": self.name} | {
            name: value.to_json() if hasattr(value, "to_json") else value
            for name, value in options.items()
        }

    @classmethod
    def from_options(cls, options: cabc.Mapping[str, Any]) -> Method:
        """The method of the options of a record, an early one too."""
        return cls(**options)

    # ---- from here to a mapping ----

    @property
    def is_flat(self) -> bool:
        """See `Method`."""
        return False

    @property
    def own_range(self) -> tuple[Any, Any] | None:
        """See `Method`."""
        return None

    @property
    def keeps_intensities(self) -> bool:
        """See `Method`."""
        return False

    def check(self, shape: Shape, dtype: np.dtype[Any], masked: bool, out_range: Any) -> None:
        """Refuse what does not fit planes of `shape`, before any work."""

    def check_units(self, units: str) -> None:
        """Refuse an image whose intensities are in other units than what it goes by."""

    def at_level(self, finest: Shape, counted: Shape) -> Method:
        """The method in pixels of the level of a pyramid that is counted."""
        return self

    def laid_out(self, axes: Axes, grid: Shape) -> tuple[Method, Axes]:
        """The method and the axes of its planes in an image of shape `grid`.

        They are fewer where it does not look along an axis anyway.
        """
        return self, axes

    def resolved(self, shape: Shape) -> Method:
        """The method with what its automatic options come to, for planes of `shape`."""
        return self

    def within(self, shape: Shape) -> Method:
        """The method for a part of an image whose planes have a `shape`: no tile is larger."""
        return self

    def reordered(self, order: Axes) -> Method:
        """The method for planes whose axes are in another order."""
        return self

    @property
    def is_ready(self) -> bool:
        """Whether all is known that it needs beside the image; else `prepare` takes its time."""
        return True

    def prepare(self) -> None:
        """Find what it needs beside the image."""

    @abstractmethod
    def fit(self, source: Source, recipe: Recipe) -> Fit:
        """Look at all pixels that count; `recipe` tells the range of the output and the strength."""

    @property
    def neighbors(self) -> Neighbors | None:
        """Which other planes of a stack each plane has to know, if any."""
        return None

    @property
    def references(self) -> ReferencePlanes | None:
        """What each plane of a stack has to match, if it is not the same for all."""
        return None

    def matched_to(self, reference: Histogram) -> Method:
        """The method for a plane that has to match a histogram."""
        return self

    def fit_among(self, around: Histogram, source: Source, recipe: Recipe) -> Fit:
        """Fit a plane of a stack by the histogram that is averaged over its `neighbors`."""
        raise self.not_a_curve()

    def stack_rule(self, dtype: np.dtype[Any], recipe: Recipe) -> StackRule | None:
        """How a compiled loop makes the curves of many planes of a dtype; None: it cannot."""
        return None

    def transfer_function(self, histogram: Histogram, recipe: Recipe) -> TransferFunction:
        """The curve of a 1-D histogram, if the method is a single one."""
        raise self.not_a_curve()

    def not_a_curve(self) -> TypeError:
        """The error for who asks for its one curve, if it has none."""
        return TypeError(
            f"{type(self).__name__} is not a single curve (it depends on where a pixel lies): "
            "call equalize() instead"
        )

    def fit_gain(self, source: Source, recipe: Recipe) -> Mapping | None:
        """What maps pixels to the local gain of contrast, float32; None if all keep theirs."""
        raise TypeError(f"{type(self).__name__} has no gain map: only CLAHE has, say Clahe()")


def from_dict(record: cabc.Mapping[str, Any]) -> Method:
    """The method of an `as_dict` record."""
    options = dict(record)
    name = options.pop("name")
    if name not in METHODS:
        raise UnknownMethodError(
            f"made by the method {name!r}, which is not known here: "
            "import the package that defines it"
        )
    kind: Any = METHODS[name]
    for field in options_of(kind):
        if field.name in options:
            options[field.name] = field.read(options[field.name])
    method: Method = kind.from_options({**kind.in_early_records, **options})
    return method
