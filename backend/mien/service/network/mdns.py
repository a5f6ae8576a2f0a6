# SPDX-License-Identifier: GPL-3.0-or-later
"""Announcement: the backend as `_mien._tcp.local.` in the networks that it serves, and in no other (RFC 6762, 6763)."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import threading
import time
from ipaddress import ip_address
from typing import Any

from zeroconf import Error as ZeroconfError
from zeroconf import ServiceInfo, Zeroconf

from mien.service.network.addresses import networks, served

TYPE = "_mien._tcp.local."
POLL_S = 2.0  # how often addresses and the clock are looked at
SLEPT_S = 5.0  # the wall clock ran this much further than the monotonic one: the machine slept, or the clock was set

log = logging.getLogger(__name__)


class Announcement:
    """Announces from `start` to `stop`, again after sleep and when addresses come and go; says goodbye at the end.

    `host` is the address bound, `txt` the TXT record's keys and values. The service has a host name of its own,
    `server`, so that two machines of the same name are never mixed up.
    """

    def __init__(self, host: str, port: int, txt: dict[str, str]) -> None:
        self.host, self.port, self.txt = host, port, txt
        self.server = f"mien-{secrets.token_hex(4)}.local."
        self.name = ""  # as announced, which differs where another backend had the name first
        self._addresses: list[str] = []
        self._zeroconf: Zeroconf | None = None
        self._info: ServiceInfo | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="mien-announce", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Say goodbye and end; waits at most so long."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _watch(self) -> None:
        offset_s = time.time() - time.monotonic()
        try:
            while True:
                now_s = time.time() - time.monotonic()
                slept, offset_s = abs(now_s - offset_s) > SLEPT_S, now_s
                try:
                    self._update(slept)
                except (OSError, ZeroconfError, RuntimeError) as error:
                    log.warning(
                        "The backend could not be announced (%s); it is tried again.", error or type(error).__name__
                    )
                    self._withdraw()
                if self._ending.wait(POLL_S):
                    return
        finally:
            self._withdraw()

    def _update(self, slept: bool) -> None:
        addresses = served(self.host)
        if addresses != self._addresses:
            self._withdraw()
            if addresses:
                self._announce(addresses)
        elif slept and self._zeroconf is not None and self._info is not None:
            log.info("announced again: the machine slept or its clock was set")
            self._zeroconf.update_service(self._info)

    def _announce(self, addresses: list[str]) -> None:
        self._zeroconf = Zeroconf(interfaces=list(addresses))
        _filter_senders(self._zeroconf, addresses)
        self._info = ServiceInfo(
            TYPE,
            f"Mien on {socket.gethostname().partition('.')[0]}"[:50] + f".{TYPE}",
            port=self.port,
            parsed_addresses=addresses,
            properties=self.txt,
            server=self.server,
        )
        self._zeroconf.register_service(self._info, allow_name_change=True)
        self.name, self._addresses = self._info.name.removesuffix(f".{TYPE}"), addresses
        log.info("announced as %r at %s, port %d", self.name, ", ".join(addresses), self.port)

    def _withdraw(self) -> None:
        """Goodbye, where there is still a network to say it to."""
        zeroconf, self._zeroconf, self._addresses, self.name = self._zeroconf, None, [], ""
        if zeroconf is not None:
            zeroconf.close()


class _OnLink(asyncio.DatagramProtocol):
    """Lets in what comes from the networks served, and nothing else (RFC 6762, section 11).

    zeroconf listens on every address: a question sent straight to another address of this machine, or one for a group
    that another program joined there, would be answered, and tell that network about us.
    """

    def __init__(self, listener: Any, addresses: list[str]) -> None:
        self._listener = listener
        self._networks, self._interfaces = networks(addresses)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        if len(addr) == 4 and addr[3]:  # IPv6 from a link-local address names the interface
            near = addr[3] in self._interfaces
        else:
            sender = ip_address(addr[0].partition("%")[0])
            near = any(sender in network for network in self._networks)
        if near:
            self._listener.datagram_received(data, addr)

    def error_received(self, exc: Exception) -> None:
        self._listener.error_received(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self._listener.connection_lost(exc)


def _filter_senders(zeroconf: Zeroconf, addresses: list[str]) -> None:
    """Answer only what comes from the networks of these addresses."""
    for reader in zeroconf.engine.readers:
        reader.transport.set_protocol(_OnLink(reader.transport.get_protocol(), addresses))
