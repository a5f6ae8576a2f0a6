# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that connect and never speak, at a real socket and an asyncio server with TLS."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from mien.service.network import listener
from mien.service.network.certificate import own_certificate
from mien.service.network.listener import Listener


class Greeting(asyncio.Protocol):
    """Says a word and hangs up."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        transport.write(b"hello")
        transport.close()


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Of a server with TLS that takes 8 connections, 2 of one address, and 2 more of each."""
    monkeypatch.setattr(listener, "ROOM", 2)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(tmp_path / "certificate.pem").path)
    with Listener(socket.AF_INET, 8) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        loop = asyncio.new_event_loop()
        loop.run_until_complete(loop.create_server(Greeting, sock=listening, ssl=context))
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        yield listening.getsockname()[1]
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def greeted(port: int, address: str) -> bytes:
    """What a client is told, which comes from this address of the loopback network; b'' where it is sent away."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(address, 0)) as link:
        try:
            with context.wrap_socket(link) as secure:
                return secure.recv(5)
        except (ssl.SSLError, ConnectionError):
            return b""


def test_silent_clients_keep_nobody_else_out_and_leave_their_places(port: int) -> None:
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(12)]  # none begins a handshake
    assert greeted(port, "127.0.0.1") == b""  # all places of this address are taken
    if hasattr(socket, "SO_REUSEPORT"):  # systems where all of 127/8 is this machine
        try:
            assert greeted(port, "127.0.0.2") == b"hello"
        except OSError:
            pytest.skip("there is one loopback address")
    for link in silent:
        link.close()
    for _ in range(50):
        if greeted(port, "127.0.0.1") == b"hello":
            break
    assert [greeted(port, "127.0.0.1") for _ in range(20)] == [b"hello"] * 20
