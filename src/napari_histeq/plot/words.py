"""All the words around the axes: title, legend, headers, labels, and the lines below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_histeq.plot.furniture import Legend, text_on
from napari_histeq.plot.text import elided, printable, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from napari_histeq.plot.layout import Places
    from napari_histeq.plot.look import Look, Shown


class Words:
    """The texts of a figure: made once, then set and placed."""

    def __init__(self, figure: Figure, look: Look) -> None:
        theme, sizes = look.theme, look.sizes
        self.figure, self.look = figure, look
        self.title = text_on(figure, sizes.title, theme.text, any_script=True)
        self.names = [
            text_on(figure, sizes.header, color, "bold") for color in (theme.before, theme.after)
        ]
        for text, name in zip(self.names, ("before", "after"), strict=True):
            text.set_text(name)
        self.levels = [text_on(figure, sizes.header * 0.9, theme.text) for _ in range(2)]
        self.asides = [text_on(figure, sizes.tick, theme.muted, ha="right") for _ in range(2)]
        self.axis_label = text_on(figure, sizes.label, theme.text, ha="center", any_script=True)
        self.powers = [
            text_on(figure, sizes.tick, theme.muted, ha="right", va="top") for _ in range(2)
        ]
        self.side_labels = [
            text_on(figure, sizes.label, theme.text, ha="center", rotation=90) for _ in range(4)
        ]
        self.lines: list[Text] = []
        self.legend = _legend(figure, look)

    def place(self, places: Places, shown: Shown) -> None:
        """Set and place all but the asides."""
        wide = float(self.figure.get_size_inches()[0])
        self._place_top(places, shown, wide)
        self._place_headers(places, shown, wide)
        self._place_labels(places, shown, wide)
        self._place_lines(places, shown.lines)

    def _place_top(self, places: Places, shown: Shown, wide: float) -> None:
        entries = {"histogram": True, "KDE": self.look.kde, "cdf": True, "curve": shown.has_curve}
        named = [name for name, used in entries.items() if used]
        samples = 2 if shown.after is not None else 1
        end = self.legend.place(places.right, places.title_y, wide, named, samples)
        title = "" if self.look.compact else self.look.title
        room = (end - places.left) * wide
        self.title.set_text(elided(title, room, self.look.sizes.title))
        self.title.set_position((places.left, places.title_y))

    def _place_headers(self, places: Places, shown: Shown, wide: float) -> None:
        two = shown.after is not None
        # One histogram alone needs no name.
        indent = self._name_width() / wide if two else 0.0
        for text in (*self.names, self.levels[1], self.asides[1]):
            text.set_visible(two)
        for index, y in enumerate((places.before_header_y, places.after_header_y)):
            content = shown.contents[index]
            self.levels[index].set_text(content.levels if content else "")
            self.names[index].set_position((places.left, y))
            self.levels[index].set_position((places.left + indent, y))
            self.asides[index].set_position((places.right, y))

    def _name_width(self) -> float:
        size = self.look.sizes.header
        return text_width("before", size, "bold") + 0.8 * size / 72

    def set_asides(self, words: Sequence[str], room: float) -> None:
        """At the right end of the headers, which are `room` inches wide."""
        size = self.look.sizes.header * 0.9
        for aside, levels, text in zip(self.asides, self.levels, words, strict=True):
            taken = self._name_width() + text_width(levels.get_text() + "  ", size)
            aside.set_text(self._fitting(text, room - taken))

    def _fitting(self, text: str, room: float) -> str:
        """As much of an aside as has room: its first parts, or in a dock nothing."""
        size, parts = self.look.sizes.tick, text.split(" · ")
        while len(parts) > (not self.look.compact) and text_width(" · ".join(parts), size) > room:
            parts.pop()
        return elided(" · ".join(parts), room, size)

    def _place_labels(self, places: Places, shown: Shown, wide: float) -> None:
        look, size = self.look, self.look.sizes.label
        self.axis_label.set_text("" if look.compact else printable(look.unit))
        self.axis_label.set_position(((places.left + places.right) / 2, places.axis_label_y))
        left = "fraction of pixels, log" if look.log else "fraction of pixels"
        right = ("cdf, curve" if shown.has_curve else "cdf", "cdf")
        margin = 0.5 * size / 72 + 0.16
        for index, rect in enumerate((places.before, places.after)):
            used = not look.compact and shown.contents[index] is not None
            for side, (word, x) in enumerate(((left, margin), (right[index], wide - margin))):
                label = self.side_labels[2 * index + side]
                label.set_text(word if used else "")
                label.set_position((x / wide, rect[1] + rect[3] / 2))

    def place_powers(self, places: Places, powers: Sequence[str]) -> None:
        """The powers of ten that the labels of the ticks leave out."""
        wide, high = (float(length) for length in self.figure.get_size_inches())
        below = 1.8 * self.look.sizes.tick_length / 72 / high
        for text, power, rect in zip(
            self.powers, powers, (places.before, places.after), strict=True
        ):
            text.set_text(power)
            text.set_position((1 - 0.04 / wide, rect[1] - below))

    def _place_lines(self, places: Places, lines: Sequence[tuple[str, bool]]) -> None:
        theme, sizes = self.look.theme, self.look.sizes
        while len(self.lines) < len(lines):
            self.lines.append(text_on(self.figure, sizes.text, theme.text, any_script=True))
        for index, text in enumerate(self.lines):
            words, is_measure = lines[index] if index < len(lines) else ("", False)
            text.set_text(words)
            text.set_color(theme.text if is_measure else theme.muted)
            text.set_position((places.left, places.text_top - index * places.text_step))


def _legend(figure: Figure, look: Look) -> Legend:
    theme, sizes = look.theme, look.sizes
    legend = Legend(figure, sizes.text, theme.text)
    thick = {"ls": "-", "lw": 0.75 * sizes.text, "alpha": 0.55, "solid_capstyle": "butt"}
    line = {"lw": 1.25 * sizes.line, "ls": "-", "solid_capstyle": "butt"}
    legend.add("histogram", *({"color": color} | thick for color in (theme.before, theme.after)))
    legend.add("KDE", *({"color": color} | line for color in (theme.before, theme.after)))
    dashes = {"ls": (0, (4, 2)), "lw": 0.85 * sizes.line, "dash_capstyle": "butt"}
    legend.add("cdf", {"color": theme.text} | dashes)
    legend.add("curve", {"color": theme.curve} | line)
    return legend
