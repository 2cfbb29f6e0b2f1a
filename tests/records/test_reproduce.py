"""The script makes the same bits in a process without napari; the sentence tells all."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from helpers.strategies import CURVES
from helpers.tasks import RECIPE, task_of
from napari_histeq import BiHistogram, Clahe, Global, Match, Standard, Weighted, transfer_function
from napari_histeq.core.recipe import Recipe
from napari_histeq.records import legend, script
from napari_histeq.records.counted import MaskRecord
from napari_histeq.records.record import Record
from napari_histeq.records.task import perform, plan

rng = np.random.default_rng(3)
GRAY = rng.gamma(2, 20, (12, 40, 50)).clip(0, 255).astype(np.uint8)
MASK = rng.random((40, 50)) < 0.3
GRADED = np.arange(50) * np.ones((40, 1))

TASKS = {
    "plain": task_of(GRAY),
    "16 bit": task_of((GRAY * 200.0).astype(np.uint16), method=Global("midpoint", power=0.5)),
    "float, NaN": task_of(np.where(GRAY > 70, np.nan, GRAY * 0.01).astype(np.float32)),
    "plateau": task_of(GRAY, method=Global(plateau=2.5)),
    **{kind.name: task_of(GRAY, method=kind()) for kind in CURVES if kind is not Global},
    "match": task_of(GRAY, method=Match(GRAY // 3)),
    "landmarks": task_of(GRAY, method=Match(GRAY * 0.1, (5, 50.5, 95)), axes=(1, 2)),
    "standard": task_of(GRAY, method=Match(Standard.learn([GRAY, GRAY // 2]))),
    "planes": task_of(GRAY, axes=(1, 2)),
    "strength": task_of(GRAY, strength=0.3, out_range=(10, 200)),
    "mask": task_of(GRAY, region=lambda: MASK, region_name="cells"),
    "ignored": task_of(GRAY, ignored=float(GRAY.min())),
    "mask and ignored": task_of(GRAY, region=lambda: MASK, region_name="cells", ignored=3.0),
    "color": task_of(np.stack([GRAY[0], GRAY[1], GRAY[2]], axis=-1), channel_axis=-1),
    "color, ignored": task_of(
        np.stack([GRAY[0], GRAY[1], GRAY[2]], axis=-1), channel_axis=-1, ignored=20.0
    ),
    'a "name"\\ with\nall """sorts': task_of(GRAY, source='a "name"\\ with\nall """sorts'),
}


def quiet(fraction, what):
    """Report nothing."""


def run(tmp_path, text, image, *more):
    np.save(tmp_path / "image.npy", image)
    (tmp_path / "again.py").write_text(text, encoding="utf-8")
    guard = "import sys, runpy; sys.modules.update(napari=None, qtpy=None); sys.argv.pop(0);"
    guard += "runpy.run_path(sys.argv[0], run_name='__main__')"
    files = ["again.py", "image.npy", "result.npy", *more]
    return subprocess.run(
        [sys.executable, "-c", guard, *files],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", TASKS)
def test_the_script_makes_the_same_bits(tmp_path, name):
    task = TASKS[name]
    outcome = perform(task, quiet)
    record = Record.from_dict(outcome.record.as_dict())
    done = run(tmp_path, script(record), task.image)
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "result.npy"), outcome.data)


def test_no_name_runs_as_code(tmp_path):
    hostile = "cells\nopen('mine', 'w')\n\"\"\"\nopen('mine', 'w')\n"
    outcome = perform(
        task_of(GRAY, source=hostile, region=lambda: MASK, region_name=hostile), quiet
    )
    done = run(tmp_path, script(Record.from_dict(outcome.record.as_dict())), GRAY)
    assert done.returncode == 0, done.stderr
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"again.py", "image.npy", "result.npy"}


def test_a_mask_too_large_for_a_script_is_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr("napari_histeq.records.reproduce.MASK_IN_SCRIPT", 10)
    outcome = perform(TASKS["mask"], quiet)
    np.save(tmp_path / "mask.npy", MASK)
    text = script(outcome.record)
    assert "IMAGE RESULT.npy MASK.npy" in text
    done = run(tmp_path, text, GRAY, "mask.npy")
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "result.npy"), outcome.data)


def test_the_script_refuses_another_image(tmp_path):
    done = run(tmp_path, script(perform(task_of(GRAY), quiet).record), GRAY[:5])
    assert done.returncode == 1
    assert "another image" in done.stderr


@pytest.mark.parametrize("given", [[], ["image.npy"], ["image.npy", "result.npy", "mask.npy", "x"]])
@pytest.mark.parametrize("name", ["plain", "mask"])
def test_a_script_with_other_arguments_tells_how_it_is_called(tmp_path, name, given, monkeypatch):
    monkeypatch.setattr("napari_histeq.records.reproduce.MASK_IN_SCRIPT", 10)
    (tmp_path / "again.py").write_text(script(perform(TASKS[name], quiet).record), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "again.py", *given],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "python SCRIPT IMAGE RESULT.npy" in done.stderr
    assert ("MASK.npy" in done.stderr) == (name == "mask")
    assert "Error" not in done.stderr


def test_the_script_of_a_display_only_layer_says_whose_pixels_it_makes(tmp_path):
    record = plan(TASKS["strength"], quiet).record
    text = script(record, display_only=True)
    assert "pixels of a layer again" not in text
    assert "keeps the pixels of its source" in text
    done = run(tmp_path, text, GRAY)
    assert done.returncode == 0, done.stderr
    made = perform(TASKS["strength"], quiet).data
    np.testing.assert_array_equal(np.load(tmp_path / "result.npy"), made)


@pytest.mark.parametrize("of", ["", "slice 3", "\nimport os\nos.mkdir('mine')\n"])
def test_the_script_tells_what_a_given_curve_is_of(tmp_path, of):
    task = task_of(GRAY, given=transfer_function(GRAY[3]), given_of=of)
    outcome = perform(task, quiet)
    text = script(outcome.record)
    assert ascii(of or "another image") in text
    done = run(tmp_path, text, GRAY)
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "result.npy"), outcome.data)
    assert not (tmp_path / "mine").exists()


def test_scripts_are_short_and_plain():
    text = script(perform(task_of(GRAY, source="moon"), quiet).record)
    assert len(text.splitlines()) < 50
    assert max(map(len, text.splitlines())) < 100
    compile(text, "script", "exec")


def record_of(**how):
    recipe = Recipe(**{name: how.pop(name) for name in RECIPE if name in how})
    return Record("moon", (9, 8, 7), "uint8", recipe, versions={"napari-histeq": "1.2"}, **how)


def test_legend_of_the_simplest_case():
    assert legend(record_of()) == (
        "Contrast was changed by histogram equalization with convention cdf, power 1, plateau off "
        "(napari-histeq 1.2). Gray values preserve the rank order of measured intensities but are "
        "not proportional to them."
    )


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"method": Global(power=0.5)}, "power 0.5"),
        (
            {"method": Weighted()},
            "weighted and thresholded histogram equalization with power 0.5, cap 0.5, cutoff 0.0256",
        ),
        ({"method": BiHistogram(levels=2)}, "split mean, splits 2"),
        (
            {"method": Clahe()},
            "adaptive histogram equalization with tile size 8 × 8 × 7, clip limit 0.01",
        ),
        (
            {"method": Clahe(kernel_size=(4, 2)), "axes": (1, 2)},
            "tile size 4 × 2, clip limit 0.01",
        ),
        ({"method": Clahe(nbins=64)}, "clip limit 0.01, bins 64"),
        (
            {"method": Clahe.opencv(2.56)},
            "by OpenCV's CLAHE with clip limit 2.56, tile grid size 8 × 8",
        ),
        ({"method": Clahe()}, "Gray values cannot be compared between regions."),
        ({"mask": MaskRecord.of("cells", MASK)}, "counted only within “cells”"),
        ({"ignored": 0.0}, "pixels equal to 0 ignored"),
        ({"axes": (1, 2)}, "separately for each plane (axes 1, 2 share a histogram)"),
        ({"axes": (1, 2)}, "Gray values cannot be compared between planes."),
        (
            {"mask": MaskRecord.of("cells", MASK), "inside": True, "feather": 4},
            "counted and changed only within “cells”; its edge feathered over 4 pixels",
        ),
        ({"ignored": 0.0, "inside": True}, "Inside and outside cannot be compared."),
        ({"strength": 0.6}, "strength 0.6"),
        ({"out_range": (0.0, 100.0)}, "output range 0 to 100"),
        ({"channel_axis": -1}, "Luminances preserve the rank order"),
    ],
)
def test_legend_tells_what_was_chosen(how, words):
    assert words in legend(record_of(**how))
    assert words not in legend(record_of())


def test_legend_of_display_only():
    text = legend(record_of(), display_only=True)
    assert text.startswith("Display contrast")
    assert text.endswith("The data themselves are as measured.")
