"""Addresses of schedulers: refused in words before anybody waits, or when nobody answers."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from napari_histeq.gui.background import scheduler

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("distributed")


def refused(address: str) -> str:
    """What a person is told of an address."""
    cure = "Preferences > napari-histeq"
    with pytest.raises(ValueError, match=cure) as caught, scheduler.working_at(address):
        raise AssertionError(f"{address} was taken")
    words = str(caught.value)
    assert address in words
    return words


@pytest.mark.parametrize("address", ["http://localhost:8787", "https://localhost:8786/status"])
def test_the_address_of_a_dashboard(address: str) -> None:
    assert "web address" in refused(address)


@pytest.mark.parametrize("address", ["ftp://localhost:8786", "ucx://localhost:8786", "a b://c:1"])
def test_another_way_to_talk(address: str) -> None:
    assert "not with tcp, tls, ws, wss or inproc" in refused(address)


@pytest.mark.parametrize(
    "address",
    [
        "garbage", "localhost", "127.0.0.1", "8786", ":8786", "tcp://", "tcp://:8786", "tcp://host:",
        "tcp://host:abc", "tcp://host:99999", "tcp://host:0", "tcp://host:-1", "tcp://host:1/x",
        "tcp:/host:1", "tcp://::1:8786", "tcp://me@host:1", "tcp://host:8786?x=1", "tcp://[::1:8786",
    ],
)  # fmt: skip
def test_no_host_or_no_port(address: str) -> None:
    assert "does not name a host and its port: an address looks like tcp" in refused(address)


@pytest.mark.parametrize("address", ["tls://127.0.0.1:1", "tls://localhost:8786"])
def test_no_certificates(address: str) -> None:
    assert "certificates" in refused(address)


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:1", "127.0.0.1:1", "tcp://[::1]:1", "tcp://no.such.invalid:8786"]
)
def test_nobody_there(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "PATIENCE", 0.2)
    assert f"no cluster answers at {address}" in refused(address)


@pytest.mark.parametrize("address", ["inproc://", "inproc://a", "inproc://127.0.0.1/1/1"])
def test_no_cluster_in_this_process(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "PATIENCE", 0.2)
    assert f"no cluster answers at {address}" in refused(address)


@pytest.fixture(params=[b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 64, b"SSH-2.0-x\r\n", b""])
def stranger(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of somebody who answers, but is no scheduler."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:  # closed
                    return
                with connection:
                    connection.sendall(request.param)

        threading.Thread(target=answer, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_somebody_else_there(stranger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "PATIENCE", 0.5)
    assert "no cluster answers at" in (words := refused(stranger)) or "no dask scheduler" in words
