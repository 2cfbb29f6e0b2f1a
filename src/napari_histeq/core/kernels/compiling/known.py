"""What Numba's cache holds, as far as it was written down: told without importing Numba.

Only Numba can read its own index, and importing it takes longer than anything that a click
needs. So whoever fills the cache (`worker`) writes down what is in it, beside what else that
hangs on: the source of the loop, Python, Numba, and Numba's index as it was then. If any of
that has changed nothing is known, and Numba is asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_histeq.core.whole import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Where the loops are.
HERE = Path(__file__).parents[1]

#: One for each place that the package is installed in.
NAME = (
    f"napari-histeq-{hashlib.sha1(os.fsencode(HERE), usedforsecurity=False).hexdigest()[:12]}.json"
)


def is_cached(request: Sequence[str]) -> bool:
    """Whether the cache holds a loop for such arguments; False if that is not known.

    Parameters
    ----------
    request : sequence of str
        The name of a loop, such as ``"levels.look_up"``, and of each of its arguments the kind.
    """
    name, *kind = request
    return any(_holds(_read(folder).get(name), name, kind) for folder in folders())


def _holds(entry: Any, name: str, kind: list[str]) -> bool:
    try:
        return kind in entry["kinds"] and entry["state"] == _state(name, Path(entry["index"]))
    except (KeyError, OSError, TypeError):  # there is none, or it is not ours
        return False


def note(request: Sequence[str], index: Path) -> None:
    """Write down that the cache, whose index this is, holds a loop for such arguments."""
    name, *kind = request
    for folder in folders():
        everything = _read(folder)
        try:
            state = _state(name, index)
            kinds = [*_still_true(everything.get(name), state), kind]
            entry = {"index": str(index), "state": state, "kinds": kinds}
            folder.mkdir(parents=True, exist_ok=True)
            with whole_file(folder / NAME) as partial:
                partial.write_text(json.dumps(everything | {name: entry}), encoding="utf-8")
        except OSError:
            continue
        return


def _still_true(entry: Any, state: list[Any]) -> list[Any]:
    """The other kinds that are there still: to the index, the last of the state, they were added."""
    try:
        return list(entry["kinds"]) if entry["state"][:-1] == state[:-1] else []
    except (KeyError, TypeError):
        return []


def folders() -> Iterator[Path]:
    """Where it is written down: in the first of these that can be written."""
    if folder := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(folder)
        if not Path(folder).exists() or (Path(folder).is_dir() and os.access(folder, os.W_OK)):
            return  # Numba uses no other cache
    yield HERE / "__pycache__"
    home = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    yield Path(home or Path("~/.cache").expanduser(), "napari-histeq")


def _read(folder: Path) -> dict[str, Any]:
    try:
        read = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _state(name: str, index: Path) -> list[Any]:
    """All that it hangs on; Numba's index, to which more is added, comes last."""
    specs = map(find_spec, ("numba", "llvmlite"))
    packages = [Path(spec.origin) for spec in specs if spec is not None and spec.origin]
    files = (HERE / f"{name.partition('.')[0]}.py", *packages, index)
    stats = [file.stat() for file in files]
    times = [[str(file), st.st_size, st.st_mtime_ns] for file, st in zip(files, stats, strict=True)]
    return [sys.version, *times]
