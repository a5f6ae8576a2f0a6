# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: one GET to a backend, here or elsewhere, for `mien serve --status` and `mien doctor`."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qs, urlsplit

from mien.errors import USAGE
from mien.service import ServiceError
from mien.service.network.connection import Connection, NoBackend, OtherCertificate, Reply

CONNECT_S = 5.0


class ProbeError(ServiceError):
    """The backend cannot be probed; the message says what answered, and what to do."""


class NoAddress(ProbeError):
    """What was given is no address."""

    exit_status = USAGE


def require_address(url: str) -> tuple[SplitResult, str, int | None]:
    """(parts, host, port) of a backend's address or invitation. NoAddress for anything else."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if host is None or parts.scheme not in ("http", "https"):
        raise NoAddress(f"{url[:80]!r} is no address of a backend; give one like http://192.168.1.5:8642.")
    return parts, host, port


def probe(url: str, path: str, token: str = "", fingerprint: str = "", timeout_s: float = 30.0) -> Reply:
    """GET `path` of the backend at `url`, which may be an invitation with its token and fingerprint.

    A certificate is never checked against authorities, only against `fingerprint`, before anything is sent. Without a
    fingerprint, the token is sent to whatever answers. A machine that is not there is given up after CONNECT_S, a busy
    backend after `timeout_s`. Raises ProbeError.
    """
    parts, host, port = require_address(url)
    fields = {name: values[0] for name, values in parse_qs(parts.fragment).items()}
    token, fingerprint = token or fields.get("token", ""), fingerprint or fields.get("sha256", "")
    address, port = f"{parts.scheme}://{parts.netloc}", port or 8642
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    tls = parts.scheme == "https"
    try:
        with Connection(
            host, port, tls=tls, fingerprint=fingerprint, connect_s=min(CONNECT_S, timeout_s), timeout_s=timeout_s
        ) as connection:
            return connection.request("GET", path, headers=headers)
    except OtherCertificate as other:
        raise ProbeError(
            f"{address} has a certificate with the fingerprint {other.fingerprint}, and {fingerprint} was expected. "
            "Somebody may be in between; ask whoever runs the backend before you trust the new one."
        ) from None
    except NoBackend:
        raise ProbeError(
            f"What answers at {address} is no Mien backend, or one that is reached with https:// instead."
        ) from None
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or str(error) or type(error).__name__
        raise ProbeError(f"Nothing answers at {address} ({reason}). Is it switched on, and is this its port?") from None
