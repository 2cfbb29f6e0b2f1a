#!/usr/bin/env python
"""Try many random arrays against the tests' naive oracle: ``fuzz.py NUMBER [FIRST]``.

What fails is told with its seed: ``fuzz.py 1 SEED`` makes the same case again.
"""

from __future__ import annotations

import multiprocessing
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

#: After so many failures more would say nothing new.
ENOUGH = 20
BLOCK = 50


def failures(first: int) -> list[str]:
    """Of a block of seeds."""
    from helpers.fuzzing import check

    found = []
    for seed in range(first, min(first + BLOCK, LAST)):
        try:
            check(seed)
        except Exception:  # noqa: BLE001 (whatever it is, it is told)
            found.append(f"seed {seed}\n{traceback.format_exc()}")
    return found


def main() -> int:
    """Try them on all cores."""
    found: list[str] = []
    with multiprocessing.get_context("spawn").Pool(None, _seeds, (LAST,)) as pool:
        for done, failed in enumerate(pool.imap_unordered(failures, range(FIRST, LAST, BLOCK)), 1):
            found += failed
            if len(found) >= ENOUGH:
                break
            if done % 100 == 0:
                print(f"{done * BLOCK:,} arrays, {len(found)} failures", flush=True)
    print("\n".join(found))
    print(f"{LAST - FIRST:,} arrays asked for, {len(found)} failures")
    return bool(found)


def _seeds(last: int) -> None:
    """What a process of the pool is told."""
    global LAST  # noqa: PLW0603
    LAST = last


FIRST = LAST = 0
if __name__ == "__main__":
    NUMBER, FIRST = (int(a) for a in (*sys.argv[1:], *("100000", "0")[len(sys.argv) - 1 :]))
    LAST = FIRST + NUMBER
    sys.exit(main())
