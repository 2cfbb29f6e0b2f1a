"""What a person reads: one spelling, the American one."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("src", "tests", "docs", "benchmarks", "scripts")
FILES = ("README.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml")
TEXTS = {".py", ".md", ".yaml", ".toml", ""}

#: Beginnings and endings of British words, kept apart so that this file holds none of them.
BRITISH = (
    ("equali", "s"), ("normali", "s"), ("optimi", "s"), ("visuali", "s"), ("initiali", "s"),
    ("minimi", "s(e|ing)"), ("maximi", "s(e|ing)"), ("digiti", "s(e|ing)"), ("recogni", "s(e|ing)"),
    ("summari", "s(e|ing)"), ("quanti", "s(e|ing|ation)"), ("seriali", "s(e|ing|ation)"),
    ("generali", "s(e|ing|ation)"), ("analy", "se"), ("col", "our"), ("neighb", "our"),
    ("behavi", "our"), ("fav", "our"), ("gr", "ey"), ("cent", "re"), ("centi?met", "re"),
    ("micromet", "re"), ("cancel", "led(?!Error)|cancell" + "ing"), ("label", "led"), ("model", "led"),
    ("toward", "s"), ("licen", "ce"), ("catalog", "ue"),
)  # fmt: skip


def test_american_spelling():
    british = re.compile("|".join(first + f"({last})" for first, last in BRITISH), re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in _texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if british.search(line)
    ]
    assert not found, "\n".join(found)


def _texts():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXTS and "__pycache__" not in path.parts:
                yield path
    yield from (ROOT / name for name in FILES)
