"""The colors of the plot: for every reader, on every paper."""

from __future__ import annotations

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from skimage import color

from napari_histeq import plot

#: Machado, Oliveira and Fernandes 2009, severity 1; on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def rgb(code):
    return np.array(mpl.colors.to_rgb(code))


def seen_by(blindness, code):
    """The CIELAB color as somebody sees it."""
    value = rgb(code)
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(BLINDNESS[blindness]) @ linear, 0, 1)
    back = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return color.rgb2lab(back)


def contrast(one, two):
    """WCAG's ratio of luminances."""
    value = np.array([rgb(one), rgb(two)])
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    low, high = np.sort(linear @ [0.2126, 0.7152, 0.0722])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_color_blind_readers_tell_the_colors_apart(theme, blindness):
    theme = plot.Theme.of(theme)
    codes = (theme.before, theme.after, theme.curve, theme.background)
    for one, two in itertools.combinations(codes, 2):
        distance = np.linalg.norm(seen_by(blindness, one) - seen_by(blindness, two))
        assert distance > 15, (one, two)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_words_stand_out_from_the_paper(theme):
    theme = plot.Theme.of(theme)
    for words in (theme.text, theme.muted):
        assert contrast(words, theme.background) > 4.5
    for line in (theme.before, theme.after, theme.curve):
        assert contrast(line, theme.background) > 3


def test_themes_follow_napari():
    assert plot.Theme.of("dark") == plot.Theme.dark()
    assert plot.Theme.of("light") == plot.Theme.light()
    assert plot.Theme.of("some plugin's") == plot.Theme.dark()
    own = plot.Theme.of("some plugin's", background="#fdf6e3", text="#073642")
    assert (own.background, own.text) == ("#fdf6e3", "#073642")
    assert own.after == plot.Theme.light().after
    assert plot.Theme.of(own) is own
    with pytest.raises(ValueError, match=r"'red'.*#rrggbb"):
        plot.Theme.of("dark", background="red")
