"""What the helper runs: it fills Numba's cache, in its own time and with its own interpreter lock.

It reads requests, a line of JSON each: the name of a loop and the kinds of its arguments; and
answers each with whether that is in the cache now. It ends when nobody can ask any more.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_histeq.core.kernels.compiling import known
from napari_histeq.core.kernels.compiling.compiler import cache_of, dispatcher, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_histeq.core.kernels.compiling.compiler import Kind


def main() -> None:
    """Answer requests until there are no more."""
    if hasattr(os, "nice"):
        os.nice(10)  # behind what a person waits for, but not starved on a busy machine
    for line in sys.stdin:
        name, *kind = json.loads(line)
        try:
            found = in_cache(name, tuple(kind))
        except Exception:  # noqa: BLE001  (the one that is helped will see it, and say it)
            found = False
        sys.stdout.write(f"{json.dumps(found)}\n")
        sys.stdout.flush()


def in_cache(name: str, kind: Kind) -> bool:
    """Have a loop in Numba's cache; whether it is there now."""
    loop = named(name)
    folder = getattr(cache_of(dispatcher(loop.function)), "cache_path", "")
    if not folder:
        return False
    with alone(folder):
        loop.load(kind)
        found = loop.ready[kind] is dispatcher(loop.function)
        made = "py{}{}".format(*sys.version_info)
        indexes = Path(folder).glob(f"{loop.name}-*.{made}*.nbi")
        for index in sorted(indexes, key=_changed)[-1:] if found else ():
            known.note((name, *kind), index)
    return found


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns


@contextmanager
def alone(folder: str) -> Iterator[None]:
    """Keep other processes from filling the same cache: what they make, we need not make.

    Where that cannot be done, work is done twice at worst: Numba moves whole files into place.
    """
    lock: Any = None
    try:
        import fcntl

        lock = (Path(folder) / "napari-histeq.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    except (ImportError, OSError):
        pass
    try:
        yield
    finally:
        if lock is not None:
            lock.close()


if __name__ == "__main__":
    main()
