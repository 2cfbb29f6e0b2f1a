"""Four pixels at a time, where each of them needs four doubles that lie side by side in a table.

A processor loads these at once; those of four pixels are turned into four of each kind, and the rest
is done for all four. Numba makes no such thing of a loop, so it is told in vectors of LLVM's, for
which every processor has instructions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_histeq.core.kernels.compiling import compiled, instead

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[Any]

#: Lanes of two vectors, the second's from 4 on: to turn four rows into four columns.
EVEN, ODD, LOW, HIGH = (0, 4, 2, 6), (1, 5, 3, 7), (0, 1, 4, 5), (2, 3, 6, 7)


@compiled
def along(lines: Array, knot: Any, value: Any) -> Any:
    """What becomes of a value on a line: its start, the value there, its slope, the value at its end."""
    way = np.float64(value) - lines[knot, 0]
    return min(lines[knot, 1] + way * lines[knot, 2], lines[knot, 3])


@compiled
def between(row: float, mix: Array, rise: Array, knot: Any, weight: Any, part: Any) -> Any:
    """Two mixes, of a knot and the next one, and `part` of the way from the first to the second.

    `mix` has a pair of numbers for each knot, and `rise` what these rise by from row to row: a mix is the
    first of the pair, and the second times `weight`.
    """
    i = np.intp(knot) * 2
    lower = mix[i] + rise[i] * row + (mix[i + 1] + rise[i + 1] * row) * weight
    upper = mix[i + 2] + rise[i + 2] * row + (mix[i + 3] + rise[i + 3] * row) * weight
    return lower + (upper - lower) * part


class _Four:
    """What is done for four pixels, in LLVM's words: `data` are the arrays, by their place."""

    def __init__(self, context: Any, builder: Any, kinds: Any, arguments: Any) -> None:
        arrayobj: Any = import_module("numba.np.arrayobj")
        self.ir: Any = import_module("llvmlite.ir")
        self.builder, self.kinds = builder, kinds
        self.word, self.double = self.ir.IntType(64), self.ir.DoubleType()
        self.start = arguments[0]
        self.data = [
            arrayobj.make_array(kind)(context, builder, value).data
            for kind, value in zip(kinds, arguments, strict=True)
            if hasattr(kind, "ndim")
        ]

    def vector(self, kind: Any) -> Any:
        return self.ir.VectorType(kind, 4)

    def at(self, data: Any, place: Any, kind: Any) -> Any:
        """Where four numbers of a kind lie in an array."""
        return self.builder.bitcast(self.builder.gep(data, [place]), self.vector(kind).as_pointer())

    def some(self, data: Any) -> Any:
        """The four numbers of an array from the start on."""
        return self.builder.load(self.at(data, self.start, data.type.pointee), align=1)

    def one(self, data: Any, i: int) -> Any:
        """One of these."""
        place = self.builder.add(self.start, self.ir.Constant(self.word, i))
        return self.builder.load(self.builder.gep(data, [place]))

    def rows(self, table: Any, places: Any) -> list[Any]:
        """The four doubles at each of four places."""
        return [self.builder.load(self.at(table, place, self.double), align=8) for place in places]

    def columns(self, rows: Any) -> list[Any]:
        """Of four times four doubles the first of all, the second, and so on."""
        a, b, c, d = rows
        near = [self._picked(a, b, lanes) for lanes in (EVEN, ODD)]
        far = [self._picked(c, d, lanes) for lanes in (EVEN, ODD)]
        pairs = list(zip(near, far, strict=True))
        return [self._picked(*pair, lanes) for lanes in (LOW, HIGH) for pair in pairs]

    def _picked(self, a: Any, b: Any, lanes: Any) -> Any:
        mask = self.ir.Constant(self.vector(self.ir.IntType(32)), list(lanes))
        return self.builder.shuffle_vector(a, b, mask)

    def doubles(self, numbers: Any, kind: Any) -> Any:
        """Numbers of a kind of Numba's as doubles."""
        types: Any = import_module("numba").types
        doubles = self.vector(self.double)
        if isinstance(kind, types.Integer):
            cast = self.builder.sitofp if kind.signed else self.builder.uitofp
            return cast(numbers, doubles)
        return numbers if numbers.type == doubles else self.builder.fpext(numbers, doubles)

    def splat(self, number: Any) -> Any:
        """Four times the same double."""
        found = self.ir.Constant(self.vector(self.double), self.ir.Undefined)
        for i in range(4):
            lane = self.ir.Constant(self.ir.IntType(32), i)
            found = self.builder.insert_element(found, number, lane)
        return found

    def store(self, doubles: Any, data: Any) -> None:
        """As four numbers of an array, from the start on."""
        kind = data.type.pointee
        if kind != self.double:
            doubles = self.builder.fptrunc(doubles, self.vector(kind))
        self.builder.store(doubles, self.at(data, self.start, kind), align=1)


