"""No words of a programmer reach a person: the core's errors, as the panel says them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from napari_histeq import Clahe, Global, OpenCvClahe, Specify, equalize
from napari_histeq.gui.runs import work
from napari_histeq.layers.wording import file_name, plain
from napari_histeq.records import Task

#: Names, calls and keywords of Python.
CODE = re.compile(
    r"[a-z]_[a-z]|\w=|\(\)|\blo\b|np\.|~|0x|<function|Proxy|channel_axis|convention='"
)

IMAGE = np.random.default_rng(0).integers(0, 255, (32, 32), dtype=np.uint8)
STACK = np.stack([IMAGE, IMAGE])

#: What goes wrong, and what a person has to read to mend it.
WRONG = {
    "range": (lambda: equalize(IMAGE, out_range=(300, 10)), r"From \(300\) must be less than To \(10\)$"),
    "dtype": (lambda: equalize(IMAGE, out_range=(0, 300)), "0 to 300 .*uint8, which holds 0 to 255"),
    "masked": (lambda: equalize(np.ma.masked_array(IMAGE, IMAGE > 9)), "mask layer under Region"),
    "complex": (lambda: equalize(IMAGE * 1j), "complex128 cannot be equalized: convert"),
    "tile": (lambda: equalize(IMAGE, Clahe(kernel_size=300)), "Tile size 300 is larger .* 32 pixels"),
    "axes": (lambda: equalize(IMAGE, Clahe(kernel_size=(8, 8, 8))), "has 3 numbers, .* 2 axes: give one number, or 2$"),
    "weights": (lambda: Specify("counts", counts=1), "^Counts 1 is no list of weights: give"),
    "one grid": (lambda: OpenCvClahe(tile_grid_size=8), "Tile grid size 8 needs two numbers"),
    "bins": (lambda: Clahe(nbins=1), "Bins 1 is out of range"),
    "power": (lambda: Global(power=3), "Power 3 is out of range: it must be > 0 and <= 1"),
    "float": (lambda: equalize(IMAGE / 255, Clahe.opencv()), "8 and 16-bit integers"),
    "planes": (lambda: equalize(STACK, Clahe.opencv()), "untick all axes but the last two"),
    "mask": (lambda: equalize(IMAGE, Clahe.opencv(), mask=IMAGE > 9), "knows no mask and no ig"),
    "range, cv": (lambda: equalize(IMAGE, Clahe.opencv(), out_range=(0, 9)), "knows no range but"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_an_error_is_told_in_words(what: str) -> None:
    do, words = WRONG[what]
    with pytest.raises((ValueError, TypeError)) as caught:
        do()
    said = plain(caught.value)
    assert not CODE.search(said), said
    assert re.search(words, said), said


def test_other_words_stay_as_they_are() -> None:
    assert plain("no axis is ticked: tick one") == "no axis is ticked: tick one"


def test_too_little_memory_is_told_with_the_size_and_the_cure() -> None:
    task = Task(np.broadcast_to(np.uint16(0), (100, 50_000, 1000)), "moon")
    said = work._in_words(task, MemoryError("Unable to allocate"))
    assert "“moon”: it takes at least 10 GB, and" in said
    assert "dask or zarr" in said


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("cells", "cells.svg"),
        ("a/b\\c: d?", "a_b_c_ d_.svg"),
        ("day 1\n\tcells", "day 1 cells.svg"),
        ("../../etc", "_.._etc.svg"),
        ("\udcff\x00", "__.svg"),
        (" . ", "image.svg"),
        ("Zellen ü 細胞 [:, 3]", "Zellen ü 細胞 [_, 3].svg"),
    ],
)
def test_a_layer_s_name_as_that_of_a_file(tmp_path, name, file):
    assert file_name(name, ".svg") == file
    (tmp_path / file).touch()
    assert [path.name for path in tmp_path.iterdir()] == [file]


def test_the_name_of_a_file_is_not_too_long():
    assert len(file_name("細" * 10_000, ".ome.zarr").encode()) <= 255
