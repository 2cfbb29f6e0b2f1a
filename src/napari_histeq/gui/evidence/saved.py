"""What the panel writes to files: how they are called, and the table of the measures."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_histeq.core.methods import options_of
from napari_histeq.core.whole import whole_file
from napari_histeq.gui.evidence.measures import shown
from napari_histeq.records import current_versions

if TYPE_CHECKING:
    from napari_histeq.gui.evidence.measures import Measures
    from napari_histeq.records import Task


#: What a field of the recipe is called, if not by its name.
CALLED = {"axes": "axes that share a histogram", "out_range": "range"}


def with_ending(path: str, chosen: str) -> str:
    """A path as typed; if it has no ending, with that of the kind of file that was chosen.

    Parameters
    ----------
    path : str
        What a person typed.
    chosen : str
        The kind as the dialog names it: ``"PDF (*.pdf)"``.
    """
    ending = re.search(r"\*(\.\w+)", chosen)
    return path if Path(path).suffix or ending is None else path + ending[1]


def settings_of(task: Task) -> dict[str, str]:
    """The layer and all settings that measures were found with, in words."""
    recipe, method = task.recipe, task.recipe.method
    kind: type = type(method)
    options = {f.caption: getattr(method, f.name) for f in options_of(kind)}
    how = recipe.as_dict() | {"axes": "all" if recipe.axes is None else recipe.axes}
    told: dict[str, Any] = {
        "layer": task.source,
        "shape": tuple(int(n) for n in task.image.shape),
        "data type": task.image.dtype,
        "method": method.name,
        **{caption.lower(): value for caption, value in options.items()},
        "region": task.region_name or "whole image",
        "ignored value": task.ignored,
        **{CALLED.get(n, n): v for n, v in how.items() if n not in ("method", "channel_axis")},
        "curve of": (task.given_of or "another image") if task.given is not None else "this image",
    }
    return {name: _in_words(value) for name, value in told.items()}


def write_table(path: str | Path, measures: Measures, settings: dict[str, str]) -> None:
    """Write measures before and after as CSV, under comments that tell the settings.

    Parameters
    ----------
    path : str or Path
        The file; it is written anew, whole or not at all.
    measures : mapping
        ``{"before": {name: value}, "after": {name: value}}``.
    settings : dict of str to str
        Each gets a line that begins with ``#``: ``pandas.read_csv(path, comment="#")``
        reads the numbers alone.
    """
    told = settings | {"napari-histeq": current_versions()["napari-histeq"]}
    with (
        whole_file(path) as partial,
        partial.open("w", newline="", encoding="utf-8") as file,
    ):
        file.writelines(f"# {name}: {_in_words(value)}\r\n" for name, value in told.items())
        table = csv.writer(file)
        table.writerow(("measure", "before", "after"))
        # As in the panel's table, but exact.
        table.writerows(
            (caption, before, after) for _, caption, _, before, after in shown(measures)
        )


def _in_words(value: Any) -> str:
    """On one line, whatever a layer is called."""
    if isinstance(value, tuple):
        return ", ".join(_in_words(v) for v in value)
    text = "none" if value is None else str(value)
    return " ".join(text.encode(errors="replace").decode().split())
