"""Files of tests: small, and none hides another."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

FILES = sorted(Path(__file__).parents[1].rglob("*.py"))


def test_no_two_have_one_name():
    """Or pytest takes neither: it knows a file of tests by its name alone."""
    names = Counter(path.name for path in FILES if path.name.startswith("test_"))
    assert [name for name, number in names.items() if number > 1] == []


def test_none_is_over_300_lines():
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: number for name, number in lines.items() if number > 300} == {}
