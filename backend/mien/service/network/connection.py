# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection: requests to a backend over one connection that stays open, its certificate compared before anything is
sent.

The standard library's client, because the certificate has to be looked at between the handshake and the first request.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from mien.service import ServiceError


class NoBackend(ServiceError):
    """What answers does not speak HTTP, or hangs up."""


class OtherCertificate(ServiceError):
    """The certificate has another `fingerprint` than the one that is pinned."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(fingerprint)
        self.fingerprint = fingerprint


@dataclass(frozen=True)
class Reply:
    """`fingerprint` of the certificate, '' without TLS."""

    status: int
    headers: Mapping[str, str] | http.client.HTTPMessage  # whose names have no case
    body: bytes = field(repr=False)
    fingerprint: str = ""

    @property
    def json(self) -> dict:
        """Raises ValueError when the body is no JSON."""
        return json.loads(self.body)

    @property
    def api(self) -> str:
        """The API version that a Mien backend marks its replies with, or ''."""
        return self.headers.get("Mien-API", "")

    @property
    def reason(self) -> str:
        """The sentence of a refusal."""
        try:
            return str(self.json["detail"])
        except (ValueError, KeyError, TypeError):
            return f"it answers with status {self.status}"


class Connection:
    """To `host`:`port`; not for several threads at once. With `tls`, no authority vouches for the certificate: it is
    compared with the `fingerprint` that is pinned (SHA-256 of its DER, in hex), where there is one. `connect_s` limits
    the connection and its handshake, `timeout_s` every other wait."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: bool = False,
        fingerprint: str = "",
        connect_s: float = 60.0,
        timeout_s: float = 60.0,
    ) -> None:
        self._pinned, self._fingerprint, self._timeout_s = fingerprint.lower(), "", timeout_s
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self._link = http.client.HTTPSConnection(host, port, timeout=connect_s, context=context)
        else:
            self._link = http.client.HTTPConnection(host, port, timeout=connect_s)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Raises OtherCertificate before anything is sent, NoBackend, or OSError when nothing answers. After an error
        the next request connects anew."""
        try:
            if self._link.sock is None:
                self._connect()
            self._link.request(method, path, body, dict(headers or {}))
            reply = self._link.getresponse()
            return Reply(reply.status, reply.headers, reply.read(), self._fingerprint)
        except http.client.HTTPException as error:  # RemoteDisconnected too, which is an OSError as well
            self._link.close()
            raise NoBackend(str(error) or type(error).__name__) from error
        except BaseException:
            self._link.close()
            raise

    def _connect(self) -> None:
        self._link.connect()
        self._link.sock.settimeout(self._timeout_s)
        if isinstance(self._link.sock, ssl.SSLSocket):
            self._fingerprint = hashlib.sha256(self._link.sock.getpeercert(binary_form=True) or b"").hexdigest()
            if self._pinned and self._fingerprint != self._pinned:
                raise OtherCertificate(self._fingerprint)
