"""Movies: curves that do not jump (smooth), and light that does not flicker (Match to neighbors)."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import strategies as some
from helpers.effort import examples
from helpers.lazy_cases import image, random_chunks, same_bits
from napari_histeq import Clahe, Match, equalize, equalize_multiscale
from napari_histeq.core.arrays import ArraySource
from napari_histeq.core.histogram import count
from napari_histeq.core.lazy import planes as lazy_planes
from napari_histeq.core.methods import Neighbors, Quantiles
from napari_histeq.core.methods.neighbors import averaged
from napari_histeq.core.recipe import Recipe
from napari_histeq.records import Record, Task, legend, perform

Pixels = np.ndarray[Any, Any]
KINDS = ("neighbors", "first", "previous", "median")
YX = (1, 2)


def scene_with_a_visitor(seed: int, dtype: str) -> tuple[Pixels, Pixels]:
    """A still background with noise, a bright disc that comes and goes; and where it never is."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:64, :64]
    still = rng.normal(90, 20, (64, 64))
    movie = still + rng.normal(0, 2, (40, 64, 64))
    disc = (rows - 28) ** 2 + (columns - 33) ** 2 < 14**2
    movie[rng.random(40) < 0.5] += 120 * disc
    whole = np.clip(movie, 0, 255) * (250 if dtype == "u2" else 1)
    return whole.astype(dtype), ~disc


def jump(movie: Pixels, where: Pixels) -> float:
    """By how much the mean of some pixels changes from frame to frame."""
    return float(np.abs(np.diff(movie[:, where].mean(axis=1, dtype=float))).mean())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_what_comes_and_goes_moves_the_background_eight_times_less(seed: int, dtype: str) -> None:
    movie, background = scene_with_a_visitor(seed, dtype)
    before = jump(equalize(movie, axes=YX), background)
    after = jump(equalize(movie, axes=YX, smooth=11), background)
    assert before > 8 * after


def flickering(seed: int) -> tuple[Pixels, Pixels]:
    """Photons of a scene that bleaches, under a lamp that jitters by 15 %; and the decay."""
    rng = np.random.default_rng(seed)
    scene = rng.gamma(3, 200, (64, 64)) + 50
    decay = np.exp(-np.arange(80) / 60)
    gain = np.clip(1 + 0.15 * rng.standard_normal(80), 0.5, 1.5)
    return rng.poisson(scene * (decay * gain)[:, None, None]).astype(np.uint16), decay


@pytest.mark.parametrize("seed", range(3))
def test_flicker_goes_and_the_slow_decay_stays(seed: int) -> None:
    movie, decay = flickering(seed)
    made = equalize(movie, Match("neighbors", window=11), axes=YX)
    before, after = (np.log(m.mean(axis=YX, dtype=float)) for m in (movie, made))
    assert np.diff(before, 2).std() > 10 * np.diff(after, 2).std()  # the high-pass
    slope, wanted = (np.polyfit(np.arange(80), x, 1)[0] for x in (after, np.log(decay)))
    assert abs(slope / wanted - 1) < 0.15


@pytest.mark.parametrize(("kind", "wanted"), [("first", 0), ("previous", None), ("median", None)])
def test_the_other_references(kind: Any, wanted: Any) -> None:
    movie, _ = flickering(0)
    made = equalize(movie, Match(kind), axes=YX)
    means, after = (m.mean(axis=YX, dtype=float) for m in (movie, made))
    if kind == "first":
        np.testing.assert_allclose(after, means[wanted], rtol=0.01)
        np.testing.assert_array_equal(made[3], equalize(movie[3], Match(movie[0])))
    elif kind == "previous":
        np.testing.assert_allclose(after[1:], means[:-1], rtol=0.02)
    else:
        np.testing.assert_allclose(after, np.median(np.sort(movie.reshape(80, -1)), 0).mean(), 0.01)


@pytest.mark.parametrize(
    "kind", [k for k in some.CURVES if k.name != "pillow"], ids=lambda k: k.name
)
@pytest.mark.parametrize("dtype", ["u1", "i2", "u4"])
def test_a_movie_that_stands_still_is_as_without_smoothing(kind: Any, dtype: str) -> None:
    movie = np.repeat(image(dtype, (1, 20, 30)), 6, axis=0)
    np.testing.assert_array_equal(
        equalize(movie, kind(), axes=YX, smooth=5), equalize(movie, kind(), axes=YX)
    )


def test_a_window_of_one_is_each_frame_itself() -> None:
    movie = image("u1")
    same = equalize(movie, axes=YX, smooth=1)
    np.testing.assert_array_equal(same, equalize(movie, axes=YX))


