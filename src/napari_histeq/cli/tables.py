"""Rows as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from typing import TYPE_CHECKING, Any

from napari_histeq.core.whole import whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def write_table(rows: Sequence[Mapping[str, Any]], path: Path | None) -> None:
    """Write rows to a file, as its ending says, or as CSV to the terminal."""
    text = _as_json(rows) if path is not None and path.suffix.lower() == ".json" else _as_csv(rows)
    if path is None:
        sys.stdout.write(text)
        return
    write_text(text, path)


def write_text(text: str, path: Path) -> None:
    """Write a file, which appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    finite = [{k: _told(v) for k, v in row.items()} for row in rows]
    return json.dumps(finite, indent=1, allow_nan=False) + "\n"


def _told(value: Any) -> Any:
    """JSON knows no infinity: the PSNR of equal images."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
