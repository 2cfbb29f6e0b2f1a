"""Records from files: what is not a record is refused in a sentence, and none becomes code."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import re
import tokenize
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from helpers.strategies import CURVES  # which also sets how hard Hypothesis tries
from helpers.tasks import task_of
from napari_histeq import BiHistogram, Clahe, equalize
from napari_histeq.core import METHODS
from napari_histeq.core.methods import from_dict
from napari_histeq.gui.export import _plain as as_json
from napari_histeq.records.record import MaskRecord, Record
from napari_histeq.records.record_fields import RecordError
from napari_histeq.records.reproduce import legend, script
from napari_histeq.records.task import perform

RNG = np.random.default_rng(5)
GRAY = RNG.integers(0, 180, (6, 20, 30), np.uint8)
MASK = RNG.random((20, 30)) < 0.5
TASKS = {
    "plain": task_of(GRAY),
    "planes": task_of(GRAY, axes=(1, 2), strength=0.5),
    "region": task_of(GRAY, region=lambda: MASK, region_name="cells", ignored=3.0),
    "color": task_of(GRAY.transpose(1, 2, 0)[..., :3].copy(), channel_axis=-1, ignored=2.0),
    "color, region": task_of(
        GRAY.transpose(1, 2, 0)[..., :3].copy(), channel_axis=-1, region=lambda: MASK
    ),
    "range": task_of(GRAY, out_range=(10, 90)),
    "numpy's numbers": task_of(
        GRAY,
        out_range=(np.uint8(10), np.float32(90)),
        strength=np.float64(0.5),
        ignored=np.uint8(3),
    ),
    "swapped bytes": task_of(GRAY.astype(">u2")),
    "float": task_of(GRAY * np.float32(0.1)),
    "clahe": task_of(GRAY, method=Clahe(kernel_size=(np.int64(5), 6, 7), clip_limit=0.02)),
    "opencv": task_of(GRAY, method=Clahe.opencv(), axes=(1, 2)),
    "given": task_of(GRAY, given=perform(task_of(GRAY // 2), lambda *_: None).curve),
    **{kind.name: task_of(GRAY, method=kind()) for kind in CURVES},
    "parts": task_of(GRAY, method=BiHistogram("median", levels=2)),
}
RECORDS = {name: perform(task, lambda *_: None).record for name, task in TASKS.items()}
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


@pytest.mark.parametrize("name", TASKS)
def test_a_record_says_itself_again(name):
    task, record = TASKS[name], RECORDS[name]
    again = Record.from_dict(record.as_dict())
    assert again.as_dict() | {"curve": None} == record.as_dict() | {"curve": None}
    np.testing.assert_array_equal(again.reproduce(task.image), record.reproduce(task.image))


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"given", "region", "color, region"}))
def test_a_record_from_json_makes_the_same_bits(name):
    plain = json.loads(json.dumps(as_json(RECORDS[name].as_dict())))
    record = Record.from_dict(plain)
    task = TASKS[name]
    counted = record.counted(task.image)
    wanted = equalize(task.image, task.recipe.method, mask=counted, **record.recipe.keywords())
    np.testing.assert_array_equal(record.reproduce(task.image), wanted)


def test_a_record_of_the_first_version_is_read():
    plain = RECORDS["plain"].as_dict()
    del plain["schema"]
    np.testing.assert_array_equal(Record.from_dict(plain).reproduce(GRAY), equalize(GRAY))


def test_a_newer_record_says_so():
    plain = RECORDS["plain"].as_dict() | {"schema": 2, "smooth": 3}
    with pytest.raises(RecordError, match=r"^this layer's record is of a newer version"):
        Record.from_dict(plain)


@pytest.mark.parametrize(
    ("damage", "field"),
    [
        ({"source": 3}, "source"),
        ({"shape": (6, -20, 30)}, "shape"),
        ({"shape": ()}, "shape"),
        ({"shape": (6, 20, 30.0)}, "shape"),
        ({"shape": "6"}, "shape"),
        ({"dtype": "uint8; import os"}, "dtype"),
        ({"dtype": "object"}, "dtype"),
        ({"digest": '"\nimport os'}, "digest"),
        ({"digest": "0" * 64 + "\n"}, "digest"),
        ({"method": "global"}, "method"),
        ({"method": {}}, "method"),
        ({"method": {"name": "un heard\nof"}}, "method"),
        ({"method": {"name": "x" * 1000}}, "method"),
        ({"method": {"name": ["global"]}}, "method"),
        ({"method": {"name": "global", "power": 2.0}}, "method"),
        ({"method": {"name": "global", "power": 10**400}}, "method"),
        ({"method": {"name": "global", "power": np.array([0.5])}}, "method"),
        ({"method": {"name": "global", "more": 2.0}}, "method"),
        ({"method": {"name": "clahe", "kernel_size": ["8; import os"]}}, "method"),
        ({"axes": (0, 7)}, "fields that do not fit"),
        ({"axes": (0, 0)}, "fields that do not fit"),
        ({"axes": ("y",)}, "axes"),
        ({"axes": 1}, "axes"),
        ({"channel_axis": 0}, "fields that do not fit"),
        ({"channel_axis": True}, "channel_axis"),
        ({"out_range": (9, 3)}, "fields that do not fit"),
        ({"out_range": (0, 300)}, "fields that do not fit"),
        ({"out_range": "full"}, "out_range"),
        ({"strength": 1.5}, "fields that do not fit"),
        ({"strength": "1"}, "strength"),
        ({"ignored": "0 or import os"}, "ignored"),
        ({"ignored": 10**400}, "ignored"),
        ({"mask": b"x"}, "mask"),
        ({"mask": {"layer": "a", "shape": (21, 30), "digest": "0" * 64}}, "fields that do not"),
        ({"mask": {"layer": "a", "shape": (20, 30), "digest": "0" * 64, "bits": "x"}}, "mask"),
        ({"given": True, "curve": None}, "fields that do not fit"),
        ({"given": "yes"}, "given"),
        ({"curve": {"x": np.arange(3), "y": np.arange(3)[::-1]}}, "curve"),
        ({"curve": {"x": np.arange(3), "y": np.arange(4)}}, "curve"),
        ({"curve": {"x": np.arange(3), "y": [0, 1, 2]}}, "curve"),
        ({"curve": {"x": np.array(["a", "b"]), "y": np.arange(2)}}, "curve"),
        ({"curve": {"x": np.arange(3), "y": np.arange(3) * 1j}}, "curve"),
        ({"curve": {"x": np.arange(3), "y": np.arange(3), "end_slope": "1)\nimport os"}}, "curve"),
        ({"measures": {"before": {"mean": "5"}}}, "measures"),
        ({"versions": {"numpy": "2\nimport os"}}, "versions"),
        ({"versions": {"numpy\nimport os": "2"}}, "versions"),
        ({"versions": ["numpy"]}, "versions"),
        ({"schema": "1"}, "schema"),
        ({"schema": 0}, "schema"),
        ({"another": 1}, "a field that is unknown"),
        ({"x\n" * 1000: 1}, "a field that is unknown"),
    ],
)
def test_damage_is_told_in_a_sentence(damage, field):
    with pytest.raises(RecordError) as told:
        Record.from_dict(RECORDS["plain"].as_dict() | damage)
    assert str(told.value).startswith("this layer's record is damaged (")
    assert field in str(told.value)
    assert len(str(told.value)) < 80


@pytest.mark.parametrize("name", ["sigmoid", "my_methods.sigmoid", "Sigmoïd-2"])
def test_a_method_that_is_not_known_here_is_no_damage(name):
    plain = RECORDS["plain"].as_dict() | {"method": {"name": name, "gain": 3.0}}
    words = f"this layer was made by the method {name!r}, which is not known here: import the "
    with pytest.raises(RecordError, match=f"^{re.escape(words)}package that defines it$"):
        Record.from_dict(plain)
    with pytest.raises(LookupError, match="which is not known here"):
        from_dict(plain["method"])


@pytest.mark.parametrize("field", ["source", "shape", "dtype", "method"])
def test_what_is_missing_is_damage(field):
    plain = RECORDS["plain"].as_dict()
    del plain[field]
    with pytest.raises(RecordError, match=rf"damaged \({field}\)"):
        Record.from_dict(plain)


@pytest.mark.parametrize("plain", [None, [], "record", 3, {}, {1: 2}, np.arange(3)])
def test_what_is_no_mapping_of_fields_is_damage(plain):
    with pytest.raises(RecordError, match="this layer's record is damaged"):
        Record.from_dict(plain)


def mask_record(bits, shape=(20, 30), of=MASK):
    digest = hashlib.sha256(np.packbits(of).tobytes()).hexdigest()
    return MaskRecord("cells", shape, digest, bits)


PACKED = zlib.compress(np.packbits(MASK).tobytes())


@pytest.mark.parametrize(
    "mask",
    [
        mask_record(b"no zlib at all"),
        mask_record(PACKED[:-5]),
        mask_record(PACKED, (1, 30)),
        mask_record(zlib.compress(bytes(1 << 24))),
        mask_record(zlib.compress(np.packbits(~MASK).tobytes())),
    ],
    ids=["noise", "cut off", "another shape", "a bomb", "another mask"],
)
def test_bits_that_are_not_the_mask_are_damage(mask):
    with pytest.raises(RecordError, match=r"damaged \(mask\)"):
        mask.array()
    record = Record.from_dict(RECORDS["plain"].as_dict() | {"mask": {
        name: getattr(mask, name) for name in MaskRecord.__slots__
    }})  # fmt: skip
    with pytest.raises(RecordError, match=r"damaged \(mask\)"):
        script(record)
    with pytest.raises(RecordError, match=r"damaged \(mask\)"):
        record.counted(GRAY)


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
    "TransferFunction", "MASK", "CURVE", "SHA256",
    *(kind.__name__ for kind in METHODS.values()),
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


@settings(max_examples=600, report_multiple_bugs=False)
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


@settings(max_examples=300)
@given(plain=damaged_records(), image=st.sampled_from([GRAY, GRAY[0], GRAY * 0.5]))
def test_what_is_accepted_is_replayed_or_refused_in_words(plain, image):
    try:
        Record.from_dict(plain).reproduce(image)
    except (ValueError, TypeError):
        return
