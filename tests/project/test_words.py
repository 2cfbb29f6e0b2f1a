"""What a person reads: one spelling, the American one; clear words, in whole sentences."""

import ast
import re
from functools import cache
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


@cache
def _strings():
    """What may be shown: all that stands in the code but docstrings."""
    return [*_read()]


def _read():
    for path in sorted((ROOT / "src").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        about = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and id(node) not in about:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value  # type: ignore[attr-defined]


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


#: What napari shows: the window, the plot, the legend.
SHOWN = ("display", "gui", "layers", "plot", "records")
LETTERS = re.compile("[A-Za-z]")


def _glued(node):
    """The pieces of texts that are put together here in another way than as a whole with gaps."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        return [node.value]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [side for side in (node.left, node.right) if not isinstance(side, ast.BinOp)]
    if isinstance(node, ast.FormattedValue):
        return [
            c for c in ast.walk(node.value) if isinstance(c, ast.IfExp | ast.BinOp | ast.BoolOp)
        ]
    return []


def _has_words(piece):
    """Whether letters stand in it: not in a list, and not as the argument of a call."""
    if isinstance(piece, ast.IfExp):
        return any(map(_has_words, (piece.body, piece.orelse)))
    if isinstance(piece, ast.BinOp):
        return any(map(_has_words, (piece.left, piece.right)))
    if isinstance(piece, ast.BoolOp | ast.JoinedStr):
        return any(map(_has_words, piece.values))
    is_text = isinstance(piece, ast.Constant) and isinstance(piece.value, str)
    return is_text and LETTERS.search(piece.value) is not None


def test_no_sentence_is_glued_from_parts():
    """Or it could be told in no other language: there parts stand in another order and form."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(piece)}"  # type: ignore[attr-defined]
        for room in SHOWN
        for path in sorted((ROOT / "src" / "napari_histeq" / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for piece in _glued(node)
        if _has_words(piece)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "code",
    [
        """f"{n} file{'s' * (n != 1)}\"""",
        """f"{'They are' if many else 'It is'} hidden\"""",
        """f"of {name or 'another image'}\"""",
        "words += ' It was stopped.'",
        "name + ' was removed'",
        "words + (f' and {n} more' if n else '')",
    ],
)
def test_glue_is_seen(code):
    assert any(_has_words(p) for node in ast.walk(ast.parse(code)) for p in _glued(node))
