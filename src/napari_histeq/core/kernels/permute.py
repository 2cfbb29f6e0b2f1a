"""64 bytes looked up at a time, where the processor has an instruction for it.

AVX-512 VBMI (Intel's since Ice Lake, AMD's since Zen 4) picks 64 bytes at once out of 128 that lie
in registers: a table of 256 takes two of these. Numba makes no such thing of a loop, as no
other processor has it, so the instruction is named. Elsewhere all is left to the loop.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_histeq.core.kernels.compiling import instead

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FEATURE = "+avx512vbmi"
INSTRUCTION = "llvm.x86.avx512.vpermi2var.qi.512"


def _intrinsic() -> Callable[..., Any] | None:
    """What Numba has for `permute` here, if anything."""
    numba: Any = import_module("numba")
    codegen: Any = import_module("numba.core.codegen")
    types, config = numba.types, numba.config
    # Who names a processor to Numba has code made for that one, not for this.
    if config.CPU_NAME is not None or config.CPU_FEATURES is not None:
        return None
    if FEATURE not in codegen.get_host_cpu_features().split(","):
        return None

    def permute(_: Any, values: Any, start: Any, table: Any, out: Any) -> Any:
        return types.boolean(values, start, table, out), _code

    found: Callable[..., Any] = numba.extending.intrinsic(permute)
    return found


def _code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Load 64 bytes, pick what becomes of each from either half of the table, and store them."""
    ir: Any = import_module("llvmlite.ir")
    cgutils: Any = import_module("numba.core.cgutils")
    arrayobj: Any = import_module("numba.np.arrayobj")
    many = ir.VectorType(ir.IntType(8), 64)
    values, start, table, out = arguments

    def at(array: Any, kind: Any, place: Any) -> Any:
        data = arrayobj.make_array(kind)(context, builder, array).data
        bytes_ = builder.bitcast(data, ir.IntType(8).as_pointer())
        return builder.bitcast(builder.gep(bytes_, [place]), many.as_pointer())

    pick = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(many, [many] * 3), INSTRUCTION
    )
    kinds = signature.args
    levels = builder.load(at(values, kinds[0], start), align=1)
    places = [context.get_constant(kinds[1], 64 * part) for part in range(4)]
    parts = [builder.load(at(table, kinds[2], place), align=1) for place in places]
    dark, light = (builder.call(pick, [parts[i], levels, parts[i + 1]]) for i in (0, 2))
    is_light = builder.icmp_signed("<", levels, ir.Constant(many, [0] * 64))
    builder.store(builder.select(is_light, light, dark), at(out, kinds[3], start), align=1)
    return cgutils.true_bit


@instead(_intrinsic)
def permute(
    values: NDArray[Any],  # noqa: ARG001  (this one does nothing)
    start: int,  # noqa: ARG001
    table: NDArray[Any],  # noqa: ARG001
    out: NDArray[Any],  # noqa: ARG001
) -> bool:
    """``out = table[values]`` from `start` on, of 64 bytes; False, and nothing done, if it cannot.

    All are uint8; `table` has 256.
    """
    return False