def _along_four(four: _Four, _: Any) -> Any:
    builder, word = four.builder, four.word
    values, of_cells, cells, lines, out = four.data
    knots = [
        builder.load(builder.gep(cells, [builder.zext(four.one(of_cells, i), word)]))
        for i in range(4)
    ]
    places = []
    for knot in knots:  # some line, where it is to be searched
        sign = builder.ashr(knot, four.ir.Constant(knot.type, 31))
        row = builder.zext(builder.xor(knot, sign), word)
        places.append(builder.shl(row, four.ir.Constant(word, 2)))
    begin, height, slope, end = four.columns(four.rows(lines, places))
    way = builder.fsub(four.doubles(four.some(values), four.kinds[1].dtype), begin)
    found = builder.fadd(height, builder.fmul(way, slope))
    four.store(builder.select(builder.fcmp_ordered("<", end, found), end, found), out)
    a, b, c, d = knots
    signs = builder.or_(builder.or_(a, b), builder.or_(c, d))
    return builder.icmp_signed(">=", signs, four.ir.Constant(signs.type, 0))


def _between_four(four: _Four, arguments: Any) -> Any:
    builder, word = four.builder, four.word
    mix, rise, index, weight, part, mixed = four.data
    one = four.ir.Constant(word, 1)
    places = [builder.shl(builder.zext(four.one(index, i), word), one) for i in range(4)]
    row = four.splat(arguments[1])

    def more(number: Any, other: Any, times: Any) -> Any:
        """Whole numbers: whether the product is rounded before it is added makes no difference."""
        product = builder.fmul(other, times, flags=["contract"])
        return builder.fadd(number, product, flags=["contract"])

    pairs = zip(four.rows(mix, places), four.rows(rise, places), strict=True)
    low, slope, high, other = four.columns([more(now, step, row) for now, step in pairs])
    weights = four.some(weight)
    lower, upper = more(low, slope, weights), more(high, other, weights)
    way = builder.fmul(builder.fsub(upper, lower), four.some(part))
    four.store(builder.fadd(lower, way), mixed)
    return four.ir.Constant(four.ir.IntType(1), 1)


def _told(what: Callable[[_Four, Any], Any]) -> Any:
    """How Numba has code made."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return what(_Four(context, builder, signature.args, arguments), arguments)

    return code


def _along_told() -> Callable[..., Any]:
    """What Numba has instead of `along_four`."""
    numba: Any = import_module("numba")
    code = _told(_along_four)

    def function(_: Any, start: Any, a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
        return numba.types.boolean(start, a, b, c, d, e), code

    found: Callable[..., Any] = numba.extending.intrinsic(function)
    return found


def _between_told() -> Callable[..., Any]:
    """What Numba has instead of `between_four`."""
    numba: Any = import_module("numba")
    code = _told(_between_four)

    def function(
        _: Any, start: Any, row: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any
    ) -> Any:
        return numba.types.boolean(start, row, a, b, c, d, e, f), code

    found: Callable[..., Any] = numba.extending.intrinsic(function)
    return found


@instead(_along_told)
def along_four(
    start: int, values: Array, places: Array, cells: Array, lines: Array, out: Array
) -> bool:
    """Map four `values` from `start` on, which are in the cells `places` (from there on, too).

    False if one of the cells has a knot within: then it is not known yet what becomes of them.
    """
    known = True
    for i in range(start, start + 4):
        knot = cells[places[i]]
        known &= knot >= 0
        out[i] = along(lines, max(knot, ~knot), values[i])
    return known


@instead(_between_told)
def between_four(
    start: int,
    row: float,
    mix: Array,
    rise: Array,
    index: Array,
    weight: Array,
    part: Array,
    mixed: Array,
) -> bool:
    """See `between`, of four pixels from `start` on, whose knots are at `index`."""
    for i in range(start, start + 4):
        mixed[i] = between(row, mix, rise, index[i], weight[i], part[i])
    return True
