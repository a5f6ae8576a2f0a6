# SPDX-License-Identifier: GPL-3.0-or-later
"""Backends that announce themselves in the network: a one-shot multicast DNS query and its answers. No bpy.

Written on the standard library because Blender has no zeroconf, and its wheels are one for each platform and Python
(1.1 MB each). The query is sent from a port of its own, so that responders answer it by unicast (RFC 6762, section
6.7): no multicast group is joined, port 5353 need not be free, and nothing runs between two calls.
"""

import ipaddress
import secrets
import selectors
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

SERVICE = ("_mien", "_tcp", "local")
GROUP, PORT = "224.0.0.251", 5353
QUERY_TIMES_S = (0.0, 0.3, 1.0, 2.0)  # repeated: a packet may be lost, and a responder may delay its answer by 0.5 s
BROWSE_S = 3.0
PACKET_LIMIT = 9000  # bytes; the largest packet of multicast DNS (RFC 6762, section 17)
RECORDS_LIMIT = 100  # in one packet; a responder of one service sends five
BACKENDS_LIMIT = 100
A, PTR, TXT, AAAA, SRV = 1, 12, 16, 28, 33


class MalformedPacket(ValueError):
    """The packet is not a DNS response that can be read."""


@dataclass(frozen=True)
class Record:
    """A resource record. data by kind: PTR the labels of a name, SRV (port, labels of the host), TXT a dict, A and
    AAAA an address as text."""

    name: tuple[str, ...]
    kind: int
    data: Any


@dataclass(frozen=True)
class AnnouncedBackend:
    """A backend as it announces itself; fields that it leaves out are ''. sha256: fingerprint of its certificate."""

    name: str
    address: str
    api: str = ""
    version: str = ""
    device: str = ""
    token_wanted: bool = False
    sha256: str = ""


@dataclass
class _Answers:
    """The answers so far, by lower-case name: DNS names are case-insensitive."""

    instances: dict[tuple[str, ...], str] = field(default_factory=dict)
    # (instance, port, host) -> address of the sender
    services: dict[tuple[tuple[str, ...], int, tuple[str, ...]], str] = field(default_factory=dict)
    texts: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    hosts: dict[tuple[str, ...], list[str]] = field(default_factory=dict)


def browse(seconds: float = BROWSE_S) -> Iterator[list[AnnouncedBackend]]:
    """The backends that answered so far, whenever the list changes; ends after `seconds`.

    Blocks, so that it belongs into a thread of its own. A network without multicast yields nothing.
    """
    query_id, answers, known = secrets.randbits(16), _Answers(), []
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket_) for socket_ in _multicast_sockets()]
        ready = stack.enter_context(selectors.DefaultSelector())
        for socket_ in sockets:
            ready.register(socket_, selectors.EVENT_READ)
        began, queries_sent = time.monotonic(), 0
        while sockets and (now := time.monotonic() - began) < seconds:
            if queries_sent < len(QUERY_TIMES_S) and now >= QUERY_TIMES_S[queries_sent]:
                queries_sent += 1
                sockets = [socket_ for socket_ in sockets if _send(socket_, _next_query(query_id, answers))]
                continue
            until = min(QUERY_TIMES_S[queries_sent] if queries_sent < len(QUERY_TIMES_S) else seconds, seconds)
            for key, _ in ready.select(max(until - now, 0)):
                try:
                    packet, sender = key.fileobj.recvfrom(PACKET_LIMIT)
                    if packet[:2] == query_id.to_bytes(2, "big") and sender[1] == PORT:
                        _add_records(answers, parse(packet), sender[0])
                except (OSError, MalformedPacket):
                    continue  # from another program; readable packets count
            if (now_known := _backends(answers)) != known:
                known = now_known
                yield known


def query(query_id: int, names: list[tuple[tuple[str, ...], int]]) -> bytes:
    """A DNS query for each (labels, kind)."""
    packet = struct.pack(">HHHHHH", query_id, 0, len(names), 0, 0, 0)
    for labels, kind in names:
        for label in labels:
            text = label.encode()
            packet += bytes([len(text)]) + text
        packet += b"\0" + struct.pack(">HH", kind, 1)
    return packet


def parse(packet: bytes) -> list[Record]:
    """The records of a DNS response. Raises MalformedPacket; reads nothing beyond the packet and always ends."""
    try:
        _, flags, questions, *counts = struct.unpack_from(">HHHHHH", packet)
        if not flags & 0x8000:
            raise MalformedPacket("a question, not an answer")
        if questions + sum(counts) > RECORDS_LIMIT:
            raise MalformedPacket("too many records")
        offset, records = 12, []
        for _ in range(questions):
            _, offset = _parse_name(packet, offset)
            offset += 4
        for _ in range(sum(counts)):
            name, offset = _parse_name(packet, offset)
            kind, _, _, length = struct.unpack_from(">HHIH", packet, offset)
            offset, end = offset + 10, offset + 10 + length
            if end > len(packet):
                raise MalformedPacket("a record is longer than the packet")
            data = _parse_data(packet, kind, offset, end)
            if data is not None:
                records.append(Record(name, kind, data))
            offset = end
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise MalformedPacket(str(error)) from None
    return records


