# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes cache on disk: whole or not there, and no more of them than may be."""

import os

import pytest

from addon.generation.take_cache import TakeCache


def test_another_blender_reads_what_was_put(tmp_path):
    TakeCache(tmp_path / "takes").put("a" * 64, b"take")
    cache = TakeCache(tmp_path / "takes")
    assert cache.get("a" * 64) == b"take" and cache.get("b" * 64) is None
    cache.drop("a" * 64)
    assert cache.get("a" * 64) is None
    cache.drop("a" * 64)


def test_the_least_recently_used_is_removed_first(tmp_path):
    cache = TakeCache(tmp_path, limit=250)
    for number, name in enumerate("abc"):
        cache.put(name, bytes(100))
        os.utime(cache.path(name), ns=(number + 1, number + 1))
        if name == "b":
            cache.get("a")  # used again
    cache.put("d", bytes(100))
    assert [name for name in "abcd" if cache.get(name) is not None] == ["a", "d"]


def test_a_take_above_the_limit_stays_until_the_next(tmp_path):
    cache = TakeCache(tmp_path, limit=10)
    cache.put("a", bytes(100))
    assert cache.get("a") is not None


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path):
    (tmp_path / "takes").write_text("a file")
    with pytest.raises(OSError):
        TakeCache(tmp_path / "takes").put("a", b"take")


def test_half_written_files_are_ignored_and_old_ones_removed(tmp_path):
    cache = TakeCache(tmp_path)
    old, new = tmp_path / ".a.1.part", tmp_path / ".a.2.part"
    for part in (old, new):
        part.write_bytes(b"ha")
    os.utime(old, (1, 1))
    assert cache.get("a") is None
    cache.put("b", b"take")
    assert not old.exists() and new.exists() and cache.get("b") == b"take"
