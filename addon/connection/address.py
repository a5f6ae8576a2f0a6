# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of backends."""

import ipaddress
from urllib.parse import urlsplit

from .errors import ClientError


def split_address(address: str) -> tuple[str, int, bool]:
    """(host, port, whether https) of an address. Raises ClientError for one that cannot be used."""
    text = address.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = None, None, None
    if parts is None or parts.scheme not in ("http", "https") or not host or " " in host or parts.path not in ("", "/"):
        raise ClientError(f"'{address}' is not an address of a backend; write it like http://127.0.0.1:8642.")
    return host, port or 8642, parts.scheme == "https"


def is_loopback(address: str) -> bool:
    """Whether the address is of this machine. Raises ClientError as split_address does."""
    host = split_address(address)[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
