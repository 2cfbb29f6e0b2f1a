"""How a record shows itself in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from napari_histeq.core.methods import options_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_histeq.records.record import Record


def html_of(record: Record) -> str:
    """What was done to which image, the measures, and the curve if there was a single one."""
    rows = "".join(_row(name, value) for name, value in _told(record))
    before, after = (record.measures.get(when, {}) for when in ("before", "after"))
    if after:
        rows += _row("", "before", "after")
        rows += "".join(
            _row(name.replace("_", " "), f"{before[name]:.4g}", f"{after[name]:.4g}")
            for name in before
            if name in after
        )
    curve = "" if record.curve is None else record.curve._repr_html_()
    return f"<div><table>{rows}</table>{curve}</div>"


def _told(record: Record) -> Iterator[tuple[str, Any]]:
    method = record.recipe.method
    kind: type = type(method)
    yield "image", record.source
    yield "shape", " × ".join(map(str, record.shape))
    yield "data type", record.dtype
    yield "method", method.name
    for field in options_of(kind):
        value = getattr(method, field.name)
        if value != field.default:
            yield field.caption.lower(), value
    yield from record.recipe.keywords().items()
    if record.given:
        yield "curve of", record.curve_of or "another image"
    if record.mask is not None:
        yield "counted within", record.mask.layer
    if record.ignored is not None:
        yield "ignored", record.ignored


def _row(*cells: Any) -> str:
    name, *values = (escape(str(cell)) for cell in cells)
    return f"<tr><th>{name}</th>{''.join(f'<td>{value}</td>' for value in values)}</tr>"
