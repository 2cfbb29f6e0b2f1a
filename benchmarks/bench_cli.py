"""The command line on many TIFFs, beside reading and writing them with tifffile on two processes.

    python benchmarks/bench_cli.py [FILES]

Runs of both alternate; what counts is the ratio of the least times. The time of the processor is told
too: where the files are in memory, that of reading and writing is all that the other side needs, and on
a disk it hides behind the disk.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

ROUNDS = 5
SIDE = 2048

COPY = """
import sys, multiprocessing, tifffile
from pathlib import Path

def copy(path):
    tifffile.imwrite(Path(sys.argv[2]) / path.name, tifffile.imread(path))

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        pool.map(copy, sorted(Path(sys.argv[1]).glob("*.tif")), chunksize=1)
"""


def make(folder: Path, files: int) -> None:
    """Images like micrographs: 16 bit, smooth, with noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE]
    for number in range(files):
        signal = 2000 + 1500 * np.sin(x / (50 + number)) * np.cos(y / 70)
        noisy = signal + rng.normal(0, 150, signal.shape)
        tifffile.imwrite(folder / f"{number:03}.tif", noisy.clip(0, 65535).astype(np.uint16))


def timed(command: list[str], output: Path) -> tuple[float, float]:
    """Seconds on the clock and of the processor."""
    for path in output.iterdir():
        path.unlink()
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=os.environ)
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Run both in turns, and print the ratios."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as name:
        source, output, script = (Path(name) / part for part in ("in", "out", "copy.py"))
        source.mkdir()
        output.mkdir()
        script.write_text(COPY)
        make(source, files)
        commands = {
            "tifffile, read and written": [sys.executable, str(script), str(source), str(output)],
            "napari-histeq equalize": [
                sys.executable, "-m", "napari_histeq.cli",
                "equalize", str(source), "-o", str(output), "-q",
            ],
        }  # fmt: skip
        found: dict[str, list[tuple[float, float]]] = {what: [] for what in commands}
        for turn in range(ROUNDS + 1):
            for what, command in commands.items():
                took = timed(command, output)
                if turn:  # the first compiled, and filled the caches
                    found[what].append(took)
    least = {
        what: [min(times) for times in zip(*runs, strict=True)] for what, runs in found.items()
    }
    for what, (clock, processor) in least.items():
        print(f"{what:28} {clock:6.2f} s   {processor:6.2f} s of the processor")
    copied, equalized = least.values()
    print(f"speed beside tifffile: {copied[0] / equalized[0]:.2f} by the clock, ", end="")
    print(f"{copied[1] / equalized[1]:.2f} by the processor; {files} files")


if __name__ == "__main__":
    main()
