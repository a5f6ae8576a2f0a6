# SPDX-License-Identifier: GPL-3.0-or-later
"""One GET to a backend, and a certificate that is compared before anything is sent, against real sockets."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mien.service.network.certificate import own_certificate
from mien.service.network.probe import ProbeError, probe

REPLY = b'HTTP/1.1 200 OK\r\nMien-API: 1\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{"mien": 1}\r\n'
OTHER = "ab" * 32


class OneReply:
    """A server that gives one reply to whatever comes, and keeps that in `request`."""

    def __init__(self, reply: bytes, certificate: Path | None) -> None:
        self.listener, self.reply, self.request = socket.create_server(("127.0.0.1", 0)), reply, b""
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        link, _ = self.listener.accept()
        link.settimeout(20)
        try:
            with self.context.wrap_socket(link, server_side=True) if self.context else link as connection:
                self.request = connection.recv(65536)
                connection.sendall(self.reply)
        except OSError:  # the client went before
            link.close()


@contextmanager
def server(reply: bytes = REPLY, certificate: Path | None = None) -> Iterator[OneReply]:
    one = OneReply(reply, certificate)
    yield one
    one.thread.join(20)
    one.listener.close()


def url_of(one: OneReply, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{one.listener.getsockname()[1]}"


def test_a_reply_has_what_a_backend_says_of_itself() -> None:
    with server() as one:
        reply = probe(url_of(one), "/v1/info", "a-token")
    assert (reply.status, reply.api, reply.json, reply.fingerprint) == (200, "1", {"mien": 1}, "")
    assert one.request.startswith(b"GET /v1/info HTTP/1.1\r\n") and b"Authorization: Bearer a-token" in one.request


def test_the_pinned_certificate_is_let_in_and_another_gets_not_a_byte(tmp_path: Path) -> None:
    certificate = own_certificate(tmp_path / "certificate.pem")
    with server(certificate=certificate.path) as one:
        reply = probe(url_of(one, "https"), "/", "a-token", certificate.fingerprint.upper())
    assert (reply.status, reply.fingerprint) == (200, certificate.fingerprint) and b"a-token" in one.request
    with (
        server(certificate=certificate.path) as one,
        pytest.raises(ProbeError, match=f"fingerprint {certificate.fingerprint}, and {OTHER} was expected"),
    ):
        probe(f"{url_of(one, 'https')}/#token=a-token&sha256={OTHER}", "/")
    assert one.request == b""


def test_without_a_fingerprint_the_certificate_is_shown(tmp_path: Path) -> None:
    certificate = own_certificate(tmp_path / "certificate.pem")
    with server(certificate=certificate.path) as one:
        assert probe(url_of(one, "https"), "/").fingerprint == certificate.fingerprint


@pytest.mark.parametrize("reply", [b"", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_what_is_no_backend_is_a_sentence(reply: bytes) -> None:
    with server(reply) as one, pytest.raises(ProbeError, match="is no Mien backend, or one that is reached with https"):
        probe(url_of(one), "/")


def test_a_backend_that_does_not_answer_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ProbeError, match=f"Nothing answers at {url} .timed out"):
            probe(url, "/", timeout_s=0.1)
    with pytest.raises(ProbeError, match=f"Nothing answers at {url} .*Is it switched on"):
        probe(url, "/")


@pytest.mark.parametrize("url", ["gpu.studio", "ftp://gpu.studio", "http://[::1", "http://gpu.studio:port"])
def test_what_is_no_address_is_a_sentence(url: str) -> None:
    with pytest.raises(ProbeError, match="is no address of a backend; give one like"):
        probe(url, "/")
