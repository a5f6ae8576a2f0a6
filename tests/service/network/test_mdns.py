# SPDX-License-Identifier: GPL-3.0-or-later
"""A backend is found where it serves and nowhere else, between network namespaces. What the extension sees of it is
read with the extension's own `browse`; that others see the same, with zeroconf's."""

import json
import subprocess
import time

import pytest
from mien.service.network import mdns
from mien.service.network.mdns import Announcement
from networks import Network, network
from waiting import wait_until

ANNOUNCE = """
import sys
from mien.service.network import mdns
from mien.service.network.mdns import Announcement
mdns.POLL_S = 0.2
txt = {"txtvers": "1", "api": "1", "ver": "0.1.0", "gpu": "GPU", "auth": "1"}
announcement = Announcement(sys.argv[1], int(sys.argv[2]), txt)
announcement.start()
while not announcement.name:
    __import__("time").sleep(0.01)
print("announced", flush=True)
sys.stdin.read()
announcement.stop()
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
print(json.dumps({"backends": [asdict(backend) for backend in known], "seconds": time.monotonic() - began}))
"""
WATCH = """
import sys
from zeroconf import ServiceBrowser, Zeroconf
class Listener:
    def add_service(self, zc, kind, name):
        info = zc.get_service_info(kind, name)
        print("add", info.port, ",".join(info.parsed_addresses()), flush=True)
    def remove_service(self, zc, kind, name):
        print("remove", flush=True)
    def update_service(self, zc, kind, name): pass
zeroconf = Zeroconf()
ServiceBrowser(zeroconf, "_mien._tcp.local.", Listener())
sys.stdin.read()
"""
# The multicast DNS that reaches c from a, whatever c asks: by multicast, from port 5353 and another, and directly.
# Until its standard input ends.
PROVOKE = """
import select, socket, struct, sys, time
from addon.connection.discovery import PTR, SERVICE, query
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
senders, number, sent_at = set(), 0, 0
while not select.select([sys.stdin], [], [], 0)[0]:
    if time.monotonic() > sent_at + 0.3:
        sent_at = time.monotonic()
        for link in links:
            for unicast in (b"\\x00\\x01", b"\\x80\\x01"):
                number += 1
                packet = query(number, [(SERVICE, PTR)])[:-2] + unicast
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
        senders.add((source, from_port, to_port == 5353))
print(number > 0, sorted(senders))
"""
# Another program in a that has joined the group everywhere, as avahi does: its host then gets c's questions.
GROUP_MEMBER = """
import socket, sys
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for address in ("10.77.1.1", "10.77.2.1"):
    membership = socket.inet_aton("224.0.0.251") + socket.inet_aton(address)
    link.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
print("joined", flush=True)
sys.stdin.read()
"""


def announce(hosts: Network, host: str, address: str, port: int) -> subprocess.Popen:
    child = hosts.start(host, ANNOUNCE, address, str(port))
    assert child.stdout.readline() == "announced\n"
    return child


def browse(hosts: Network, host: str, count: int, seconds: float = 3.0) -> list[dict]:
    child = hosts.start(host, BROWSE, str(seconds), str(count))
    reply = json.loads(child.communicate(timeout=30)[0])
    return sorted(reply["backends"], key=lambda backend: backend["name"])


def end(child: subprocess.Popen) -> None:
    child.communicate(timeout=20)
    assert child.returncode == 0


def test_a_backend_is_discovered_within_three_seconds_and_only_where_it_is_bound() -> None:
    with network() as hosts:
        member = hosts.start("a", GROUP_MEMBER)
        assert member.stdout.readline() == "joined\n"
        silence = hosts.start("c", PROVOKE)
        assert silence.stdout.readline() == "provoking\n"
        watched = hosts.start("b", WATCH)
        first = announce(hosts, "a", "10.77.1.1", 8642)
        (backend,) = browse(hosts, "b", 1)
        assert backend["name"].startswith("Mien on ") and backend["address"] == "http://10.77.1.1:8642"
        assert (backend["api"], backend["version"], backend["device"], backend["token_wanted"]) == (
            "1",
            "0.1.0",
            "GPU",
            True,
        )
        assert watched.stdout.readline() == "add 8642 10.77.1.1\n"

        end(first)  # a goodbye, and again with another port
        assert watched.stdout.readline() == "remove\n"
        again = announce(hosts, "a", "10.77.1.1", 9000)
        assert [backend["address"] for backend in browse(hosts, "b", 1)] == ["http://10.77.1.1:9000"]
        assert watched.stdout.readline() == "add 9000 10.77.1.1\n"
        assert browse(hosts, "c", 1, seconds=1.5) == []
        end(again)
        assert silence.communicate(timeout=30)[0] == "True []\n"


