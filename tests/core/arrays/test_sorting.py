"""Numbers sorted in parts: as numpy does it at once, and stopped after any part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as some_arrays

from napari_histeq.core import watching
from napari_histeq.core.arrays import order_by_parts, sorted_by_parts

LINES = some_arrays.arrays(
    st.sampled_from(["u8", "i4", "f4", "f8"]).map(np.dtype),
    st.integers(1, 300),
    elements={"allow_nan": False},
)


@given(LINES, st.integers(1, 40))
def test_any_numbers_in_parts_of_any_size(values: np.ndarray, size: int) -> None:
    before, wanted = values.copy(), np.sort(values)
    np.testing.assert_array_equal(sorted_by_parts(values, size), wanted)
    order = order_by_parts(values, size)
    np.testing.assert_array_equal(np.sort(order), np.arange(values.size))
    np.testing.assert_array_equal(values[order], wanted)
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("line", ["random", "sorted", "few", "one"])
def test_parts_are_of_a_size(line: str) -> None:
    """Or one of them would take as long as all together; but equal numbers stay together."""
    rng, sizes = np.random.default_rng(3), []
    values = rng.integers(0, {"few": 1000, "one": 1}.get(line, 1 << 62), 100_000)
    values = np.sort(values) if line == "sorted" else values
    sort = np.sort

    def seen(part: np.ndarray, kind: Any = None) -> np.ndarray:
        if kind == "stable":
            sizes.append(part.size)
        return sort(part, kind=kind)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np, "sort", seen)
        sorted_by_parts(values, 10_000)
    assert sum(sizes) == values.size
    assert max(sizes) < (20_000 if line != "one" else 100_001)


def test_it_is_stopped_after_a_part() -> None:
    looks = []

    def look(done: int, total: int) -> None:
        looks.append(done)
        if len(looks) == 3:
            raise KeyboardInterrupt

    with watching(look), pytest.raises(KeyboardInterrupt):
        sorted_by_parts(np.random.default_rng(0).random(100_000), 5000)
    assert len(looks) == 3
