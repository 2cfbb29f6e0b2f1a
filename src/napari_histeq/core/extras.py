"""What an extra brings: where it is missing, it is named with its cure."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def brought_by(extra: str) -> Iterator[None]:
    """Import within this what only an extra of this package brings.

    Raises
    ------
    ImportError
        If it is not installed: what it is, and how to install it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise ImportError(
            f'{package} is not installed: pip install "napari-histeq[{extra}]"',
            name=error.name,
        ) from error
