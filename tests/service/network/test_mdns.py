# SPDX-License-Identifier: GPL-3.0-or-later
"""A backend is found where it serves and nowhere else, between network namespaces. What the extension sees of it is
asked with the extension's own `browse`; that others see the same, with zeroconf's."""

import json
import subprocess
import time

import pytest
from mien.service.network import mdns
from mien.service.network.mdns import Announcement
from networks import Network, network

ANNOUNCE = """
import sys
from mien.service.network.mdns import Announcement
txt = {"txtvers": "1", "api": "1", "ver": "0.1.0", "gpu": "GPU", "auth": "1"}
there = Announcement(sys.argv[1], int(sys.argv[2]), txt)
there.start()
while not there.name:
    __import__("time").sleep(0.01)
print("announced", flush=True)
sys.stdin.read()
there.stop()
"""
BROWSE = """
import json, sys, time
from dataclasses import asdict
from addon.connection.discovery import browse
began, known = time.monotonic(), []
for known in browse(float(sys.argv[1])):
    seconds = time.monotonic() - began
    if len(known) >= int(sys.argv[2]):
        break
print(json.dumps({"found": [asdict(each) for each in known], "seconds": time.monotonic() - began}))
"""
WATCH = """
import sys
from zeroconf import ServiceBrowser, Zeroconf
class Told:
    def add_service(self, zc, kind, name):
        info = zc.get_service_info(kind, name)
        print("add", info.port, ",".join(info.parsed_addresses()), flush=True)
    def remove_service(self, zc, kind, name):
        print("remove", flush=True)
    def update_service(self, zc, kind, name): pass
there = Zeroconf()
ServiceBrowser(there, "_mien._tcp.local.", Told())
sys.stdin.read()
"""
# What reaches c of multicast DNS from a, whatever it asks: by multicast, from port 5353 and another, and directly.
PROVOKE = """
import socket, struct, sys, time
from addon.connection.discovery import PTR, SERVICE, question
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
wire.setblocking(False)
links = []
for port in (0, 5353):
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    link.bind(("10.77.2.2", port))
    link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.77.2.2"))
    links.append(link)
print("provoking", flush=True)
heard, number, asked = set(), 0, 0
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    if time.monotonic() > asked + 0.3:
        asked = time.monotonic()
        for link in links:
            for unicast in (b"\\x00\\x01", b"\\x80\\x01"):
                number += 1
                packet = question(number, [(SERVICE, PTR)])[:-2] + unicast
                for target in ("224.0.0.251", "10.77.2.1"):
                    link.sendto(packet, (target, 5353))
    try:
        frame = wire.recv(9000)
    except BlockingIOError:
        time.sleep(0.02)
        continue
    head = 14 + (frame[14] & 15) * 4
    source, (from_port, to_port) = socket.inet_ntoa(frame[26:30]), struct.unpack(">HH", frame[head : head + 4])
    if frame[23] == 17 and 5353 in (from_port, to_port) and source != "10.77.2.2":
        heard.add((source, from_port, to_port == 5353))
print(sorted(heard))
"""
# Another program in a that has joined the group everywhere, as avahi does: its host then hears c's questions.
JOINED = """
import socket, sys
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for address in ("10.77.1.1", "10.77.2.1"):
    membership = socket.inet_aton("224.0.0.251") + socket.inet_aton(address)
    link.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
print("joined", flush=True)
sys.stdin.read()
"""


def announcing(there: Network, host: str, address: str, port: int) -> subprocess.Popen:
    child = there.start(host, ANNOUNCE, address, str(port))
    assert child.stdout.readline() == "announced\n"
    return child


def seen(there: Network, host: str, count: int, seconds: float = 3.0) -> list[dict]:
    child = there.start(host, BROWSE, str(seconds), str(count))
    told = json.loads(child.communicate(timeout=30)[0])
    return sorted(told["found"], key=lambda each: each["name"])


def ended(child: subprocess.Popen) -> None:
    child.communicate(timeout=20)
    assert child.returncode == 0


