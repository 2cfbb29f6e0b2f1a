"""A field of the recipe is one edit: it is recorded, checked, replayed and handed over by itself."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
import pytest

from helpers.tasks import RECIPE, task_of
from napari_histeq import BiHistogram, equalize, equalize_multiscale, gain_map, transfer_function
from napari_histeq.core.recipe import Recipe
from napari_histeq.records import legend, record, script, steps
from napari_histeq.records.record import Record
from napari_histeq.records.record_fields import RecordError, strictly
from napari_histeq.records.task import perform

COLORS = np.random.default_rng(2).integers(0, 200, (3, 8, 9, 3), np.uint8)

LABELS = np.random.default_rng(3).integers(0, 4, (3, 8, 9))

#: For each field a value that is not the default, and one that is of no right type.
OTHER = {
    "method": (BiHistogram("median"), "global"),
    "axes": ((1, 2, 3), "yx"),
    "channel_axis": (3, 3.5),
    "out_range": ((10, 90), "full"),
    "strength": (0.5, "1"),
    "inside": (True, 1),
    "feather": (2, 1.5),
    "smooth": (3, 1.5),
    "saturated": (2.0, "2"),
    "each_label": (True, 1),
}
#: What else a task needs for a field to make sense, and the image's record then says.
BESIDES: dict[str, dict[str, Any]] = {
    "inside": {"ignored": 7},
    "feather": {"ignored": 7, "inside": True},
    "smooth": {"axes": (1, 2), "channel_axis": 3},
    "each_label": {"region": lambda: LABELS, "region_name": "cells", "channel_axis": 3},
}
NOT_METHOD = [name for name in RECIPE if name != "method"]


def test_each_field_is_tried() -> None:
    assert tuple(OTHER) == RECIPE


@pytest.mark.parametrize("name", RECIPE)
def test_it_is_recorded_checked_and_replayed(name: str) -> None:
    value, wrong = OTHER[name]
    besides = BESIDES.get(name, {})
    outcome = perform(task_of(COLORS, **besides, **{name: value}), lambda *_: None)
    plain = outcome.record.as_dict()
    assert plain[name] == (value.as_dict() if name == "method" else value)  # type: ignore[attr-defined]
    assert getattr(Record.from_dict(plain).recipe, name) == value
    with pytest.raises(RecordError, match=rf"damaged \({name}\)"):
        Record.from_dict(plain | {name: wrong})
    np.testing.assert_array_equal(Record.from_dict(plain).reproduce(COLORS), outcome.data)


@pytest.mark.parametrize("name", NOT_METHOD)
def test_it_is_in_the_script_if_it_is_not_the_default_and_absent_it_is_the_default(
    name: str,
) -> None:
    how = BESIDES.get(name, {}) | {name: OTHER[name][0]}
    done = perform(task_of(COLORS, **how), lambda *_: None).record
    default = {f.name: f.default for f in fields(Recipe)}[name]
    assert f"        {name}={OTHER[name][0]}," in script(done).splitlines()
    plain = done.as_dict() | ({"feather": 0} if name == "inside" else {})
    plain |= {"mask": None} if name == "each_label" else {}  # which holds labels
    del plain[name]
    assert getattr(Record.from_dict(plain).recipe, name) == default
    assert f"    {name}=" not in script(Record.from_dict(plain))


@pytest.mark.parametrize(
    ("verb", "without"),
    [
        (equalize, set()),
        (equalize_multiscale, set()),
        (
            transfer_function,
            {"axes", "channel_axis", "inside", "feather", "smooth", "each_label"},
        ),  # of one plane
        (
            gain_map,
            {"channel_axis", "smooth", "saturated", "each_label"},
        ),  # of the luminance, and no curve
    ],
)
def test_the_verbs_name_each_field_with_its_default(verb: Any, without: set[str]) -> None:
    parameters = inspect.signature(verb).parameters
    for f in fields(Recipe):
        assert (f.name in parameters) == (f.name not in without)
        if f.name in parameters and (verb is not gain_map or f.name != "method"):
            assert parameters[f.name].default == f.default


def test_keywords_are_what_differs_from_the_defaults() -> None:
    assert Recipe(BiHistogram()).keywords() == {}
    told: dict[str, Any] = {name: OTHER[name][0] for name in NOT_METHOD}
    assert Recipe(**told).keywords() == told
    assert Recipe(**Recipe(**told).keywords()) == Recipe(**told)


@dataclass(frozen=True, slots=True)
class Longer(Recipe):
    """What a recipe will be when it can do more."""

    part: float = 0.0
    rounds: int = 0
    mirror: bool = False
    side: Literal["left", "right"] = "left"
    pair: tuple[int, float] | None = None


MORE = {"part": 0.25, "rounds": 3, "mirror": True, "side": "right", "pair": (1, 0.5)}


def test_a_field_that_is_added_goes_all_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[dict[str, Any]] = []

    def spied(image: Any, method: Any, *, mask: Any, **how: Any) -> Any:
        handed.append(how)
        return equalize(image, method, mask=mask, channel_axis=how["channel_axis"])

    monkeypatch.setattr(record, "Recipe", Longer)
    monkeypatch.setattr(steps, "equalize", spied)
    monkeypatch.setattr(record, "equalize", spied)
    recipe = Longer(channel_axis=3, **MORE)
    done = perform(steps.Task(COLORS, recipe=recipe), lambda *_: None).record
    assert handed == [{"channel_axis": 3, **MORE}]
    plain = done.as_dict()
    assert {name: plain[name] for name in MORE} == MORE
    again = Record.from_dict(plain)
    assert again.recipe == recipe
    again.reproduce(COLORS)
    assert handed[1] == handed[0]
    for line in ("part=0.25", "rounds=3", "mirror=True", "side='right'", "pair=(1, 0.5)"):
        assert f"        {line}," in script(done).splitlines()
    assert "part 0.25; rounds 3; mirror; side right; pair 1, 0.5 (" in legend(done)
    early = {k: v for k, v in plain.items() if k not in MORE}
    assert Record.from_dict(early).recipe == Longer(channel_axis=3)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("part", "0.5"),
        ("rounds", 1.5),
        ("rounds", True),
        ("mirror", 1),
        ("side", "top"),
        ("pair", (1,)),
        ("pair", (1.5, 2)),
    ],
)
def test_a_field_that_is_added_is_checked(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: Any
) -> None:
    plain = Record("x", (2, 2), "uint8", Longer()).as_dict()
    monkeypatch.setattr(record, "Recipe", Longer)
    with pytest.raises(RecordError, match=rf"damaged \({name}\)"):
        Record.from_dict(plain | {name: wrong})


def test_a_type_that_no_record_can_check_is_told() -> None:
    with pytest.raises(TypeError, match="no type that a record knows how to check"):
        strictly(dict[str, int])
    with pytest.raises(TypeError, match="no type that a record knows how to check"):
        strictly(field)
