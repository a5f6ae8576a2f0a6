# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses: where a backend can be reached now, and which names its machine goes by."""

from __future__ import annotations

import socket
import threading
import time
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import ifaddr

from mien.settings import Settings, is_loopback

POLL_S = 5.0  # a new address of the machine is known after this


def of_machine() -> list[str]:
    """Every IPv4 and IPv6 address of this machine's interfaces, in the system's order; without scopes."""
    return [_address(ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips]


def served(host: str) -> list[str]:
    """The addresses, not loopback, under which a server bound to `host` is reached now; none where it is not.

    `0.0.0.0` is every IPv4 address, `::` every address but the link-local ones, which name no machine alone.
    """
    reachable = [address for address in of_machine() if not is_loopback(address)]
    bound = ip_address(host)
    if not bound.is_unspecified:
        return [address for address in reachable if address == host]
    if bound.version == 4:
        return [address for address in reachable if ":" not in address]
    return [address for address in reachable if not ip_address(address).is_link_local or ":" not in address]


def networks(addresses: list[str]) -> tuple[list[IPv4Network | IPv6Network], set[int]]:
    """The networks that these addresses of this machine are in, and the numbers of their interfaces."""
    subnets, interfaces = [], set()
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            if _address(ip) in addresses:
                subnets.append(ip_network(f"{_address(ip)}/{ip.network_prefix}", strict=False))
                interfaces.add(adapter.index)
    return subnets, interfaces


def _address(ip: ifaddr.IP) -> str:
    """Without the scope of an IPv6 address."""
    return str(ip.ip if ip.is_IPv4 else ip.ip[0]).partition("%")[0]


def url(settings: Settings, host: str, port: int) -> str:
    """Where to reach the service under one of its addresses or names."""
    return f"http{'s' if settings.tls else ''}://{f'[{host}]' if ':' in host else host}:{port}"


class Names:
    """The names under which requests may come: the address bound, this machine's own names, and those of the
    settings."""

    def __init__(self, settings: Settings) -> None:
        self._host = settings.host
        self._names = {name.lower() for name in settings.names} | {"localhost"}
        if settings.lan:
            short = socket.gethostname().lower().partition(".")[0]
            self._names |= {socket.gethostname().lower(), short, f"{short}.local", socket.getfqdn().lower()}
        self._lock = threading.Lock()
        self._addresses: set[str] = set()
        self._updated_at = -POLL_S

    def add(self, name: str) -> None:
        """Also this name, as of an announcement."""
        self._names.add(name.lower().rstrip("."))

    def known(self, name: str) -> bool:
        """Whether `name`, a host's name or address in lower case, is this machine."""
        name = name.rstrip(".")
        if name in self._names or is_loopback(name) or name == self._host:
            return not _is_unspecified(name)
        return name in self._served()

    def _served(self) -> set[str]:
        with self._lock:
            now = time.monotonic()
            if now - self._updated_at >= POLL_S:
                self._addresses, self._updated_at = set(served(self._host)), now
            return self._addresses


def _is_unspecified(name: str) -> bool:
    try:
        return ip_address(name).is_unspecified
    except ValueError:
        return False
