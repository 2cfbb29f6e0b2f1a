"""What a figure shows at one moment: the look, the numbers and the words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.histogram import Histogram, cells_of, shares
from napari_histeq.plot.content import (
    Content,
    View,
    content_of,
    curve_line,
    view_of,
    views,
)
from napari_histeq.plot.layout import COMPACT, FULL, Rows, Sizes
from napari_histeq.plot.levels import levels_text, one_plane, why_not_flat
from napari_histeq.plot.text import balanced, number, printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_histeq.core.transfer import TransferFunction
    from napari_histeq.plot.content import Floats, Line
    from napari_histeq.plot.theme import Theme


@dataclass(frozen=True, slots=True)
class Look:
    """All that does not change with the data."""

    title: str
    theme: Theme
    unit: str
    nbins: int | None
    log: bool
    kde: bool
    transparent: bool
    compact: bool

    @property
    def sizes(self) -> Sizes:
        """The lengths to draw with."""
        return COMPACT if self.compact else FULL


@dataclass(frozen=True, slots=True, eq=False)
class Thin:
    """The thin line of one of several images whose histogram is shown."""

    color: str
    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The data of one moment, ready for the artists."""

    before: Content
    after: Content | None
    curve: TransferFunction | None
    given: Histogram  # before
    alone: View  # of `before` without `after`
    lines: tuple[tuple[str, bool], ...]  # of text, and whether it is a measure
    thin: tuple[Thin, ...] = ()  # of the images, if there are several

    @property
    def rows(self) -> Rows:
        """What the figure has to hold."""
        apart = self.after is not None and self.after.view != self.before.view
        flows = self.after is not None and self.curve is not None
        return Rows(self.after is not None, flows, apart, len(self.lines))

    @property
    def contents(self) -> tuple[Content, Content | None]:
        """Both histograms, or one and None."""
        return self.before, self.after

    @property
    def has_curve(self) -> bool:
        """Whether there is a curve to see."""
        return self.curve is not None and self.before.total > 0

    @property
    def drawn_curve(self) -> Line | None:
        """The curve over the view before, from 0 to 1 over the view after."""
        if self.curve is None or not self.has_curve:
            return None
        return curve_line(self.curve, self.before, self.after)

    def after_of(self, intensity: float | None) -> float | None:
        """What an intensity becomes, rounded where there are levels; None if that is unknown."""
        if intensity is None or self.curve is None or self.after is None:
            return None
        value = float(self.curve.evaluate(intensity))
        return float(np.rint(value)) if self.before.view.whole else value


def prepare(
    look: Look,
    before: Histogram,
    after: Histogram | None,
    curve: TransferFunction | None,
    note: str | None,
    measures: Mapping[str, Any] | None,
    room: float,
    last: Shown | None = None,
    parts: Sequence[tuple[str, Histogram]] = (),
) -> Shown:
    """Numbers and words to show; texts are set into lines of `room` inches.

    What is known of `before` is taken over from what was shown `last`, with the same look.
    """
    given, last = before, last if last is not None and last.given is before else None
    before = one_plane(before)
    after = None if after is None else one_plane(after)
    alone = last.alone if last else view_of(before)
    one, two = views(before, after, alone)
    if last and last.before.view == one:
        first = last.before
    else:
        first = content_of(before, one, look.nbins, levels_text(before, before))
    if last and first is last.before and [t.color for t in last.thin] == [c for c, _ in parts]:
        thin = last.thin
    else:
        thin = tuple(_thin_of(color, one_plane(part), first) for color, part in parts)
    second = None
    if after is not None and two is not None:
        words = levels_text(after, before)
        second = content_of(after, two, look.nbins, words)
    return Shown(
        first,
        second,
        curve,
        given,
        alone,
        _lines(look, before, after, note, measures, room),
        thin,
    )


def _thin_of(color: str, histogram: Histogram, joint: Content) -> Thin:
    """What one of several images has in each bar of their joint histogram, so that they add up."""
    edges = joint.bar_edges
    found = shares(*cells_of(histogram), histogram.cdf, edges)
    part = histogram.total / max(joint.total, 1)
    return Thin(color, edges[:-1] / 2 + edges[1:] / 2, found * part)


def _lines(
    look: Look,
    before: Histogram,
    after: Histogram | None,
    note: str | None,
    measures: Mapping[str, Any] | None,
    room: float,
) -> tuple[tuple[str, bool], ...]:
    size = look.sizes.text
    if note is None:
        silent = after is None or look.compact
        note = "" if silent or after is None else why_not_flat(before, after)
    numbers = [f"{name} {_measure(value)}" for name, value in (measures or {}).items()]
    first = wrapped(numbers, room, size, joint="     ")
    second = balanced(printable(note), room, size)
    return (*((line, True) for line in first), *((line, False) for line in second))


def _measure(value: Any) -> str:
    """A number, or two with an arrow between."""
    if isinstance(value, str):
        return value
    return " → ".join(number(part, 3) for part in np.atleast_1d(np.asarray(value)))
