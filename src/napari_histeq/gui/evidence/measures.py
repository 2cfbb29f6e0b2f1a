"""The measures before and after, as a small table in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Measures = Mapping[str, Mapping[str, float]]


def number(value: float) -> str:
    """Four digits; more only where they stand before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


#: Measure, its caption, and how it is written.
SHOWN = (
    ("levels_used", "levels used", "{:,.0f}".format),
    ("entropy", "entropy [bits]", "{:.2f}".format),
    ("ks_distance", "distance from flat", "{:.3f}".format),
    ("chi_square", "chi² from flat", "{:.3g}".format),
    ("mean", "mean", number),
    ("fraction_clipped", "clipped", "{:.2%}".format),
    ("contrast_per_pixel", "contrast per pixel", number),
    ("eme", "enhancement [dB]", number),
    ("psnr", "PSNR to source [dB]", number),
    ("ssim", "SSIM to source", "{:.3f}".format),
)

EXPLAINED = """\
levels used: distinct intensities that occur
entropy: information per pixel; a single curve cannot raise it
distance from flat: largest gap between the cdf and a straight line; 0 is flat
chi² from flat: unevenness over 16 wide bars; 0 is flat
clipped: pixels at either end of the range
contrast per pixel: mean difference between neighboring pixels
enhancement: mean contrast within small blocks (EME)
PSNR, SSIM: how close the result is to the source"""


#: The measures that are told in one line, and what they are called there.
BRIEF = {"levels_used": "levels", "entropy": "entropy", "ks_distance": "distance from flat"}


def shown(measures: Measures) -> Iterator[tuple[str, str, Callable[..., str], float, float]]:
    """Of each measure that was taken its row in `SHOWN`, and what it is before and after."""
    before, after = measures["before"], measures["after"]
    for name, caption, written in SHOWN:
        if name in before and name in after:
            yield name, caption, written, before[name], after[name]


def table(measures: Measures, sentence: str = "") -> str:
    """A table in Qt's rich text: measure, before, after; and a sentence under it."""
    lines = [
        f"<tr><td>{caption}</td><td align='right'>{written(before)}</td>"
        f"<td align='right'><b>{written(after)}</b></td></tr>"
        for _, caption, written, before, after in shown(measures)
    ]
    head = "<tr><td></td><td align='right'>before</td><td align='right'>after</td></tr>"
    return f"<table width='100%' cellpadding='1'>{head}{''.join(lines)}</table>{sentence}"


def brief(measures: Measures) -> str:
    """The most telling measures in Qt's rich text; a line breaks only between them."""
    parts = [
        f"{BRIEF[name]} {written(before)} → <b>{written(after)}</b>"
        for name, _, written, before, after in shown(measures)
        if name in BRIEF
    ]
    # The one space where a line may break stands last, so that no line begins with a gap.
    return "&nbsp;&nbsp; ".join(part.replace(" ", "&nbsp;") for part in parts)
