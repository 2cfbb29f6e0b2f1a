"""The panel's colors, from napari's theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.theme import get_theme

if TYPE_CHECKING:
    from pydantic_extra_types.color import Color


def sheet(theme_name: str) -> str:
    """Qt style sheet: muted notes, plain folds, the accent button, warnings."""
    theme = get_theme(theme_name)
    accent, text = theme.current.as_hex(), theme.text.as_hex()
    quiet = theme.text.as_rgb_tuple()[:3]
    muted = f"rgba({quiet[0]}, {quiet[1]}, {quiet[2]}, 65%)"
    return f"""
    QLabel#histeq_note {{ color: {muted}; }}
    QLabel#histeq_problem {{
        color: {text}; padding: 6px; border-radius: 3px;
        border-left: 3px solid {theme.warning.as_hex()};
        background: {theme.foreground.as_hex()};
    }}
    QToolButton#histeq_fold {{
        border: none; text-align: left; padding: 2px 0px; font-weight: bold; background: none;
    }}
    QToolButton#histeq_fold:hover {{ color: {accent}; }}
    QPushButton#histeq_run {{
        background-color: {accent}; color: {_readable(theme.current)}; font-weight: bold; padding: 6px;
    }}
    QPushButton#histeq_run:hover {{ background-color: {_lighter(theme.current)}; }}
    QPushButton#histeq_run:disabled {{
        background-color: {theme.primary.as_hex()}; color: {muted}; border: none;
    }}
    QPushButton#histeq_cancel {{ padding: 6px; }}
    QToolButton#histeq_menu {{ padding: 4px 8px; }}
    QToolButton#histeq_menu::menu-indicator {{ image: none; }}
    """


def _readable(color: Color) -> str:
    """Black or white, whichever can be read on a color."""
    red, green, blue = color.as_rgb_tuple()[:3]
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 140 else "white"


def _lighter(color: Color) -> str:
    lit = [min(int(part * 1.15), 255) for part in color.as_rgb_tuple()[:3]]
    return f"rgb({lit[0]}, {lit[1]}, {lit[2]})"
