# SPDX-License-Identifier: GPL-3.0-or-later
"""Results by key, and the files of lines: nobody else's file is replaced."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from mien.batch.store import Store, StoreError

KEY, SUFFIX = "ab" * 32, ".take.safetensors"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "out")
    with store.locked():
        return store


def store_result(store: Store, data: bytes = b"take", key: str = KEY) -> None:
    store.result(key, SUFFIX).write_bytes(data)
    store.write_record(key, {"sha256": hashlib.sha256(data).hexdigest()})


def test_a_result_is_whole_once_it_is_recorded(store: Store) -> None:
    assert store.record(KEY) is None and not store.is_whole(KEY, SUFFIX)
    store.result(KEY, SUFFIX).write_bytes(b"take")
    assert not store.is_whole(KEY, SUFFIX)
    store_result(store)
    assert store.is_whole(KEY, SUFFIX)
    store.result(KEY, SUFFIX).write_bytes(b"tape")
    assert not store.is_whole(KEY, SUFFIX)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"error": "no"}'])
def test_what_is_no_record_of_a_result(store: Store, text: str) -> None:
    store_result(store)
    (store.results / f"{KEY}.json").write_text(text)
    assert not store.is_whole(KEY, SUFFIX)


def test_a_result_under_the_names_of_two_lines(store: Store) -> None:
    store_result(store)
    for name in ("a.take.safetensors", "scene/b.take.safetensors"):
        store.deliver(KEY, SUFFIX, name)
        store.deliver(KEY, SUFFIX, name)
        assert (store.output / name).read_bytes() == b"take"
    again = Store(store.output)
    again.refuse_foreign(["a.take.safetensors", "scene/b.take.safetensors", "c.take.safetensors"])
    assert len((store.folder / "delivered.jsonl").read_text().splitlines()) == 2


def test_without_hard_links_it_is_copied(store: Store, monkeypatch) -> None:
    def no_links(*arguments: object) -> None:
        raise OSError("not here")

    monkeypatch.setattr("os.link", no_links)
    store_result(store)
    store.deliver(KEY, SUFFIX, "a.take.safetensors")
    assert (store.output / "a.take.safetensors").read_bytes() == b"take"
    assert not (store.output / "a.take.safetensors").samefile(store.result(KEY, SUFFIX))


def test_another_result_takes_the_name_of_the_former(store: Store) -> None:
    store_result(store)
    store.deliver(KEY, SUFFIX, "a")
    store_result(store, b"other", "cd" * 32)
    store.refuse_foreign(["a"])
    store.deliver("cd" * 32, SUFFIX, "a")
    assert (store.output / "a").read_bytes() == b"other" and store.is_whole(KEY, SUFFIX)


def test_files_of_somebody_else_and_changed_ones_stay(store: Store) -> None:
    store_result(store)
    store.deliver(KEY, SUFFIX, "a")
    (store.output / "a").unlink()
    (store.output / "a").write_bytes(b"edited")
    (store.output / "b").write_bytes(b"theirs")
    with pytest.raises(StoreError, match=r"a, b in .* would be replaced.*-o"):
        store.refuse_foreign(["a", "b", "c"])


def test_one_batch_at_a_time(store: Store) -> None:
    with store.locked(), pytest.raises(StoreError, match="another batch is at work"), Store(store.output).locked():
        pass


def test_parts_run_beside_each_other_and_not_beside_the_whole(store: Store) -> None:
    one, two, whole = Store(store.output, "1-of-2"), Store(store.output, "2-of-2"), Store(store.output)
    with one.locked(), two.locked():
        for again in (whole, Store(store.output, "1-of-2")):
            with pytest.raises(StoreError, match="another batch is at work"), again.locked():
                pass
    store_result(store)
    one.deliver(KEY, SUFFIX, "a")
    with whole.locked():
        whole.refuse_foreign(["a"])
    with whole.locked(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("mien.batch.store.PATIENCE", 0.1)
        with pytest.raises(StoreError), one.locked():
            pass


def test_what_a_killed_batch_left_is_removed(store: Store) -> None:
    (store.results / ".x.0123.part").touch()
    store.work_folder(KEY).mkdir()
    (store.work_folder(KEY) / "film.mp4").touch()
    (store.results / f"{KEY}.begun").touch()
    store_result(store)
    with store.locked():
        assert store.is_whole(KEY, SUFFIX) and len(list(store.results.iterdir())) == 2


def test_what_was_in_work_is_known(store: Store) -> None:
    with store.begun(KEY):
        assert store.take_begun(["cd" * 32]) == []
        assert store.take_begun([KEY]) == [KEY] and store.take_begun([KEY]) == []
    with store.begun(KEY):
        pass
    assert store.take_begun([KEY]) == []


def test_a_line_of_the_list_that_was_not_written_whole(store: Store) -> None:
    store_result(store)
    store.deliver(KEY, SUFFIX, "a")
    with (store.folder / "delivered.jsonl").open("a") as file:
        file.write('["b", "01')
    Store(store.output).refuse_foreign(["a"])


@pytest.mark.parametrize("entry", ["5", "[]", '{"a": 1}', '["a"]', "[{}, []]"])
def test_a_line_of_the_list_that_is_no_name_and_digest(store: Store, entry: str) -> None:
    store_result(store)
    store.deliver(KEY, SUFFIX, "a" + SUFFIX)
    with (store.folder / "delivered.jsonl").open("a") as file:
        file.write(entry + "\n")
    Store(store.output).refuse_foreign(["a" + SUFFIX])


def test_a_file_where_the_folder_of_a_line_would_be_stays(store: Store) -> None:
    (store.output / "scene").write_text("mine")
    with pytest.raises(StoreError, match=f"scene/a{SUFFIX}"):
        store.refuse_foreign(["scene/a" + SUFFIX])


@pytest.mark.parametrize("record", [{"sha256": 5}, {"faults": [1]}, {"facts": 3}, {"notes": "x"}])
def test_a_record_with_values_of_another_kind_is_none(store: Store, record: dict) -> None:
    store_result(store)
    store.write_record(KEY, {"sha256": "0"} | record)
    assert store.record(KEY) is None and not store.is_whole(KEY, SUFFIX)
