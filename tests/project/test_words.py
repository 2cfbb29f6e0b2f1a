"""What a person reads: one spelling, the American one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
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


def _strings():
    """What may be shown: all that stands in the code but docstrings."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        about = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and id(node) not in about:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


#: Words that made people wonder, and what they were replaced by.
UNCLEAR = {
    "in its bin": "which program's formula",
    "infinite caps": "off: no cap",
    "equalized apart": "equalized separately",
    "with restraint": "gentler",
    "region by region": "adapts locally",
    "2 **": "1 gives 2 parts, 2 gives 4",
    "commas between": "separated by commas",
    "ignore the value": "ignore pixels equal to",
    "stay the measured ones": "pixel values stay as measured",
    "is of what is": "shows only the visible part",
    "pixel of it counts": "say why nothing is counted",
    "stays chosen": "still using",
    "to flat": "from flat",
    "at the ends": "clipped",
    "split one": "never split them",
    "whole levels only": "output values are whole numbers",
    "on the clipboard": "copied",
    "all the same": "as usual",
    "the button": "Equalize",
    "can not": "cannot",
    " …": "...",
}


@pytest.mark.parametrize("phrase", UNCLEAR)
def test_unclear_words_do_not_come_back(phrase):
    found = [f"{where}: {text}" for where, text in _strings() if phrase in text.lower()]
    assert not found, f"say {UNCLEAR[phrase]!r}: {found}"
