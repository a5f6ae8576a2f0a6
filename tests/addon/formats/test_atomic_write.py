# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that appears whole or not at all."""

import sys
from pathlib import Path

import pytest

from addon.formats.atomic_write import atomic_write, write_whole


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_it_creates_the_folder_and_leaves_no_other_file(tmp_path):
    path = tmp_path / "new" / "take.bin"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two" and names(path.parent) == ["take.bin"]


def test_the_name_is_taken_only_at_the_end(tmp_path):
    path = tmp_path / "take.bin"
    with atomic_write(path) as file:
        file.write(b"half")
        file.flush()
        assert not path.exists() and len(names(tmp_path)) == 1
    assert path.read_bytes() == b"half"


def test_a_fault_leaves_what_was_there(tmp_path):
    path = tmp_path / "take.bin"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="broken off"), atomic_write(path) as file:
        file.write(b"half")
        raise RuntimeError("broken off")
    assert path.read_bytes() == b"old" and names(tmp_path) == ["take.bin"]


def test_two_writers_at_once_do_not_meet(tmp_path):
    path = tmp_path / "take.bin"
    with atomic_write(path) as one, atomic_write(path) as other:
        one.write(b"one")
        other.write(b"other")
    assert path.read_bytes() == b"one"  # the block that ends last


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_is_replaced_and_its_target_left_alone(tmp_path):
    target, path = tmp_path / "target", tmp_path / "take.bin"
    target.write_bytes(b"old")
    path.symlink_to(target)
    write_whole(path, b"new")
    assert target.read_bytes() == b"old" and path.read_bytes() == b"new" and not path.is_symlink()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
def test_others_may_read_it_as_any_new_file(tmp_path):
    write_whole(tmp_path / "take.bin", b"")
    (tmp_path / "plain.bin").write_bytes(b"")
    assert (tmp_path / "take.bin").stat().st_mode == (tmp_path / "plain.bin").stat().st_mode


def test_a_folder_that_cannot_be_created_is_an_oserror(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError):
        write_whole(tmp_path / "file" / "take.bin", b"")
