# SPDX-License-Identifier: GPL-3.0-or-later
from addon.connection.backend_list import KNOWN_LIMIT, BackendRow, KnownBackend, addresses_to_forget, api_mismatch, rows
from addon.connection.discovery import AnnouncedBackend

GPU = AnnouncedBackend("Mien on gpu", "https://192.168.1.5:8642", "1", "0.1.0", "H100", True, "ab" * 32)


def test_own_then_announced_then_used_and_each_address_once() -> None:
    known = [
        KnownBackend("http://10.0.0.1:8642", used=1.0),
        KnownBackend("http://10.0.0.2:8642", used=2.0),
        KnownBackend("https://192.168.1.5:8642", "Mien on gpu", 3.0),
        KnownBackend("http://127.0.0.1:4242", used=4.0),
    ]
    listed = rows(known, [GPU], "http://127.0.0.1:4242", "http://10.0.0.1:8642")
    assert [(row.where, row.title) for row in listed] == [
        ("own", "Blender's own"),
        ("found", "Mien on gpu"),
        ("used", "10.0.0.2:8642"),
        ("used", "10.0.0.1:8642"),
    ]
    assert listed[1] == BackendRow("Mien on gpu", GPU.address, "found", "", "Mien on gpu", "ab" * 32, True)


def test_a_backend_at_a_new_port_is_listed_there() -> None:
    before = KnownBackend("https://192.168.1.5:9000", "Mien on gpu", 3.0)
    assert [row.address for row in rows([before], [GPU], "", "")] == [GPU.address]
    chosen = rows([before], [GPU], "", before.address)
    assert [row.address for row in chosen] == [GPU.address, before.address], "what is chosen does not vanish"


def test_two_of_one_name_are_two_rows() -> None:
    other = AnnouncedBackend("Mien on gpu", "http://192.168.1.6:8642", "1")
    assert [row.address for row in rows([], [GPU, other], "", "")] == [GPU.address, other.address]


def test_another_api_version_is_refused_with_both_numbers() -> None:
    assert api_mismatch("1") == api_mismatch("") == ""
    (row,) = rows([], [AnnouncedBackend("Mien on new", "http://10.0.0.9:8642", "2")], "", "")
    assert row.refusal == "It speaks API version 2 and this extension version 1; update the older of the two"


def test_the_least_recently_used_are_forgotten() -> None:
    known = [KnownBackend(f"http://10.0.0.{i}:8642", used=float(i)) for i in range(KNOWN_LIMIT + 2)]
    assert addresses_to_forget(known) == ["http://10.0.0.1:8642", "http://10.0.0.0:8642"]
    assert addresses_to_forget(known[:KNOWN_LIMIT]) == []
