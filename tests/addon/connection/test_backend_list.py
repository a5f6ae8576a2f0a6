# SPDX-License-Identifier: GPL-3.0-or-later
from addon.connection.backend_list import KEPT, Known, Row, forgotten, mismatch, recalled, remembered, rows
from addon.connection.client import EngineInfo, Info, Missing
from addon.connection.discovery import Found

GPU = Found("Mien on gpu", "https://192.168.1.5:8642", "1", "0.1.0", "H100", True, "ab" * 32)


def test_own_then_found_then_used_and_each_address_once() -> None:
    known = [
        Known("http://10.0.0.1:8642", used=1.0),
        Known("http://10.0.0.2:8642", used=2.0),
        Known("https://192.168.1.5:8642", "Mien on gpu", 3.0),
        Known("http://127.0.0.1:4242", used=4.0),
    ]
    listed = rows(known, [GPU], "http://127.0.0.1:4242", "http://10.0.0.1:8642")
    assert [(row.where, row.title) for row in listed] == [
        ("own", "Blender's own"),
        ("found", "Mien on gpu"),
        ("used", "10.0.0.2:8642"),
        ("used", "10.0.0.1:8642"),
    ]
    assert listed[1] == Row("Mien on gpu", GPU.address, "found", "", "Mien on gpu", "ab" * 32, True)


def test_a_backend_that_moved_is_listed_where_it_is() -> None:
    before = Known("https://192.168.1.5:9000", "Mien on gpu", 3.0)
    assert [row.address for row in rows([before], [GPU], "", "")] == [GPU.address]
    chosen = rows([before], [GPU], "", before.address)
    assert [row.address for row in chosen] == [GPU.address, before.address], "what is chosen does not vanish"


def test_two_of_one_name_are_two_rows() -> None:
    other = Found("Mien on gpu", "http://192.168.1.6:8642", "1")
    assert [row.address for row in rows([], [GPU, other], "", "")] == [GPU.address, other.address]


def test_another_api_version_is_refused_with_both_numbers() -> None:
    assert mismatch("1") == mismatch("") == ""
    (row,) = rows([], [Found("Mien on new", "http://10.0.0.9:8642", "2")], "", "")
    assert row.refusal == "It speaks API version 2 and this extension version 1; update the older of the two"


def test_those_used_longest_ago_are_forgotten() -> None:
    known = [Known(f"http://10.0.0.{i}:8642", used=float(i)) for i in range(KEPT + 2)]
    assert forgotten(known) == ["http://10.0.0.1:8642", "http://10.0.0.0:8642"]
    assert forgotten(known[:KEPT]) == []


def test_what_a_backend_said_is_kept_whole() -> None:
    missing = (Missing("Bring it.", "https://example.org"),)
    engine = EngineInfo("other", "2", ("happy",), ("clear",), "GPL", missing, ("face",))
    info = Info("http://10.0.0.1:8642", "0.1.0", "cpu", (engine,), "other", {"seconds": 600.0})
    assert recalled(remembered(info)) == info


def test_what_cannot_be_recalled_is_none() -> None:
    for text in ("", "{", "[]", '{"engines": [{"name": 1}]}', '{"engines": [], "speed": 3}'):
        assert recalled(text) is None
