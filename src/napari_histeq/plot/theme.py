"""The plot's colors."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Theme:
    """Colors of a plot, as ``"#rrggbb"``.

    Before is a neutral gray, after orange, the curve blue (the last two from Okabe
    and Ito's palette [1]_): they differ in hue along the axis that every common
    color blindness leaves, and in lightness, so that they survive a gray printer.

    Parameters
    ----------
    background, text, muted, line : str
        Paper; words; words that may be overlooked; axes and ticks.
    before, after, curve : str
        The two histograms, and the transfer curve between them.

    References
    ----------
    .. [1] M. Okabe and K. Ito, "Color Universal Design", 2008.
    """

    background: str = "#23242b"
    text: str = "#f0f1f2"
    muted: str = "#a9aeb8"
    line: str = "#5c6370"
    before: str = "#a3adbd"
    after: str = "#f5a623"
    curve: str = "#56b4e9"

    @classmethod
    def dark(cls) -> Theme:
        """For napari's dark theme."""
        return cls()

    @classmethod
    def light(cls) -> Theme:
        """For napari's light theme, and for paper."""
        return cls(
            background="#fbfaf9",
            text="#1e1e21",
            muted="#5d5d63",
            line="#9a9896",
            before="#6b7280",
            after="#c96a00",
            curve="#0072b2",
        )

    @classmethod
    def of(
        cls, name: Theme | str, *, background: str | None = None, text: str | None = None
    ) -> Theme:
        """The theme that fits one of napari's.

        Parameters
        ----------
        name : str or Theme
            A napari theme's id (``"dark"``, ``"light"``, or a plugin's own); a
            Theme is returned as it is.
        background, text : str, optional
            That theme's colors, ``"#rrggbb"``. They are taken over, and whether
            the background is dark decides on the other colors. Without them, an
            id that is not known counts as dark, as napari does by default.

        Raises
        ------
        ValueError
            If a color is not written as ``"#rrggbb"``.
        """
        if isinstance(name, Theme):
            return name
        is_dark = "light" not in name if background is None else _lightness(background) < 0.5
        theme = cls.dark() if is_dark else cls.light()
        given = {"background": background, "text": text}
        return replace(theme, **{key: value for key, value in given.items() if value})


def _lightness(color: str) -> float:
    """From 0 (black) to 1 (white); BT.709."""
    digits = color.removeprefix("#")
    try:
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        raise ValueError(f"color is {color!r}: write it as '#rrggbb', say '#23242b'") from None
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
