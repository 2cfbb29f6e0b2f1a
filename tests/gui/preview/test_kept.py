"""While a slider moves that has no say in them, extremes and tiles are not counted anew."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.clahe_previews import MOON, is_in_place, look_at, preview_of
from napari_histeq import equalize
from napari_histeq.gui.preview import tiles
from napari_histeq.gui.preview.kept import Kept


def test_the_newest_of_each_kind_is_kept_for_the_same_pixels() -> None:
    kept, made = Kept(), []

    def find() -> int:
        made.append(1)
        return len(made)

    assert [kept.of("a").get("sum", 1, find) for _ in range(3)] == [1, 1, 1]
    assert kept.get("other", 1, find) == 2
    assert kept.get("sum", 2, find) == 3
    assert kept.get("sum", 1, find) == 4
    assert kept.of("b").get("sum", 1, find) == 5


def test_a_clip_limit_counts_nothing_and_other_pixels_all(
    viewer: Any, clahe: Any, qtbot: Any, monkeypatch: Any
) -> None:
    image, counted = MOON.astype(np.uint16) * 50, []
    for name in ("count_part", "robust_extent_of"):
        real = getattr(tiles, name)
        monkeypatch.setattr(
            tiles, name, lambda *given, r=real, n=name: counted.append(n) or r(*given)
        )
    monkeypatch.setattr(tiles, "tells_outliers", lambda _: False)  # as of a sample
    source = viewer.add_image(image, name="moon")
    look_at(viewer, qtbot, (300, 300), 6)
    patch = preview_of(viewer, clahe, qtbot, source)

    def shows(**options: Any) -> None:
        full = equalize(image, "clahe", **options)
        qtbot.waitUntil(lambda: is_in_place(viewer, source, patch, full), timeout=10_000)

    shows()
    assert sorted(counted) == ["count_part", "robust_extent_of"]
    for limit in (0.02, 0.03, 0.05):
        clahe["clip_limit"].value = limit
        shows(clip_limit=limit)
    assert len(counted) == 2
    image[200:400] //= 3
    source.refresh()
    shows(clip_limit=0.05)
    assert len(counted) == 4
    look_at(viewer, qtbot, (100, 200), 6)
    shows(clip_limit=0.05)
    assert counted[4:] == ["count_part"]
