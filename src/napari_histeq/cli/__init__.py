"""The command line ``napari-histeq``: the same verbs for files."""

from __future__ import annotations

import logging
import sys


def main() -> None:
    """Run the command line; where its extra is missing, say so and how to install it."""
    from napari_histeq.core.extras import brought_by

    try:
        with brought_by("cli"):
            from napari_histeq.cli.app import app
    except ImportError as error:
        if error.__cause__ is None:  # a fault of our own
            raise
        sys.stderr.write(f"napari-histeq: {error}\n")
        raise SystemExit(2) from None
    logging.getLogger("tifffile").addHandler(logging.NullHandler())  # what fails is told in words
    from napari_histeq.core.kernels import be_patient

    be_patient()  # a few files are done before Numba would have been imported
    app(prog_name="napari-histeq")
