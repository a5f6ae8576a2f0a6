# SPDX-License-Identifier: GPL-3.0-or-later
import socket
from dataclasses import replace
from types import SimpleNamespace

import ifaddr
import pytest
from mien.service.network import addresses
from mien.service.network.addresses import Names, networks, of_machine, served, url
from mien.settings import Settings

LAN = Settings(host="0.0.0.0", lan=True)


def adapter(index: int, *ips: tuple) -> SimpleNamespace:
    """As ifaddr has them: (address, prefix length)."""
    return SimpleNamespace(
        index=index,
        ips=[
            SimpleNamespace(ip=ip if "." in ip else (ip, 0, index), network_prefix=prefix, is_IPv4="." in ip)
            for ip, prefix in ips
        ],
    )


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list:
    there = [
        adapter(1, ("127.0.0.1", 8), ("::1", 128)),
        adapter(2, ("192.168.1.5", 24), ("2001:db8::5", 64), ("fe80::5", 64)),
        adapter(3, ("10.0.0.7", 8)),
    ]
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: there)
    return there


def test_what_is_served_is_what_is_bound_and_there(machine: list) -> None:
    assert of_machine() == ["127.0.0.1", "::1", "192.168.1.5", "2001:db8::5", "fe80::5", "10.0.0.7"]
    assert served("0.0.0.0") == ["192.168.1.5", "10.0.0.7"]
    assert served("::") == ["192.168.1.5", "2001:db8::5", "10.0.0.7"]
    assert served("10.0.0.7") == ["10.0.0.7"]
    assert served("127.0.0.1") == served("::1") == served("10.0.0.8") == []
    machine.pop()
    assert served("10.0.0.7") == [], "its interface is gone"


def test_the_networks_of_addresses(machine: list) -> None:
    subnets, interfaces = networks(["192.168.1.5", "2001:db8::5"])
    assert [str(network) for network in subnets] == ["192.168.1.0/24", "2001:db8::/64"] and interfaces == {2}


def test_names_are_those_bound_and_this_machines_own(machine: list) -> None:
    names = Names(replace(LAN, names=("gpu.studio",)))
    host = socket.gethostname().lower()
    known = ("192.168.1.5", "10.0.0.7", "127.0.0.1", "localhost", "gpu.studio", host, f"{host.partition('.')[0]}.local")
    assert all(map(names.known, known))
    assert not any(map(names.known, ("10.0.0.8", "0.0.0.0", "::", "evil.example", "")))
    assert not names.known("mien-12ab.local")
    names.add("mien-12ab.local.")
    assert names.known("mien-12ab.local") and names.known("mien-12ab.local.")
    assert not Names(replace(LAN, host="10.0.0.7")).known("192.168.1.5"), "another address of this machine"
    assert not Names(Settings()).known(host), "a backend for this machine alone"


def test_an_address_that_comes_later_is_known(machine: list, monkeypatch: pytest.MonkeyPatch) -> None:
    names, now = Names(LAN), 100.0
    monkeypatch.setattr(addresses.time, "monotonic", lambda: now)
    assert not names.known("172.16.0.1")
    machine.append(adapter(4, ("172.16.0.1", 12)))
    assert not names.known("172.16.0.1")
    now += addresses.POLL_S
    assert names.known("172.16.0.1")


def test_a_url_has_its_scheme_and_brackets() -> None:
    assert url(LAN, "10.0.0.7", 80) == "http://10.0.0.7:80"
    assert url(replace(LAN, tls=True), "2001:db8::5", 8642) == "https://[2001:db8::5]:8642"
