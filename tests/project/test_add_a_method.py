"""The page that says how to add a method, executed: what it promises holds."""

from __future__ import annotations

import re
import subprocess
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest

from helpers.tasks import task_of
from napari_histeq import compute_histogram, equalize, transfer_function
from napari_histeq.core import METHODS
from napari_histeq.core.methods import Option, base, options_of
from napari_histeq.records import Record, legend, script
from napari_histeq.records.task import perform

PAGE = Path(__file__).parents[2] / "docs" / "add-a-method.md"


@pytest.fixture(scope="module")
def method() -> Any:
    """The class of the page, in a module of its own, as a person would have it."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    module = types.ModuleType("my_methods")
    sys.modules["my_methods"] = module
    exec(compile(code, str(PAGE), "exec"), module.__dict__)  # noqa: S102  (the page is ours)
    yield module.Sigmoid
    del sys.modules["my_methods"]
    base._known.pop("sigmoid")


DTYPES = ["u1", "i1", "u2", "i2", "u4", "i8", "f2", "f4", "f8"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_by_its_name_on_any_dtype(method: Any, dtype: str) -> None:
    image = np.random.default_rng(3).gamma(2, 9, (40, 50)).clip(0, 120).astype(dtype)
    found = equalize(image, "sigmoid", gain=4)
    assert found.dtype == image.dtype
    assert np.isfinite(found.astype(float)).all()
    order = np.argsort(image, axis=None, kind="stable")
    assert np.all(np.diff(found.reshape(-1)[order].astype(float)) >= 0)


@pytest.mark.parametrize(
    "image",
    [
        np.array([[1, 2, 3]], np.uint64) + np.uint64(2**53 - 4),
        np.array([[-1, 0, 1]], np.float32) * np.finfo(np.float32).max,
        np.array([[-1, 0, 1]], np.float16) * np.finfo(np.float16).max,
        np.array([[0, 5e-324, 1e-323]]),
        np.array([[-1, 0, 1]]) * 1.7e308,
    ],
)
def test_where_a_plain_quotient_fails(method: Any, image: Any) -> None:
    found = equalize(image, method(gain=4), out_range="image")
    np.testing.assert_array_equal(found[0, [0, 2]], image[0, [0, 2]])
    assert image[0, 0] <= found[0, 1] <= image[0, 2]


def test_neighbors_beyond_double_precision_keep_their_order(method: Any) -> None:
    image = np.array([[1, 2, 3]], np.uint64) + np.uint64(2**64 - 4)
    places = compute_histogram(image).places
    np.testing.assert_array_equal(places, [0.0, 0.5, 1.0])
    found = equalize(image, method(), out_range=(0, 200))
    np.testing.assert_array_equal(found, [[0, 100, 200]])


def test_lazily_plane_by_plane_and_in_color(method: Any) -> None:
    image = np.random.default_rng(4).integers(0, 200, (3, 40, 50)).astype(np.uint8)
    chunked = da.from_array(image, chunks=(1, 17, 19))
    for how in ({}, {"axes": (1, 2)}, {"strength": 0.5}):
        full = equalize(image, method(), **how)
        np.testing.assert_array_equal(equalize(chunked, "sigmoid", **how).compute(), full)
    assert equalize(image.transpose(1, 2, 0), "sigmoid", channel_axis=2).shape == (40, 50, 3)


def test_it_is_known_and_recorded(method: Any) -> None:
    image = np.random.default_rng(5).integers(0, 200, (40, 50)).astype(np.uint8)
    assert METHODS["sigmoid"] is method
    assert [field.name for field in options_of(method)] == ["gain"]
    outcome = perform(task_of(image, method=method(gain=3.0)), lambda *_: None)  # type: ignore[call-arg]
    record = Record.from_dict(outcome.record.as_dict())
    assert record.recipe.method == method(gain=3.0)  # type: ignore[call-arg]
    np.testing.assert_array_equal(record.reproduce(image), outcome.data)
    assert "sigmoid" in legend(record)
    text = script(record)
    assert "from my_methods import Sigmoid" in text
    assert "from napari_histeq import equalize" in text
    compile(text, "script", "exec")


def test_of_a_class_that_no_module_has_the_script_says_so(
    method: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a notebook, where what it was made with is in the same module.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules[method.__module__])
    monkeypatch.setattr(method, "__module__", "__main__")
    image = np.random.default_rng(6).integers(0, 200, (40, 50)).astype(np.uint8)
    outcome = perform(task_of(image, method=method(gain=3.0)), lambda *_: None)
    text = script(outcome.record)
    assert "import Sigmoid" not in text
    told = "# The class Sigmoid was defined in a session, not in a module that can be imported:\n"
    assert text.count(told) == 1
    place = text.index("# put its definition here")
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    np.save(tmp_path / "image.npy", image)
    (tmp_path / "again.py").write_text(text[:place] + code + text[place:], encoding="utf-8")
    files = ["again.py", "image.npy", "result.npy"]
    subprocess.run([sys.executable, *files], cwd=tmp_path, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "result.npy"), outcome.data)


def test_its_curve(method: Any) -> None:
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    curve = transfer_function(compute_histogram(image), method())
    assert curve(image)[0, 0] == 0
    assert curve(image)[-1, -1] == 255


def test_a_limit_holds_and_a_name_is_taken_once(method: Any) -> None:
    with pytest.raises(ValueError, match=r"gain=0"):
        method(gain=0)
    with pytest.raises(ValueError, match="the name 'sigmoid' is that of my_methods"):
        type("Other", (method.__mro__[1],), {"name": "sigmoid"})


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (Option("", gt=0), "> 0"),
        (Option("", ge=0, le=9), ">= 0 and <= 9"),
        (Option("", le=9), "<= 9"),
        (Option(""), "a number"),
    ],
)
def test_limits_in_words(option: Any, words: str) -> None:
    assert option.limits == words


def test_a_field_without_an_option_is_refused_in_words() -> None:
    @dataclass(frozen=True)
    class Bare:
        k: float = 2.0

    with pytest.raises(TypeError, match="Bare: k tells no Option: write"):
        options_of(Bare)
