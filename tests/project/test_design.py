"""docs/design.md (and CONTRIBUTING.md) tell of the code as it is: rooms, files, order, names."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import napari_histeq

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "src" / "napari_histeq"
DESIGN = (TOP / "docs" / "design.md").read_text(encoding="utf-8")
CONTRIBUTING = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
}
#: Every package, from the top on, by its path.
ROOMS = sorted(
    path.parent.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("__init__.py")
    if path.parent != PACKAGE and path.parent.name != "twins"  # one of each file beside them
)


def told_rooms() -> dict[str, str]:
    """The rooms that the design lists under "The rooms", and what it says of each."""
    listing = DESIGN.split("    src/napari_histeq/\n", 1)[1].split("\n\n", 1)[0]
    told: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in listing.splitlines():
        indent = len(line) - len(line.lstrip())
        while above and above[-1][0] >= indent:
            above.pop()
        named = re.match(r"(\w+)/ +(.*)|(\w+)/$", line.strip())
        if named:
            room = "/".join([*(name for _, name in above), named[1] or named[3]])
            above.append((indent, named[1] or named[3]))
            told[room] = named[2] or ""
        elif above:
            told["/".join(name for _, name in above)] += " " + line.strip()
    return told


def test_every_room_is_listed_and_no_other() -> None:
    assert sorted(told_rooms()) == ROOMS


@pytest.mark.parametrize("room", ROOMS)
def test_every_file_is_told_of_in_its_room(room: str) -> None:
    words = set(re.findall(r"\w+", told_rooms()[room]))
    files = {path.stem for path in (PACKAGE / room).glob("*.py") if not path.stem.startswith("__")}
    assert len(files) <= 1 or files <= words, f"{room}: {sorted(files - words)} are not told of"


def test_files_that_are_named_exist() -> None:
    named = re.findall(r"`([\w./-]+/[\w./-]+)`", f"{DESIGN}\n{CONTRIBUTING}")
    #: Others' code, which is praised; a menu of napari's; what a command makes.
    beside = (
        "src/ndv",
        "src/zarr",
        "src/napari/",
        "napari/",
        "skimage/",
        "astropy/",
        "docs/principles",
        "tests/",
    )
    ours = [name for name in named if not name.startswith(beside) or (TOP / name).exists()]
    places = (TOP, PACKAGE, PACKAGE / "core")
    missing = [
        name
        for name in ours
        if not any(
            (place / path).exists() or (place / f"{path}.py").exists()
            for place in places
            for path in (name, name.rpartition(".")[0] or name)
        )
    ]
    assert missing == []
    assert len(ours) > 20


def layers_of(contract: str) -> list[set[str]]:
    return [set(layer.split(" : ")) for layer in CONTRACTS[contract]["layers"]]


@pytest.mark.parametrize("contract", ["rooms", "core-rooms", "gui-rooms"])
def test_the_order_of_imports_is_that_of_the_contracts(contract: str) -> None:
    text = " ".join(DESIGN.split("Import order, each", 1)[1].split("A package's", 1)[0].split())
    orders = [
        [set(floor.split(", ")) for floor in order.split(" -> ")]
        for order in re.findall(r"`([\w, ]+(?: -> [\w, ]+)+)`", text)
    ]
    assert layers_of(contract) in orders


def test_public_names_are_those_of_the_package() -> None:
    block = DESIGN.split("    from napari_histeq import (\n", 1)[1].split("    )\n", 1)[0]
    told = re.findall(r"\w+", re.sub("#.*", "", block))
    assert sorted(told) == sorted(napari_histeq.__all__)


def test_rows_of_the_panel_that_are_named_exist() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "gui").rglob("*.py"))
    rows = set(re.findall(r'\["(\w+)"\]', DESIGN)) - {"napari_histeq", "saturated"}
    assert len(rows) > 15
    made = set(re.findall(r'(?:name=|_tick\(\s*)"(\w+)"', code))
    assert sorted(rows - made) == []


def test_commands_that_are_named_exist() -> None:
    manifest = (PACKAGE / "napari.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"`(napari-histeq\.(?!json)\w+)`", DESIGN))
    assert len(named) > 4
    assert sorted(name for name in named if f"id: {name}\n" not in manifest) == []


def test_targets_that_are_named_exist() -> None:
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    pages = "".join(path.read_text(encoding="utf-8") for path in (TOP / "docs").rglob("*.md"))
    named = set(re.findall(r"`make ([a-z][\w-]*)", f"{readme}{CONTRIBUTING}{pages}"))
    assert len(named) > 8
    assert sorted(n for n in named if not re.search(rf"^{n}:", makefile, re.MULTILINE)) == []
    for name in re.findall(r"nox -s (\w+)", CONTRIBUTING):
        assert f"def {name}(" in (TOP / "noxfile.py").read_text(encoding="utf-8")
