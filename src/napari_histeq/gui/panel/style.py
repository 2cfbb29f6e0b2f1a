"""The panel's colors, from napari's theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.theme import get_theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_extra_types.color import Color

#: The least contrast at which small letters are read with ease (WCAG 2, level AA).
CONTRAST = 4.5


def sheet(theme_name: str) -> str:
    """Qt style sheet: muted notes, plain folds, the accent button, warnings."""
    theme = get_theme(theme_name)
    accent, text = theme.current.as_hex(), theme.text.as_hex()
    quiet = theme.text.as_rgb_tuple()[:3]
    error = legible(theme.error, theme.foreground)
    muted = f"rgba({quiet[0]}, {quiet[1]}, {quiet[2]}, 65%)"
    return f"""
    QLabel#histeq_note {{ color: {muted}; }}
    QLabel#histeq_problem {{
        color: {text}; padding: 6px; border-radius: 3px;
        border-left: 3px solid {theme.warning.as_hex()};
        background: {theme.foreground.as_hex()};
    }}
    QFrame#histeq_status[problem="true"] {{
        border-radius: 3px; border-left: 3px solid {error};
        background: {theme.foreground.as_hex()};
    }}
    QLabel#histeq_note[problem="true"] {{ color: {error}; }}
    QPushButton#histeq_fold {{
        border: 1px solid transparent; border-radius: 3px; text-align: left; padding: 1px 0px;
        font-weight: bold; background: none;
    }}
    QPushButton#histeq_fold:hover {{ color: {accent}; }}
    QPushButton#histeq_fold:focus {{ border-color: {accent}; }}
    QPushButton#histeq_run {{
        background-color: {accent}; color: {_readable(theme.current)}; font-weight: bold;
        padding: 5px; border: 1px solid {accent};
    }}
    QPushButton#histeq_run:hover {{ background-color: {_lighter(theme.current)}; }}
    QPushButton#histeq_run[off="true"] {{
        background-color: {theme.primary.as_hex()}; color: {muted};
        border-color: {theme.primary.as_hex()};
    }}
    QPushButton#histeq_run:focus {{ border-color: {text}; }}
    QPushButton#histeq_cancel {{ padding: 6px; }}
    QGroupBox#histeq_choice {{ margin: 0px; padding: 0px; border: none; }}
    QToolButton#histeq_menu {{ padding: 6px 8px; }}
    QToolButton#histeq_menu::menu-indicator {{ image: none; }}
    """


def legible(color: Color, background: Color) -> str:
    """A color, lightened or darkened until words in it can be read on a background."""
    parts, ground = color.as_rgb_tuple()[:3], background.as_rgb_tuple()[:3]
    goal = 0 if luminance(ground) > 0.18 else 255
    for tenths in range(11):
        mixed = [round(part + (goal - part) * tenths / 10) for part in parts]
        if contrast(mixed, ground) >= CONTRAST:
            break
    return f"rgb({mixed[0]}, {mixed[1]}, {mixed[2]})"


def contrast(one: Sequence[float], two: Sequence[float]) -> float:
    """The contrast of two colors of 0 to 255, from 1 to 21, by WCAG 2."""
    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


def luminance(color: Sequence[float]) -> float:
    """The relative luminance of a color of 0 to 255, by WCAG 2."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _readable(color: Color) -> str:
    """Black or white, whichever can be read on a color."""
    red, green, blue = color.as_rgb_tuple()[:3]
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 140 else "white"


def _lighter(color: Color) -> str:
    lit = [min(int(part * 1.15), 255) for part in color.as_rgb_tuple()[:3]]
    return f"rgb({lit[0]}, {lit[1]}, {lit[2]})"