@examples(25)
@given(
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from(["u1", "i2", "i4", "u8", "i8", "f4", "f8"]),
    median=st.booleans(),
)
def test_the_average_is_that_of_the_sorted_pixels(seed: int, dtype: str, median: bool) -> None:
    """Of frames of as many pixels the quantile functions are the sorted pixels themselves."""
    rng = np.random.default_rng(seed)
    frames = rng.integers(-60 if dtype[0] != "u" else 0, 60, (4, 50)).astype(dtype)
    weights = None if median else (0.1, 0.2, 0.3, 0.4)
    ordered = np.sort(frames.astype(np.float64), axis=1)
    wanted = np.median(ordered, axis=0) if median else np.asarray(weights) @ ordered
    found = averaged([Quantiles.of(ArraySource(f)) for f in frames], weights)
    assert (found.total, found.levels.dtype) == (50, frames.dtype)
    if dtype[0] == "f":
        made = np.repeat(found.levels, found.counts)
        np.testing.assert_allclose(made, wanted, rtol=1e-6, atol=1e-6)
        return
    levels = np.arange(-61, 62)
    share = np.clip(levels[:, None] + 1 - wanted, 0, 1).sum(axis=1)  # of each pixel, up to a level
    place = np.searchsorted(found.levels.astype(np.int64), levels, side="right")
    below = np.append(0, found.counts.cumsum())[place]
    np.testing.assert_allclose(below, share, atol=0.51)


@pytest.mark.parametrize("dtype", ["u8", "i8", "f8", "f4"])
def test_the_widest_ranges_overflow_nowhere(dtype: str) -> None:
    info: Any = np.finfo(dtype) if dtype[0] == "f" else np.iinfo(dtype)
    frame = np.array([[info.min, 0, info.max, 1 << 40]], dtype)  # float64 tells them apart
    movie = np.stack([frame, frame[:, ::-1], frame])
    same = equalize(movie, axes=YX, smooth=3), equalize(movie, axes=YX)
    np.testing.assert_allclose(*(s.astype(np.float64) for s in same), rtol=1e-12, atol=4096)


def test_the_window_is_a_gaussian_cut_off_and_whole_at_the_ends() -> None:
    places, weights = Neighbors("neighbors", 11).window(20, 40)
    assert places == tuple(range(15, 26))
    steps = np.arange(-5, 6) / (11 / 4)
    np.testing.assert_allclose(weights, np.exp(-(steps**2) / 2) / np.exp(-(steps**2) / 2).sum())
    places, weights = Neighbors("neighbors", 11).window(1, 40)
    assert places == tuple(range(7))
    assert sum(weights) == pytest.approx(1)


HOWS: list[dict[str, Any]] = [
    {"smooth": 5},
    *({"method": Match(kind, window=3 if kind == "neighbors" else None)} for kind in KINDS),
]