def test_a_backend_bound_to_all_is_discovered_at_the_address_that_is_near() -> None:
    with network() as hosts:
        announce(hosts, "a", "0.0.0.0", 8642)
        assert [backend["address"] for backend in browse(hosts, "b", 1)] == ["http://10.77.1.1:8642"]
        assert [backend["address"] for backend in browse(hosts, "c", 1)] == ["http://10.77.2.1:8642"]


def test_two_of_one_name_are_two() -> None:
    """Both hosts have this machine's name: the second takes another, and neither address is mixed with the other's."""
    with network() as hosts:
        announce(hosts, "a", "10.77.1.1", 8642)
        announce(hosts, "b", "10.77.1.2", 9000)
        first, second = browse(hosts, "b", 2)
        assert second["name"] == first["name"] + "-2"
        assert [first["address"], second["address"]] == ["http://10.77.1.1:8642", "http://10.77.1.2:9000"]


def test_an_address_that_changes_and_an_interface_that_goes_and_comes_are_followed() -> None:
    with network() as hosts:
        announce(hosts, "a", "0.0.0.0", 8642)
        watched = hosts.start("b", WATCH)
        assert watched.stdout.readline().split()[:2] == ["add", "8642"]

        hosts.ip("a", "addr", "flush", "dev", "to_b")
        hosts.ip("a", "addr", "add", "10.77.1.77/24", "dev", "to_b")
        follows(hosts, "http://10.77.1.77:8642")

        hosts.ip("a", "addr", "flush", "dev", "to_b")
        follows(hosts)
        hosts.ip("a", "addr", "add", "10.77.1.1/24", "dev", "to_b")
        follows(hosts, "http://10.77.1.1:8642")


def follows(hosts: Network, *addresses: str) -> None:
    """Wait until b finds these addresses and no others."""
    deadline = time.monotonic() + 120
    while (now := [backend["address"] for backend in browse(hosts, "b", 1, seconds=1.0)]) != list(addresses):
        assert time.monotonic() < deadline, f"{now} is announced, not {addresses}"


def test_after_sleep_it_is_announced_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mdns, "served", lambda host: ["127.0.0.1"])
    monkeypatch.setattr(mdns, "POLL_S", 0.02)
    again = []
    monkeypatch.setattr(mdns.Zeroconf, "update_service", lambda self, info: again.append(info.port))
    announcement = Announcement("127.0.0.1", 8642, {})
    announcement.start()
    try:
        wait_until(lambda: announcement.name)
        assert again == []
        now, monotonic = time.time, time.monotonic
        monkeypatch.setattr(mdns.time, "time", lambda: now() + 600)
        wait_until(lambda: again)
        assert monotonic() and again == [8642], "once for one sleep"
    finally:
        announcement.stop()
    assert announcement.name == ""


def test_nothing_is_announced_where_only_this_machine_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(**_: object) -> None:
        raise AssertionError("no socket is opened")

    monkeypatch.setattr(mdns, "Zeroconf", never)
    monkeypatch.setattr(mdns, "POLL_S", 0.01)
    announcement = Announcement("127.0.0.1", 8642, {})
    announcement.start()
    time.sleep(0.1)
    announcement.stop()
    assert announcement.name == ""


def test_an_announcement_that_fails_is_logged_and_tried_again(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    def taken(**_: object) -> None:
        raise OSError("port 5353 is taken")

    monkeypatch.setattr(mdns, "served", lambda host: ["127.0.0.1"])
    monkeypatch.setattr(mdns, "Zeroconf", taken)
    monkeypatch.setattr(mdns, "POLL_S", 0.01)
    announcement = Announcement("127.0.0.1", 8642, {})
    announcement.start()
    wait_until(lambda: caplog.text.count("could not be announced (port 5353 is taken); it is tried again") > 1)
    announcement.stop()
