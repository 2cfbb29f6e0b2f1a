"""The compiled loops: count and look up. Nothing else is compiled.

Every kernel works on contiguous 1-D runs, releases the GIL and starts no threads
of its own: `threads.for_each` does that. Each has a twin in plain numpy, and an oracle in
the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from napari_histeq.core.kernels.compiling import Loop, compiled
from napari_histeq.core.kernels.door import Door
from napari_histeq.core.kernels.permute import permute
from napari_histeq.core.kernels.twins import levels as twins

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Function = Callable[..., Any]

F = TypeVar("F", bound="Callable[..., Any]")

#: Bytes from which on they are looked up in pairs: half the work, for a table of all pairs.
PAIRED = 1 << 15

#: Words that are counted in one way or another, those of them that are looked at to choose, and the
#: parts of 64 levels that these have to be in for the levels to be too many for a cache.
PIECE, SAMPLED, SCATTERED = 1 << 17, 1 << 10, 1 << 7

#: Words, and the next ones, that are looked at for whether most pixels are equal to those around.
PAIRS = 1 << 7


def kernel(twin: Function, within: tuple[str, ...] = (), **declared: str) -> Callable[[F], F]:
    """A loop that is called from Python, with a door that checks it: see `Door`.

    Its `twin` does the same in plain numpy: see `Loop`.
    """

    def made(function: F) -> F:
        return cast("F", Door(Loop(function, twin), function, declared, within))

    return made


@kernel(twins.count_bytes, words="u8[:]", rest="u1[:]", counts="i8[256]")
def count_bytes(words: NDArray[Any], rest: NDArray[Any], counts: NDArray[Any]) -> None:
    """Add to `counts` (256) the bytes of `words` (uint64) and of `rest` (uint8)."""
    # One table per byte of the word: a run of equal pixels would otherwise wait
    # for its own last store at every step.
    table = np.zeros((8, 256), np.uint32)
    for start in range(0, words.size, PIECE):
        piece = words[start : start + PIECE]
        even = are_even(piece, np.uint64(8))
        for word in piece:
            if even and is_even(word, np.uint64(8)):
                table[0, word & np.uint64(255)] += np.uint32(8)
                continue
            for byte in range(8):
                table[byte, (word >> np.uint64(8 * byte)) & np.uint64(255)] += np.uint32(1)
    for value in rest:
        table[0, value] += np.uint32(1)
    for byte in range(8):
        for level in range(256):
            counts[level] += table[byte, level]


@compiled
def is_even(word: Any, bits: Any) -> bool:
    """Whether all pixels of a word, of so many bits each, are equal."""
    return bool((word >> bits) | (word << (np.uint64(64) - bits)) == word)


@compiled
def are_even(words: NDArray[Any], bits: Any) -> bool:
    """Whether many words are of equal pixels, and most words like the one before, by a sample.

    Then it is worth asking each: the processor nearly always foresees the answer.
    """
    step, even, changes = words.size // PAIRS, 0, 0
    for i in range(PAIRS if step > 1 else 0):
        at = i * step + 389 * i % (step - 1)  # not always in the same column
        first, second = is_even(words[at], bits), is_even(words[at + 1], bits)
        even += first
        changes += first != second
    return even * 4 > PAIRS and changes * 16 < PAIRS


@kernel(twins.count_shorts, words="u8[:]", rest="u2[:]", counts="i8[65536]")
def count_shorts(words: NDArray[Any], rest: NDArray[Any], counts: NDArray[Any]) -> None:
    """Add to `counts` (65536) the uint16 values in `words` (uint64) and in `rest` (uint16)."""
    # One table for all: a second one would save some waiting for stores and cost the cache.
    table, small = np.zeros(65536, np.uint32), np.zeros(65536, np.uint8)
    for start in range(0, words.size, PIECE):
        piece = words[start : start + PIECE]
        if are_scattered(piece):
            count_scattered(piece, small, counts)
            continue
        count_each(piece, are_even(piece, np.uint64(16)), table)
    for value in rest:
        table[value] += np.uint32(1)
    for level in range(65536):
        counts[level] += table[level] + small[level]


@compiled
def are_scattered(words: NDArray[Any]) -> bool:
    """Whether shorts have thousands of levels and neighbors are hardly ever equal, by a sample."""
    touched, found, equal = np.zeros(1024, np.int64), 0, 0
    step = words.size // SAMPLED
    if step == 0:
        return False
    for i in range(SAMPLED):
        word = words[i * step]
        equal += ((word >> np.uint64(16)) ^ word) & np.uint64(65535) == 0
        cell = (word & np.uint64(65535)) >> np.uint64(6)
        found += 1 - touched[cell]
        touched[cell] = 1
    return found >= SCATTERED and equal * 16 < SAMPLED


@compiled
def count_each(words: NDArray[Any], even: bool, table: NDArray[Any]) -> None:
    """Count shorts; if many words are `even`, ask each whether it is: see `are_even`."""
    short, one = np.uint64(65535), np.uint32(1)
    for word in words:
        if even and is_even(word, np.uint64(16)):
            table[word & short] += np.uint32(4)
        else:
            table[word & short] += one
            table[(word >> np.uint64(16)) & short] += one
            table[(word >> np.uint64(32)) & short] += one
            table[word >> np.uint64(48)] += one


@compiled
def count_scattered(words: NDArray[Any], small: NDArray[Any], counts: NDArray[Any]) -> None:
    """Count shorts in a table of bytes, a quarter as large; what these cannot hold goes to `counts`.

    Quicker where most counters are not in the nearest cache, and slower where one of
    them is wanted again at once.
    """
    for word in words:
        for part in range(4):
            level = (word >> np.uint64(16 * part)) & np.uint64(65535)
            count = np.uint8(small[level] + np.uint8(1))
            small[level] = count
            if count == 0:
                counts[level] += 256


@kernel(twins.count_masked, values="U[n]", mask="u1[n]", counts="i8[levels]")
def count_masked(values: NDArray[Any], mask: NDArray[Any], counts: NDArray[Any]) -> None:
    """Add to `counts` the unsigned `values` at which `mask` (uint8, 0 or 1) is 1."""
    for i in range(values.size):
        counts[values[i]] += mask[i]


@kernel(twins.look_up, values="U[n]", table="U[levels]", out="U[n]")
def look_up(values: NDArray[Any], table: NDArray[Any], out: NDArray[Any]) -> None:
    """``out = table[values]``: `values` are unsigned, `table` has an entry for each."""
    for i in range(values.size):
        out[i] = table[values[i]]


@kernel(twins.look_up, words="u8[n]", table="u2[65536]", out="u8[n]")
def look_up_words(words: NDArray[Any], table: NDArray[Any], out: NDArray[Any]) -> None:
    """Look up the four shorts of each uint64 word in a `table` of 65536 uint16."""
    shorts_of_words(words, table, out)


@kernel(twins.look_up, values="u1[n]", table="u1[256]", out="u1[n]")
def look_up_bytes(values: NDArray[Any], table: NDArray[Any], out: NDArray[Any]) -> None:
    """As `look_up`, in less time where there are many."""
    by_bytes(values, table, out)


@compiled
def shorts_of_words(words: NDArray[Any], table: NDArray[Any], out: NDArray[Any]) -> None:
    """See `look_up_words`."""
    short, step, half = np.uint64(65535), np.uint64(16), np.uint64(32)
    for i in range(words.size):
        word = words[i]
        low = np.uint64(table[word & short])
        low |= np.uint64(table[(word >> step) & short]) << step
        high = np.uint64(table[(word >> half) & short])
        high |= np.uint64(table[word >> np.uint64(48)]) << step
        out[i] = low | (high << half)


@compiled
def by_bytes(values: NDArray[Any], table: NDArray[Any], out: NDArray[Any]) -> None:
    """See `look_up_bytes`: 64 at a time, or else in pairs, by a table of all pairs."""
    done, size = 0, values.size
    while done + 64 <= size and permute(values, done, table, out):
        done += 64
    aligned = (values.ctypes.data | out.ctypes.data) % 8 == 0
    if aligned and size - done >= PAIRED:
        pairs = np.empty(65536, np.uint16)
        for second in range(256):
            for first in range(256):
                pair = np.uint16(table[second]) << 8 | np.uint16(table[first])
                pairs[256 * second + first] = pair
        done = size // 8 * 8
        shorts_of_words(values[:done].view(np.uint64), pairs, out[:done].view(np.uint64))
    for i in range(done, size):
        out[i] = table[values[i]]
