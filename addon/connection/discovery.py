# SPDX-License-Identifier: GPL-3.0-or-later
"""Backends that announce themselves in the network: one question by
multicast DNS, and who answers within seconds. No bpy.

Written on the standard library because Blender has no zeroconf, and its wheels are one for every platform and Python
(1.1 MB each), for what is one question here. The question comes from a port of its own, so every responder answers
it directly (RFC 6762, section 6.7): nothing is joined, no port 5353 has to be free, and nothing runs between two looks.
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

SERVICE = ("_mien", "_tcp", "local")
GROUP, PORT = "224.0.0.251", 5353
ASK_AT_S = (0.0, 0.3, 1.0, 2.0)  # a packet may be lost, and a responder waits up to 0.5 s
LOOK_S = 3.0
PACKET = 9000  # bytes; the largest that multicast DNS knows
RECORDS = 100  # of one packet; a responder of one service sends five
BACKENDS = 100  # more than any panel shows
A, PTR, TXT, AAAA, SRV = 1, 12, 16, 28, 33


class MalformedPacket(ValueError):
    """What came is no DNS message that can be read."""


@dataclass(frozen=True)
class Record:
    """`data` by kind: PTR the labels of a name, SRV (port, labels of the host), TXT a dict, A and AAAA an address."""

    name: tuple[str, ...]
    kind: int
    data: object


@dataclass(frozen=True)
class Found:
    """A backend as it announces itself: `api` and `version` as text, '' if it does not say; `sha256` of its
    certificate or ''."""

    name: str
    address: str
    api: str = ""
    version: str = ""
    device: str = ""
    token_wanted: bool = False
    sha256: str = ""


@dataclass
class _Heard:
    """Everything that was answered so far, by lower-case name: DNS names know no case."""

    instances: dict[tuple[str, ...], str] = field(default_factory=dict)
    services: dict[tuple[tuple[str, ...], int, tuple[str, ...]], str] = field(default_factory=dict)  # -> who said so
    texts: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    hosts: dict[tuple[str, ...], list[str]] = field(default_factory=dict)


def browse(seconds: float = LOOK_S) -> Iterator[list[Found]]:
    """The backends found so far, each time that there are more or others; ends after so many seconds.

    Blocks meanwhile: for a thread of its own. A network that cannot be asked yields nothing.
    """
    number, heard, known = secrets.randbits(16), _Heard(), []
    with ExitStack() as stack:
        links = [stack.enter_context(link) for link in _links()]
        ready = stack.enter_context(selectors.DefaultSelector())
        for link in links:
            ready.register(link, selectors.EVENT_READ)
        began, asked = time.monotonic(), 0
        while links and (now := time.monotonic() - began) < seconds:
            if asked < len(ASK_AT_S) and now >= ASK_AT_S[asked]:
                asked += 1
                links = [link for link in links if _ask(link, _questions(number, heard))]
                continue
            until = min(ASK_AT_S[asked] if asked < len(ASK_AT_S) else seconds, seconds)
            for key, _ in ready.select(max(until - now, 0)):
                try:
                    packet, sender = key.fileobj.recvfrom(PACKET)
                    if packet[:2] == number.to_bytes(2, "big") and sender[1] == PORT:
                        _note(heard, parse(packet), sender[0])
                except (OSError, MalformedPacket):
                    continue  # of a stranger; those that can be read count
            if (now_known := _backends(heard)) != known:
                known = now_known
                yield known


def question(number: int, names: list[tuple[tuple[str, ...], int]]) -> bytes:
    """A DNS query for (labels, kind) each."""
    packet = struct.pack(">HHHHHH", number, 0, len(names), 0, 0, 0)
    for labels, kind in names:
        for label in labels:
            text = label.encode()
            packet += bytes([len(text)]) + text
        packet += b"\0" + struct.pack(">HH", kind, 1)
    return packet


def parse(packet: bytes) -> list[Record]:
    """The records of a DNS response. Raises MalformedPacket; never reads beyond the packet, never loops."""
    try:
        _, flags, questions, *counts = struct.unpack_from(">HHHHHH", packet)
        if not flags & 0x8000:
            raise MalformedPacket("a question, not an answer")
        if questions + sum(counts) > RECORDS:
            raise MalformedPacket("too many records")
        at, records = 12, []
        for _ in range(questions):
            _, at = _name(packet, at)
            at += 4
        for _ in range(sum(counts)):
            name, at = _name(packet, at)
            kind, _, _, length = struct.unpack_from(">HHIH", packet, at)
            at, end = at + 10, at + 10 + length
            if end > len(packet):
                raise MalformedPacket("a record is longer than the packet")
            data = _data(packet, kind, at, end)
            if data is not None:
                records.append(Record(name, kind, data))
            at = end
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise MalformedPacket(str(error)) from None
    return records


def _data(packet: bytes, kind: int, at: int, end: int) -> object:
    if kind == PTR:
        return _name(packet, at)[0]
    if kind == SRV and end - at >= 7:
        return struct.unpack_from(">H", packet, at + 4)[0], _name(packet, at + 6)[0]
    if kind == TXT:
        return _text(packet[at:end])
    if kind == A and end - at == 4 or kind == AAAA and end - at == 16:
        return str(ipaddress.ip_address(packet[at:end]))
    return None


def _name(packet: bytes, at: int) -> tuple[tuple[str, ...], int]:
    """The labels of a name, and where it ends. A pointer leads backwards only, so that it ends (RFC 1035, 4.1.4)."""
    labels, length, end, earliest = [], 0, 0, at
    while size := packet[at]:
        if size >= 0xC0:
            end = end or at + 2
            at = (size & 0x3F) << 8 | packet[at + 1]
            if at >= earliest:
                raise MalformedPacket("a name points forwards")
            earliest = at
            continue
        if size > 63 or at + 1 + size >= len(packet):
            raise MalformedPacket("a label is longer than it may be")
        labels.append(packet[at + 1 : at + 1 + size].decode())
        length += size + 1
        if length > 255:
            raise MalformedPacket("a name is longer than 255 bytes")
        at += size + 1
    return tuple(labels), end or at + 1


def _text(data: bytes) -> dict[str, str]:
    """The pairs of a TXT record; the first of a key counts (RFC 6763, section 6.4)."""
    pairs: dict[str, str] = {}
    at = 0
    while at < len(data):
        size = data[at]
        key, _, value = data[at + 1 : at + 1 + size].partition(b"=")
        if key:
            pairs.setdefault(key.decode("ascii", "replace").lower(), value.decode("utf-8", "replace"))
        at += size + 1
    return pairs


def _questions(number: int, heard: _Heard) -> bytes:
    """For the service; and for what was not told of an instance along with it."""
    wanted = [(SERVICE, PTR)]
    for instance, written in list(heard.instances.items())[:10]:
        labels = (written, *SERVICE)
        if not any(of == instance for of, _, _ in heard.services):
            wanted.append((labels, SRV))
        if instance not in heard.texts:
            wanted.append((labels, TXT))
    for _, _, host in list(heard.services)[:10]:
        if host not in heard.hosts:
            wanted.append((host, A))
    return question(number, wanted)


def _note(heard: _Heard, records: list[Record], sender: str) -> None:
    for record in records:
        name = _lower(record.name)
        if record.kind == PTR and name == SERVICE and _lower(record.data)[1:] == SERVICE:
            if len(heard.instances) < BACKENDS:
                heard.instances[_lower(record.data)] = record.data[0]
        elif record.kind == SRV and name[1:] == SERVICE and len(heard.services) < BACKENDS:
            heard.services.setdefault((name, record.data[0], _lower(record.data[1])), sender)
        elif record.kind == TXT and name[1:] == SERVICE and len(heard.texts) < BACKENDS:
            heard.texts[name] = record.data
        elif record.kind in (A, AAAA) and len(heard.hosts) < BACKENDS:
            addresses = heard.hosts.setdefault(name, [])
            if record.data not in addresses and len(addresses) < 10:
                addresses.append(record.data)


def _backends(heard: _Heard) -> list[Found]:
    """What is known whole: name, port and an address. Two of the same name are two."""
    found = []
    for (instance, port, host), sender in heard.services.items():
        addresses = heard.hosts.get(host, [])
        if instance not in heard.instances or not addresses or not port:
            continue
        # the address that answered is one that reaches us; else IPv4, which needs no zone
        best = min(addresses, key=lambda address: (address != sender, ":" in address))
        txt = heard.texts.get(instance, {})
        scheme = "https" if txt.get("tls") == "1" else "http"
        found.append(
            Found(
                heard.instances[instance],
                f"{scheme}://{f'[{best}]' if ':' in best else best}:{port}",
                txt.get("api", "")[:20],
                txt.get("ver", "")[:40],
                txt.get("gpu", "")[:80],
                txt.get("auth") == "1",
                txt.get("sha256", "").lower() if scheme == "https" else "",
            )
        )
    return sorted(found, key=lambda each: (each.name.lower(), each.address))


def _lower(labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(label.lower() for label in labels)


def _links() -> list[socket.socket]:
    """A socket for each interface that can send to the group; one for the default route where they have no numbers."""
    links = []
    for index, _ in socket.if_nameindex():
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
            if sys.platform == "win32":
                interface = struct.pack("!I", index)  # an address 0.0.0.INDEX names an interface
            else:
                interface = struct.pack("4s4si", bytes(4), bytes(4), index)  # struct ip_mreqn
            link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
            link.setblocking(False)
        except OSError:
            link.close()
            continue
        links.append(link)
    return links


def _ask(link: socket.socket, packet: bytes) -> bool:
    """Whether the interface took the question; one without an address or that is down does not."""
    try:
        link.sendto(packet, (GROUP, PORT))
    except OSError:
        return False
    return True
