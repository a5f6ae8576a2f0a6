# SPDX-License-Identifier: GPL-3.0-or-later
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from mien.service.jobs import database as database_module
from mien.service.jobs.database import JobDatabase, Row

ROW = Row("a", "anna", "address", "{}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.sqlite"


def test_jobs_are_there_again_in_the_order_of_their_submission(path: Path) -> None:
    database = JobDatabase(path)
    rows = [replace(ROW, id=id) for id in "cab"]
    for row in [*rows, rows[0]]:  # the second time nothing happens
        database.add(row)
    database.begin("ca")
    database.begin("a")
    database.requeue("a")
    database.change("c", "done", None, "sha")
    database.drop("b")
    database.close()
    again = JobDatabase(path)
    assert again.jobs() == [
        replace(ROW, id="c", state="done", sha256="sha", tries=1), replace(ROW, id="a", tries=1),
    ]  # fmt: skip
    again.close()


def test_what_is_written_is_there_though_the_store_is_never_closed(path: Path) -> None:
    database = JobDatabase(path)
    database.add(ROW)
    database.add(replace(ROW, id="b", state="done"))
    other = JobDatabase(path)
    assert [row.id for row in other.jobs()] == ["a", "b"]
    other.close()
    database.close()


def test_a_result_goes_with_its_file(path: Path) -> None:
    database = JobDatabase(path)
    for name in ("x", "y", "z"):
        database.add_file(name, 10)
        database.set_result(f"for {name}", name)
    database.sort_files(["y", "z", "x"])
    assert database.files() == [("y", 10), ("z", 10), ("x", 10)]
    database.drop_file("z")
    assert database.files() == [("y", 10), ("x", 10)]
    assert (database.result("for z"), database.result("for x")) == (None, "x")
    assert sorted(database.results()) == [("for x", "x"), ("for y", "y")]
    database.close()


def test_uploads_are_remembered_up_to_a_number(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "UPLOADS", 3)
    database = JobDatabase(path)
    for number in range(5):
        database.add_upload(f"file {number}", f"sound {number}", number)
    database.add_upload("file 2", "sound 2", 2, "how it was read")
    known = [number for number in range(5) if database.upload(f"file {number}")]
    assert known == [2, 3, 4] and database.upload("file 3") == ("sound 3", 3, "")
    assert database.upload("file 2") == ("sound 2", 2, "how it was read")
    database.set_rate("toy", 0.5)
    assert database.rates() == {"toy": 0.5}
    database.close()


@pytest.mark.parametrize("damage", [b"this is no database at all" * 200, "version"])
def test_a_damaged_database_is_kept_apart_and_logged(path: Path, damage: bytes | str, caplog) -> None:
    if damage == "version":
        other = sqlite3.connect(path)
        other.execute("PRAGMA user_version = 99")
        other.close()
    else:
        path.write_bytes(damage)
    database = JobDatabase(path)
    assert database.jobs() == [] and path.with_suffix(".damaged").exists()
    assert "cannot be read" in caplog.text and "set aside as jobs.damaged" in caplog.text
    database.add(ROW)
    database.close()


def test_a_database_that_the_disk_does_not_give_is_left_as_it_is(path: Path) -> None:
    database = JobDatabase(path)
    database.add(ROW)
    database.close()
    path.with_name("jobs.sqlite-wal").mkdir()  # as where the disk is full, no journal can be made
    with pytest.raises(sqlite3.OperationalError):
        JobDatabase(path)
    assert not path.with_suffix(".damaged").exists()
    path.with_name("jobs.sqlite-wal").rmdir()
    again = JobDatabase(path)
    assert again.jobs() == [ROW]
    again.close()
    with pytest.raises(sqlite3.OperationalError):
        JobDatabase(path.parent / "none" / "jobs.sqlite")


def test_a_page_that_was_overwritten_is_noticed(path: Path, caplog) -> None:
    database = JobDatabase(path)
    for number in range(200):
        database.add(replace(ROW, id=str(number), work="x" * 500, state="done"))
    database.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    again = JobDatabase(path)
    assert again.jobs() == [] and "set aside" in caplog.text
    again.close()
