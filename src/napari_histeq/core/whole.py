"""Files that appear whole or not at all: on a full disk, in a process that is killed."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator


#: What the system says where no more can be written, or where a file may not grow.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file under another name, which becomes its own when all went well.

    Parameters
    ----------
    path : str or path-like
        The file to be made. One that is there stays as it is until then, and is then replaced.

    Yields
    ------
    Path
        What to write to: beside it, with the same ending. It is gone afterwards.

    Raises
    ------
    OSError
        What the system says of a full disk, if that is why the file could not be written:
        whatever the one who wrote made of it ("9000 requested and 3872 written", numpy).
    """
    path = Path(path)
    partial = path.with_name(f".{uuid4().hex[:8]}.partial.{path.name}")
    try:
        yield partial
        partial.replace(path)
    except Exception as error:
        full = _no_room(partial)
        if full is None or _tells(error):
            raise
        raise full from error
    finally:
        partial.unlink(missing_ok=True)


def _tells(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in _FULL


def _no_room(partial: Path) -> OSError | None:
    """What the system says if a file grows by a little more; None if it may."""
    try:
        with partial.open("ab") as file:
            file.write(bytes(1 << 16))
    except OSError as error:
        return OSError(error.errno, error.strerror) if _tells(error) else None
    return None
