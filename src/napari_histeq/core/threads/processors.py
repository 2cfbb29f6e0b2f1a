"""How many processors are ours: those we may run on, and what a container's quota leaves of them."""

from __future__ import annotations

import math
import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@cache
def quota(root: str | Path = "/") -> float:
    """The processors' time that Linux' control groups allow this process; infinite if all.

    A container with ``--cpus=2`` on a machine of 64 sees 64 processors, but is stopped as soon as
    it has used the time of two. The least of the own group and of all around it counts.

    Parameters
    ----------
    root : path
        Where the file system starts.
    """
    from pathlib import Path  # late: it takes as long to import as a tenth of this package

    return min(map(_allowed, _groups(Path(root))), default=math.inf)


def processors() -> int:
    """So many threads can run at the same time: at least 1, a started processor for a whole one."""
    count = getattr(os, "process_cpu_count", None)  # from Python 3.13 on
    if count is not None:
        own = count() or 1
    elif hasattr(os, "sched_getaffinity"):
        own = len(os.sched_getaffinity(0))
    else:
        own = os.cpu_count() or 1
    allowed = quota()
    return own if allowed >= own else max(math.ceil(allowed), 1)


def _groups(root: Path) -> Iterator[Path]:
    """The folders of the groups that this process is in, and of those around them."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):  # not Linux, or nothing of it is to be seen
        return
    for line in lines:  # "0::/user.slice", version 2; "4:cpu,cpuacct:/docker/1f0e", version 1
        _, _, rest = line.partition(":")
        kinds, _, path = rest.partition(":")
        if kinds and "cpu" not in kinds.split(","):
            continue
        mounts = ("", "unified") if not kinds else (kinds, "cpu")
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for mount in mounts:
            top = root / "sys/fs/cgroup" / mount
            # In a container the path may be that outside, of which only the top is there.
            yield from (top.joinpath(*parts[:depth]) for depth in range(len(parts) + 1))


def _allowed(group: Path) -> float:
    """Processors by ``cpu.max`` (version 2) or ``cpu.cfs_quota_us`` (version 1) of a group."""
    try:
        if (group / "cpu.max").exists():
            time, period = (group / "cpu.max").read_text(encoding="ascii").split()
        else:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            time, period = ((group / name).read_text(encoding="ascii").strip() for name in names)
        found = math.inf if time in ("max", "-1") else int(time) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # no limit is set there, or it can't be read
        return math.inf
    return found if found > 0 else math.inf
