"""As many threads as may run at the same time: processors, and a container's quota of their time."""

from __future__ import annotations

import math

import pytest

from napari_histeq.core.threads import pool, processors


def root_with(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


PERIOD = {"sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_period_us": "100000\n"}
V1 = "11:memory:/docker/1f\n4:cpu,cpuacct:/docker/1f\n0::/elsewhere\n"

CASES = {
    "no Linux": ({}, math.inf),
    "no limit is set": ({"proc/self/cgroup": "0::/\n"}, math.inf),
    "max": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, math.inf),
    "one and a half": (
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"},
        1.5,
    ),
    "the group around allows less": (
        {
            "proc/self/cgroup": "0::/a.slice/b.scope\n",
            "sys/fs/cgroup/a.slice/cpu.max": "200000 100000\n",
            "sys/fs/cgroup/a.slice/b.scope/cpu.max": "800000 100000\n",
        },
        2.0,
    ),
    "version 1": (
        {
            "proc/self/cgroup": V1,
            "sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_quota_us": "300000\n",
        }
        | PERIOD,
        3.0,
    ),
    "version 1, none": (
        {"proc/self/cgroup": V1, "sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_quota_us": "-1\n"}
        | PERIOD,
        math.inf,
    ),
    "version 1 in a container, which sees the top only": (
        {
            "proc/self/cgroup": V1,
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
        0.5,
    ),
    "both, version 2 in its own place": (
        {"proc/self/cgroup": "0::/x\n", "sys/fs/cgroup/unified/x/cpu.max": "400000 100000\n"},
        4.0,
    ),
    "damaged": (
        {"proc/self/cgroup": "0::/\nwhat is this\n", "sys/fs/cgroup/cpu.max": "many\n"},
        math.inf,
    ),
    "a period of 0": (
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "5 0\n"},
        math.inf,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_quota(tmp_path, name):
    files, wanted = CASES[name]
    assert processors.quota(root_with(tmp_path, files)) == wanted


@pytest.mark.parametrize(
    ("own", "allowed", "wanted"),
    [(8, math.inf, 8), (8, 2.0, 2), (8, 1.5, 2), (8, 0.2, 1), (2, 4.0, 2), (1, 1.0, 1)],
)
@pytest.mark.parametrize("python", ["3.11", "3.11 on macOS", "3.13"])
def test_processors(monkeypatch, own, allowed, wanted, python):
    monkeypatch.setattr(processors, "quota", lambda: allowed)
    if python == "3.13":
        monkeypatch.setattr(processors.os, "process_cpu_count", lambda: own, raising=False)
    elif python == "3.11 on macOS":
        monkeypatch.delattr(processors.os, "process_cpu_count", raising=False)
        monkeypatch.delattr(processors.os, "sched_getaffinity", raising=False)
        monkeypatch.setattr(processors.os, "cpu_count", lambda: own)
    else:
        monkeypatch.delattr(processors.os, "process_cpu_count", raising=False)
        monkeypatch.setattr(
            processors.os, "sched_getaffinity", lambda _: set(range(own)), raising=False
        )
    assert processors.processors() == wanted


def test_what_a_person_says_wins(monkeypatch):
    monkeypatch.setattr(processors, "quota", lambda: 1.0)
    monkeypatch.setenv(pool.THREADS, "5")
    assert pool.thread_count() == 5
    monkeypatch.setenv(pool.THREADS, "0")
    assert pool.thread_count() == 1
