"""The manifest beside the results: a record for each file, from which it can be made again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from napari_histeq.batch.errors import Refused
from napari_histeq.core.whole import whole_file
from napari_histeq.files import is_store
from napari_histeq.records import BESIDE, KEY, Record, RecordError, current_versions, from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

VERSION = 1
_KIND = "manifest"


def read_manifest(path: Path) -> list[dict[str, Any]]:
    """The entries of a manifest.

    Raises
    ------
    Refused
        If it is none, or of a newer version.
    """
    found = _json_of(path)
    if not isinstance(found, dict) or found.get(KEY) != _KIND:
        raise Refused(f"{path} is no manifest of napari-histeq")
    if found.get("version") != VERSION:
        raise Refused(f"{path} is of a newer version of napari-histeq: update it")
    files = found.get("files")
    if not isinstance(files, list) or not all(isinstance(f, dict) for f in files):
        raise Refused(f"{path} is damaged: it lists no files")
    return files


def _json_of(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(f"{path} cannot be read: {error}") from None


def check_manifest(path: Path) -> None:
    """Refuse to add to a file that is no manifest of ours."""
    if path.exists():
        try:
            read_manifest(path)
        except Refused as error:
            raise Refused(f"{error}; it would be replaced: name another folder") from None


def write_manifest(
    path: Path, entries: Iterable[Mapping[str, Any]], command: Sequence[str]
) -> None:
    """Write the entries; those of an earlier run stay, where their files were not made again."""
    made = list(entries)
    names = {entry["output"] for entry in made}
    kept = [e for e in read_manifest(path) if e.get("output") not in names] if path.exists() else []
    document = {
        KEY: _KIND,
        "version": VERSION,
        "versions": current_versions(),
        "command": list(command),
        "files": sorted([*kept, *made], key=lambda e: str(e.get("output"))),
    }
    with whole_file(path) as partial:
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


class Records:
    """The records of a file: one for each input by its name, or one for all.

    Raises
    ------
    Refused
        If the file cannot be read, or holds no record, or a damaged one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.one: Record | None = None
        self._by_name: dict[str, Record] = {}
        found = _attributes_of(path) if is_store(path) else _json_of(path)
        if isinstance(found, dict) and found.get(KEY) == _KIND:
            for entry in read_manifest(path):
                self._by_name[str(entry.get("input"))] = _record(entry.get("record"), path)
        else:
            within = found.get(KEY, found) if isinstance(found, dict) else found
            self.one = _record(within, path)

    def of(self, name: str) -> Record:
        """The record of an input."""
        if self.one is not None:
            return self.one
        if name not in self._by_name:
            known = ", ".join(sorted(self._by_name)[:5])
            raise Refused(f"{self.path} knows no {name}: it knows {known}")
        return self._by_name[name]


def _attributes_of(path: Path) -> Any:
    """What an OME-Zarr that this package wrote tells of itself."""
    return _json_of(path / "zarr.json").get("attributes", {})


def _record(value: Any, path: Path) -> Record:
    """The record in a part of a JSON document."""
    if not isinstance(value, dict) or "method" not in value:
        raise Refused(f"{path} holds no record: give a manifest.json, or a record as JSON")
    try:
        return from_json({k: v for k, v in value.items() if k not in BESIDE})
    except RecordError as error:
        told = str(error).replace("this layer's record", "the record")
        raise Refused(f"{path}: {told}") from None
