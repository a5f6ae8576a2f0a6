# SPDX-License-Identifier: GPL-3.0-or-later
"""Any packets that a network may bring. Real announcements are in service/network/test_mdns.py."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.connection import discovery
from addon.connection.discovery import (
    PTR,
    SERVICE,
    SRV,
    TXT,
    A,
    AnnouncedBackend,
    MalformedPacket,
    browse,
    parse,
    query,
)

NAME = b"\x05_mien\x04_tcp\x05local\x00"
GPU = b"\x0bMien on gpu"


def record(name: bytes, kind: int, data: bytes) -> bytes:
    return name + struct.pack(">HHIH", kind, 0x8001, 120, len(data)) + data


def reply(*records: bytes, number: int = 7, flags: int = 0x8400) -> bytes:
    return struct.pack(">HHHHHH", number, flags, 0, len(records), 0, 0) + b"".join(records)


TEXT = b"".join(bytes([len(pair)]) + pair for pair in (b"txtvers=1", b"api=1", b"auth=1", b"API=9", b"=x", b"flag"))
WHOLE = (
    record(NAME, PTR, GPU + b"\xc0\x0c"),
    record(GPU + NAME, SRV, struct.pack(">HHH", 0, 0, 8642) + b"\x03gpu\x05local\x00"),
    record(GPU + NAME, TXT, TEXT),
    record(b"\x03GPU\x05local\x00", A, bytes([192, 168, 1, 5])),
)


def test_an_answer_is_read_with_its_pointers() -> None:
    pointer, service, text, address = parse(reply(*WHOLE))
    assert pointer.name == SERVICE and pointer.data == ("Mien on gpu", *SERVICE)
    assert service.data == (8642, ("gpu", "local"))
    assert text.data == {"txtvers": "1", "api": "1", "auth": "1", "flag": ""}, "the first of a key counts"
    assert address.data == "192.168.1.5"


def test_a_query_has_the_dns_layout_and_is_no_answer() -> None:
    request = query(7, [(SERVICE, PTR)])
    assert request[12:] == NAME + b"\x00\x0c\x00\x01"
    with pytest.raises(MalformedPacket, match="a question"):
        parse(request)


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"", "unpack"),
        (reply(b"\xc0\x0c" + WHOLE[0][24:]), "forwards"),  # a name that points at itself
        (reply(b"\xc0\xff"), "forwards"),
        (reply(b"\x40" + b"x" * 64), "label"),
        (reply(b"\x3f" + b"x" * 20), "label"),
        (reply((b"\x3f" + b"x" * 63) * 5 + b"\x00"), "255"),
        (reply(record(NAME, A, b"1234")[:-2]), "longer than the packet"),
        (struct.pack(">HHHHHH", 7, 0x8400, 0, 65535, 0, 0), "too many"),
        (reply(record(b"\x02\xff\xfe\x00", A, b"1234")), "utf-8"),
    ],
)
def test_malformed_packets_are_refused(packet: bytes, reason: str) -> None:
    with pytest.raises(MalformedPacket, match=reason):
        parse(packet)


def test_a_pointer_into_a_pointer_ends() -> None:
    chain = reply(record(NAME, PTR, b"\xc0\x0c"), record(b"\xc0\x21", TXT, b""))
    assert parse(chain)[0].data == SERVICE


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for packet in (data, reply(*WHOLE)[:12] + data):
        try:
            parse(packet)
        except MalformedPacket:
            continue


@given(st.data())
def test_a_damaged_answer_is_read_or_refused(data: st.DataObject) -> None:
    packet = bytearray(reply(*WHOLE))
    for _ in range(data.draw(st.integers(1, 4))):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    answers = discovery._Answers()
    try:
        discovery._add_records(answers, parse(bytes(packet)), "192.168.1.5")
    except MalformedPacket:
        return
    for backend in discovery._backends(answers):
        assert backend.address.startswith(("http://", "https://"))


def announced(*packets: bytes) -> list[AnnouncedBackend]:
    answers = discovery._Answers()
    for packet in packets:
        discovery._add_records(answers, parse(packet), "192.168.1.5")
    return discovery._backends(answers)


def test_answers_in_several_packets_are_merged_and_missing_records_queried() -> None:
    answers = discovery._Answers()
    discovery._add_records(answers, parse(reply(WHOLE[0])), "192.168.1.5")
    assert discovery._backends(answers) == []
    request = discovery._next_query(7, answers)
    assert request.count(b"_mien") == 3, "for the service, and for the instance's SRV and TXT"
    assert announced(*map(reply, WHOLE)) == announced(reply(*WHOLE)) == [
        AnnouncedBackend("Mien on gpu", "http://192.168.1.5:8642", "1", "", "", True)
    ]  # fmt: skip


def test_a_port_of_0_and_other_services_are_left_out() -> None:
    none = record(GPU + NAME, SRV, struct.pack(">HHH", 0, 0, 0) + b"\x03gpu\x05local\x00")
    assert announced(reply(WHOLE[0], none, *WHOLE[2:])) == []
    printer = b"\x07printer\x04_ipp\x04_tcp\x05local\x00"
    assert announced(reply(record(NAME, PTR, printer), *WHOLE[1:])) == []


def test_a_flood_of_names_is_bounded() -> None:
    many = [
        reply(
            record(NAME, PTR, name + NAME),
            record(name + NAME, SRV, struct.pack(">HHH", 0, 0, 8642) + name + b"\x00"),
            record(name + b"\x00", A, bytes([10, 0, 0, 1])),
        )
        for name in (b"\x06" + b"%06d" % i for i in range(300))
    ]
    assert len(announced(*many)) == discovery.BACKENDS_LIMIT


class Responder:
    """A responder on loopback that answers a query with given packets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *packets: bytes) -> None:
        self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.link.bind(("127.0.0.1", 0))
        self.link.settimeout(5)
        monkeypatch.setattr(discovery, "GROUP", "127.0.0.1")
        monkeypatch.setattr(discovery, "PORT", self.link.getsockname()[1])
        self.packets = packets

    def answer(self) -> None:
        request, sender = self.link.recvfrom(9000)
        for packet in self.packets:
            self.link.sendto(request[:2] + packet[2:] if packet[:1] == b"\0" else packet, sender)


def test_garbage_and_answers_to_others_do_not_end_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    foreign = b"\xff\xff" + reply(*WHOLE)[2:]
    there = Responder(monkeypatch, b"rubbish", reply(b"\xc0\xff"), foreign, reply(*WHOLE))
    monkeypatch.setattr(discovery.secrets, "randbits", lambda bits: 5)
    thread = threading.Thread(target=there.answer)
    thread.start()
    with there.link:
        looks = list(browse(0.5))
        thread.join(5)
    assert [[each.address for each in look] for look in looks] == [["http://192.168.1.5:8642"]]


def test_a_machine_without_network_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "_multicast_sockets", list)
    assert list(browse(0.2)) == []
