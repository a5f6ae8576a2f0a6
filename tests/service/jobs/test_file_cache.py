# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from mien.service.jobs.database import Store
from mien.service.jobs.file_cache import Shelf


class Shelves:
    """Shelves of 100 bytes on one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "files"
        self.folder.mkdir()
        self.store = Store(folder / "jobs.sqlite")
        self.shelf = self.open()

    def open(self, cap: int = 100) -> Shelf:
        return Shelf(self.folder, self.store, cap)

    def put(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        part = self.folder.parent / "part"
        part.write_bytes(data)
        self.shelf.put(part, name)
        return name

    def read(self, name: str) -> bytes | None:
        with self.shelf.reading(name) as file:
            return None if file is None else file.read()


@pytest.fixture
def shelves(tmp_path: Path) -> Iterator[Shelves]:
    shelves = Shelves(tmp_path)
    yield shelves
    shelves.store.close()


def test_the_least_recently_used_goes_first(shelves: Shelves) -> None:
    first, second = shelves.put(b"a" * 40), shelves.put(b"b" * 40)
    assert shelves.read(first) == b"a" * 40
    third = shelves.put(b"c" * 40)
    assert (first in shelves.shelf, second in shelves.shelf, third in shelves.shelf) == (True, False, True)
    assert shelves.read(second) is None and len(shelves.shelf) == 2 and shelves.shelf.bytes == 80
    large = shelves.put(b"d" * 500)  # larger than the shelf: it stays until the next comes, or nobody could fetch it
    assert shelves.read(large) == b"d" * 500 and len(shelves.shelf) == 1


def test_what_is_read_or_held_stays(shelves: Shelves) -> None:
    held, read = shelves.put(b"a" * 40), shelves.put(b"b" * 40)
    shelves.shelf.hold(held)
    with shelves.shelf.reading(read) as file:
        shelves.put(b"c" * 90)
        assert held in shelves.shelf and file.read() == b"b" * 40
        shelves.shelf.make_room()
        assert read in shelves.shelf
    shelves.shelf.make_room()
    assert read not in shelves.shelf and held in shelves.shelf
    shelves.shelf.release(held)
    shelves.shelf.make_room()
    assert len(shelves.shelf) == 0 and list(shelves.folder.iterdir()) == []


@pytest.mark.parametrize("damage", [lambda data: data[:-3], lambda data: data[:7] + b"X" + data[8:], lambda data: b""])
def test_a_file_that_was_cut_or_changed_is_given_up_and_that_is_said(shelves: Shelves, damage, caplog) -> None:
    name = shelves.put(b"a take, some 30 bytes of it")
    shelves.store.set_result("address", name)
    path = shelves.shelf.path(name)
    path.write_bytes(damage(path.read_bytes()))
    assert shelves.read(name) is None
    assert f"{name} in {shelves.folder} is damaged; what it held is made anew" in caplog.text
    assert name not in shelves.shelf and not path.exists() and shelves.store.result("address") is None


def test_a_file_that_somebody_deleted_is_missed(shelves: Shelves, caplog) -> None:
    name = shelves.put(b"here")
    shelves.shelf.path(name).unlink()
    assert name not in shelves.shelf and shelves.read(name) is None
    assert f"{name} is gone" in caplog.text and shelves.store.files() == []


def test_list_and_folder_agree_after_a_restart_and_the_order_of_use_is_kept(shelves: Shelves) -> None:
    first, second, third = (shelves.put(letter * 30) for letter in (b"a", b"b", b"c"))
    shelves.read(first)
    shelves.shelf.close()
    shelves.shelf.path(second).unlink()
    (shelves.folder / "stray").write_bytes(b"nobody's")
    shelves.shelf = shelves.open()
    assert {path.name for path in shelves.folder.iterdir()} == {first, third} and shelves.shelf.bytes == 60
    shelves.put(b"d" * 50)
    assert first in shelves.shelf and third not in shelves.shelf
