# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from mien.service.jobs.database import JobDatabase
from mien.service.jobs.file_cache import FileCache


class Caches:
    """Caches of 100 bytes on one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "files"
        self.folder.mkdir()
        self.database = JobDatabase(folder / "jobs.sqlite")
        self.cache = self.open()

    def open(self, cap: int = 100) -> FileCache:
        return FileCache(self.folder, self.database, cap)

    def put(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        part = self.folder.parent / "part"
        part.write_bytes(data)
        self.cache.put(part, name)
        return name

    def read(self, name: str) -> bytes | None:
        with self.cache.open(name) as file:
            return None if file is None else file.read()


@pytest.fixture
def caches(tmp_path: Path) -> Iterator[Caches]:
    caches = Caches(tmp_path)
    yield caches
    caches.database.close()


def test_the_least_recently_used_goes_first(caches: Caches) -> None:
    first, second = caches.put(b"a" * 40), caches.put(b"b" * 40)
    assert caches.read(first) == b"a" * 40
    third = caches.put(b"c" * 40)
    assert (first in caches.cache, second in caches.cache, third in caches.cache) == (True, False, True)
    assert caches.read(second) is None and len(caches.cache) == 2 and caches.cache.bytes == 80
    large = caches.put(
        b"d" * 500
    )  # larger than the cache: it stays until the next comes, or its client could not fetch it
    assert caches.read(large) == b"d" * 500 and len(caches.cache) == 1


def test_what_is_read_or_held_stays(caches: Caches) -> None:
    held, read = caches.put(b"a" * 40), caches.put(b"b" * 40)
    caches.cache.hold(held)
    with caches.cache.open(read) as file:
        caches.put(b"c" * 90)
        assert held in caches.cache and file.read() == b"b" * 40
        caches.cache.free_space()
        assert read in caches.cache
    caches.cache.free_space()
    assert read not in caches.cache and held in caches.cache
    caches.cache.release(held)
    caches.cache.free_space()
    assert len(caches.cache) == 0 and list(caches.folder.iterdir()) == []


@pytest.mark.parametrize("damage", [lambda data: data[:-3], lambda data: data[:7] + b"X" + data[8:], lambda data: b""])
def test_a_file_that_was_cut_or_changed_is_dropped_and_logged(caches: Caches, damage, caplog) -> None:
    name = caches.put(b"a take, some 30 bytes of it")
    caches.database.set_result("address", name)
    path = caches.cache.path(name)
    path.write_bytes(damage(path.read_bytes()))
    assert caches.read(name) is None
    assert f"{name} in {caches.folder} is damaged; what it held is made anew" in caplog.text
    assert name not in caches.cache and not path.exists() and caches.database.result("address") is None


def test_a_file_that_somebody_deleted_is_missed(caches: Caches, caplog) -> None:
    name = caches.put(b"here")
    caches.cache.path(name).unlink()
    assert name not in caches.cache and caches.read(name) is None
    assert f"{name} is gone" in caplog.text and caches.database.files() == []


def test_list_and_folder_agree_after_a_restart_and_the_order_of_use_is_kept(caches: Caches) -> None:
    first, second, third = (caches.put(letter * 30) for letter in (b"a", b"b", b"c"))
    caches.read(first)
    caches.cache.close()
    caches.cache.path(second).unlink()
    (caches.folder / "stray").write_bytes(b"nobody's")
    caches.cache = caches.open()
    assert {path.name for path in caches.folder.iterdir()} == {first, third} and caches.cache.bytes == 60
    caches.put(b"d" * 50)
    assert first in caches.cache and third not in caches.cache
