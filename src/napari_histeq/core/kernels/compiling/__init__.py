"""Compiling: when a loop runs as plain numpy and when compiled, and who compiles it."""

from napari_histeq.core.kernels.compiling.compiler import (
    Loop,
    be_patient,
    compiled,
    instead,
    wait_for_compiler,
)
