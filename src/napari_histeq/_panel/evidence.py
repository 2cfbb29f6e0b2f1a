"""The measures before and after, as a small table in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_histeq.record import Record

#: Measure, its caption, how it is written, and what it says.
SHOWN = (
    ("levels_used", "levels used", "{:,.0f}"),
    ("entropy", "entropy [bits]", "{:.2f}"),
    ("ks_distance", "distance to flat", "{:.3f}"),
    ("mean", "mean", "{:,.4g}"),
    ("fraction_clipped", "at the ends", "{:.2%}"),
)


def table(measures: Mapping[str, Mapping[str, float]], sentence: str = "") -> str:
    """A table in Qt's rich text: measure, before, after; and a sentence under it."""
    before, after = measures["before"], measures["after"]
    lines = [
        f"<tr><td>{caption}</td><td align='right'>{form.format(before[name])}</td>"
        f"<td align='right'><b>{form.format(after[name])}</b></td></tr>"
        for name, caption, form in SHOWN
        if name in before and name in after
    ]
    head = "<tr><td></td><td align='right'>before</td><td align='right'>after</td></tr>"
    return f"<table width='100%' cellpadding='1'>{head}{''.join(lines)}</table>{sentence}"


def footer(record: Record) -> str:
    """The same in one line, for under the plot."""
    before, after = record.measures["before"], record.measures["after"]
    parts = [
        f"{caption} {form.format(before[name])} → {form.format(after[name])}"
        for name, caption, form in SHOWN
        if name in before and name in after
    ]
    return "   ·   ".join(parts)
