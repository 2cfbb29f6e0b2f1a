"""The command line that a record becomes is run, and makes the same bits."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from helpers.records import LABELS, MASK, RECORDS, TASKS
from helpers.strategies import BARE, any_options
from helpers.tasks import task_of
from napari_histeq import Clahe, Global, Match, OpenCvClahe
from napari_histeq.batch import command_of
from napari_histeq.batch.options import method_of, value_of
from napari_histeq.cli.app import app
from napari_histeq.core.methods import METHODS, Option, base, options_of
from napari_histeq.records import perform

#: Of a curve of other images no command line tells, and npy keeps no swapped bytes.
UNSAYABLE = {"given", "colors together", "swapped bytes"}
SAYABLE = [name for name in RECORDS if name not in UNSAYABLE]
RECORD_IMAGE = TASKS["plain"].image
IMAGE = np.random.default_rng(8).gamma(2, 40, (24, 30)).astype(np.uint8)


def run(text: str, files: dict[str, Any]) -> Any:
    """Fill in what the comments ask for, and run the first line as a shell would read it."""
    line, *notes = text.splitlines()
    assert all(note.startswith("# ") for note in notes)
    words = shlex.split(line)
    assert words[:2] == ["napari-histeq", "equalize"]
    for placeholder, value in files.items():
        if placeholder in words:
            words[words.index(placeholder)] = str(value)
            assert any(placeholder in note for note in notes), "what it stands for is told"
    return CliRunner().invoke(app, [*words[1:], "-q"])


@pytest.mark.parametrize("name", SAYABLE)
def test_it_makes_the_bits_that_the_record_tells_of(name: str, tmp_path: Path) -> None:
    record, image = RECORDS[name], TASKS[name].image
    np.save(tmp_path / "image.npy", image)
    np.save(tmp_path / "mask.npy", MASK)
    np.save(tmp_path / "labels.npy", LABELS)
    method = record.recipe.method
    if hasattr(method, "reference"):
        (tmp_path / "reference.json").write_text(method.reference.to_json())
    places = {"IN": "image.npy", "OUT": "out", "MASK": "mask.npy", "REFERENCE": "reference.json"}
    places["LABELS"] = "labels.npy"
    done = run(command_of(record), {k: tmp_path / v for k, v in places.items()})
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(np.load(tmp_path / "out/image.npy"), record.reproduce(image))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_options_are_read_as_what_they_were(data: Any) -> None:
    kind: Any = data.draw(st.sampled_from(BARE))
    method = kind(**data.draw(any_options(kind, "tile_grid_size")))
    recipe = replace(RECORDS["plain"].recipe, method=method)
    line = shlex.split(command_of(replace(RECORDS["plain"], recipe=recipe)).splitlines()[0])
    assert method_of(method.name, pairs(line[line.index("--method") + 2 :])) == method


def test_two_numbers_are_one_option() -> None:
    recipe = replace(RECORDS["plain"].recipe, method=OpenCvClahe(2.5, (4, 6)))
    text = command_of(replace(RECORDS["plain"], recipe=recipe))
    assert " --clip-limit 2.5 --tile-grid-size 4,6\n" in text


def pairs(words: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    while words:
        flag, *rest = words.pop(0).partition("=")
        found[flag[2:].replace("-", "_")] = rest[1] if rest[0] else words.pop(0)
    return found


def quiet(*_: object) -> None:
    pass


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"smooth": 3}, " --smooth 3\n"),
        ({"method": Match("neighbors", window=5)}, " --reference neighbors --window 5 "),
        ({"method": Match("median")}, " --reference median "),
    ],
)
def test_movies(tmp_path: Path, how: dict[str, Any], words: str) -> None:
    movie = np.random.default_rng(1).integers(0, 99, (4, 9, 10), np.uint8)
    record = perform(task_of(movie, axes=(1, 2), **how), quiet).record
    np.save(tmp_path / "movie.npy", movie)
    text = command_of(record)
    assert words in text
    done = run(text, {"IN": tmp_path / "movie.npy", "OUT": tmp_path / "out"})
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(np.load(tmp_path / "out/movie.npy"), record.reproduce(movie))


def test_plane_by_plane(tmp_path: Path) -> None:
    movie = np.random.default_rng(1).integers(0, 99, (4, 9, 10), np.uint8)
    method = Match.of(movie[::-1] * 2, axes=(1, 2), name="a {model}")
    record = perform(task_of(movie, axes=(1, 2), method=method), quiet).record
    np.save(tmp_path / "movie.npy", movie)
    (tmp_path / "planes.json").write_text(record.recipe.method.reference.to_json())  # type: ignore[attr-defined]
    text = command_of(record)
    assert "REFERENCE: a JSON file by the to_json() of “a {model}”, plane by plane" in text
    files = {"IN": "movie.npy", "OUT": "out", "REFERENCE": "planes.json"}
    done = run(text, {name: tmp_path / path for name, path in files.items()})
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(np.load(tmp_path / "out/movie.npy"), record.reproduce(movie))


def test_only_inside(tmp_path: Path) -> None:
    how: Any = {"region": lambda: MASK, "region_name": "cells", "inside": True}
    image = RECORD_IMAGE[0]
    record = perform(task_of(image, feather=2, **how), quiet).record
    np.save(tmp_path / "image.npy", image)
    np.save(tmp_path / "mask.npy", MASK)
    text = command_of(record)
    assert " --inside --feather 2 --mask MASK" in text
    done = run(text, {
        "MASK": tmp_path / "mask.npy", "IN": tmp_path / "image.npy", "OUT": tmp_path / "out",
    })  # fmt: skip
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(np.load(tmp_path / "out/image.npy"), record.reproduce(image))


def test_only_what_differs_from_the_defaults_is_told() -> None:
    assert command_of(RECORDS["plain"]).splitlines()[0] == (
        "napari-histeq equalize IN -o OUT --method global"
    )
    record = perform(task_of(IMAGE, method=Clahe(clip_limit=0.02), strength=0.5), quiet).record
    assert command_of(record).splitlines()[0] == (
        "napari-histeq equalize IN -o OUT --method clahe --clip-limit 0.02 --strength 0.5"
    )


def test_a_file_with_any_name_is_quoted() -> None:
    text = command_of(RECORDS["plain"], Path("/data/it's $HOME `x`\n.tif"))
    assert shlex.split(text)[2:5] == [
        "/data/it's $HOME `x`\n.tif", "-o", "/data/equalized",
    ]  # fmt: skip


def test_a_layer_named_to_break_out_of_its_comment_does_not() -> None:
    task = task_of(IMAGE, region=lambda: IMAGE > 9, region_name="x\nrm -rf ~")
    text = command_of(perform(task, quiet).record)
    assert all(line.startswith("# ") for line in text.splitlines()[1:])
    assert "x rm -rf ~" in text


def test_the_curve_of_another_image_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"curve of another image was applied.*Run on files"):
        command_of(RECORDS["given"])


def test_a_method_of_somebody_elses_is_refused_in_words(monkeypatch: Any) -> None:
    monkeypatch.setattr(base, "_known", dict(METHODS))

    @dataclass(frozen=True)
    class Mine(Global):
        """Mine."""

        name = "mine"
        title = "Mine"
        more: Annotated[float, Option("What it does", ge=0)] = 1.0

    recipe = replace(RECORDS["plain"].recipe, method=Mine())
    with pytest.raises(ValueError, match="does not know Mine"):
        command_of(replace(RECORDS["plain"], recipe=recipe))


def test_every_option_has_a_text_for_its_default() -> None:
    for kind in METHODS.values():
        for field in options_of(kind):
            if field.default is None and not field.values:
                assert value_of(field, "auto") is None
