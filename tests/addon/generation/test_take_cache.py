# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes kept on disk: whole or not there, and no more of them than may be."""

import os

import pytest

from addon.generation.take_cache import KeptTakes


def test_what_was_put_is_there_for_another_blender(tmp_path):
    KeptTakes(tmp_path / "takes").put("a" * 64, b"take")
    kept = KeptTakes(tmp_path / "takes")
    assert kept.get("a" * 64) == b"take" and kept.get("b" * 64) is None
    kept.drop("a" * 64)
    assert kept.get("a" * 64) is None
    kept.drop("a" * 64)


def test_the_one_used_longest_ago_goes_first(tmp_path):
    kept = KeptTakes(tmp_path, cap=250)
    for number, name in enumerate("abc"):
        kept.put(name, bytes(100))
        os.utime(kept.path(name), ns=(number + 1, number + 1))
        if name == "b":
            kept.get("a")  # used again
    kept.put("d", bytes(100))
    assert [name for name in "abcd" if kept.get(name) is not None] == ["a", "d"]


def test_one_larger_than_all_room_stays_until_the_next(tmp_path):
    kept = KeptTakes(tmp_path, cap=10)
    kept.put("a", bytes(100))
    assert kept.get("a") is not None


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "takes").write_text("a file")
    with pytest.raises(OSError):
        KeptTakes(tmp_path / "takes").put("a", b"take")


def test_half_a_file_is_never_seen(tmp_path):
    kept = KeptTakes(tmp_path)
    (tmp_path / "a.part").write_bytes(b"ha")
    assert kept.get("a") is None
