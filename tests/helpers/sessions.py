"""Sessions of a person's: processes of their own, with a cache of loops of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

#: A person's session: each answer comes from numpy, until the compiled loop has been loaded.
PATIENT = """
import time
import numpy as np
from napari_histeq import equalize
from napari_histeq.core import kernels
from napari_histeq.core.kernels.compiling import background, compiler, helper
{before}
kernels.be_patient()
image = np.arange(4000, dtype=np.uint8).reshape(40, 100)
first = equalize(image)
loop = kernels.planes.equalize_bytes.loop
assert not loop.ready, "nobody waited"
end = time.monotonic() + 250
while not loop.ready and time.monotonic() < end:
    time.sleep(0.02)
assert loop.ready, "it was not loaded"
assert (equalize(image) == first).all()
{after}
print("fine")
"""


def session(program: str, folder: Path, *, expect: str = "fine", **variables: str) -> Any:
    """A process of its own; returns it when it has ended."""
    variables = {"NAPARI_HISTEQ_LOOPS": "auto", "NUMBA_CACHE_DIR": str(folder)} | variables
    process: Any = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.expected = expect
    return process


def ended(process: Any) -> str:
    out, err = process.communicate(timeout=290)
    assert process.returncode == 0, err
    assert out.strip() == process.expected, err
    assert not err
    return out


def patient(before: str = "", after: str = "") -> str:
    return PATIENT.format(before=textwrap.dedent(before), after=textwrap.dedent(after))
