"""A plain callback: the fraction done, which never falls, ends at 1, and whose error stops."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest

from napari_histeq import Global, compute_histogram, equalize, equalize_multiscale
from napari_histeq.core import watching

if TYPE_CHECKING:
    from collections.abc import Callable

    Progress = Callable[[float], object]

RNG = np.random.default_rng(5)
LARGE = RNG.gamma(2, 30, (1500, 3000)).astype(np.float32)  # several blocks
STACK = RNG.integers(0, 4096, (3, 1500, 1500), np.uint16)  # planes larger than a block
COLOR = RNG.integers(0, 256, (60, 70, 3), np.uint8)

VERBS: dict[str, Callable[[Progress], Any]] = {
    "global": lambda told: equalize(LARGE, progress=told),
    "clahe": lambda told: equalize(LARGE, "clahe", clip_limit=0.02, progress=told),
    "exact": lambda told: equalize(LARGE[:50, :50], "exact", progress=told),
    "planes": lambda told: equalize(STACK, axes=(1, 2), progress=told),
    "colors": lambda told: equalize(COLOR, channel_axis=-1, progress=told),
    "bool": lambda told: equalize(LARGE > 40, progress=told),
    "lazy": lambda told: equalize(da.from_array(LARGE, chunks=1000), progress=told),
    "pyramid": lambda told: equalize_multiscale([LARGE, LARGE[::2, ::2]], progress=told),
    "histogram": lambda told: compute_histogram(LARGE, progress=told),
    "histograms": lambda told: compute_histogram(STACK, axes=(1, 2), progress=told),
    "lazy histogram": lambda told: compute_histogram(da.from_array(LARGE, 1000), progress=told),
}


@pytest.mark.parametrize("verb", VERBS)
def test_it_rises_and_ends_at_1(verb: str) -> None:
    heard, threads = [], set()

    def told(fraction: float) -> None:
        heard.append(fraction)
        threads.add(threading.get_ident())

    VERBS[verb](told)
    assert heard == sorted(heard)
    assert all(0 <= fraction < 1 for fraction in heard[:-1])
    assert heard[-1] == 1
    assert threads == {threading.get_ident()}
    assert len(heard) > 1 or verb in ("exact", "bool")


def test_large_planes_take_equal_parts() -> None:
    heard: list[float] = []
    equalize(STACK, axes=(1, 2), progress=heard.append)
    for number in (1, 2):
        assert any(abs(fraction - 0.3 * number) < 1e-9 for fraction in heard)


@pytest.mark.parametrize("verb", ["global", "clahe", "planes", "lazy", "pyramid", "histogram"])
def test_what_it_raises_stops_the_work(verb: str) -> None:
    heard: list[float] = []

    def told(fraction: float) -> None:
        heard.append(fraction)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        VERBS[verb](told)
    assert len(heard) == 1


def test_the_bits_are_the_same() -> None:
    np.testing.assert_array_equal(equalize(LARGE, progress=lambda _: None), equalize(LARGE))


@pytest.mark.parametrize("verb", [equalize, equalize_multiscale, compute_histogram])
def test_what_cannot_be_called_is_refused_first(verb: Any) -> None:
    image = [LARGE] if verb is equalize_multiscale else LARGE
    with pytest.raises(TypeError, match=r"progress is 0\.5: give a function of the fraction done"):
        verb(image, progress=0.5)


def test_who_watches_already_goes_on_watching() -> None:
    outer: list[tuple[int, int]] = []
    inner: list[float] = []
    with watching(lambda *of: outer.append(of)):
        equalize(LARGE, Global(), progress=inner.append)
    assert len(outer) == len(inner) - 1
    assert all(done <= total for done, total in outer)


@pytest.mark.parametrize("verb", VERBS)
def test_true_shows_a_bar(verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    VERBS[verb](True)
    assert "100%" in capfd.readouterr().err


def test_a_bar_ends_with_what_stops_the_work(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="strength"):
        equalize(LARGE, strength=2, progress=True)
    assert "100%" not in capfd.readouterr().err


def test_false_shows_none(capfd: pytest.CaptureFixture[str]) -> None:
    equalize(LARGE, progress=False)
    assert not capfd.readouterr().err


def test_without_tqdm_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match="pip install tqdm"):
        equalize(LARGE, progress=True)
