#!/usr/bin/env python
"""Equalize in many Python threads at once what one thread equalizes after them: ``threads.py [ROUNDS] [THREADS] [SEED]``.

The threads begin together, with nothing loaded, compiled or remembered yet; each does all cases in
an order of its own, with the same arrays, masks, references and histograms. Then one thread does
them again, and every bit is compared. Python without the interpreter lock is what it is for
(``PYTHON_GIL=0``); it finds races with the lock, too.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, Any]
    Case = Callable[[], Any]

KINDS = ("u1", "u2", "i2", "u4", "f2", "f4", ">f8")
#: So that blocks are handed to the threads of the pool.
LARGE = (1500, 2100)


def cases(rng: np.random.Generator) -> dict[str, Case]:
    """What is done, by its name: every method, with arrays of every kind."""
    from napari_histeq import (
        TransferFunction,
        compute_histogram,
        equalize,
        plane_percentiles,
        suggest_clahe,
    )
    from napari_histeq.core import METHODS, gain_map
    from napari_histeq.core.methods import options_of

    found: dict[str, Case] = {}
    reference = pixels(rng, "u2", (90, 110))
    kinds: list[Any] = list(METHODS.values())
    bare = [kind for kind in kinds if not any(field.values for field in options_of(kind))]
    methods: list[Any] = [kind() for kind in bare] + shared_references(reference)
    curve = TransferFunction(
        np.array([0.0, 20.0, 60.0, 120.0]), np.array([0.0, 90.0, 110.0, 120.0])
    )
    for kind in KINDS:
        plane, stack = pixels(rng, kind, (130, 170)), pixels(rng, kind, (5, 40, 50))
        mask = rng.random(plane.shape) < 0.7
        for method in methods:
            what = f"{method!r:.60} {kind}"
            found[what] = bound(equalize, plane, method)
            found[f"{what} masked"] = bound(equalize, plane, method, mask=mask)
            found[f"{what} planes"] = bound(equalize, stack, method, axes=(-2, -1))
        found[f"histogram {kind}"] = histogram_of(compute_histogram, plane)
        found[f"percentiles {kind}"] = bound(plane_percentiles, stack, axes=(-2, -1))
        found[f"suggested {kind}"] = bound(lambda *a: [repr(suggest_clahe(*a))], plane)
        found[f"gain {kind}"] = bound(gain_map, plane, METHODS["clahe"]())
        found[f"one curve {kind}"] = bound(curve, plane)
        lazy = lazily(stack)
        for name in ("global", "clahe", "exact"):
            found[f"lazy {name} {kind}"] = computed(equalize, lazy, name)
    for kind in ("u1", "u2", "f4"):
        large = pixels(rng, kind, LARGE)
        for name in ("global", "clahe", "exact"):
            found[f"large {name} {kind}"] = bound(equalize, large, name)
    return found


def shared_references(reference: Array) -> list[Any]:
    """Methods that all threads have in common; the first of them to ask counts the reference."""
    from napari_histeq import Match, Specify

    return [Match(reference), Match(lazily(reference), 64), Specify("gaussian")]


def lazily(image: Array) -> Any:
    """In chunks."""
    import dask.array as da

    return da.from_array(image, chunks=tuple(max(n // 2, 1) for n in image.shape))


def bound(function: Callable[..., Any], *arguments: Any, **options: Any) -> Case:
    """The call, to be made later."""
    return lambda: function(*arguments, **options)


def computed(function: Callable[..., Any], *arguments: Any) -> Case:
    """The same, of a lazy array."""
    return lambda: function(*arguments).compute()


def histogram_of(count: Callable[..., Any], image: Array) -> Case:
    """Its counts and edges."""

    def case() -> Any:
        found = count(image)
        return [found.counts, found.bin_edges]

    return case


def pixels(rng: np.random.Generator, kind: str, shape: tuple[int, ...]) -> Array:
    """Uneven intensities, some of them not finite."""
    dtype = np.dtype(kind)
    image = rng.gamma(2.0, 30.0, shape)
    if dtype.kind == "f":
        image[rng.random(shape) < 0.01] = np.nan
    else:
        image = np.minimum(image * (256 if dtype.itemsize > 1 else 1), np.iinfo(dtype).max)
    return image.astype(dtype)


def outcome(case: Case) -> Any:
    """The bits of what it gives, or what it says no with."""
    try:
        return bits(case())
    except (TypeError, ValueError) as error:
        return str(error)


def bits(found: Any) -> Any:
    """What is to be the same."""
    if isinstance(found, list):
        return [bits(one) for one in found]
    return (
        (found.dtype.str, found.shape, found.tobytes()) if isinstance(found, np.ndarray) else found
    )


def in_threads(
    work: dict[str, Case], number: int, seed: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """What each thread found, and what failed."""
    start, failed = threading.Barrier(number), list[str]()
    found: list[dict[str, Any]] = [{} for _ in range(number)]

    def run(mine: int) -> None:
        names = np.random.default_rng([seed, mine]).permutation(list(work)).tolist()
        start.wait()
        for name in names:
            try:
                found[mine][name] = outcome(work[name])
            except Exception:  # noqa: BLE001  (whatever it is, it is told)
                failed.append(f"{name}\n{traceback.format_exc()}")

    threads = [threading.Thread(target=run, args=(mine,)) for mine in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, failed


def main(rounds: int = 3, threads: int = 8, seed: int = 0) -> int:
    """Say how many calls there were, and which did not give the bits of one thread."""
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(
        f"Python {sys.version.split()[0]}, {'with' if locked else 'without'} the interpreter lock"
    )
    warnings.simplefilter("ignore")
    calls, wrong = 0, list[str]()
    for turn in range(seed, seed + rounds):
        begun, refused = time.monotonic(), 0
        work = cases(np.random.default_rng(turn))
        found, failed = in_threads(work, threads, turn)
        wrong += failed
        for name, case in work.items():
            wanted = outcome(case)
            refused += isinstance(wanted, str)
            wrong += [f"{name}: other bits" for one in found if name in one and one[name] != wanted]
        calls += sum(map(len, found))
        took = time.monotonic() - begun
        print(
            f"seed {turn}: {len(work)} cases ({refused} of them refused), {took:.0f} s, {len(wrong)} failures",
            flush=True,
        )
    print("\n".join(wrong[:20]))
    print(f"{calls:,} calls in {threads} threads at once, {len(wrong)} failures")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
