"""How hard the tests try: ``HISTEQ_TESTS`` says it.

- ``quick`` is `make test`: what one looks at between two changes. A third of the examples; of each test
  `FEW` of its cases, and one if it opens a viewer; without those marked ``whole``.
- ``whole`` is the default, and what CI runs: the same examples each time, so that what turns red is a
  change and not luck; of parameters marked ``crossed``, each value once.
- ``thorough`` is `make test-all`: twenty-five times as many examples, other ones each time, and what is
  crossed is crossed in full.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import pytest

EFFORTS = ("quick", "whole", "thorough")
EFFORT = os.environ.get("HISTEQ_TESTS") or "whole"
QUICK, THOROUGH = EFFORT == "quick", EFFORT == "thorough"
#: How many times as many examples.
MORE = {"quick": 1 / 3, "thorough": 25}.get(EFFORT, 1)
#: So many cases of one test are enough for a quick run; the viewers that they open take most of its time.
FEW = 3
#: What opens a viewer.
VIEWER = "make_napari_viewer"

COMMON: dict[str, Any] = {
    "deadline": None,  # the first call of a kernel compiles it
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    "print_blob": True,
}
settings.register_profile("quick", max_examples=20, derandomize=True, **COMMON)
settings.register_profile("whole", max_examples=50, derandomize=True, **COMMON)
settings.register_profile("thorough", max_examples=60 * 25, **COMMON)


def load() -> None:
    """Tell Hypothesis; called before any test is read."""
    if EFFORT not in EFFORTS:
        raise ValueError(f"HISTEQ_TESTS is {EFFORT!r}; it may be {', '.join(EFFORTS)}")
    settings.load_profile(EFFORT)


def examples(number: int) -> Any:
    """For a test that needs more or fewer examples than the others: so many in a whole run."""
    return settings(max_examples=max(int(number * MORE), 1))


def thinned(items: list[pytest.Item]) -> list[pytest.Item]:
    """Without the combinations that this effort leaves out: marked ``crossed``, each value once.

    Of three and two values that are marked so, (0, 0), (1, 1) and (2, 0) are kept. A quick run
    leaves out more: see above.
    """
    tests: dict[str, list[pytest.Item]] = {}
    for item in items:
        tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
    left_out: set[pytest.Item] = set()
    for test in tests.values():
        if not THOROUGH and test[0].get_closest_marker("crossed") is not None:
            left_out.update(set(test) - set(_diagonal(test)))
        if QUICK:
            left_out.update(set(test) - set(_few([item for item in test if item not in left_out])))
    return [item for item in items if item not in left_out]


def _few(test: list[pytest.Item]) -> list[pytest.Item]:
    """The items of a test that a quick run takes: the first, the last and some between."""
    if not test or test[0].get_closest_marker("whole") is not None:
        return []
    wanted = 1 if VIEWER in getattr(test[0], "fixturenames", ()) else FEW
    step = (len(test) - 1) / max(wanted - 1, 1)
    return test if len(test) <= wanted else [test[round(i * step)] for i in range(wanted)]


def _diagonal(test: list[pytest.Item]) -> list[pytest.Item]:
    """Of the items of a test those whose values are all the i-th, counted round and round."""
    numbers: dict[int, dict[Any, int]] = {}  # of the values of each mark, in order
    places = []
    for item in test:
        place = []
        for axis, value in enumerate(_values(item)):
            known = numbers.setdefault(axis, {})
            place.append(known.setdefault(value, len(known)))
        places.append(tuple(place))
    lengths = [len(known) for known in numbers.values()]
    kept = {tuple(i % n for n in lengths) for i in range(max(lengths))}
    return [item for item, place in zip(test, places, strict=True) if place in kept]


def _values(item: pytest.Item) -> list[tuple[int, ...]]:
    """For each ``parametrize`` which values an item has: objects, as not all can be hashed."""
    params = item.callspec.params  # type: ignore[attr-defined]
    names = [mark.args[0] for mark in item.iter_markers("parametrize")]
    split = [name.split(",") if isinstance(name, str) else name for name in names]
    return [tuple(id(params[name.strip()]) for name in each) for each in split]