def test_a_backend_is_found_within_three_seconds_and_only_where_it_is_bound() -> None:
    with network() as there:
        joined = there.start("a", JOINED)
        assert joined.stdout.readline() == "joined\n"
        silence = there.start("c", PROVOKE, "6")
        assert silence.stdout.readline() == "provoking\n"
        watched = there.start("b", WATCH)
        first = announcing(there, "a", "10.77.1.1", 8642)
        (found,) = seen(there, "b", 1)
        assert found["name"].startswith("Mien on ") and found["address"] == "http://10.77.1.1:8642"
        assert (found["api"], found["version"], found["device"], found["token_wanted"]) == ("1", "0.1.0", "GPU", True)
        assert watched.stdout.readline() == "add 8642 10.77.1.1\n"

        ended(first)  # a goodbye, and again with another port
        assert watched.stdout.readline() == "remove\n"
        again = announcing(there, "a", "10.77.1.1", 9000)
        assert [each["address"] for each in seen(there, "b", 1)] == ["http://10.77.1.1:9000"]
        assert watched.stdout.readline() == "add 9000 10.77.1.1\n"
        assert seen(there, "c", 1, seconds=1.5) == []
        ended(again)
        assert silence.communicate(timeout=30)[0] == "[]\n"


def test_a_backend_bound_to_all_is_found_at_the_address_that_is_near() -> None:
    with network() as there:
        announcing(there, "a", "0.0.0.0", 8642)
        assert [each["address"] for each in seen(there, "b", 1)] == ["http://10.77.1.1:8642"]
        assert [each["address"] for each in seen(there, "c", 1)] == ["http://10.77.2.1:8642"]


def test_two_of_one_name_are_two() -> None:
    """Both hosts have this machine's name: the second takes another, and neither address is mixed with the other's."""
    with network() as there:
        announcing(there, "a", "10.77.1.1", 8642)
        announcing(there, "b", "10.77.1.2", 9000)
        first, second = seen(there, "b", 2)
        assert second["name"] == first["name"] + "-2"
        assert [first["address"], second["address"]] == ["http://10.77.1.1:8642", "http://10.77.1.2:9000"]


def test_an_address_that_changes_and_an_interface_that_goes_and_comes_are_followed() -> None:
    with network() as there:
        announcing(there, "a", "0.0.0.0", 8642)
        watched = there.start("b", WATCH)
        assert watched.stdout.readline().split()[:2] == ["add", "8642"]

        there.ip("a", "addr", "flush", "dev", "to_b")
        there.ip("a", "addr", "add", "10.77.1.77/24", "dev", "to_b")
        followed(there, "http://10.77.1.77:8642")

        there.ip("a", "addr", "flush", "dev", "to_b")
        time.sleep(3)
        assert seen(there, "b", 1, seconds=1.0) == []
        there.ip("a", "addr", "add", "10.77.1.1/24", "dev", "to_b")
        followed(there, "http://10.77.1.1:8642")


def followed(there: Network, address: str) -> None:
    end = time.monotonic() + 20
    while (now := [each["address"] for each in seen(there, "b", 1, seconds=1.0)]) != [address]:
        assert time.monotonic() < end, f"{now} is announced, not {address}"


def test_after_sleep_it_is_announced_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mdns, "served", lambda host: ["127.0.0.1"])
    monkeypatch.setattr(mdns, "LOOK_S", 0.02)
    again = []
    monkeypatch.setattr(mdns.Zeroconf, "update_service", lambda self, info: again.append(info.port))
    there = Announcement("127.0.0.1", 8642, {})
    there.start()
    try:
        until(lambda: there.name)
        assert again == []
        now, monotonic = time.time, time.monotonic
        monkeypatch.setattr(mdns.time, "time", lambda: now() + 600)
        until(lambda: again)
        assert monotonic() and again == [8642], "once for one sleep"
    finally:
        there.stop()
    assert there.name == ""


def test_nothing_is_announced_where_only_this_machine_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(**_: object) -> None:
        raise AssertionError("no socket is opened")

    monkeypatch.setattr(mdns, "Zeroconf", never)
    monkeypatch.setattr(mdns, "LOOK_S", 0.01)
    there = Announcement("127.0.0.1", 8642, {})
    there.start()
    time.sleep(0.1)
    there.stop()
    assert there.name == ""


def test_an_announcement_that_fails_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    def taken(**_: object) -> None:
        raise OSError("port 5353 is taken")

    monkeypatch.setattr(mdns, "served", lambda host: ["127.0.0.1"])
    monkeypatch.setattr(mdns, "Zeroconf", taken)
    monkeypatch.setattr(mdns, "LOOK_S", 0.01)
    there = Announcement("127.0.0.1", 8642, {})
    there.start()
    until(lambda: caplog.text.count("could not be announced (port 5353 is taken); it is tried again") > 1)
    there.stop()


def until(true) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen within ten seconds")
