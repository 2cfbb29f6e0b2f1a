"""Races: we and our peers in the same process, in turns, and a table of the ratios.

The machine may be shared and noisy, so what counts is not a time but a ratio: every
round runs all contenders once, and the best round of each is compared.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import napari_histeq

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

os.environ["NAPARI_HISTEQ_SETTINGS"] = ""  # the panel as it is at first

MANIFEST = Path(napari_histeq.__file__).with_name("napari.yaml")
THREADS = 2
_ROWS: list[Row] = []


@dataclass
class Row:
    """One line of the table: how many times faster we are than each peer."""

    work: str
    ours: float
    ratios: dict[str, tuple[float, float | None]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        name = f"{self.work:<44} {self.ours * 1e3:9.1f} ms"
        rows = []
        for peer, (ratio, bar) in self.ratios.items():
            verdict = (
                "" if bar is None else f"bar {bar:g} {'reached' if ratio >= bar else 'MISSED'}"
            )
            rows.append(f"{name}  {ratio:8.2f} x {peer:<34} {verdict}")
            name = " " * len(name)
        return rows


@dataclass
class Note:
    """A line of the table that is no race: memory, a curve, an import."""

    text: str

    def lines(self) -> list[str]:
        return [self.text]


@pytest.fixture(autouse=True, scope="session")
def two_threads() -> None:
    import cv2

    cv2.setNumThreads(THREADS)


@pytest.fixture
def race(benchmark: Any) -> Callable[..., Row]:
    """Race `ours` against peers: ``race(work, ours, {peer: (function, bar)}, rounds=5)``.

    A peer named with a trailing ``*`` is so slow that it runs once only.
    """

    def run(
        work: str,
        ours: Callable[[], object],
        peers: Mapping[str, tuple[Callable[[], object], float | None]],
        rounds: int = 5,
    ) -> Row:
        ours()  # compiles
        best = dict.fromkeys(["", *peers], np.inf)
        for turn in range(rounds):
            best[""] = min(best[""], _seconds(ours))
            for peer, (function, _) in peers.items():
                if turn == 0 or not peer.endswith("*"):
                    best[peer] = min(best[peer], _seconds(function))
        benchmark.pedantic(ours, rounds=1)
        row = Row(work, best[""])
        row.ratios = {p.rstrip("*"): (best[p] / best[""], bar) for p, (_, bar) in peers.items()}
        _ROWS.append(row)
        return row

    return run


@pytest.fixture
def viewer(make_napari_viewer: Any, npe2pm: Any) -> Iterator[Any]:
    """A viewer as a person has it, with this plugin and no other."""
    with npe2pm.tmp_plugin(manifest=str(MANIFEST)):
        shown = make_napari_viewer(show=True)
        shown.window.resize(1300, 900)
        yield shown


@pytest.fixture
def note() -> Callable[[str], None]:
    """Add a line to the table."""
    return lambda text: _ROWS.append(Note(text))


def copy_of(image: np.ndarray) -> Callable[[], object]:
    """The physical limit: one copy into memory that is there already."""
    out = np.empty_like(image)
    return lambda: np.copyto(out, image)


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _ROWS:
        terminalreporter.section("times as fast as (best of the rounds, in turns)")
        for row in _ROWS:
            for line in row.lines():
                terminalreporter.write_line(line)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lazy-gigabytes", type=float, default=2.0, help="what bench_lazy counts")
    parser.addoption("--zarr-gigabytes", type=float, default=0.5, help="what bench_lazy saves")
