"""Loops that do the same in one way or another, as the pixels or the processor have it."""

from __future__ import annotations

import llvmlite.binding
import numba
import numpy as np
import pytest
from llvmlite import ir
from numba.core import codegen
from numba.core.registry import cpu_target

from napari_histeq.core import kernels
from napari_histeq.core.kernels import levels
from napari_histeq.core.kernels.compiling import compiler
from napari_histeq.core.kernels.permute import FEATURE, INSTRUCTION, _intrinsic, permute

rng = np.random.default_rng(0)


@pytest.fixture(scope="module", params=["here", "without the instruction"])
def look_up_bytes(request):
    """The loop as it is on this processor, and on one that cannot look up 64 bytes at a time."""
    if request.param == "here":
        yield kernels.levels.look_up_bytes
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(compiler._helpers, permute, lambda: None)
        compiler._helper.cache_clear()
        yield numba.njit(compiler._within_compiled(kernels.levels.look_up_bytes.loop.function))  # type: ignore[attr-defined]
    compiler._helper.cache_clear()


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 1000, levels.PAIRED - 1, levels.PAIRED + 77])
@pytest.mark.parametrize("start", [0, 1, 8])
def test_bytes(look_up_bytes, size, start):
    values = rng.integers(0, 256, start + size, np.uint8)[start:]
    table = rng.integers(0, 256, 256, np.uint8)
    around = np.full(size + 2 * 64, 9, np.uint8)
    look_up_bytes(values, table, around[64 : 64 + size])
    np.testing.assert_array_equal(around[64 : 64 + size], table[values])
    assert (around[:64] == 9).all()  # nothing is written beyond
    assert (around[64 + size :] == 9).all()


def test_python_alone_leaves_all_to_the_loop():
    values, out = np.arange(64, dtype=np.uint8), np.zeros(64, np.uint8)
    assert not permute(values, 0, np.arange(256, dtype=np.uint8), out)
    assert not out.any()


NOISE = rng.integers(0, 65536, 4 * levels.PIECE, np.uint16)
IMAGES = {
    "noise": NOISE,
    "one level": np.full_like(NOISE, 65535),
    "12 bit": NOISE >> 4,
    "noise, one level, and noise again": np.concatenate([NOISE, NOISE * 0 + 5, NOISE[:9000]]),
    "a flat background around noise": np.where(np.arange(NOISE.size) % 9000 < 6000, 7, NOISE),
    "one level among noise, more often than a byte holds": np.where(NOISE % 2, NOISE, 1234),
}


@pytest.mark.parametrize("name", IMAGES)
def test_scattered_shorts_are_counted_exactly(name):
    image = IMAGES[name].astype(np.uint16)
    counts = np.ones(65536, np.int64)
    kernels.levels.count_shorts(image.view(np.uint64), image[:0], counts)
    np.testing.assert_array_equal(counts - 1, np.bincount(image, minlength=65536))


@pytest.mark.parametrize("name", IMAGES)
def test_bytes_are_counted_exactly(name):
    image = (IMAGES[name] & 255).astype(np.uint8)
    counts = np.ones(256, np.int64)
    kernels.levels.count_bytes(image.view(np.uint64), image[:0], counts)
    np.testing.assert_array_equal(counts - 1, np.bincount(image, minlength=256))


def test_what_is_even():
    """Flat parts are found wherever they lie; runs of a few pixels are not worth asking for."""
    for dtype, bits in ((np.uint8, 8), (np.uint16, 16)):
        found = {
            name: levels.are_even(image.astype(dtype).view(np.uint64), np.uint64(bits))
            for name, image in IMAGES.items()
        }
        assert found["one level"]
        assert found["a flat background around noise"]
        assert not found["noise"]
        short = np.repeat(NOISE, 6)[: NOISE.size].astype(dtype).view(np.uint64)
        assert not levels.are_even(short, np.uint64(bits))


def test_what_is_scattered():
    found = {name: bool(levels.are_scattered(IMAGES[name].view(np.uint64))) for name in IMAGES}
    assert found["noise"]
    assert not found["one level"]
    assert not found["12 bit"]
    assert not levels.are_scattered(NOISE[:400].view(np.uint64))  # too few to tell


@pytest.fixture
def has_instruction(monkeypatch):
    """As on a processor that can look up 64 bytes at a time."""
    monkeypatch.setattr(codegen, "get_host_cpu_features", lambda: f"+sse2,{FEATURE},+sse3")
    assert _intrinsic() is not None


def test_without_the_instruction_there_is_nothing_instead(monkeypatch):
    monkeypatch.setattr(codegen, "get_host_cpu_features", lambda: "+sse2,+sse3")
    assert _intrinsic() is None


@pytest.mark.parametrize("name", ["CPU_NAME", "CPU_FEATURES"])
def test_for_a_processor_that_somebody_names_there_is_nothing_instead(
    has_instruction, monkeypatch, name
):
    monkeypatch.setattr(numba.config, name, "generic")
    assert _intrinsic() is None


def test_the_instruction_is_called_as_llvm_wants_it(has_instruction):
    """Whether or not this processor could run it."""
    run, start = numba.types.Array(numba.uint8, 1, "C"), numba.intp
    signature, code = _intrinsic()._defn(None, run, start, run, run)
    assert signature == numba.types.boolean(run, start, run, run)
    context = cpu_target.target_context
    kinds = [context.get_value_type(kind) for kind in signature.args]
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(ir.IntType(1), kinds), "permute")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(code(context, builder, signature, function.args))
    assert str(module).count(f'call <64 x i8> @"{INSTRUCTION}"') == 2
    llvmlite.binding.parse_assembly(str(module)).verify()
