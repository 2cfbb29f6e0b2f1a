"""Numbers and sentences as a plot shows them, and the room they take."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import font_manager
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

#: Fonts that systems have for names in other scripts than DejaVu's.
OTHER_SCRIPTS = (
    "Noto Sans CJK JP", "Noto Sans CJK SC", "Yu Gothic", "Microsoft YaHei", "Malgun Gothic",
    "Hiragino Sans", "PingFang SC", "Apple SD Gothic Neo", "WenQuanYi Zen Hei",
)  # fmt: skip


def font_of(size: float, weight: str = "normal", *, any_script: bool = False) -> FontProperties:
    """DejaVu Sans, which comes with matplotlib, in points; whatever rcParams say."""
    return FontProperties(
        family=list(_families()) if any_script else ["DejaVu Sans"], size=size, weight=weight, style="normal",
        variant="normal", stretch="normal",
    )  # fmt: skip


@lru_cache(maxsize=1)
def _families() -> tuple[str, ...]:
    known = {entry.name for entry in font_manager.fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in OTHER_SCRIPTS if name in known))


@lru_cache(maxsize=4)
def _advances(weight: str) -> tuple[dict[str, float], frozenset[int]]:
    """The width of DejaVu's characters, in ems; the characters that any font has."""
    first, *others = (font_manager.findfont(name) for name in _families())
    plain = FT2Font(font_manager.findfont(FontProperties(family="DejaVu Sans", weight=weight)))
    plain.set_size(100, 72)
    drawn = set(FT2Font(first).get_charmap())
    drawn.update(*(FT2Font(path).get_charmap() for path in others))
    widths: dict[str, float] = defaultdict(lambda: 1.0)
    for code in {*range(32, 1024), *range(0x2000, 0x2600)} & set(plain.get_charmap()):
        widths[chr(code)] = plain.load_char(code).linearHoriAdvance / 65536 / 100
    return widths, frozenset(drawn)


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """The width of a line of text in inches."""
    widths, _ = _advances(weight)
    return sum(map(widths.__getitem__, text)) * size / 72


def printable(text: str) -> str:
    """`text` on one line, with a box for what no font here can draw."""
    _, drawn = _advances("normal")
    line = " ".join(text.split())
    if drawn.issuperset(map(ord, line)):
        return line
    return "".join(char if ord(char) in drawn else "□" for char in line)


def elided(text: str, room: float, size: float, weight: str = "normal") -> str:
    """`text`, with its middle left out if it is wider than `room` inches."""
    text, keep = printable(text), len(text)
    short = text
    while text_width(short, size, weight) > room and keep > 2:
        keep -= 1
        short = f"{text[: (keep + 1) // 2]}…{text[len(text) - keep // 2 :]}"
    return short


def balanced(text: str, room: float, size: float) -> list[str]:
    """A text set into as few lines as fit `room` inches, about equally long; 5 % stays together."""
    words = re.findall(r"\S+(?:\s+%\S*)?", text)
    lines = wrapped(words, room, size)
    while len(closer := wrapped(words, 0.97 * room, size)) == len(lines) > 1:
        lines, room = closer, 0.97 * room
    return lines


def wrapped(words: Iterable[str], room: float, size: float, joint: str = " ") -> list[str]:
    """Words (or phrases) set into lines of at most `room` inches."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]}{joint}{word}" if lines else word
        if lines and text_width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def number(value: float, digits: int = 4) -> str:
    """An intensity, a count or a measure: as few characters as `digits` figures need."""
    value = float(value)
    if not np.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}".replace("-", "−")
    if value != 0 and not 1e-3 <= abs(value) < 1e7:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        mantissa = "" if mantissa == "1" else f"{mantissa}×"
        return f"{mantissa}10{str(int(exponent)).translate(SUPERSCRIPTS)}".replace("-", "−")
    decimals = max(digits - 1 - int(np.floor(np.log10(abs(value) or 1))), 0)
    shown = f"{value:,.{decimals}f}"
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown).replace("-", "−")


def percent(fraction: float) -> str:
    """A fraction of the pixels, with two figures; never 0 for what is not nothing."""
    if 0 < fraction < 1e-5:
        return "< 0.001 %"
    if 0.9995 < fraction < 1:
        return "> 99.9 %"
    value = 100 * fraction
    decimals = 0 if value >= 10 or value == 0 else int(1 - np.floor(np.log10(value)))
    shown = f"{value:.{decimals}f}"
    return f"{shown.rstrip('0').rstrip('.') if '.' in shown else shown} %"


def tick_labels(ticks: NDArray[np.float64]) -> tuple[list[str], str]:
    """A label for each tick, and the power of ten (or nothing) they leave out."""
    if ticks.size < 2:
        return [number(tick) for tick in ticks], ""
    most, step = float(np.abs(ticks).max()), float(np.diff(ticks).min())
    power = int(np.floor(np.log10(most))) if most else 0
    power = 0 if -3 <= power < 6 else power
    small, step = ticks / 10.0**power, step / 10.0**power
    decimals = max(int(np.ceil(-np.log10(step) - 1e-6)), 0)
    while decimals < 15 and np.abs(np.round(small, decimals) - small).max() > 0.01 * step:
        decimals += 1
    comma = "" if most < 1e4 else ","
    labels = [f"{tick + 0.0:{comma}.{min(decimals, 15)}f}" for tick in small]
    labels = [text.replace("-", "−") for text in labels]
    return labels, f"×10{str(power).translate(SUPERSCRIPTS)}" if power else ""
