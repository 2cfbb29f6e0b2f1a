"""Ticks, labels and the legend.

matplotlib's own axes and legend measure and lay out everything anew on each
draw, which takes most of the time of a small plot, and they follow rcParams.
These are a few lines and texts whose places are known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.markers import TICKDOWN, TICKLEFT, TICKRIGHT
from matplotlib.transforms import ScaledTranslation, Transform

from napari_histeq.plot.text import font_of, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from numpy.typing import NDArray

    from napari_histeq.plot.layout import Sizes
    from napari_histeq.plot.theme import Theme

    Floats = NDArray[np.float64]

Side = Literal["left", "right", "bottom"]

#: The marker of a tick, and the alignment and direction of its label, per side.
SIDES: dict[Side, tuple[Any, dict[str, Any], tuple[int, int]]] = {
    "left": (TICKLEFT, {"ha": "right", "va": "center_baseline"}, (-1, 0)),
    "right": (TICKRIGHT, {"ha": "left", "va": "center_baseline"}, (1, 0)),
    "bottom": (TICKDOWN, {"ha": "center", "va": "top"}, (0, -1)),
}

#: Length of a legend's sample and its distances, in heights of a letter.
SAMPLE, BESIDE, BETWEEN = 2.2, 0.6, 1.5


class WholePixels(Transform):
    """Rounds places on the screen: letters there look the same wherever they stand."""

    input_dims = output_dims = 2

    def transform_non_affine(self, values: Any) -> Any:
        """See matplotlib."""
        return np.rint(values)


def text_on(
    figure: Figure, size: float, color: str, weight: str = "normal", *, any_script: bool = False,
    **more: Any,
) -> Text:  # fmt: skip
    """A text of a figure, to be set and placed; in `any_script` if the words are a person's."""
    return figure.text(
        0, 0, "", color=color, parse_math=False, usetex=False,
        fontproperties=font_of(size, weight, any_script=any_script),
        transform=figure.transFigure + WholePixels(), **{"va": "center", **more},
    )  # fmt: skip


class Scale:
    """The ticks along one side of some axes."""

    def __init__(self, axes: Axes, side: Side, sizes: Sizes, theme: Theme) -> None:
        self.side, self.axes, self.sizes, self.theme = side, axes, sizes, theme
        marker, self._align, (right, up) = SIDES[side]
        upright = side != "bottom"
        base = axes.get_yaxis_transform() if upright else axes.get_xaxis_transform()
        away = 1.8 * sizes.tick_length / 72
        to_screen = axes.figure.dpi_scale_trans
        self._beside = base + ScaledTranslation(right * away, up * away, to_screen) + WholePixels()
        self.ticks = Line2D(
            [], [], ls="", marker=marker, ms=sizes.tick_length, mew=0.5 * sizes.line,
            color=theme.line, transform=base, clip_on=False,
        )  # fmt: skip
        axes.add_line(self.ticks)
        self.labels: list[Text] = []

    def set(self, places: Sequence[float] | Floats, labels: Sequence[str]) -> None:
        """Put ticks at some values, with a label for each (which may be empty)."""
        at = 1.0 if self.side == "right" else 0.0
        across = [at] * len(places)
        self.ticks.set_data(*((places, across) if self.side == "bottom" else (across, places)))
        while len(self.labels) < len(places):
            self.labels.append(self._label())
        for index, label in enumerate(self.labels):
            used = index < len(places)
            label.set_text(labels[index] if used else "")
            if used:
                where = (places[index], at) if self.side == "bottom" else (at, places[index])
                label.set_position(where)

    def _label(self) -> Text:
        return self.axes.text(
            0, 0, "", transform=self._beside, color=self.theme.muted, parse_math=False,
            usetex=False, fontproperties=font_of(self.sizes.tick), **self._align,
        )  # fmt: skip


class Legend:
    """Samples and names in one line, right-aligned; each entry can be left out."""

    def __init__(self, figure: Figure, size: float, color: str) -> None:
        self.figure, self.size, self.color = figure, size, color
        self._entries: list[tuple[str, Text, list[Line2D]]] = []

    def add(self, name: str, *looks: dict[str, Any]) -> None:
        """An entry with a sample line of one or two looks, side by side."""
        text = text_on(self.figure, self.size, self.color)
        text.set_text(name)
        lines = [Line2D([], [], marker="", transform=self.figure.transFigure, **k) for k in looks]
        for line in lines:
            self.figure.add_artist(line)
        self._entries.append((name, text, lines))

    def place(
        self, right: float, y: float, wide: float, shown: Sequence[str], samples: int
    ) -> float:
        """Set the entries' places (fractions of a figure `wide` inches); the left end.

        Where there is no room for all that are to be `shown`, the first ones are left out.
        """
        em = self.size / 72 / wide
        while shown and self._wide(shown) > right * wide:
            shown = shown[1:]
        for name, text, looks in reversed(self._entries):
            lines = looks[:samples] if name in shown else []
            for artist in (text, *looks):
                artist.set_visible(artist in (text, *lines) and name in shown)
            if name not in shown:
                continue
            right -= text_width(name, self.size) / wide
            text.set_position((right, y))
            right -= (BESIDE + SAMPLE) * em
            part, gap = SAMPLE * em / len(lines), 0.1 * em * (len(lines) - 1)
            for index, line in enumerate(lines):
                line.set_data(
                    [right + index * part + gap, right + (index + 1) * part - gap], [y, y]
                )
            right -= BETWEEN * em
        return right

    def _wide(self, shown: Sequence[str]) -> float:
        """The inches that some entries take."""
        apart = (len(shown) * (BESIDE + SAMPLE + BETWEEN) - BETWEEN) * self.size / 72
        return apart + sum(text_width(name, self.size) for name in shown)
