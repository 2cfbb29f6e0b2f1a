"""No record becomes code: the script of any names, and of any damage."""

from __future__ import annotations

import ast
import io
import tokenize
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers.effort import examples
from helpers.records import GRAY, RECORDS, TASKS
from napari_histeq.core import METHODS
from napari_histeq.records import legend, script
from napari_histeq.records.record import Record
from napari_histeq.records.record_fields import RecordError

names = st.sampled_from(list(TASKS))


#: What a stranger would write into a file to have it run.
HOSTILE = [
    "x\nimport os; os.remove('mine')",
    "x\rimport os",
    "x\x0cimport os\x85import os\u2028import os",
    '"\nimport os\n"',
    "'''\nimport os\n'''",
    '"""\nimport os\n"""',
    "\\",
    "{source}{__import__('os')}",
    "');import os;('",
    "\x00",
    "𝕚mport os",
    "lone \ud800",  # a file's name that is no UTF-8
]


texts = st.sampled_from(HOSTILE) | st.text()


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=20)
    | st.sampled_from([np.float64(2), np.array([0.5]), np.array(["a"]), np.zeros((2, 2)), object()])
    | npst.arrays(np.float64, st.integers(0, 3))
    | npst.arrays(npst.scalar_dtypes(), st.integers(0, 2)),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(texts | st.integers(), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def skeleton(text: str) -> str:
    """All of a script's syntax but its constants."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value = type(node.value).__name__
    return ast.dump(tree)


def comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


@given(name=names, text=texts)
def test_no_name_changes_the_script(name, text):
    plain = RECORDS[name].as_dict()
    try:
        mask = plain["mask"] and plain["mask"] | {"layer": text}
        record = Record.from_dict(plain | {"source": text, "mask": mask})
    except RecordError:
        return
    made = script(record)
    assert made.isascii()
    assert skeleton(made) == skeleton(script(RECORDS[name]))
    assert len(comments(made)) == len(comments(script(RECORDS[name])))
    assert len(made.splitlines()) == len(script(RECORDS[name]).splitlines())
    sentence = legend(record).encode()  # nothing in it that a clipboard cannot take
    assert plain["mask"] is None or text.encode(errors="replace") in sentence


ALLOWED = {
    "sys", "hashlib", "base64", "zlib", "np", "imread", "image", "mask", "other", "bits", "packed",
    "x", "y", "axis", "bool", "equalize", "equalized", "curve", "float", "len", "__name__", "__doc__",
    "TransferFunction", "MASK", "LABELS", "CURVE", "SHA256",
    *(kind.__name__ for kind in METHODS.values()), "Standard", "Reference", "REFERENCE", "reference",
}  # fmt: skip


IMPORTED = {"sys", "hashlib", "base64", "zlib", "numpy", "skimage.io", "napari_histeq"}


def assert_only_ours(made: str) -> None:
    """Every name and import in a script is one that our own template has."""
    for node in ast.walk(ast.parse(made)):
        if isinstance(node, ast.Name):
            assert node.id in ALLOWED
        if isinstance(node, ast.ImportFrom):
            assert node.module in IMPORTED
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= IMPORTED


@st.composite
def damaged_records(draw: Any) -> dict[str, Any]:
    """A record with one to three of its values, at any depth, replaced, added or taken away."""
    plain = RECORDS[draw(names)].as_dict()
    for _ in range(draw(st.integers(1, 3))):
        place = plain
        field = draw(st.sampled_from(list(plain)) | texts)
        while isinstance(place.get(field), dict) and place[field] and draw(st.booleans()):
            place[field] = dict(place[field])
            place = place[field]
            field = draw(st.sampled_from(list(place)))
        if draw(st.booleans()):
            place[field] = draw(junk)
        else:
            place.pop(field, None)
    return plain


@examples(200)
@given(plain=damaged_records())
def test_any_damage_is_refused_or_harmless(plain):
    try:
        record = Record.from_dict(plain)
        made = script(record)
    except RecordError as error:
        sentence = str(error)
        assert sentence.startswith(
            ("this layer's record is ", "this layer was made by the method ")
        )
        assert len(sentence.splitlines()) == 1
        return
    assert_only_ours(made)
    assert isinstance(legend(record), str)


@examples(80)
@given(plain=damaged_records(), image=st.sampled_from([GRAY, GRAY[0], GRAY * 0.5]))
def test_what_is_accepted_is_replayed_or_refused_in_words(plain, image):
    try:
        Record.from_dict(plain).reproduce(image)
    except (ValueError, TypeError):
        return
