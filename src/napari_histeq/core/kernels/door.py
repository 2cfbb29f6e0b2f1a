"""The door of the compiled loops: what each may be given, checked at every call.

A compiled loop reads and writes by index, and does not look where an array ends. So none is
called from Python but through a `Door`, which knows the dtype and the shape of every array, and
refuses whatever is anything else: only plain arrays get in, contiguous, no subclass, no duck.

What is declared of an array is a dtype and a shape in brackets, such as ``"u2[n]"``:

- The dtype is a code of numpy's, in native byte order; or one of the letters of `KINDS`, which
  stands for any of several, and for the same one throughout a call.
- A length is a number, several numbers (``3|4``), ``:`` for any, ``levels`` for as many as the
  dtype ``U`` has, or a name, which stands for the same length throughout a call; ``n?`` is that
  or 0.

What is not declared must be a number.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8")

#: What a letter may stand for.
KINDS = {
    "U": ("u1", "u2"),  # levels that have a table
    "I": ("u1", "u2", "u4", "u8"),  # bits of any number
    "K": ("u2", "u4", "u8"),  # keys: see `arrays.keys`
    "R": NUMBERS,
    "S": NUMBERS,  # results, which may be others
    "F": ("f4", "f8"),
    "C": ("u4", "i8"),  # counts of tiles
    "T": ("u2", "u4"),  # curves of tiles
    "P": ("u4", "u8"),  # four levels in a word
}


#: Looks of arguments that are remembered.
MOST_KNOWN = 1000

#: What matters of an array's flags: C-contiguous, aligned, writeable.
FLAGS = 0x1 | 0x100 | 0x400

#: What counts as a number.
NUMBER = (int, float, np.number)


class _Length(NamedTuple):
    """What a length must be: one of the `fixed`, or the same for all that have a `name`."""

    name: str
    fixed: tuple[int, ...]
    may_be_0: bool

    @classmethod
    def of(cls, text: str) -> _Length:
        """Read ``"3|4"``, ``"n?"`` or ``":"``."""
        if text[0].isdigit():
            return cls("", tuple(map(int, text.split("|"))), False)
        return cls(text.strip(":?"), (), text.endswith("?"))

    def fits(self, length: int, found: dict[str, Any]) -> bool:
        """Whether it is that."""
        if not self.name:
            return not self.fixed or length in self.fixed
        if self.may_be_0 and length == 0:
            return True
        return bool(found.setdefault(self.name, length) == length)


@dataclass(frozen=True, slots=True)
class _Array:
    """What an array must be."""

    letter: str
    dtypes: tuple[np.dtype[Any], ...]
    lengths: tuple[_Length, ...]

    @classmethod
    def of(cls, text: str) -> _Array:
        """Read ``"u2[n]"``."""
        code, _, lengths = text.removesuffix("]").partition("[")
        dtypes = tuple(map(np.dtype, KINDS.get(code, (code,))))
        known = tuple(map(_Length.of, lengths.split(",")))
        return cls(code if code in KINDS else "", dtypes, known)

    def fits(self, value: Any, found: dict[str, Any]) -> bool:
        """Whether it is that; `found` holds what names and letters stand for in this call."""
        if type(value) is not np.ndarray or not value.flags.c_contiguous:
            return False
        dtype, shape = value.dtype, value.shape
        if dtype not in self.dtypes or found.get(self.letter, dtype) != dtype:
            return False
        if len(shape) != len(self.lengths):
            return False
        if self.letter:
            found[self.letter] = dtype
        if self.letter == "U":
            found["levels"] = 1 << 8 * dtype.itemsize
        pairs = zip(self.lengths, shape, strict=True)
        return all(wanted.fits(length, found) for wanted, length in pairs)


class Chooses(Protocol):
    """What is behind a door."""

    def choose(self, arguments: tuple[Any, ...]) -> tuple[Callable[..., Any], bool]:
        """What to call with such arguments, and whether that will always be so."""


class Door:
    """A loop that takes what was declared, and nothing else.

    Parameters
    ----------
    loop : Loop
        It chooses what to call, and says whether that is final: see `compiler`.
    function : callable
        What it is compiled from, which has the names of the arguments.
    declared : dict of str to str
        What the arrays among them must be.
    within : sequence of str
        Such as ``"flat rows size left"``: lines of memory `flat` start at `rows`, and are as long
        as `left`; or ``"flat rows max stops"``: none of their parts goes beyond its stop.
    """

    def __init__(
        self,
        loop: Chooses,
        function: Callable[..., Any],
        declared: dict[str, str],
        within: tuple[str, ...] = (),
    ) -> None:
        self.loop, self.__name__, self.__doc__ = loop, function.__name__, function.__doc__
        self._names = list(inspect.signature(function).parameters)
        if unknown := set(declared) - set(self._names):
            raise TypeError(f"{self.__name__} has no arguments {sorted(unknown)}")
        self._declared, self._known = declared, dict[tuple[Any, ...], Any]()
        self._arrays = [_Array.of(declared[n]) if n in declared else None for n in self._names]
        self._lines = [self._line(*text.split()) for text in within]

    def _line(self, flat: str, rows: str, how: str, along: str) -> tuple[int, int, bool, int]:
        at = self._names.index
        return at(flat), at(rows), how == "max", at(along)

    def __call__(self, *arguments: Any) -> Any:
        """Check the arguments, and run the loop."""
        # Block after block looks alike: what has been checked is looked up.
        look = tuple(
            [
                (a.dtype, a.shape, a.flags.num & FLAGS) if type(a) is np.ndarray else type(a)
                for a in arguments
            ]
        )
        loop = self._known.get(look)
        if loop is None and look not in self._known:
            self._check(arguments)
            self._known[look] = None
        for line in self._lines:
            self._check_line(arguments, *line)
        if loop is None:
            loop, is_final = self.loop.choose(arguments)
            if is_final:
                self._known[look] = loop
        return loop(*arguments)

    def _check(self, arguments: tuple[Any, ...]) -> None:
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        found: dict[str, Any] = {}
        for name, array, value in zip(self._names, self._arrays, arguments, strict=True):
            if not (isinstance(value, NUMBER) if array is None else array.fits(value, found)):
                raise self._error(name, value, found)

    def _check_line(self, arguments: Any, flat: int, rows: int, stops: bool, along: int) -> None:
        """No line may reach beyond the memory it lies in."""
        starts, ends = arguments[rows], arguments[along]
        if not (starts.size and ends.size):
            return
        reach = int(starts.max()) + (int(ends.max()) if stops else ends.size)
        if reach > arguments[flat].size:
            raise ValueError(
                f"{self.__name__}: {self._names[rows]} and {self._names[along]} reach to {reach}, "
                f"but {self._names[flat]} ends at {arguments[flat].size}"
            )

    def _error(self, name: str, value: Any, found: dict[str, Any]) -> TypeError:
        known = ", ".join(f"{k} = {v}" for k, v in found.items())
        return TypeError(
            f"{self.__name__}: {name} is {_described(value)}, but has to be "
            f"{self._declared.get(name, 'a number')}{known and f' ({known})'}"
        )


def _described(value: Any) -> str:
    kind = type(value).__name__
    if not isinstance(value, np.ndarray):
        return f"a {kind}"
    lengths = ",".join(map(str, value.shape))
    order = "" if value.flags.c_contiguous else ", not contiguous"
    return f"{kind} {value.dtype.str}[{lengths}]{order}"
