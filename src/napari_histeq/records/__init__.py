"""One equalization with its evidence, and how it was made: for layers and for files alike."""

from napari_histeq.records.counted import MaskRecord, counting
from napari_histeq.records.frames import along
from napari_histeq.records.joint import joined, joint_of, source_of_task
from napari_histeq.records.packing import as_json, from_json
from napari_histeq.records.record import BESIDE, KEY, Record, current_versions
from napari_histeq.records.record_fields import RecordError, damaged
from napari_histeq.records.reproduce import script
from napari_histeq.records.sentence import legend
from napari_histeq.records.sharing import (
    recipe_as_dict,
    recipe_as_text,
    recipe_of_dict,
    recipe_of_text,
)
from napari_histeq.records.steps import Task, count_of, counted_limits, curve_of, shown_limits
from napari_histeq.records.task import (
    Outcome,
    Report,
    before_and_after,
    identified,
    measured,
    perform,
    plan,
    suggestion,
    survey,
    with_pixels_measured,
)