@pytest.mark.parametrize("number", range(20))
@pytest.mark.parametrize("large", [False, True])
def test_lazily_the_same_bits_for_any_chunks(
    number: int, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, how = np.random.default_rng(number), dict(HOWS[number % 5])
    shape, axes = [((6, 17, 20), (1, 2)), ((5, 17, 20), (0, 2)), ((4, 3, 9, 10), (2, 3))][
        number % 3
    ]
    pixels = image(["u1", ">u2", "i4", "f4"][number % 4], shape, number)
    mask = rng.random(shape) > 0.3 if number % 2 else None
    chunked = da.from_array(pixels, chunks=random_chunks(rng, shape))
    if large:
        monkeypatch.setattr(lazy_planes, "PLANE_BYTES", 100)
    got = equalize(chunked, mask=mask, axes=axes, **how)
    same_bits(got, equalize(pixels, mask=mask, axes=axes, **how))


def test_a_frame_needs_its_neighbors_and_no_others() -> None:
    read: set[int] = set()

    def frame(block: Pixels, block_id: Any = None) -> Pixels:
        read.add(block_id[0])
        return block

    movie = da.from_array(image("u2", (12, 9, 10)), chunks=(1, 9, 10)).map_blocks(frame, dtype="u2")
    made = equalize(movie, axes=YX, smooth=5)
    read.clear()
    made[6].compute(scheduler="synchronous")
    assert read == {4, 5, 6, 7, 8}


def test_each_slice_of_a_volume_is_smoothed_along_time_alone() -> None:
    pixels = image("u1", (5, 3, 20, 30))
    got = equalize(pixels, axes=(2, 3), smooth=3)
    for z in range(3):
        np.testing.assert_array_equal(got[:, z], equalize(pixels[:, z], axes=YX, smooth=3))


def test_colors_are_smoothed_by_their_luminance() -> None:
    colors = np.random.default_rng(0).integers(0, 200, (5, 12, 13, 3), np.uint8)
    got = equalize(colors, axes=YX, channel_axis=-1, smooth=3)
    assert (got != equalize(colors, axes=YX, channel_axis=-1)).any()
    gray = np.repeat(colors[..., :1], 3, axis=-1)
    wanted = equalize(gray[..., 0], axes=YX, smooth=3)
    made = equalize(gray, axes=YX, channel_axis=-1, smooth=3)
    np.testing.assert_array_equal(made[..., 1], wanted)
    lazy = da.from_array(colors, chunks=(2, 5, 6, 2))
    same_bits(equalize(lazy, axes=YX, channel_axis=-1, smooth=3), got)


def test_all_levels_of_a_pyramid_by_what_is_counted_at_one() -> None:
    movie = image("u1", (5, 20, 30))
    levels = [movie, movie[:, ::2, ::2]]
    made = equalize_multiscale(levels, axes=YX, smooth=3)
    same_bits(made[0], equalize(movie, axes=YX, smooth=3))
    assert made[1].compute().shape == (5, 10, 15)


def test_a_frame_without_pixels_that_count_takes_the_curve_of_its_neighbors() -> None:
    movie = image("u1", (5, 20, 30))
    mask = np.ones(movie.shape, bool)
    mask[2] = False
    got = equalize(movie, mask=mask, axes=YX, smooth=5)
    assert (got[2] != movie[2]).any()
    with pytest.warns(UserWarning, match="no pixel"):
        none = equalize(movie, mask=np.zeros_like(mask), axes=YX, smooth=3)
    np.testing.assert_array_equal(none, movie)


def test_inside_and_smooth_go_together() -> None:
    movie, mask = image("u1", (5, 20, 30)), np.zeros((20, 30), bool)
    mask[5:15, 5:20] = True
    got = equalize(movie, mask=mask, axes=YX, smooth=3, inside=True)
    whole = equalize(movie, mask=mask, axes=YX, smooth=3)
    np.testing.assert_array_equal(got, np.where(mask, whole, movie))


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"smooth": 5}, ValueError, "pass the axes of a plane, say axes="),
        ({"method": Match("first")}, ValueError, r"Match\('first'\) matches each plane"),
        ({"smooth": 5, "axes": YX, "method": Clahe()}, ValueError, "Clahe is no single curve"),
        ({"smooth": 3, "axes": YX, "method": Match("first")}, ValueError, "leave smooth out"),
        ({"smooth": 0, "axes": YX}, ValueError, "smooth is 0: use 1 to"),
        ({"smooth": 2.5, "axes": YX}, TypeError, "a whole number of planes"),
        ({"smooth": True, "axes": YX}, TypeError, "smooth is True"),
    ],
)
@pytest.mark.parametrize("lazy", [False, True])
def test_what_makes_no_sense_is_refused(how: Any, error: Any, words: str, lazy: bool) -> None:
    pixels = image("u1", (3, 9, 9))
    with pytest.raises(error, match=words):
        equalize(da.from_array(pixels) if lazy else pixels, **how)


@pytest.mark.parametrize(
    ("given_window", "error"), [(0, ValueError), (2.5, TypeError), (True, TypeError)]
)
def test_a_window_is_a_number_of_frames(given_window: Any, error: Any) -> None:
    with pytest.raises(error, match="window="):
        Match("neighbors", window=given_window)
    with pytest.raises(ValueError, match="leave window out"):
        Match("first", window=5)
    with pytest.raises(TypeError, match="'neighbors', 'first', 'previous' or 'median'"):
        Match("last")


@pytest.mark.parametrize("how", HOWS, ids=str)
def test_it_is_recorded_replayed_and_told(how: dict[str, Any]) -> None:
    movie = image("u1", (5, 20, 30))
    done = perform(Task(movie, recipe=Recipe(axes=YX, **how)), lambda *_: None)
    again = Record.from_dict(done.record.as_dict())
    assert again.recipe == done.record.recipe
    np.testing.assert_array_equal(again.reproduce(movie), equalize(movie, axes=YX, **how))
    told = legend(done.record)
    assert "for viewing, not for measuring intensities" in told
    if "smooth" in how:
        assert "each plane's curve averaged over 5 neighbors" in told
    else:
        assert f"reference {how['method'].reference}" in told


def test_counts_are_those_of_the_frames() -> None:
    frame = image("u2", (20, 30))
    found = averaged([Quantiles.of(ArraySource(frame))] * 3, (0.2, 0.5, 0.3))
    np.testing.assert_array_equal(found.counts, count(ArraySource(frame)).counts)
