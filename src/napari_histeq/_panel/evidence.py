"""The measures before and after, as a small table in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Measures = Mapping[str, Mapping[str, float]]


def number(value: float) -> str:
    """Four digits; more only where they stand before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


#: Measure, its caption, and how it is written.
SHOWN = (
    ("levels_used", "levels used", "{:,.0f}".format),
    ("entropy", "entropy [bits]", "{:.2f}".format),
    ("ks_distance", "distance to flat", "{:.3f}".format),
    ("chi_square", "chi² to flat", "{:.3g}".format),
    ("mean", "mean", number),
    ("fraction_clipped", "at the ends", "{:.2%}".format),
    ("contrast_per_pixel", "contrast per pixel", number),
    ("eme", "enhancement [dB]", number),
    ("psnr", "PSNR to source [dB]", number),
    ("ssim", "SSIM to source", "{:.3f}".format),
)


def completed(told: Measures, made: Measures) -> Measures:
    """What was told of a result, with all that was measured when it was made.

    If other settings have been chosen since, nothing is added.
    """
    if any(made.get("after", {}).get(name) != value for name, value in told["after"].items()):
        return told
    return made


def table(measures: Measures, sentence: str = "") -> str:
    """A table in Qt's rich text: measure, before, after; and a sentence under it."""
    before, after = measures["before"], measures["after"]
    lines = [
        f"<tr><td>{caption}</td><td align='right'>{written(before[name])}</td>"
        f"<td align='right'><b>{written(after[name])}</b></td></tr>"
        for name, caption, written in SHOWN
        if name in before and name in after
    ]
    head = "<tr><td></td><td align='right'>before</td><td align='right'>after</td></tr>"
    return f"<table width='100%' cellpadding='1'>{head}{''.join(lines)}</table>{sentence}"
