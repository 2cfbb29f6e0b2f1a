"""Records from files: what is not a record is refused in a sentence."""

from __future__ import annotations

import hashlib
import json
import re
import zlib

import numpy as np
import pytest

from helpers.records import GRAY, MASK, RECORDS, TASKS
from napari_histeq import equalize
from napari_histeq.core.methods import from_dict
from napari_histeq.gui.saving.export import _plain as as_json
from napari_histeq.records.counted import MaskRecord
from napari_histeq.records.record import SCHEMA, Record
from napari_histeq.records.record_fields import RecordError
from napari_histeq.records.reproduce import script


@pytest.mark.parametrize("name", TASKS)
def test_a_record_says_itself_again(name):
    task, record = TASKS[name], RECORDS[name]
    again = Record.from_dict(record.as_dict())
    assert again.as_dict() | {"curve": None} == record.as_dict() | {"curve": None}
    np.testing.assert_array_equal(again.reproduce(task.image), record.reproduce(task.image))


@pytest.mark.parametrize(
    "name", sorted(set(TASKS) - {"given", "colors together", "region", "color, region", "labels"})
)
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
    plain = RECORDS["plain"].as_dict() | {"schema": SCHEMA + 1, "tomorrow": 3}
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
