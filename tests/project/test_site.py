"""The site: what `mkdocs build --strict` does not see, and what can be seen without mkdocs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import napari_histeq

pytestmark = pytest.mark.whole

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"
SITE = yaml.safe_load((TOP / "mkdocs.yml").read_text(encoding="utf-8"))
#: Made of the files of the top folder by docs/pages.py.
MADE = {"index.md", "changelog.md", "contributing.md"}


def pages(nav: Any) -> list[str]:
    """The pages of the menu, in order."""
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [page for part in parts for page in pages(part)]


def test_every_page_is_in_the_menu_once() -> None:
    listed = pages(SITE["nav"])
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert len(listed) == len(set(listed))
    assert set(listed) == there | MADE


def test_it_is_built_strictly() -> None:
    assert SITE["strict"] is True


def test_all_public_names_are_on_the_page_of_python() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    told = re.findall(r"^::: napari_histeq\.(?!display)(?:\w+\.)*(\w+)$", page, re.MULTILINE)
    assert sorted(told) == sorted(napari_histeq.__all__)


def test_every_picture_is_shown_somewhere() -> None:
    texts = "".join(p.read_text(encoding="utf-8") for p in (TOP / "README.md", *DOCS.rglob("*.md")))
    texts += (TOP / "mkdocs.yml").read_text(encoding="utf-8")
    assert [p.name for p in (DOCS / "images").iterdir() if p.name not in texts] == []


def test_links_of_the_top_folder_lead_to_files() -> None:
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md"):
        text = (TOP / name).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
            assert link.startswith("https://") or (TOP / link).exists(), f"{name}: {link}"


def test_the_version_that_is_cited_is_this_one() -> None:
    cited = yaml.safe_load((TOP / "CITATION.cff").read_text(encoding="utf-8"))
    project = (TOP / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{cited["version"]}"' in project
    assert f"version {cited['version']}." in (DOCS / "citing.md").read_text(encoding="utf-8")
