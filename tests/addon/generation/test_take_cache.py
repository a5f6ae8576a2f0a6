# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes cache on disk: whole or not there, and no more of them than may be."""

import multiprocessing
import os
import time
from pathlib import Path

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


DATA = bytes(range(256)) * 4000


def _put(folder: str, results) -> None:
    failed, cache = 0, TakeCache(Path(folder))
    for _ in range(60):
        try:
            cache.put("a" * 64, DATA)
        except OSError:
            failed += 1
    results.put(("failed", failed))


def _get(folder: str, results) -> None:
    broken, read, cache, end = 0, 0, TakeCache(Path(folder)), time.monotonic() + 10
    while read < 60 and time.monotonic() < end:
        data = cache.get("a" * 64)
        if data is not None:
            read, broken = read + 1, broken + (data != DATA)
    results.put(("broken", broken))


@pytest.mark.skipif(os.name == "nt", reason="Windows does not replace a file while another program reads it")
def test_two_blenders_write_one_take_while_a_third_reads_it(tmp_path):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=each, args=(str(tmp_path), results)) for each in (_put, _put, _get)]
    for process in processes:
        process.start()
    outcome = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(60)
    assert sorted(outcome) == [("broken", 0), ("failed", 0), ("failed", 0)]
    assert [path.name for path in tmp_path.iterdir()] == [f"{'a' * 64}.take.safetensors"]
