"""Where work on images larger than memory runs: here, or on the cluster of the preferences."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from napari import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PLUGIN = "napari-histeq"

#: How addresses of schedulers begin, if they say so.
SCHEMES = ("tcp", "tls", "ws", "wss", "inproc")

#: Seconds to wait for a cluster to answer.
PATIENCE = 10

#: What a person can do about an address.
CURE = "correct or clear it in Preferences > napari-histeq"


def scheduler_address() -> str:
    """The address of a dask scheduler in this plugin's preferences; empty for none."""
    if not hasattr(settings, "get_plugin_settings"):  # before napari 0.9
        return ""
    known = settings.get_plugin_settings()
    return str(known[PLUGIN].computing.scheduler_address).strip() if PLUGIN in known else ""


def in_words(address: str) -> str:
    """Where work runs, as a person says it."""
    return f"on the cluster at {address}" if address else "on this computer"


@contextmanager
def working_at(address: str) -> Iterator[None]:
    """Have dask work at a scheduler's address; with none, as dask is set up.

    Raises
    ------
    ValueError
        If that is no address, there is no cluster at it, or no `distributed` to talk to it.
    """
    if not address:
        yield
        return
    _check(address)
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(
            f"the preferences name a cluster ({address}), but distributed is not installed: "
            f'pip install "napari-histeq[distributed]", or {CURE}'
        ) from None
    client = _client(Client, address)
    with client, client.as_current():
        yield


def _check(address: str) -> None:
    """Refuse what cannot be the address of a scheduler, before anybody waits for an answer."""
    scheme, _, rest = address.rpartition("://")
    example = f"an address looks like tcp://localhost:8786; {CURE}"
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


def _client(kind: Any, address: str) -> Any:
    """A client of the cluster at an address, or an error in words."""
    from napari_histeq.core.lazy import started

    try:
        return started(kind, address, timeout=PATIENCE, set_as_default=False)
    except TypeError as error:
        if not address.startswith("tls:"):
            raise
        raise ValueError(
            f"{address} needs certificates, which dask's configuration does not name: set "
            f"distributed.comm.tls there, or {CURE}"
        ) from error
    except MemoryError as error:  # what is no scheduler says is read as the length of a message
        raise ValueError(f"what answers at {address} is no dask scheduler: {CURE}") from error
    except (OSError, ValueError, ImportError) as error:
        raise ValueError(f"no cluster answers at {address} ({error}): {CURE}") from error
