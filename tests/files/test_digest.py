# SPDX-License-Identifier: GPL-3.0-or-later
"""The SHA-256 of files, remembered until they change."""

import hashlib
import os
from pathlib import Path

import pytest
from mien.files import digest
from mien.files.digest import remembered_sha256, sha256_of


def test_a_digest_is_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc" * 100_000)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc" * 100_000).hexdigest()
    with pytest.raises(FileNotFoundError):
        sha256_of(tmp_path / "absent")


def test_a_remembered_digest_is_read_again_once_the_file_changed(tmp_path: Path, monkeypatch) -> None:
    file, read = tmp_path / "a", []
    file.write_bytes(b"one")
    monkeypatch.setattr(digest, "sha256_of", lambda path: read.append(path) or path.read_text())
    assert [remembered_sha256(file), remembered_sha256(file)] == ["one", "one"] and len(read) == 1
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert remembered_sha256(file) == "two"
