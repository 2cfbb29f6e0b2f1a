"""Thin lines: what each of several images has in their joint histogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_histeq.core.histogram import Histogram, cells_of, shares

if TYPE_CHECKING:
    from napari_histeq.plot.content import Content, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Thin:
    """The thin line of one of several images whose histogram is shown."""

    color: str
    x: Floats
    y: Floats


def thin_of(color: str, histogram: Histogram, joint: Content) -> Thin:
    """What one of several images has in each bar of their joint histogram, so that they add up."""
    edges = joint.bar_edges
    found = shares(*cells_of(histogram), histogram.cdf, edges)
    part = histogram.total / max(joint.total, 1)
    return Thin(color, edges[:-1] / 2 + edges[1:] / 2, found * part)
