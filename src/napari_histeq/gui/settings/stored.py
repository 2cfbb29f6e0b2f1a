"""What the panel keeps between sessions: a JSON file beside napari's own settings.

napari's settings of plugins are no place for it: before 0.9 there are none, and what they hold
has to be a field of the manifest, which the preferences then show as a line of raw text.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from napari.settings import get_settings

from napari_histeq.core.whole import whole_file

#: Names another file, if it is set; nothing is kept if it is set to nothing.
VARIABLE = "NAPARI_HISTEQ_SETTINGS"

NAME = "napari-histeq.json"


def place() -> Path | None:
    """Where the file is, or will be; None if nothing is kept."""
    told = os.environ.get(VARIABLE)
    if told is not None:
        return Path(told) if told else None
    config = getattr(get_settings(), "config_path", None)
    return None if config is None else Path(config).with_name(NAME)


def read() -> dict[str, Any]:
    """All that is kept; nothing if there is no file, or none that can be read."""
    path = place()
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def write(**changes: Any) -> None:
    """Keep some more, or something else; a file that cannot be read is set aside, not lost.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path = place()
    if path is None:
        return
    known = read()
    if not known and path.exists():
        with suppress(OSError):
            path.replace(path.with_suffix(".damaged.json"))
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(known | changes, indent=2, ensure_ascii=False)
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")