def _parse_data(packet: bytes, kind: int, offset: int, end: int) -> object:
    if kind == PTR:
        return _parse_name(packet, offset)[0]
    if kind == SRV and end - offset >= 7:
        return struct.unpack_from(">H", packet, offset + 4)[0], _parse_name(packet, offset + 6)[0]
    if kind == TXT:
        return _parse_txt(packet[offset:end])
    if kind == A and end - offset == 4 or kind == AAAA and end - offset == 16:
        return str(ipaddress.ip_address(packet[offset:end]))
    return None


def _parse_name(packet: bytes, offset: int) -> tuple[tuple[str, ...], int]:
    """(labels of a name, offset of its end). Pointers must lead backwards, so that parsing ends (RFC 1035, 4.1.4)."""
    labels, length, end, earliest = [], 0, 0, offset
    while size := packet[offset]:
        if size >= 0xC0:
            end = end or offset + 2
            offset = (size & 0x3F) << 8 | packet[offset + 1]
            if offset >= earliest:
                raise MalformedPacket("a name points forwards")
            earliest = offset
            continue
        if size > 63 or offset + 1 + size >= len(packet):
            raise MalformedPacket("a label is longer than it may be")
        labels.append(packet[offset + 1 : offset + 1 + size].decode())
        length += size + 1
        if length > 255:
            raise MalformedPacket("a name is longer than 255 bytes")
        offset += size + 1
    return tuple(labels), end or offset + 1


def _parse_txt(data: bytes) -> dict[str, str]:
    """The pairs of a TXT record; of a repeated key the first counts (RFC 6763, section 6.4)."""
    pairs: dict[str, str] = {}
    offset = 0
    while offset < len(data):
        size = data[offset]
        key, _, value = data[offset + 1 : offset + 1 + size].partition(b"=")
        if key:
            pairs.setdefault(key.decode("ascii", "replace").lower(), value.decode("utf-8", "replace"))
        offset += size + 1
    return pairs


def _next_query(query_id: int, answers: _Answers) -> bytes:
    """A query for the service, and for records of known instances that no answer had yet."""
    wanted: list[tuple[tuple[str, ...], int]] = [(SERVICE, PTR)]
    for instance, written in list(answers.instances.items())[:10]:
        labels = (written, *SERVICE)
        if not any(of == instance for of, _, _ in answers.services):
            wanted.append((labels, SRV))
        if instance not in answers.texts:
            wanted.append((labels, TXT))
    for _, _, host in list(answers.services)[:10]:
        if host not in answers.hosts:
            wanted.append((host, A))
    return query(query_id, wanted)


def _add_records(answers: _Answers, records: list[Record], sender: str) -> None:
    for record in records:
        name = _lower(record.name)
        if record.kind == PTR and name == SERVICE and _lower(record.data)[1:] == SERVICE:
            if len(answers.instances) < BACKENDS_LIMIT:
                answers.instances[_lower(record.data)] = record.data[0]
        elif record.kind == SRV and name[1:] == SERVICE and len(answers.services) < BACKENDS_LIMIT:
            answers.services.setdefault((name, record.data[0], _lower(record.data[1])), sender)
        elif record.kind == TXT and name[1:] == SERVICE and len(answers.texts) < BACKENDS_LIMIT:
            answers.texts[name] = record.data
        elif record.kind in (A, AAAA) and len(answers.hosts) < BACKENDS_LIMIT:
            addresses = answers.hosts.setdefault(name, [])
            if record.data not in addresses and len(addresses) < 10:
                addresses.append(record.data)


def _backends(answers: _Answers) -> list[AnnouncedBackend]:
    """The backends of which name, port and an address are known. Equal names do not merge."""
    announced = []
    for (instance, port, host), sender in answers.services.items():
        addresses = answers.hosts.get(host, [])
        if instance not in answers.instances or not addresses or not port:
            continue
        # preferred: the address of the sender, which is reachable; else IPv4, which needs no zone
        best = min(addresses, key=lambda address: (address != sender, ":" in address))
        txt = answers.texts.get(instance, {})
        scheme = "https" if txt.get("tls") == "1" else "http"
        announced.append(
            AnnouncedBackend(
                answers.instances[instance],
                f"{scheme}://{f'[{best}]' if ':' in best else best}:{port}",
                txt.get("api", "")[:20],
                txt.get("ver", "")[:40],
                txt.get("gpu", "")[:80],
                txt.get("auth") == "1",
                txt.get("sha256", "").lower() if scheme == "https" else "",
            )
        )
    return sorted(announced, key=lambda backend: (backend.name.lower(), backend.address))


def _lower(labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(label.lower() for label in labels)


def _multicast_sockets() -> list[socket.socket]:
    """A socket for each interface that can send to the multicast group."""
    sockets = []
    for index, _ in socket.if_nameindex():
        socket_ = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            socket_.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
            if sys.platform == "win32":
                interface = struct.pack("!I", index)  # an address 0.0.0.INDEX names an interface
            else:
                interface = struct.pack("4s4si", bytes(4), bytes(4), index)  # struct ip_mreqn
            socket_.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
            socket_.setblocking(False)
        except OSError:
            socket_.close()
            continue
        sockets.append(socket_)
    return sockets


def _send(socket_: socket.socket, packet: bytes) -> bool:
    """Whether the interface sent the packet; one that is down or without an address does not."""
    try:
        socket_.sendto(packet, (GROUP, PORT))
    except OSError:
        return False
    return True
