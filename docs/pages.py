"""Files of the top folder as pages of the site (`mkdocs.yml` names this as a hook).

They are read where they are, so nothing is said twice; links are turned to where the files lie on the site.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

TOP = Path(__file__).parents[1]
ICON = TOP / "src" / "napari_histeq" / "icon.svg"
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages before the site is laid out."""
    for name, page in PAGES.items():
        files.append(File.generated(config, page, content=as_page(name)))
    files.append(File.generated(config, "images/icon.svg", abs_src_path=str(ICON)))
    return files


def as_page(name: str) -> str:
    """The text of a file of the top folder, with the links that a page in docs/ would have."""
    text = (TOP / name).read_text(encoding="utf-8").replace("](docs/", "](")
    for other, page in PAGES.items():
        text = text.replace(f"]({other})", f"]({page})")
    return text
