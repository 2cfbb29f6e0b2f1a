"""A client of a cluster that either runs or is gone; and why there is none, in words."""

from __future__ import annotations

from typing import Any

import pytest

from napari_histeq.core.lazy import check_address, client_at, started

CURE = "correct it"


class Client:
    """Stands for `distributed.Client`; what is in `fault` is raised when it starts."""

    fault: BaseException | None = None

    def __init__(self, address: str, **how: Any) -> None:
        self.address, self.how = address, how
        if self.fault is not None:
            raise self.fault

    def close(self) -> None:
        CLOSED.append(self.address)
        raise RuntimeError("not even started")


CLOSED: list[str] = []


@pytest.mark.parametrize(
    "address", ["tcp://host:8786", "host:1", "tls://10.0.0.1:99", "inproc://a"]
)
def test_it_is_started_as_asked(address: str) -> None:
    client = client_at(Client, address, CURE, timeout=3)
    assert (client.address, client.how) == (address, {"timeout": 3})


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://host:8787/status", "is a web address, perhaps the dashboard's"),
        ("ftp://host:1", "begins with ftp, not with tcp, tls, ws, wss or inproc"),
        ("tcp://host", "does not name a host and its port"),
        ("tcp://:8786", "does not name a host and its port"),
        ("tcp://host:port", "does not name a host and its port"),
        ("tcp://me@host:1", "does not name a host and its port"),
    ],
)
def test_what_is_no_address_is_refused_before_anybody_waits(address: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        check_address(address, CURE)
    assert str(error.value).endswith(CURE)


@pytest.mark.parametrize(
    ("address", "fault", "words"),
    [
        ("tcp://a:1", OSError("timed out"), r"no cluster answers at tcp://a:1 \(timed out\)"),
        ("tcp://a:2", MemoryError(), "what answers at tcp://a:2 is no dask scheduler"),
        ("tls://a:3", TypeError("no certificate"), "tls://a:3 needs certificates"),
    ],
)
def test_why_there_is_none_is_told_and_what_began_is_closed(
    address: str, fault: BaseException, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "fault", fault)
    with pytest.raises(ValueError, match=words):
        client_at(Client, address, CURE)
    assert CLOSED[-1] == address


def test_a_fault_of_our_own_is_none_of_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "fault", TypeError("unexpected keyword"))
    with pytest.raises(TypeError, match="unexpected keyword"):
        client_at(Client, "tcp://a:4", CURE)
    monkeypatch.setattr(Client, "fault", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        started(Client, "tcp://a:5")
    assert CLOSED[-2:] == ["tcp://a:4", "tcp://a:5"]
