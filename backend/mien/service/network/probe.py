# SPDX-License-Identifier: GPL-3.0-or-later
"""Reach: one GET to a backend, here or elsewhere, for `mien serve --status` and `mien doctor --backend`."""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from mien.service import ServiceError


class ReachError(ServiceError):
    """The backend cannot be asked; the message says what answered, and what to do."""


@dataclass(frozen=True)
class Reply:
    """What came: `api` of the Mien-API header or '', `fingerprint` of the certificate or ''."""

    status: int
    api: str
    body: bytes
    fingerprint: str

    @property
    def reason(self) -> str:
        """The sentence of a refusal."""
        try:
            return str(json.loads(self.body)["detail"])
        except (ValueError, KeyError, TypeError):
            return f"it answers with status {self.status}"


def get(url: str, path: str, token: str = "", fingerprint: str = "", timeout_s: float = 5.0) -> Reply:
    """GET `path` of the backend at `url`, which may be an invitation with its token and fingerprint.

    A certificate is never checked against authorities, only against `fingerprint`, before anything is sent. Without
    one to compare, the token is sent to whoever answers: give the fingerprint. Raises ReachError.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https"):
        raise ReachError(f"{url[:80]!r} is no address of a backend; give one like http://192.168.1.5:8642.")
    told = {name: values[0] for name, values in parse_qs(parts.fragment).items()}
    token, fingerprint = token or told.get("token", ""), fingerprint or told.get("sha256", "")
    address, port = f"{parts.scheme}://{parts.netloc}", port or 8642
    if parts.scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        link = http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)
    else:
        link = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        link.connect()
        found = ""
        if isinstance(link.sock, ssl.SSLSocket):
            found = hashlib.sha256(link.sock.getpeercert(binary_form=True)).hexdigest()
            if fingerprint and found != fingerprint.lower():
                raise ReachError(
                    f"{address} has a certificate with the fingerprint {found}, and {fingerprint} was expected. "
                    "Somebody may be in between; ask whoever runs the backend before you trust the new one."
                )
        link.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        reply = link.getresponse()
        return Reply(reply.status, reply.headers.get("Mien-API", ""), reply.read(), found)
    except http.client.RemoteDisconnected:  # as where https is spoken
        raise _no_backend(address) from None
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or str(error) or type(error).__name__
        raise ReachError(f"Nothing answers at {address} ({reason}). Is it switched on, and is this its port?") from None
    except http.client.HTTPException:
        raise _no_backend(address) from None
    finally:
        link.close()


def _no_backend(address: str) -> ReachError:
    return ReachError(f"What answers at {address} is no Mien backend, or one that is reached with https:// instead.")
