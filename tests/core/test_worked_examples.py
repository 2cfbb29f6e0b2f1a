"""The examples in numbers that explain the hard tricks are true."""

from __future__ import annotations

import doctest

import pytest

from napari_histeq.core.clahe import part, tiles
from napari_histeq.core.histogram import adaptive


@pytest.mark.parametrize("module", [tiles, part, adaptive], ids=lambda module: module.__name__)
def test_worked_examples(module):
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed
