"""The examples in docstrings are true: those of public functions, and those that explain hard tricks."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import napari_histeq

SOURCE = Path(napari_histeq.__file__).parent
MODULES = sorted(
    ".".join(("napari_histeq", *path.relative_to(SOURCE).with_suffix("").parts))
    for path in SOURCE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


def test_there_are_examples():
    assert len(MODULES) > 3


@pytest.mark.parametrize("name", MODULES)
def test_worked_examples(name):
    module = importlib.import_module(name.removesuffix(".__init__"))
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed
