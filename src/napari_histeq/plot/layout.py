"""Where things stand in the figure, in inches: the same at any resolution."""

from __future__ import annotations

from dataclasses import dataclass

Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Lengths in inches, font sizes and line widths in points; the most ticks and threads."""

    left: float
    right: float
    top: float
    bottom: float
    title_row: float
    header_row: float
    panel: float
    ticks: float
    axis_label: float
    flow: float
    text_row: float
    gap: float
    title: float
    header: float
    label: float
    tick: float
    text: float
    line: float
    tick_length: float
    y_ticks: int
    threads: int


#: For a plot 9 inches wide: readable when it fills 900 pixels, sharp at 2,400.
FULL = Sizes(
    left=1.0, right=0.72, top=0.2, bottom=0.2, title_row=0.42, header_row=0.34, panel=1.35,
    ticks=0.26, axis_label=0.26, flow=0.5, text_row=0.225, gap=0.14,
    title=15, header=12.5, label=10.5, tick=9.5, text=10, line=1.6, tick_length=4, y_ticks=5,
    threads=512,
)  # fmt: skip

#: For a dock about 3 inches wide.
COMPACT = Sizes(
    left=0.44, right=0.3, top=0.05, bottom=0.05, title_row=0.19, header_row=0.19, panel=0.75,
    ticks=0.15, axis_label=0.0, flow=0.24, text_row=0.14, gap=0.05,
    title=7.5, header=7.5, label=6.5, tick=6.5, text=6.5, line=1.1, tick_length=2, y_ticks=3,
    threads=128,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """What the figure holds, from top to bottom."""

    after: bool
    flow: bool
    ticks_between: bool
    text_lines: int


@dataclass(frozen=True, slots=True)
class Places:
    """Rectangles (left, bottom, width, height) and heights, as fractions of the figure."""

    before: Rect
    after: Rect
    flow: Rect
    title_y: float
    before_header_y: float
    after_header_y: float
    axis_label_y: float
    text_top: float
    text_step: float
    left: float
    right: float


def height(sizes: Sizes, rows: Rows) -> float:
    """The figure's natural height in inches."""
    return _fixed(sizes, rows) + sizes.panel * (2 if rows.after else 1.7)


def _fixed(sizes: Sizes, rows: Rows) -> float:
    text = sizes.gap + rows.text_lines * sizes.text_row if rows.text_lines else 0.0
    return (
        sizes.top + sizes.title_row + sizes.header_row + sizes.ticks + sizes.axis_label
        + text + sizes.bottom + (_between(sizes, rows) if rows.after else 0.0)
    )  # fmt: skip


def _between(sizes: Sizes, rows: Rows) -> float:
    ticks = sizes.ticks if rows.ticks_between else sizes.gap
    return ticks + sizes.flow * rows.flow + sizes.header_row


def places_of(sizes: Sizes, rows: Rows, wide: float, high: float) -> Places:
    """Where everything stands in a figure `wide` by `high` inches: the panels take what is left."""
    panel = max((high - _fixed(sizes, rows)) / (1 + rows.after), 0.1)
    ticks = sizes.ticks if rows.ticks_between else sizes.gap
    across = max(wide - sizes.left - sizes.right, 0.1)

    def rect(top: float, tall: float) -> Rect:
        return sizes.left / wide, 1 - (top + tall) / high, across / wide, tall / high

    header = sizes.top + sizes.title_row
    first = header + sizes.header_row
    flow = first + panel + ticks
    second_header = flow + sizes.flow * rows.flow
    second = second_header + sizes.header_row if rows.after else first
    end = second + panel + sizes.ticks
    return Places(
        before=rect(first, panel),
        after=rect(second, panel),
        flow=rect(flow, sizes.flow),
        title_y=1 - (sizes.top + sizes.title_row * 0.42) / high,
        before_header_y=1 - (header + sizes.header_row * 0.5) / high,
        after_header_y=1 - (second_header + sizes.header_row * 0.5) / high,
        axis_label_y=1 - (end + sizes.axis_label * 0.5) / high,
        text_top=1 - (end + sizes.axis_label + sizes.gap + sizes.text_row * 0.5) / high,
        text_step=sizes.text_row / high,
        left=sizes.left / wide,
        right=(sizes.left + across) / wide,
    )
