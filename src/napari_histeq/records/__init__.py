"""One equalization with its evidence, and how it was made: for layers and for files alike."""

from typing import TYPE_CHECKING

from napari_histeq.records.joint import count_each, joined, joint_of
from napari_histeq.records.packing import as_json, from_json
from napari_histeq.records.record import (
    KEY,
    MaskRecord,
    Record,
    counting,
    current_versions,
    plain_array,
)
from napari_histeq.records.record_fields import RecordError, damaged
from napari_histeq.records.reproduce import script
from napari_histeq.records.sentence import legend
from napari_histeq.records.sharing import (
    recipe_as_dict,
    recipe_as_text,
    recipe_of_dict,
    recipe_of_text,
)
from napari_histeq.records.steps import Task, count_of, counted_limits, curve_of
from napari_histeq.records.task import Outcome, perform, plan, suggestion, survey

if TYPE_CHECKING:
    from napari_histeq.records.task import Report as Report

__all__ = [
    "KEY",
    "MaskRecord",
    "Outcome",
    "Record",
    "RecordError",
    "Task",
    "as_json",
    "count_each",
    "count_of",
    "counted_limits",
    "counting",
    "current_versions",
    "curve_of",
    "damaged",
    "from_json",
    "joined",
    "joint_of",
    "legend",
    "perform",
    "plain_array",
    "plan",
    "recipe_as_dict",
    "recipe_as_text",
    "recipe_of_dict",
    "recipe_of_text",
    "script",
    "suggestion",
    "survey",
]
