"""A client of a dask cluster that either runs or is gone."""

from __future__ import annotations

from contextlib import suppress
from typing import Any


def started(kind: Any, address: str, **how: Any) -> Any:
    """A client that runs (`kind` is `distributed.Client`); one that could not start is closed here.

    `how` is what else `distributed.Client` takes. Left to the garbage collector a client closes in
    any thread at any time, also in one that is starting another client's loop: both wait for one
    lock then, for 10 seconds or for good.
    """
    client = kind.__new__(kind)
    try:
        client.__init__(address, **how)
    except BaseException:
        with suppress(Exception):  # as far as it came
            client.close()
        raise
    return client
