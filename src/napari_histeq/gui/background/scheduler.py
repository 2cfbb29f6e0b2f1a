"""Where work on images larger than memory runs: here, or on the cluster of the preferences."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

PLUGIN = "napari-histeq"

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


def cluster_in_words(address: str) -> str:
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
    from napari_histeq.core.lazy import check_address, client_at

    check_address(address, CURE)
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(
            f"the preferences name a cluster ({address}), but distributed is not installed: "
            f'pip install "napari-histeq[distributed]", or {CURE}'
        ) from None
    client = client_at(Client, address, CURE, timeout=PATIENCE, set_as_default=False)
    with client, client.as_current():
        yield
