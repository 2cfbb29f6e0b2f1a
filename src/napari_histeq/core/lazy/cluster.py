"""A client of a dask cluster that either runs or is gone; and why there is none, in words."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How addresses of schedulers begin, if they say so.
SCHEMES = ("tcp", "tls", "ws", "wss", "inproc")

#: Why there is no answer, if dask gave up after some tries.
DIED = "each worker that worked on it died, for want of memory perhaps: give each more"


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


def client_at(kind: Any, address: str, cure: str, **how: Any) -> Any:
    """A client of the cluster at an address.

    Parameters
    ----------
    kind, address, **how
        As in `started`.
    cure : str
        What a person can do about the address: the end of a sentence.

    Raises
    ------
    ValueError
        If that is no address, or there is no cluster at it: in words.
    """
    check_address(address, cure)
    try:
        return started(kind, address, **how)
    except TypeError as error:
        if not address.startswith("tls:"):
            raise
        raise ValueError(
            f"{address} needs certificates, which dask's configuration does not name: set "
            f"distributed.comm.tls there, or {cure}"
        ) from error
    except MemoryError as error:  # what is no scheduler says is read as the length of a message
        raise ValueError(f"what answers at {address} is no dask scheduler: {cure}") from error
    except (OSError, ValueError, ImportError) as error:
        raise ValueError(f"no cluster answers at {address} ({error}): {cure}") from error


def check_address(address: str, cure: str) -> None:
    """Refuse what cannot be the address of a scheduler, before anybody waits for an answer."""
    scheme, _, rest = address.rpartition("://")
    example = f"an address looks like tcp://localhost:8786; {cure}"
    if scheme.startswith("http"):
        raise ValueError(f"{address} is a web address, perhaps the dashboard's: {example}")
    if scheme not in ("", *SCHEMES):
        raise ValueError(f"{address} begins with {scheme}, not with {_either(SCHEMES)}: {example}")
    if scheme == "inproc":  # of this very process: it has no port
        return
    try:
        parts = urlsplit(f"//{rest}")
        named = bool(parts.hostname and parts.port and parts.netloc == rest)
    except ValueError:  # no number, or none that a port can have
        named = False
    if not named or "@" in rest:
        raise ValueError(f"{address} does not name a host and its port: {example}")


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
