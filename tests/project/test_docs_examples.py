"""Every Python example of the pages runs, and prints what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[2]
#: Run by tests of their own: with a class that is registered, and in a folder of files.
ELSEWHERE = {"add-a-method.md", "methods.md", "design.md"}
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.DOTALL | re.MULTILINE)
PAGES = [
    page
    for page in (TOP / "README.md", *sorted((TOP / "docs").rglob("*.md")))
    if page.name not in ELSEWHERE and BLOCK.search(page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for code, told in BLOCK.findall(page.read_text(encoding="utf-8")):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, page.name, "exec"), names)  # noqa: S102
        assert not told or printed.getvalue() == told


def test_all_tutorials_are_run() -> None:
    tutorials = set((TOP / "docs" / "tutorials").glob("*.md"))
    assert len(tutorials) == 4
    assert tutorials <= set(PAGES)
